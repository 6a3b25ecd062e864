"""The page Endless: what is to be played, start and stop, what sounds now and what comes next."""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from musicgen.audio.files import audio_bytes
from musicgen.audio.midi import timeline, to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.jobs.tune_queue import Piece, Station
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.display.score_view import make_sheet
from musicgen.notation.model import Tune
from musicgen.sampling.composer import Composition
from musicgen.sampling.set_planner import STYLES
from musicgen.sampling.tune_sets import compose_number
from musicgen.ui.components.gapless_player import Track, radio, stand_in
from musicgen.ui.components.score import score
from musicgen.ui.frame import resources, state
from musicgen.ui.frame.language import N_, _
from musicgen.ui.frame.page import kept_parameters, sentence, tell
from musicgen.ui.frame.words import plain
from musicgen.ui.tune import listening, permalink
from musicgen.ui.tune import rendering as player
from musicgen.ui.tune.constraints import RHYTHM_NAMES
from musicgen.ui.tune.downloads import downloads
from musicgen.ui.tune.listening import Listening
from musicgen.ui.tune.permalink import SLIDERS, Request
from musicgen.ui.tune.rendering import Performance, Sound
from musicgen.ui.tune.sound_controls import band_controls

SHOWN_BEFORE = 20
"""Tunes before the one that sounds that are listed."""

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
    """A tune that can be heard: how it was composed, what is read, and its sound."""

    composition: Composition
    tune: Tune
    audio: bytes
    sound: Sound


@dataclass(slots=True)
class OnAir:
    """The station of this session, and the program it plays.

    `jump` is the tune that was asked for by hand, and a name for the click that asked; None once
    it sounds.
    """

    station: Station
    program: Program
    seed: int
    jump: tuple[int, str] | None = None


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
        with st.container(horizontal=True):
            _switches()


def _switches() -> None:
    now = state.ON_AIR.get()
    if now == _START or (isinstance(now, OnAir) and now.station.is_on):
        st.button(_("Stop"), icon=":material/stop:", key="endless_stop", on_click=_stop)
        return
    st.button(
        _("Start"),
        icon=":material/play_arrow:",
        type="primary",
        key="endless_start",
        on_click=_start,
    )
    if isinstance(now, OnAir) and state.ENDLESS_PLAYING.get() >= 0:
        st.button(
            _("Play this tune again"),
            icon=":material/replay:",
            key="endless_again",
            on_click=_play,
            args=(state.ENDLESS_PLAYING.get(),),
        )


_START = "start"


