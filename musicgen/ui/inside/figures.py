"""Figures of the page for Plotly: pure functions from numbers to plain dictionaries."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.ui.base.language import _
from musicgen.ui.base.words import chart_text

FIRST, SECOND = "--st-primary-color", "--st-chart-categorical-colors[1]"
GREY = "--st-gray-text-color"
_DIVERGING = "--st-chart-diverging-colors"
_SIGNS = {" ": "␣", "\n": "⏎"}


def sign(character: str) -> str:
    """A character that can be seen, for charts."""
    return chart_text(_SIGNS.get(character, character))


def layout(name: str, x: str, y: str, **more: Any) -> dict[str, Any]:
    """What all figures have in common.

    Args:
        name: Which figure it is, across updates.
        x: Title of the axis across.
        y: Title of the axis upwards.
        more: Further settings; those of axes are joined with these.
    """
    axes = {
        "xaxis": {"title": {"text": x, "standoff": 12}, "fixedrange": True, "showgrid": False},
        "yaxis": {"title": {"text": y, "standoff": 6}, "fixedrange": True, "nticks": 6},
    }
    for axis in axes:
        axes[axis] |= more.pop(axis, {})
    base = {"uirevision": name, "margin": {"l": 60, "r": 12, "t": 30, "b": 52},
            "showlegend": False,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}}  # fmt: skip
    return base | axes | more


def along(
    text: str,
    lines: Sequence[tuple[str, NDArray[Any], str]],
    name: str,
    titles: tuple[str, str],
    place: int = -1,
) -> dict[str, Any]:
    """Curves along a text, with the character at each place where one points.

    Args:
        text: The text.
        lines: Name, a value for each character, and colour.
        name: Which figure it is.
        titles: Of the axis across and of that upwards.
        place: A character that is marked; none where below 0.
    """
    letters = [sign(one) for one in text]
    traces = [
        {"type": "scatter", "mode": "lines", "name": label, "x": list(range(len(text))),
         "y": np.round(values, 3).tolist(), "text": letters,
         "line": {"color": colour, "width": 1.5},
         "hovertemplate": "%{x}: %{text}  %{y:.2f}<extra>%{fullData.name}</extra>"}
        for label, values, colour in lines
    ]  # fmt: skip
    shapes = [] if place < 0 else [
        {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": SECOND, "width": 2, "dash": "dot"}}
    ]  # fmt: skip
    return {"data": traces, "layout": layout(name, *titles, shapes=shapes,
            showlegend=len(lines) > 1, hovermode="closest")}  # fmt: skip


def heat_map(
    text: str, values: NDArray[np.float32], order: Sequence[int], titles: tuple[str, str]
) -> dict[str, Any]:
    """All units of a layer over a text, one row a unit.

    Args:
        text: The text, T characters.
        values: (T, H).
        order: The units from the bottom up.
        titles: Of the axis across and of that upwards.
    """
    limit = max(float(np.abs(values).max()), 1e-6)
    unit = _("unit {unit}").format(unit="%{y}")
    whole = np.round(100 * values[:, list(order)].T / limit).astype(int)
    trace = {
        "type": "heatmap", "z": whole.tolist(), "zmin": -100, "zmax": 100, "zmid": 0,
        "colorscale": _DIVERGING, "reversescale": True,
        "colorbar": {"thickness": 10, "ticksuffix": " %", "nticks": 5},
        "y": [str(unit) for unit in order], "x": list(range(len(text))),
        "hovertemplate": f"{unit}, %{{x}}: %{{z}} %<extra></extra>",
    }  # fmt: skip
    rows = {"showticklabels": False, "type": "category"}
    return {"data": [trace], "layout": layout("heat", *titles, yaxis=rows)}


def bars(
    names: Sequence[str],
    groups: Sequence[tuple[str, Sequence[float], str]],
    name: str,
    titles: tuple[str, str],
    tickformat: str = "",
) -> dict[str, Any]:
    """Bars, groups side by side; names that occur twice have bars of their own."""
    places = list(range(len(names)))
    traces = [
        {"type": "bar", "name": label, "x": places, "y": [round(float(one), 4) for one in values],
         "text": [sign(one) for one in names], "textposition": "none", "marker": {"color": colour},
         "hovertemplate": f"%{{text}}: %{{y:{tickformat or '.3f'}}}"
                          "<extra>%{fullData.name}</extra>"}
        for label, values, colour in groups
    ]  # fmt: skip
    ticks = {"tickmode": "array", "tickvals": places, "ticktext": [sign(one) for one in names]}
    return {
        "data": traces,
        "layout": layout(name, *titles, barmode="group", bargap=0.25, xaxis=ticks,
                         yaxis={"tickformat": tickformat} if tickformat else {},
                         showlegend=len(groups) > 1),
    }  # fmt: skip
