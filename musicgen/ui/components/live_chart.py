"""Plotly charts for data that grow while one looks: zoom and hover survive each update.

`st.plotly_chart` builds its chart anew at every change of data; this component calls
``Plotly.react`` on the ones that are there. The library itself comes with the frame of the page
(`libraries`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import _
from musicgen.ui.base.libraries import PLOTLY, need_library

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart among several.

    `figure` is ``{"data": [...], "layout": {...}}`` as Plotly takes it; colours may be names of
    the theme's variables, such as ``--st-primary-color``. `name` says which chart it is across
    updates, `label` its description for screen readers, `height` is in pixels. A wide panel
    has a row of its own; others stand in pairs where there is room. `note` says below what to see.
    """

    name: str
    figure: dict[str, Any]
    label: str
    height: int = 360
    is_wide: bool = True
    note: str = ""


def live_charts(
    panels: Sequence[Panel], key: str, on_click: Callable[[], None] | None = None
) -> None:
    """Draws charts, or brings those of that key up to date; a zoom along one holds in all.

    Args:
        panels: The charts in their order.
        key: Names the group across updates.
        on_click: Called after a click on a point whose ``customdata`` is a whole number, which
            `clicked` then gives.
    """
    need_library(PLOTLY)
    shown = [asdict(panel) | {"figure": _presentable(panel.figure)} for panel in panels]
    callbacks: dict[str, Any] = {"on_clicked_change": on_click} if on_click else {}
    data = {"panels": shown, "id": key, "clickable": on_click is not None}
    _charts()(key=key, data=data, **callbacks)


def live_chart(
    figure: dict[str, Any],
    key: str,
    label: str,
    height: int = 360,
    on_click: Callable[[], None] | None = None,
) -> None:
    """Draws a single figure, or brings the one of that key up to date; see `live_charts`."""
    live_charts([Panel(key, figure, label, height)], key, on_click)


def clicked(key: str) -> int | None:
    """The number of the point that was clicked just now in the charts of that key, or None."""
    number = (st.session_state.get(key) or {}).get("clicked")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _presentable(figure: dict[str, Any]) -> dict[str, Any]:
    """A figure as the browser can take it: no number that JSON lacks, and words where it is empty.

    Left to itself, Plotly gives an empty chart axes from -1 to 6 and from -1 to 4.
    """
    traces = [_with_numbers(trace) for trace in figure["data"]]
    layout = dict(figure["layout"])
    if any(map(_has_figures, traces)):
        return {"data": traces, "layout": layout}
    for name in ("xaxis", "yaxis"):
        axis = layout.get(name, {})
        if not axis.get("range"):
            layout[name] = axis | {"range": [0, 1], "showticklabels": "tickformat" in axis,
                                   "type": "linear"}  # fmt: skip
    note = {
        "text": _("no figures yet"), "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper",
        "showarrow": False, "font": {"color": "--st-gray-text-color"},
    }  # fmt: skip
    layout["annotations"] = [*layout.get("annotations", ()), note]
    return {"data": traces, "layout": layout}


def _with_numbers(value: Any) -> Any:
    """The same with nothing in place of what is not a finite number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _with_numbers(part) for name, part in value.items()}
    return [_with_numbers(part) for part in value] if isinstance(value, list | tuple) else value


def _has_figures(trace: dict[str, Any]) -> bool:
    """Whether there is anything to see of a trace."""
    values = trace.get("z", trace.get("y", ()))
    rows = [part for row in values for part in (row if isinstance(row, list) else [row])]
    return any(value is not None for value in rows)


def picture_button(charts: str, label: str, file_name: str, key: str) -> None:
    """A button that saves a group of charts, as it is zoomed now, as one PNG.

    Args:
        charts: The key of the group.
        label: What the button says.
        file_name: What the browser calls the file.
        key: Names the button across updates.
    """
    _picture()(key=key, data={"charts": charts, "label": label, "file": file_name}, width="content")


@cache
def _charts() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_live_charts",
        html='<div class="musicgen-charts"></div>',
        css=_read("live_chart.css"),
        js=_read("live_chart.js"),
        isolate_styles=False,
    )


@cache
def _picture() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_picture",
        html='<button type="button" class="musicgen-picture"></button>',
        css=_read("live_chart.css"),
        js=_read("picture.js"),
        isolate_styles=False,
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
