"""The page Endless: what is to be played, start and stop, what sounds now and what comes next."""

import random
import time
from collections.abc import Callable, Sequence

import streamlit as st

from musicgen.audio.files import audio_bytes
from musicgen.audio.midi import timeline, to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.jobs.tune_queue import QueuedTune, TuneQueue
from musicgen.models.checkpoint import Checkpoint
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.composer import Composition
from musicgen.sampling.set_planner import STYLES
from musicgen.sampling.tune_sets import compose_number
from musicgen.ui.base import membership, resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.links import kept_parameters
from musicgen.ui.base.words import plain
from musicgen.ui.components.gapless_player import stand_in
from musicgen.ui.components.score import score
from musicgen.ui.endless.set_view import set_line
from musicgen.ui.frame.on_air import (
    PlaybackSession,
    RenderedTune,
    StreamSettings,
    current_tune,
    fall_asleep_after,
    feed_player,
    play,
    rendered_tune,
    stop,
    title_of,
    tunes_before,
)
from musicgen.ui.tune import listening, permalink
from musicgen.ui.tune import rendering as player
from musicgen.ui.tune.constraints import RHYTHM_NAMES
from musicgen.ui.tune.copy_link import copy_link
from musicgen.ui.tune.downloads import downloads, file_stem
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.my_instrument import remembered_instrument
from musicgen.ui.tune.performance import Performance, Sound
from musicgen.ui.tune.permalink import SLIDERS
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.sound_controls import band_controls
from musicgen.ui.tune.thumbs import thumbs
from musicgen.watching import COMPOSE, RENDER

_BEFORE = "endless_before"
SHOWN_BEFORE = 20
"""Tunes before the one that sounds that are listed."""

SLEEPS = (0, 15, 30, 60, 90)
"""Minutes after which it may fall silent."""

STYLE_NAMES = {
    "mixed": N_("a bit of everything"),
    "reels": N_("reels"),
    "jigs": N_("jigs"),
    "slip jigs": N_("slip jigs"),
    "hornpipes": N_("hornpipes"),
    "polkas": N_("polkas"),
    "waltzes": N_("waltzes"),
}


