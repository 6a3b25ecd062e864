"""The Chinese letters of the pages, for readers whose computer has none.

The server hands out the web fonts that set-up fetched. A browser loads the few files whose
characters are on the page, and only where it has no Chinese font of its own: the theme names those
of the usual systems first (`.streamlit/config.toml`).
"""

from functools import cache
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.components.v1 import declare_component
from streamlit.components.v2.types import ComponentRenderer

from musicgen.config import Paths

FONT_PACKAGES = {"chinese_sans": "noto-sans-sc", "chinese_serif": "noto-serif-sc"}
"""Name in the address of each font, and its folder."""

STYLE_SHEET = "index.css"
"""Says which file has which characters; lies in each font's folder."""


FOLDER = f"component/{__name__}."
"""What the addresses of all files of fonts begin with."""


def font_addresses() -> list[str]:
    """The addresses of the style sheets of all fonts that are here, below the server's own."""
    addresses = [_address(name, folder) for name, folder in FONT_PACKAGES.items()]
    return [one for one in addresses if one]


def serve_fonts() -> None:
    """Lets the page use the fonts; does nothing where set-up could not fetch them."""
    imports = "".join(f'@import url("{escape(one)}");' for one in font_addresses())
    if imports:
        st.html(f"<style>{imports}</style>")
        _redrawer()(key="letters", data=0)


def _address(name: str, package: str) -> str:
    """Where the server hands out a font's style sheet; empty if it is not here."""
    folder = Paths.default().fonts / package
    if not (folder / STYLE_SHEET).is_file():
        return ""
    # A component is the one thing of Streamlit that hands out a folder as it is.
    component = declare_component(name, path=folder)
    return f"component/{component.name}/{STYLE_SHEET}"


@cache
def _redrawer() -> ComponentRenderer:
    script = Path(__file__).parent / "letters.js"
    return st.components.v2.component("musicgen_letters", js=script.read_text(encoding="utf-8"))