def on_air() -> None:
    """The music and all that belongs to it, where somebody pressed Start.

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
        station = Station(_maker(checkpoint, program, seed), _renderer(program))
        now = OnAir(station, program, seed)
        state.ON_AIR.set(now)
    elif now.program != program:
        now.station.change(
            _maker(checkpoint, program, now.seed),
            state.ENDLESS_PLAYING.get(),
            _renderer(program),
        )
        now.program = program
    _broadcast(now.station.is_on)


def on_air_bar() -> None:
    """What sounds now, on every other page: the music goes on there, and is fed from there."""
    now = state.ON_AIR.get()
    if isinstance(now, OnAir) and now.station.is_on:
        _bar()


def _start() -> None:
    """Begins the row, or goes on with it, at the tune after the one that was stopped."""
    now = state.ON_AIR.get()
    if isinstance(now, OnAir):
        now.station.go_on()
    else:
        state.ON_AIR.set(_START)


def _stop() -> None:
    """Ends the music; what sounded last stays to be seen, kept, and heard again."""
    now = state.ON_AIR.get()
    if isinstance(now, OnAir):
        now.station.stop()
        now.jump = None
    else:
        state.ON_AIR.set(None)


def _play(number: int) -> None:
    """Plays a tune of the row again, and from there on."""
    now = state.ON_AIR.get()
    if isinstance(now, OnAir):
        now.station.go_on()
        now.jump = number, secrets.token_hex(4)
        state.ENDLESS_PLAYING.set(number)


def _play_before() -> None:
    """Goes back to the tune before the one that sounds; the click comes from the player."""
    now = state.ON_AIR.get()
    if isinstance(now, OnAir) and (earlier := _earlier(now)):
        _play(earlier[0][0])


def _told(number: int) -> None:
    """The browser says which tune sounds. One that is left for another by hand is no news."""
    now = state.ON_AIR.get()
    if not isinstance(now, OnAir) or (now.jump and now.jump[0] != number):
        return
    now.jump = None
    if any(number == known for known, _composition in now.station.composed(number)[:1]):
        state.ENDLESS_PLAYING.set(number)


def _earlier(now: OnAir) -> list[tuple[int, Composition]]:
    """Numbers and tunes before the one that sounds, the last one first."""
    return now.station.composed(state.ENDLESS_PLAYING.get() - 1)


def _maker(checkpoint: Checkpoint, program: Program, seed: int) -> Callable[[int], Composition]:
    """What the thread of the station calls: it touches nothing of the page."""

    def make(number: int) -> Composition:
        config = SampleConfig(temperature=program.temperature)
        return compose_number(checkpoint, number, program.style, seed, config)

    return make


def _renderer(program: Program) -> Callable[[Composition], Aired]:
    """The same for the sound of what was composed."""

    def render(composition: Composition) -> Aired:
        return _air(composition, program.listening)

    return render


def _air(composition: Composition, heard: Listening) -> Aired:
    tune = heard.heard.read(composition.public_tune)
    comment = composition.provenance(heard.heard.to_values())
    midi = to_midi(tune, heard.arrangement, comment=comment)
    rendering = synthesize(midi)
    audio = audio_bytes(rendering.waveform, rendering.sample_rate, "flac", comment)
    moments = tuple(timeline(tune, heard.arrangement))
    return Aired(composition, tune, audio, Sound(b"", b"", moments, rendering.is_fallback))


@st.fragment
def _broadcast(was_on: bool) -> None:
    """The player with score and files; it asks for what follows by itself (`radio`)."""
    now = state.ON_AIR.get()
    if not isinstance(now, OnAir):
        return
    pieces = _feed(now, key="radio")
    if now.station.is_on != was_on:
        st.rerun()  # the buttons above are others now
    if pieces is not None:
        _now_playing(now, pieces)


@st.fragment
def _bar() -> None:
    now = state.ON_AIR.get()
    if not isinstance(now, OnAir):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="on_air"):
        st.page_link(
            "pages/Endless.py",
            label=_current_title(now) or _("Endless"),
            icon=":material/all_inclusive:",
            query_params=kept_parameters(),
        )
        _feed(now, key="radio_bar")


def _feed(now: OnAir, key: str) -> tuple[Piece, ...] | None:
    """Gives the player of the browser what sounds and what follows; None where that failed."""
    try:
        pieces = now.station.look(state.ENDLESS_PLAYING.get())
    except MusicgenError as error:
        _stop()
        tell(error, st.container())
        return None
    if now.station.is_on and not pieces:
        st.caption(_("The first tune is being composed …"))
    _sources(pieces)
    radio(
        [_track(piece) for piece in pieces],
        key=key,
        is_on=now.station.is_on,
        jump=now.jump,
        has_before=bool(_earlier(now)),
        on_playing=_told,
        on_before=_play_before,
    )
    return pieces


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


def _current(now: OnAir) -> tuple[int, Composition] | None:
    """The tune that sounds, or that sounded last."""
    playing = state.ENDLESS_PLAYING.get()
    return next(iter(now.station.composed(playing)), None) if playing >= 0 else None


def _current_title(now: OnAir) -> str:
    found = _current(now)
    return plain(_title(*found)) if found else ""


def _now_playing(now: OnAir, pieces: Sequence[Piece]) -> None:
    found = _current(now)
    if found is None:
        return
    number, composition = found
    coming = next((piece for piece in pieces if piece.number > number), None)
    facts = _facts(composition)
    if now.station.is_on:
        facts.append(
            _("next: {title}").format(
                title=plain(_title(coming.number, _aired(coming).composition))
            )
            if coming
            else _("composing …")
        )
    st.caption(" · ".join(facts))
    tune = now.program.listening.heard.read(composition.tune)
    moments = tuple(timeline(tune, now.program.listening.arrangement))
    score(
        player.lay_out(tune, moments),
        [onset for _start, onset, _duration in moments],
        [duration for _start, _onset, duration in moments],
        key="endless_score",
        audio=stand_in(number),
        library=resources.paths().abcjs,
    )
    with st.container(horizontal=True, vertical_alignment="center", key="endless_take"):
        _keep(number, composition, "endless")
        _open_in_play(composition, now.program, "endless")
    tune_to_take = _performance(composition, now.program)
    downloads(tune_to_take, lambda: [tune_to_take])
    _tunes_before(now)


def _tunes_before(now: OnAir) -> None:
    """What was heard before, behind its name: each to be heard again, kept, opened and saved."""
    earlier = _earlier(now)
    if not earlier:
        return
    box = st.expander(
        _("Tunes before"), icon=":material/history:", key="endless_before", on_change="rerun"
    )
    if not box.open:
        return
    with box:
        for number, composition in earlier[:SHOWN_BEFORE]:
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small", key=f"before_{number}"
            ):
                facts = " · ".join(_facts(composition))
                title = plain(_title(number, composition))
                st.markdown(f"**{title}**  \n:small[{facts}]", width="stretch")
                st.button(
                    _("Play"),
                    key=f"before_play_{number}",
                    icon=":material/play_arrow:",
                    on_click=_play,
                    args=(number,),
                )
                _keep(number, composition, "before")
                _open_in_play(composition, now.program, f"before_{number}")
                st.download_button(
                    _("ABC"),
                    composition.to_abc(now.program.listening.heard.to_values()),
                    f"{composition.checkpoint}-{composition.seed}.abc",
                    "text/vnd.abc",
                    key=f"before_abc_{number}",
                    icon=":material/download:",
                    on_click="ignore",
                )


def _keep(number: int, composition: Composition, place: str) -> None:
    is_kept = resources.favourites().has(composition)
    st.button(
        _("Kept") if is_kept else _("Favourite"),
        key=f"{place}_keep_{number}",
        icon=":material/check:" if is_kept else ":material/favorite:",
        help=_("Among the favourites on this computer, at the foot of Play."),
        disabled=is_kept,
        on_click=_keep_clicked,
        args=(composition,),
    )


def _keep_clicked(composition: Composition) -> None:
    try:
        resources.favourites().add(composition)
    except MusicgenError as error:
        st.toast(sentence(error), icon=":material/error:")


def _open_in_play(composition: Composition, program: Program, place: str) -> None:
    """The link of a tune; what it opens can be sent to others."""
    request = Request(composition.checkpoint, composition.config)
    parameters = permalink.to_parameters(request) | listening.to_parameters(program.listening)
    with st.container(key=f"link_{place}", width="content"):
        st.page_link(
            "app.py",
            label=_("Open in Play"),
            icon=":material/open_in_new:",
            query_params=kept_parameters() | parameters,
        )


def _performance(composition: Composition, program: Program) -> Performance:
    """The tune as files are made of it; its sound is rendered when one is asked for."""
    request = Request(composition.checkpoint, composition.config)
    tune = program.listening.heard.read(composition.tune)
    moments = tuple(timeline(tune, program.listening.arrangement))
    reading = program.listening.reading
    sheet = make_sheet(composition.tune, reading.transpose, reading.chords)
    sound = Sound(b"", b"", moments, is_fallback=False)
    return Performance(request, composition, sound, None, program.listening, sheet)


def _facts(composition: Composition) -> list[str]:
    config = composition.config
    rhythm = _(RHYTHM_NAMES[config.rhythm]) if config.rhythm in RHYTHM_NAMES else ""
    facts = [rhythm, plain(composition.tune.key.text), _("seed {seed}").format(seed=config.seed)]
    return [fact for fact in facts if fact]


def _title(number: int, composition: Composition) -> str:
    return composition.tune.title or _("Tune {number}").format(number=number + 1)


def _aired(piece: Piece) -> Aired:
    if not isinstance(piece.content, Aired):
        raise TypeError(f"A piece of this page holds an Aired, not {type(piece.content)}.")
    return piece.content
