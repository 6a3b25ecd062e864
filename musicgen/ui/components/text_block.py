"""Text as it was written, letter for letter, to be read and copied: a tune in ABC.

Streamlit's own block of code loads a highlighter of three hundred programming languages with every
page that has one: 1.5 megabytes, and more than a second of a slow machine.
"""

import html
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer
from streamlit.delta_generator import DeltaGenerator

from musicgen.ui.base.language import _

_HERE = Path(__file__).parent


def text_block(text: str, place: DeltaGenerator | None = None, *, has_copy: bool = True) -> None:
    """Shows a text; its lines are broken where the page is too narrow.

    Args:
        text: Any text; nothing in it is taken as HTML.
        place: Where it goes; None for the next place of the page.
        has_copy: With a button that copies it.
    """
    words = html.escape(_("Copy"))
    copy = f'<button type="button" class="musicgen-text-copy">{words}</button>' if has_copy else ""
    body = f'<div class="musicgen-text">{copy}<pre><code>{html.escape(text)}</code></pre></div>'
    (place or st).html(body)


def follow_copies() -> None:
    """Lets the buttons of all texts copy; once on every page."""
    _copier()(key="starter_copies", data={"done": _("Copied"), "select": _("Press Ctrl+C")})


@cache
def _copier() -> ComponentRenderer:
    script = (_HERE / "text_block.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_copies", js=script)
