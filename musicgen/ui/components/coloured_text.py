"""Text in which each character has a colour: what a unit, a surprise or an echo is at each place.

A character can be chosen by a click, earlier places can be linked to it by arcs, and the character
of the note that sounds is lit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import _

_HERE = Path(__file__).parent

_HTML = """<div class="musicgen-coloured">
  <div class="musicgen-coloured-scale" hidden><span></span><i></i><span></span></div>
  <div class="musicgen-coloured-body"><svg aria-hidden="true"></svg><pre></pre></div>
</div>"""


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours of a text, a value for each character.

    `shades` are -100..100, `scale` is the value that 100 stands for. `low` and `high` name the two
    ends; `low` is empty where no value is below 0.
    """

    shades: tuple[int, ...]
    scale: float
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class TextLinks:
    """A chosen place, and the earlier ones linked to it, each with a strength 0..1."""

    chosen: int = -1
    places: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Following:
    """A player that is followed: its selector, and place, begin and length in s of each note."""

    audio: str
    moments: tuple[tuple[int, float, float], ...]


NO_LINKS = TextLinks()


def coloured_text(
    text: str,
    colours: Colours,
    *,
    key: str,
    label: str,
    links: TextLinks = NO_LINKS,
    following: Following | None = None,
    on_place: Callable[[], None] | None = None,
) -> None:
    """Draws a text, one span for each character.

    Args:
        text: What is shown.
        colours: A shade for each character.
        key: Names the text across updates.
        label: For screen readers.
        links: What is chosen and linked.
        following: Whose sound is followed.
        on_place: Called when a character was clicked (`clicked_place`).
    """
    _coloured()(
        key=key,
        data=text_data(text, colours, links, following)
        | {"label": label, "canChoose": on_place is not None, "lineEnd": _("line end")},
        on_place_change=on_place or _ignore,
    )


def text_data(
    text: str, colours: Colours, links: TextLinks = NO_LINKS, following: Following | None = None
) -> dict[str, Any]:
    """What the browser needs: one entry of `spans` for each character, and its shade."""
    spans = list(zip(text, colours.shades, strict=True))
    return {
        "spans": [list(one) for one in spans],
        "scale": colours.scale,
        "low": colours.low,
        "high": colours.high,
        "chosen": links.chosen,
        "links": [[place, round(share, 3)] for place, share in links.places],
        "audio": following.audio if following else "",
        "moments": [list(one) for one in following.moments] if following else [],
    }


def clicked_place(key: str) -> int | None:
    """The character that was clicked on the text of that key."""
    match (st.session_state.get(key) or {}).get("place"):
        case int(place):
            return place
    return None


def _ignore() -> None:
    """Does nothing; Streamlit registers a trigger only with a callback."""


@cache
def _coloured() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_coloured_text",
        html=_HTML,
        css=(_HERE / "coloured_text.css").read_text(encoding="utf-8"),
        js=(_HERE / "coloured_text.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
