"""The player of an endless row as a component: each tune begins on the sample the last one ends.

Tunes lie in hidden audio elements of the page, from which the component takes their addresses; it
decodes them and schedules them on one audio clock. Where a score needs an audio element, it gives
one stand-in for each tune.

The player belongs to the browser's document, not to the component: it sounds on while another page
of the app is opened, and what this module draws there has its hands on it again. It asks for more
by itself when too little is ready, so no timer of the page is needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import _

_HERE = Path(__file__).parent

MAX_NAME = 40
"""Characters of a name that the browser gives a click."""


@dataclass(frozen=True, slots=True)
class Track:
    """A tune for the player: `audio` is the CSS selector of the element that has its address.

    `duration_s` is when the next tune begins, in seconds: the tail behind it sounds on.
    """

    number: int
    title: str
    audio: str
    duration_s: float


def gapless_player(
    tracks: Sequence[Track],
    key: str,
    *,
    is_on: bool,
    jump: tuple[int, str] | None,
    has_before: bool,
    on_playing: Callable[[int, str], None],
    on_before: Callable[[int, str], None],
) -> None:
    """Draws the player.

    Args:
        tracks: The tune that sounds and those that follow it.
        key: Names the player across updates.
        is_on: Whether the row goes on; else the player falls silent, and keeps its last tune.
        jump: Number of the tune to play as soon as it is ready, and a name for this request.
        has_before: Whether there is a tune before the one that sounds.
        on_playing: Called with the number of a tune when it begins to sound, and the name of the
            last jump that was made; "" for none.
        on_before: Called with the number that sounds and a name for the click, when the tune before
            is asked for; again for the same click until a jump of that name comes.
    """
    words = {
        "play": _("Go on"),
        "pause": _("Pause"),
        "skip": _("Next tune"),
        "before": _("The tune before"),
        "progress": _("How much of the tune has been played"),
    }

    def tell() -> None:
        match (st.session_state.get(key) or {}).get("playing"):
            case [int(number), str(made)]:
                on_playing(number, made[:MAX_NAME])

    def ask() -> None:
        match (st.session_state.get(key) or {}).get("before"):
            case [int(number), str(name), *_]:
                on_before(number, name[:MAX_NAME])

    _radio()(
        key=key,
        data={
            "tracks": [asdict(track) for track in tracks],
            "words": words,
            "isOn": is_on,
            "jump": jump,
            "hasBefore": has_before,
        },
        default={"playing": [-1, ""]},
        on_playing_change=tell,
        on_before_change=ask,
        on_more_change=_ignore,
    )


def _ignore() -> None:
    """Streamlit knows a value by its callback, so there must be one."""


def stand_in(number: int) -> str:
    """CSS selector of what a score takes for the audio element of a tune."""
    return f'.musicgen-track[data-number="{number}"]'


@cache
def _radio() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_radio",
        html='<div class="musicgen-radio"><button type="button" class="musicgen-before"></button>'
        '<button type="button" class="musicgen-toggle"></button>'
        '<button type="button" class="musicgen-skip"></button>'
        '<progress class="musicgen-progress" max="1" value="0"></progress>'
        '<div class="musicgen-tracks" hidden></div></div>',
        css=(_HERE / "gapless_player.css").read_text(encoding="utf-8"),
        js=(_HERE / "gapless_player.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
