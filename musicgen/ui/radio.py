"""The player of an endless row as a component: each tune begins on the sample the last one ends.

Tunes lie in hidden audio elements of the page, from which the component takes their addresses; it
decodes them and schedules them on one audio clock. Where a score needs an audio element, it gives
one stand-in for each tune.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.language import _

_FRONTEND = Path(__file__).parent / "frontend"


@dataclass(frozen=True, slots=True)
class Track:
    """A tune for the player: `audio` is the CSS selector of the element that has its address.

    `duration_s` is when the next tune begins, in seconds: the tail behind it sounds on.
    """

    number: int
    title: str
    audio: str
    duration_s: float


def radio(tracks: Sequence[Track], key: str) -> int:
    """Draws the player; returns the number of the tune that sounds now, -1 before the first.

    Args:
        tracks: The tune that sounds and those that follow it.
        key: Names the player across updates.
    """
    words = {"play": _("Go on"), "pause": _("Pause"), "skip": _("Next tune")}
    result = _radio()(
        key=key,
        data={"tracks": [asdict(track) for track in tracks], "words": words},
        default={"playing": -1},
        on_playing_change=lambda: None,
    )
    return int(result.playing)


def stand_in(number: int) -> str:
    """CSS selector of what a score takes for the audio element of a tune."""
    return f'.musicgen-track[data-number="{number}"]'


@cache
def _radio() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_radio",
        html='<div class="musicgen-radio"><button type="button" class="musicgen-toggle"></button>'
        '<button type="button" class="musicgen-skip"></button>'
        '<progress class="musicgen-progress" max="1" value="0"></progress>'
        '<div class="musicgen-tracks" hidden></div></div>',
        css=(_FRONTEND / "radio.css").read_text(encoding="utf-8"),
        js=(_FRONTEND / "radio.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
