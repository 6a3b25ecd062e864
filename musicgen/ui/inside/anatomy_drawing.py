"""A network as a drawing: what a character passes from the bottom of a network to its top."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from musicgen.interpretation.anatomy import Anatomy, Part, arrange_parts
from musicgen.ui.base.language import _

_STYLE = Path(__file__).with_suffix(".css")

_MOST_TINT = 70
"""Per cent of the accent in the colour of a part that has all parameters."""


def draw_anatomy(found: Anatomy, characters: int) -> None:
    """Draws the parts in the order in which a character passes them, each with its shapes.

    Args:
        found: The parts.
        characters: How many the network knows.
    """
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>{drawing(found, characters)}")
    st.caption(
        _("The more of the parameters a part has, the deeper its colour. ↺ remembers: it reads its "
          "own state of the character before.")
    )  # fmt: skip


def drawing(found: Anatomy, characters: int) -> str:
    """The drawing as HTML."""
    flow = arrange_parts(found)
    total = max(1, found.parameters)
    stages = [
        _end(_("a character, one of {count}").format(count=characters)),
        _stage(_("looked up, and added"), flow.read, total),
    ]
    for number, parts in enumerate(flow.layers, start=1):
        title = _("layer {number} ↺").format(number=number)
        stages.append(_stage(title, parts, total))
    if flow.beside:
        stages.append(_stage(_("beside the layers ⇅"), flow.beside, total, "is-beside"))
    stages.append(_stage(_("says what follows"), flow.say, total))
    stages.append(_end(_("the chances of the next character: {count}").format(count=characters)))
    arrow = '<div aria-hidden="true">↓</div>'
    return f'<div class="musicgen-anatomy">{arrow.join(stages)}</div>'


def _end(text: str) -> str:
    return f'<div class="end">{escape(text)}</div>'


def _stage(title: str, parts: Sequence[Part], total: int, kind: str = "") -> str:
    boxes = "".join(_part(part, total) for part in parts)
    return f'<div class="stage {kind}">{escape(title)}<div class="row">{boxes}</div></div>'


def _part(part: Part, total: int) -> str:
    share = part.parameters / total
    shapes = " · ".join("×".join(map(str, shape)) for shape in part.shapes)
    return (
        f'<div class="part" style="--share: {share * _MOST_TINT:.1f}%">'
        f"<b>{escape(part.name)}</b><span>{escape(shapes)}</span>"
        f"<span>{part.parameters:,} · {share:.1%}</span></div>"
    )
