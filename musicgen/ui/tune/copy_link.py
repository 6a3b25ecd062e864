"""The button that copies the link of a tune."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import _

_HERE = Path(__file__).parent


def copy_link(key: str, parameters: Mapping[str, str] | None = None) -> None:
    """Draws the button.

    Args:
        key: Of the component.
        parameters: Of the tune in an address of Play; without them the address of the page is
            copied, which on Play always describes the tune on the screen.
    """
    _link_button()(
        key=key,
        data={
            "label": _("Copy link"),
            "done": _("Copied"),
            "help": _("Whoever opens it sees and hears exactly this tune, and all its settings."),
            "query": None if parameters is None else f"?{urlencode(parameters)}",
        },
        width="content",
    )


@cache
def _link_button() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_copy_link",
        html='<button type="button" class="musicgen-picture musicgen-copy"></button>',
        css=(_HERE.parent / "components" / "live_chart.css").read_text(encoding="utf-8"),
        js=(_HERE / "copy_link.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
