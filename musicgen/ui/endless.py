"""The page Endless: what is to be played, start and stop, what sounds now and what comes next."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from musicgen.audio.files import audio_bytes
from musicgen.audio.midi import timeline, to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.tune import Tune
from musicgen.sampling.composer import Composition
from musicgen.sampling.medley import STYLES
from musicgen.sampling.tune_sets import compose_number
from musicgen.ui import listening, player, resources, state
from musicgen.ui.address import SLIDERS
from musicgen.ui.language import N_, _
from musicgen.ui.listening import Listening
from musicgen.ui.page import tell
from musicgen.ui.player import Sound
from musicgen.ui.radio import Track, radio, stand_in
from musicgen.ui.score import score
from musicgen.ui.sound_controls import band_controls
from musicgen.ui.station import Piece, Station
from musicgen.ui.wishes import RHYTHM_NAMES

TICK_S = 2.0

STYLE_NAMES = {
    "mixed": N_("a bit of everything"),
    "reels": N_("reels"),
    "jigs": N_("jigs"),
    "slip jigs": N_("slip jigs"),
    "hornpipes": N_("hornpipes"),
    "polkas": N_("polkas"),
    "waltzes": N_("waltzes"),
}


@dataclass(frozen=True, slots=True)
class Program:
    """What an endless row is made from; another program makes the tunes to come otherwise."""

    model: str
    fingerprint: str
    temperature: float
    style: str
    listening: Listening


@dataclass(frozen=True, slots=True)
class Aired:
    """A tune that can be broadcast: how it was composed, what is read, and what is heard."""

    composition: Composition
    tune: Tune
    audio: bytes
    sound: Sound


@dataclass(slots=True)
class OnAir:
    """The station of this session, and the program it plays."""

    station: Station
    program: Program
    seed: int


def endless_controls() -> None:
    """Style, temperature, who plays; and the button that starts or stops it all."""
    with st.container(border=True, key="endless"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            labels = {style: _(name) for style, name in STYLE_NAMES.items()}
            st.selectbox(
                _("Dances"),
                tuple(STYLES),
                key=state.ENDLESS_STYLE.name,
                format_func=labels.__getitem__,
                width=220,
            )
            with st.popover(_("Sound"), icon=":material/instant_mix:"):
                band_controls()
        st.slider(
            _("Temperature"),
            *SLIDERS["temperature"],
            step=0.05,
            key=state.TEMPERATURE.name,
            help=_("Below 1 the network plays safe, above 1 it dares."),
        )
        if state.ON_AIR.get():
            st.button(_("Stop"), icon=":material/stop:", key="endless_stop", on_click=_stop)
        else:
            st.button(
                _("Start"),
                icon=":material/play_arrow:",
                type="primary",
                key="endless_start",
                on_click=lambda: state.ON_AIR.set(_START),
            )


_START = "start"


def on_air() -> None:
    """The music, where somebody pressed Start.

    Raises:
        CheckpointError: the model is gone or damaged.
    """
    now = state.ON_AIR.get()
    if not now:
        return
    checkpoint = resources.checkpoint(player.find_model(state.MODEL.get()))
    program = Program(
        state.MODEL.get(),
        checkpoint.fingerprint,
        round(state.TEMPERATURE.get(), 2),
        state.ENDLESS_STYLE.get(),
        listening.chosen(),
    )
    if now == _START:
        seed = random.randrange(2**31)
        now = OnAir(Station(_maker(checkpoint, program, seed)), program, seed)
        state.ON_AIR.set(now)
    elif now.program != program:
        now.station.change(_maker(checkpoint, program, now.seed), state.ENDLESS_PLAYING.get())
        now.program = program
    _broadcast()


def _stop() -> None:
    now = state.ON_AIR.get()
    if isinstance(now, OnAir):
        now.station.stop()
    state.ON_AIR.set(None)
    state.ENDLESS_PLAYING.set(-1)


def _maker(checkpoint: Checkpoint, program: Program, seed: int) -> Callable[[int], Aired]:
    """What the thread of the station calls: it touches nothing of the page."""

    def make(number: int) -> Aired:
        config = SampleConfig(temperature=program.temperature)
        tune = compose_number(checkpoint, number, program.style, seed, config)
        return _air(tune, program.listening)

    return make


def _air(composition: Composition, heard: Listening) -> Aired:
    tune = heard.heard.read(composition.public_tune)
    comment = composition.provenance(heard.heard.to_values())
    midi = to_midi(tune, heard.arrangement, comment=comment)
    rendering = synthesize(midi)
    audio = audio_bytes(rendering.waveform, rendering.sample_rate, "flac", comment)
    moments = tuple(timeline(tune, heard.arrangement))
    return Aired(composition, tune, audio, Sound(b"", b"", moments, rendering.is_fallback))


@st.fragment(run_every=TICK_S)
def _broadcast() -> None:
    now = state.ON_AIR.get()
    if not isinstance(now, OnAir):
        return
    try:
        pieces = now.station.look(state.ENDLESS_PLAYING.get())
    except MusicgenError as error:
        _stop()
        tell(error, st.container())
        return
    if not pieces:
        st.caption(_("The first tune is being composed …"))
    _sources(pieces)
    playing = radio([_track(piece) for piece in pieces], key="radio")
    state.ENDLESS_PLAYING.set(playing)
    _now_playing(pieces, playing)


def _sources(pieces: Sequence[Piece]) -> None:
    """Hidden audio elements, by which the browser learns where the sound lies."""
    with st.container(key="endless_sources"):
        for piece in pieces:
            with st.container(key=f"endless_{piece.number}"):
                st.audio(_aired(piece).audio, "audio/flac")


def _track(piece: Piece) -> Track:
    aired = _aired(piece)
    _start, onset_s, duration_s = aired.sound.moments[-1]
    audio = f".st-key-endless_{piece.number} audio"
    return Track(piece.number, aired.tune.title, audio, onset_s + duration_s)


def _now_playing(pieces: Sequence[Piece], playing: int) -> None:
    current = next((piece for piece in pieces if piece.number == playing), None)
    if current is None:
        return
    following = next((piece for piece in pieces if piece.number > playing), None)
    coming = _("next: {title}").format(title=_title(following)) if following else _("composing …")
    aired = _aired(current)
    st.caption(" · ".join([*_facts(aired), coming]))
    score(
        player.layouts(aired.tune, aired.sound),
        [onset for _start, onset, _duration in aired.sound.moments],
        [duration for _start, _onset, duration in aired.sound.moments],
        key="endless_score",
        audio=stand_in(playing),
        library=resources.paths().abcjs,
    )


def _facts(aired: Aired) -> list[str]:
    config = aired.composition.config
    rhythm = _(RHYTHM_NAMES[config.rhythm]) if config.rhythm in RHYTHM_NAMES else ""
    facts = [rhythm, aired.tune.key.text, _("seed {seed}").format(seed=config.seed)]
    return [fact for fact in facts if fact]


def _title(piece: Piece) -> str:
    return _aired(piece).tune.title or _("Tune {number}").format(number=piece.number + 1)


def _aired(piece: Piece) -> Aired:
    if not isinstance(piece.content, Aired):
        raise TypeError(f"A piece of this page holds an Aired, not {type(piece.content)}.")
    return piece.content