def endless_controls() -> None:
    """Style, temperature, who plays; and the button that starts or stops it all."""
    with st.container(border=True, key="endless"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            labels = {style: _(name) for style, name in STYLE_NAMES.items()}
            st.selectbox(
                _("Dances"),
                tuple(STYLES),
                key=state.ENDLESS_STYLE.name,
                persist_state="session",
                format_func=labels.__getitem__,
                width=220,
            )
            st.selectbox(
                _("Falls silent after"),
                SLEEPS,
                key=state.ENDLESS_SLEEP.name,
                persist_state="session",
                format_func=lambda minutes: (
                    _("{minutes} minutes").format(minutes=minutes) if minutes else _("goes on")
                ),
                on_change=_sleep,
                help=_("The tune that sounds then is played to its end."),
                width=160,
            )
            with st.popover(_("Sound"), icon=":material/instant_mix:"):
                band_controls()
        st.slider(
            _("Temperature"),
            *SLIDERS["temperature"],
            step=0.05,
            key=state.TEMPERATURE.name,
            persist_state="session",
            help=_("Below 1 the network plays safe, above 1 it dares."),
        )
        with st.container(horizontal=True):
            _switches()


def _switches() -> None:
    now = state.ON_AIR.get()
    if now == _START or (isinstance(now, PlaybackSession) and now.queue.is_on):
        st.button(_("Stop"), icon=":material/stop:", key="endless_stop", on_click=stop)
        return
    st.button(
        _("Start"),
        icon=":material/play_arrow:",
        type="primary",
        key="endless_start",
        on_click=_start,
    )
    if isinstance(now, PlaybackSession) and state.ENDLESS_PLAYING.get() >= 0:
        st.button(
            _("Play this tune again"),
            icon=":material/replay:",
            key="endless_again",
            on_click=play,
            args=(state.ENDLESS_PLAYING.get(),),
        )


_START = "start"


def on_air(models: Models) -> None:
    """The music and all that belongs to it, after a click on Start.

    Raises:
        CheckpointError: the model is gone or damaged.
    """
    now = state.ON_AIR.get()
    if not now:
        return
    checkpoint = resources.checkpoint(models.find(state.MODEL.get()))
    settings = StreamSettings(
        state.MODEL.get(),
        checkpoint.fingerprint,
        round(state.TEMPERATURE.get(), 2),
        state.ENDLESS_STYLE.get(),
        listening.chosen(),
        remembered_instrument(),
    )
    if now == _START:
        seed = random.randrange(2**31)
        queue = TuneQueue(_maker(checkpoint, settings, seed), _renderer(settings))
        now = PlaybackSession(queue, settings, seed)
        state.ON_AIR.set(now)
        _sleep()
    elif now.settings != settings:
        now.queue.change(
            _maker(checkpoint, settings, now.seed),
            state.ENDLESS_PLAYING.get(),
            _renderer(settings),
        )
        now.settings = settings
    _broadcast(now.queue.is_on)


def _start() -> None:
    """Begins the row, or goes on with it, at the tune after the one that was stopped."""
    now = state.ON_AIR.get()
    if isinstance(now, PlaybackSession):
        now.queue.go_on()
        _sleep()
    else:
        state.ON_AIR.set(_START)


def _sleep() -> None:
    """Counts the minutes from now on."""
    fall_asleep_after(state.ENDLESS_SLEEP.get())


def _maker(
    checkpoint: Checkpoint, settings: StreamSettings, seed: int
) -> Callable[[int], Composition]:
    """What the thread of the queue calls: it touches nothing of the page."""
    watch = resources.watch()
    drawings = membership.most_drawings(SampleConfig().candidates)

    def make(number: int) -> Composition:
        config = SampleConfig(temperature=settings.temperature, candidates=drawings)
        started = time.monotonic()
        found = compose_number(
            checkpoint, number, settings.style, seed, config, settings.instrument
        )
        watch.note(COMPOSE, time.monotonic() - started, settings.model, "Endless")
        return found

    return make


def _renderer(settings: StreamSettings) -> Callable[[Composition], RenderedTune]:
    """The same for the sound of what was composed."""
    watch = resources.watch()

    def render(composition: Composition) -> RenderedTune:
        started = time.monotonic()
        found = _air(composition, settings.listening)
        watch.note(RENDER, time.monotonic() - started, settings.model, "Endless")
        return found

    return render


def _air(composition: Composition, playback: PlaybackSettings) -> RenderedTune:
    tune = playback.apply_to(composition.public_tune)
    comment = composition.provenance(playback.to_values())
    midi = to_midi(tune, playback.arrangement, comment=comment)
    rendering = synthesize(midi)
    audio = audio_bytes(rendering.waveform, rendering.sample_rate, "flac", comment)
    moments = tuple(timeline(tune, playback.arrangement))
    return RenderedTune(composition, tune, audio, Sound(b"", b"", moments, rendering.is_fallback))


@st.fragment
def _broadcast(was_on: bool) -> None:
    """The player with score and files; it asks for what follows by itself (`radio`)."""
    now = state.ON_AIR.get()
    if not isinstance(now, PlaybackSession):
        return
    pieces = feed_player(now, key="radio")
    if now.queue.is_on != was_on:
        st.rerun()  # the buttons above are others now
    if pieces is not None:
        _now_playing(now, pieces)


def _now_playing(now: PlaybackSession, pieces: Sequence[QueuedTune]) -> None:
    found = current_tune(now)
    if found is None:
        return
    number, composition = found
    coming = next((piece for piece in pieces if piece.number > number), None)
    facts = _facts(composition)
    if now.queue.is_on and now.is_sleepy:
        facts.append(_("the last one for now"))
    elif now.queue.is_on:
        facts.append(
            _("next: {title}").format(
                title=plain(title_of(coming.number, rendered_tune(coming).composition))
            )
            if coming
            else _("composing …")
        )
    st.caption(" · ".join(facts))
    set_line(now, number)
    tune = now.settings.listening.apply_to(composition.public_tune)
    moments = tuple(timeline(tune, now.settings.listening.arrangement))
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
        thumbs(composition, f"endless_{number}")
        copy_link("endless_link", _parameters(composition, now.settings))
        _open_in_play(composition, now.settings, "endless")
    tune_to_take = _performance(composition, now.settings)
    downloads(tune_to_take, lambda: [tune_to_take])
    _tunes_before(now)


def _tunes_before(now: PlaybackSession) -> None:
    """The tunes played before, in an expander: each can be played, kept, opened and saved."""
    earlier = tunes_before(now)
    if not earlier and not st.session_state.get(_BEFORE):  # once open it stays, or it would close
        return
    box = st.expander(_("Tunes before"), icon=":material/history:", key=_BEFORE, on_change="rerun")
    if not box.open:
        return
    if not earlier:
        box.caption(_("This is the first one."))
    with box:
        for number, composition in earlier[:SHOWN_BEFORE]:
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small", key=f"before_{number}"
            ):
                facts = " · ".join(_facts(composition))
                title = plain(title_of(number, composition))
                st.markdown(f"**{title}**  \n:small[{facts}]", width="stretch")
                st.button(
                    _("Play"),
                    key=f"before_play_{number}",
                    icon=":material/play_arrow:",
                    on_click=play,
                    args=(number,),
                )
                _keep(number, composition, "before")
                _open_in_play(composition, now.settings, f"before_{number}")
                st.download_button(
                    _("ABC"),
                    composition.to_abc(now.settings.listening.to_values()),
                    f"{file_stem(composition)}.abc",
                    "text/vnd.abc",
                    key=f"before_abc_{number}",
                    icon=":material/download:",
                    on_click="ignore",
                )


