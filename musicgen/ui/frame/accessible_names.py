"""One name for every control of a page, for screen readers, and Streamlit's own words translated.

Streamlit says some things in English alone: what an uploader takes, what Enter does in a field. It
has no catalogue; the words are exchanged on the page.
"""

from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import N_, _, current_language

_HERE = Path(__file__).parent


_STOCK = (
    N_("Upload"),
    N_("{}MB per file"),
    N_("file upload"),
    N_("Cancel upload of {}"),
    N_("Press Enter to apply"),
    N_("Press Ctrl+Enter to apply"),
    N_("Press ⌘+Enter to apply"),
    N_("Press Enter to submit form"),
    N_("Choose an option"),
    N_("Choose options"),
    N_("Choose or add an option"),
    N_("Choose or add options"),
    N_("No results"),
    N_("No options to select"),
    N_("Remove {}"),
    N_("Selected values"),
    N_("Skip to main content"),
    N_("Sidebar"),
    N_("Collapse sidebar"),
    N_("Expand sidebar"),
    N_("Show/hide columns"),
    N_("Download as CSV"),
    N_("Search"),
    N_("Fullscreen"),
    N_("Close fullscreen"),
    N_("Clear selection"),
    N_("Sort ascending"),
    N_("Sort descending"),
    N_("Autosize"),
    N_("Pin column"),
    N_("Unpin column"),
    N_("Hide column"),
    N_("Zoom"),
    N_("Pan"),
    N_("Zoom in"),
    N_("Zoom out"),
    N_("Autoscale"),
    N_("Reset axes"),
    N_("Running..."),
    N_("Stop"),
    N_('Sheet Music for "{}"'),
)
"""What Streamlit, Plotly and abcjs say on our pages, as they write it; ``{}`` is what varies."""


def _stock() -> list[tuple[str, str]]:
    if current_language() == "en":
        return []
    return [(english, _(english)) for english in _STOCK]


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
            "stock": _stock(),
        },
    )


@cache
def _namer() -> ComponentRenderer:
    script = (_HERE / "accessible_names.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_names", js=script)
