"""Figures of a report for Plotly: pure functions from a report to plain dictionaries."""

import math
from collections.abc import Sequence
from typing import Any

from musicgen.evaluation.measure_labels import NUMBER, SHARE
from musicgen.evaluation.report.drawing import Line
from musicgen.evaluation.report.figures import find_names, share_out
from musicgen.evaluation.report.result import TuneSet
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.ui.base.words import chart_text

REAL_COLOR = "--st-gray-color"
_BAND = "--st-border-color-light"


def set_colour(place: int, has_real: bool) -> str:
    """The colour of a set by its place; real tunes, where they are the first, are grey."""
    if has_real and place == 0:
        return REAL_COLOR
    return f"--st-chart-categorical-colors[{place - has_real}]"


def distribution_figure(
    distribution: str,
    sets: Sequence[TuneSet],
    names: Sequence[str],
    axis: str,
    *,
    has_legend: bool = False,
) -> dict[str, Any]:
    """Shares of a distribution, the sets side by side.

    Args:
        distribution: One of `words.DISTRIBUTION_AXES`.
        sets: Real tunes first, if there are any.
        names: Of the sets, in the reader's words.
        axis: What is across.
        has_legend: Says above which colour is which set.
    """
    labels = find_names(distribution, sets)
    has_real = bool(sets) and sets[0].cell is None
    traces = []
    for place, (item, name) in enumerate(zip(sets, names, strict=True)):
        shares = share_out(item, distribution)
        traces.append(
            {
                "type": "bar",
                "name": chart_text(name),
                "x": [chart_text(label) for label in labels],
                "y": [round(shares.get(label, 0.0), 5) for label in labels],
                "marker": {"color": set_colour(place, has_real)},
                "hovertemplate": "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
            }
        )
    return {
        "data": traces,
        "layout": {
            "uirevision": distribution,
            "barmode": "group",
            "bargap": 0.2,
            "showlegend": has_legend,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "margin": {"l": 48, "r": 8, "t": 56 if has_legend else 8, "b": 48},
            "xaxis": {"type": "category", "title": {"text": axis}, "showgrid": False},
            "yaxis": {"tickformat": ".0%", "rangemode": "tozero", "nticks": 6},
        },
    }


def sweep_figure(
    lines: Sequence[Line],
    reference: Estimate | None,
    titles: tuple[str, str],
    name: str,
    *,
    form: str = NUMBER,
    has_legend: bool = False,
) -> dict[str, Any]:
    """A measure over the temperature with its intervals; real tunes are a band with a dashed line.

    Args:
        lines: One for each model, with and without the grammar.
        reference: The value of real tunes, if there is one.
        titles: Of the axes, across and up.
        name: Names the figure across updates.
        form: How its values are written, as of `words.Measure`.
        has_legend: Says which colour is which model.
    """
    traces = [_line_trace(line, place) for place, line in enumerate(lines)]
    layout: dict[str, Any] = {
        "uirevision": name,
        "showlegend": has_legend,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "hovermode": "closest",
        "margin": {"l": 56, "r": 8, "t": 64 if has_legend else 34, "b": 48},
        "title": {"text": titles[1], "x": 0, "xanchor": "left", "y": 1, "yanchor": "top",
                  "pad": {"l": 4, "t": 6}, "font": {"size": 14}},
        "xaxis": {"title": {"text": titles[0]}, "zeroline": False},
        "yaxis": {"zeroline": False, "nticks": 6, "range": _reach(lines, reference, form),
                  "tickformat": ".0%" if form == SHARE else ".3~g"},
    }  # fmt: skip
    if reference and math.isfinite(reference.value):
        across = {"xref": "paper", "x0": 0, "x1": 1}
        band = {"type": "rect", "y0": reference.low, "y1": reference.high, "fillcolor": _BAND,
                "line": {"width": 0}, "layer": "below"}  # fmt: skip
        middle = {"type": "line", "y0": reference.value, "y1": reference.value,
                  "line": {"color": REAL_COLOR, "dash": "dash", "width": 1.5}}  # fmt: skip
        layout["shapes"] = [across | band, across | middle]
        traces.append(
            {"type": "scatter", "mode": "markers", "x": [lines[0].places[0]] if lines else [],
             "y": [reference.value], "marker": {"opacity": 0}, "hoverinfo": "skip",
             "showlegend": False}
        )  # fmt: skip
    return {"data": traces, "layout": layout}


def _reach(lines: Sequence[Line], reference: Estimate | None, form: str) -> list[float] | None:
    """All values with their intervals, and some room; a share has nothing below 0 nor above 1."""
    estimates = [one for line in lines for one in line.estimates] + (
        [reference] if reference else []
    )
    ends = [
        end
        for one in estimates
        if math.isfinite(one.value)
        for end in (one.value, one.low, one.high)
        if math.isfinite(end)
    ]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 0.5
    low = low - margin if low < 0 else max(0.0, low - margin)
    return [low, min(high + margin, 1.02) if form == SHARE else high + margin]


def _line_trace(line: Line, place: int) -> dict[str, Any]:
    known = [
        (temperature, one)
        for temperature, one in zip(line.places, line.estimates, strict=True)
        if math.isfinite(one.value)
    ]
    colour = f"--st-chart-categorical-colors[{place}]"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": chart_text(line.name),
        "x": [temperature for temperature, _one in known],
        "y": [round(one.value, 5) for _temperature, one in known],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [round(one.high - one.value, 5) for _temperature, one in known],
            "arrayminus": [round(one.value - one.low, 5) for _temperature, one in known],
            "thickness": 1,
            "width": 3,
        },
        "line": {"color": colour, "width": 2},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": "%{x:g}: %{y:.3f}<extra>%{fullData.name}</extra>",
    }
