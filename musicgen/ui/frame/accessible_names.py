"""One name for every control of a page, for screen readers."""

from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import _

_HERE = Path(__file__).parent


def name_controls() -> None:
    """Names what Streamlit leaves without a name, or gives two; on every page."""
    _namer()(
        key="starter_names",
        data={
            "player": _("Player of the tune"),
            "frame": _("Part of the page"),
            "less": _("{label}: less"),
            "more": _("{label}: more"),
            "open": _("{label}: open the list"),
            "clear": _("{label}: clear"),
            "help": _("Help: {label}"),
        },
    )


@cache
def _namer() -> ComponentRenderer:
    script = (_HERE / "accessible_names.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_names", js=script)