def _keep(number: int, composition: Composition, place: str) -> None:
    is_kept = resources.favourite_store().has(composition)
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
        resources.favourite_store().add(composition)
    except MusicgenError as error:
        st.toast(sentence(error), icon=":material/error:")


def _parameters(composition: Composition, settings: StreamSettings) -> dict[str, str]:
    """What the address of a tune on Play names."""
    request = Request(composition.checkpoint, composition.config)
    return permalink.to_parameters(request) | listening.to_parameters(settings.listening)


def _open_in_play(composition: Composition, settings: StreamSettings, place: str) -> None:
    """The link of a tune; what it opens can be sent to others."""
    with st.container(key=f"link_{place}", width="content"):
        st.page_link(
            "app.py",
            label=_("Open in Play"),
            icon=":material/open_in_new:",
            query_params=kept_parameters() | _parameters(composition, settings),
        )


def _performance(composition: Composition, settings: StreamSettings) -> Performance:
    """The tune as files are made of it; its sound is rendered when one is asked for."""
    request = Request(composition.checkpoint, composition.config)
    tune = settings.listening.apply_to(composition.public_tune)
    moments = tuple(timeline(tune, settings.listening.arrangement))
    sheet = settings.listening.make_sheet(composition.public_tune, composition.tune)
    sound = Sound(b"", b"", moments, is_fallback=False)
    return Performance(request, composition, sound, None, settings.listening, sheet)


def _facts(composition: Composition) -> list[str]:
    config = composition.config
    rhythm = _(RHYTHM_NAMES[config.rhythm]) if config.rhythm in RHYTHM_NAMES else ""
    facts = [rhythm, plain(composition.tune.key.text), _("seed {seed}").format(seed=config.seed)]
    return [fact for fact in facts if fact]
