"""What Endless plays, on every page: the row of tunes, the player it feeds, and its one line."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.jobs.tune_queue import QueuedTune, TuneQueue
from musicgen.notation.analysis.instruments import Instrument
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.composer import Composition
from musicgen.ui.base import state
from musicgen.ui.base.errors import show_error
from musicgen.ui.base.language import _
from musicgen.ui.base.links import kept_parameters
from musicgen.ui.base.words import plain
from musicgen.ui.components.gapless_player import Track, gapless_player
from musicgen.ui.tune.performance import Sound

_ECHO_S = 2.0
"""After its last note a tune rings on."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What an endless row is made with; with other settings the tunes to come are others."""

    model: str
    fingerprint: str
    temperature: float
    style: str
    listening: PlaybackSettings
    instrument: Instrument | None = None


@dataclass(frozen=True, slots=True)
class RenderedTune:
    """A tune that can be heard: how it was composed, what is read, and its sound."""

    composition: Composition
    tune: Tune
    audio: bytes
    sound: Sound


@dataclass(slots=True)
class PlaybackSession:
    """The row of tunes of this session, and the settings it is made with.

    `jump` is the tune that was asked for by hand, and a name for the click that asked; None once
    it sounds. `answered` is the last click of the player that was followed: it may be told twice.
    `sleep_at` is when it is to fall silent, None for never, and `began_at` when the tune that
    sounds began, both as `time.monotonic`.
    """

    queue: TuneQueue
    settings: StreamSettings
    seed: int
    jump: tuple[int, str] | None = None
    answered: str = ""
    sleep_at: float | None = None
    began_at: float = 0.0

    @property
    def is_sleepy(self) -> bool:
        """Whether the tune that sounds is the last."""
        return self.sleep_at is not None and time.monotonic() >= self.sleep_at


def fall_asleep_after(minutes: int) -> None:
    """Lets the music end with the tune that sounds after so many minutes; never for 0."""
    now = state.ON_AIR.get()
    if isinstance(now, PlaybackSession):
        now.sleep_at = time.monotonic() + 60 * minutes if minutes else None


def on_air_bar() -> None:
    """What sounds now, on every other page: the music goes on there, and is fed from there."""
    now = state.ON_AIR.get()
    if isinstance(now, PlaybackSession) and now.queue.is_on:
        _bar()


def stop() -> None:
    """Ends the music; what sounded last stays to be seen, kept, and heard again."""
    now = state.ON_AIR.get()
    if isinstance(now, PlaybackSession):
        now.queue.stop()
        now.jump = None
    else:
        state.ON_AIR.set(None)


def play(number: int, name: str = "") -> None:
    """Plays a tune of the row again, and from there on; `name` is the click's, if it has one."""
    now = state.ON_AIR.get()
    if isinstance(now, PlaybackSession):
        now.queue.go_on()
        now.sleep_at = None if now.is_sleepy else now.sleep_at
        now.jump = number, name or secrets.token_hex(4)
        state.ENDLESS_PLAYING.set(number)


def _play_before(number: int, name: str) -> None:
    """Goes back to the tune before one that sounds; the click comes from the player."""
    now = state.ON_AIR.get()
    if not isinstance(now, PlaybackSession) or now.answered == name:
        return
    now.answered = name
    if earlier := now.queue.composed(number - 1):
        play(earlier[0][0], name)


def _told(number: int, made: str) -> None:
    """Takes over which tune the browser plays, but nothing before the jump that was asked for.

    Args:
        number: The tune that sounds.
        made: The name of the last jump that the browser made.
    """
    now = state.ON_AIR.get()
    if not isinstance(now, PlaybackSession) or (now.jump and now.jump[1] != made):
        return
    now.jump = None
    if any(number == known for known, _composition in now.queue.composed(number)[:1]):
        if number != state.ENDLESS_PLAYING.get():
            now.began_at = time.monotonic()
        state.ENDLESS_PLAYING.set(number)


def tunes_before(now: PlaybackSession) -> list[tuple[int, Composition]]:
    """Numbers and tunes before the one that sounds, the last one first."""
    return now.queue.composed(state.ENDLESS_PLAYING.get() - 1)


@st.fragment
def _bar() -> None:
    now = state.ON_AIR.get()
    if not isinstance(now, PlaybackSession):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="on_air"):
        st.page_link(
            "pages/Endless.py",
            label=_current_title(now) or _("Endless"),
            icon=":material/all_inclusive:",
            query_params=kept_parameters(),
        )
        feed_player(now, key="radio_bar")


def feed_player(now: PlaybackSession, key: str) -> tuple[QueuedTune, ...] | None:
    """Gives the player of the browser what sounds and what follows; None where that failed."""
    try:
        pieces = now.queue.look(state.ENDLESS_PLAYING.get())
    except MusicgenError as error:
        stop()
        show_error(error, st.container())
        return None
    if now.is_sleepy and now.queue.is_on:
        pieces = _last(now, pieces)
    if now.queue.is_on and not pieces:
        st.caption(_("The first tune is being composed …"))
    _sources(pieces)
    gapless_player(
        [_track(piece) for piece in pieces],
        key=key,
        is_on=now.queue.is_on,
        jump=now.jump,
        has_before=bool(tunes_before(now)),
        on_playing=_told,
        on_before=_play_before,
    )
    return pieces


def _last(now: PlaybackSession, pieces: Sequence[QueuedTune]) -> tuple[QueuedTune, ...]:
    """The tune that sounds, without those after it; when it is over, the music ends."""
    playing = state.ENDLESS_PLAYING.get()
    last = tuple(piece for piece in pieces if piece.number <= playing)
    length_s = max((_track(piece).duration_s for piece in last), default=0.0)
    if time.monotonic() - now.began_at >= length_s + _ECHO_S:
        stop()
        return ()
    return last


def _sources(pieces: Sequence[QueuedTune]) -> None:
    """Hidden audio elements, by which the browser learns where the sound lies."""
    with st.container(key="endless_sources"):
        for piece in pieces:
            with st.container(key=f"endless_{piece.number}"):
                st.audio(rendered_tune(piece).audio, "audio/flac")


def _track(piece: QueuedTune) -> Track:
    aired = rendered_tune(piece)
    _start, onset_s, duration_s = aired.sound.moments[-1]
    audio = f".st-key-endless_{piece.number} audio"
    return Track(piece.number, aired.tune.title, audio, onset_s + duration_s)


def current_tune(now: PlaybackSession) -> tuple[int, Composition] | None:
    """The tune that sounds, or that sounded last."""
    playing = state.ENDLESS_PLAYING.get()
    return next(iter(now.queue.composed(playing)), None) if playing >= 0 else None


def _current_title(now: PlaybackSession) -> str:
    found = current_tune(now)
    return plain(title_of(*found)) if found else ""


def title_of(number: int, composition: Composition) -> str:
    """The title of a tune, or which one it is in the row."""
    return composition.public_tune.title or _("Tune {number}").format(number=number + 1)


def rendered_tune(piece: QueuedTune) -> RenderedTune:
    """What the renderer of the row made of a tune."""
    if not isinstance(piece.content, RenderedTune):
        raise TypeError(f"The queue holds a RenderedTune, not {type(piece.content)}.")
    return piece.content
