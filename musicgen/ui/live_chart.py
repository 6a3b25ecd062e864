"""A Plotly chart for data that grows while one looks: zoom and hover survive each update.

`st.plotly_chart` builds its chart anew at every change of data; this component calls
``Plotly.react`` on the one that is there. The library itself travels in a second component whose
data never change, because a component sends its script again whenever they do.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_FRONTEND = Path(__file__).parent / "frontend"
_PUBLISH = "\nglobalThis.musicgenPlotly = globalThis.Plotly;\nexport default function () {}\n"


def live_chart(figure: dict[str, Any], key: str, label: str, height: int = 360) -> None:
    """Draws a figure, or brings the one of that key up to date.

    Args:
        figure: ``{"data": [...], "layout": {...}}`` as Plotly takes it; colours may be names of
            the theme's variables, such as ``--st-primary-color``.
        key: Names the chart across updates.
        label: What the chart shows, for those who cannot see it.
        height: Pixels.
    """
    _chart()(key=key, data={"figure": figure, "label": label, "height": height})


def load_plotly() -> None:
    """Hands the library to the browser; once on a page, outside of what is drawn again."""
    _library()(key="plotly_library", data=0)


@cache
def _library() -> ComponentRenderer:
    source = files("plotly") / "package_data" / "plotly.min.js"
    script = source.read_text(encoding="utf-8") + _PUBLISH
    return st.components.v2.component("musicgen_plotly", js=script)


@cache
def _chart() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_live_chart",
        html='<div class="musicgen-chart"></div>',
        js=(_FRONTEND / "live_chart.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
