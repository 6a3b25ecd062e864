"""Figures of the lessons for Plotly: pure functions from numbers to plain dictionaries."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.lessons.measures import PlacedLoss
from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.base.words import chart_text
from musicgen.ui.components.curves import smoothed, thinned

GREY, FIRST = "--st-gray-text-color", "--st-primary-color"
SMOOTHING = 0.9
"""Share of the past in the running mean of the training loss."""

MAX_POINTS = 300
MOST_LOSS = 12.0
"""Losses above are drawn as this, so that one training does not flatten all others."""

_SIGNS = {" ": "␣", "\n": "⏎"}


@dataclass(frozen=True, slots=True)
class RunCurve:
    """A training: what it is called, and its steps."""

    label: str
    metrics: Sequence[StepMetrics]


def colour(number: int) -> str:
    """The colour of the thing with that number, from 0 on."""
    return f"--st-chart-categorical-colors[{number}]"


def sign(character: str) -> str:
    """A character that can be seen, for charts."""
    return chart_text(_SIGNS.get(character, character))


def layout(name: str, x: str, y: str, **more: Any) -> dict[str, Any]:
    """What all figures have in common: which it is across updates, and the titles of its axes."""
    axes: dict[str, dict[str, Any]] = {
        "xaxis": {"title": {"text": x, "standoff": 6}, "fixedrange": True, "showgrid": False,
                  "zeroline": False},
        "yaxis": {"title": {"text": y, "standoff": 6}, "fixedrange": True, "nticks": 6,
                  "zeroline": False},
    }  # fmt: skip
    for axis, settings in axes.items():
        settings.update(more.pop(axis, {}))
    base = {"uirevision": name, "margin": {"l": 60, "r": 12, "t": 34, "b": 48},
            "showlegend": True, "hovermode": "closest",
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}}  # fmt: skip
    return base | axes | more


def bars(
    names: Sequence[str],
    groups: Sequence[tuple[str, Sequence[Estimate]]],
    name: str,
    titles: tuple[str, str],
    tickformat: str = ".0%",
) -> dict[str, Any]:
    """Bars with their intervals, groups side by side.

    Args:
        names: One for each bar of a group.
        groups: What a group is called, and its figures.
        name: Which figure it is.
        titles: Of the axis across and of that upwards.
        tickformat: How values are written, as Plotly takes it.
    """
    traces = [
        {"type": "bar", "name": chart_text(label), "x": [chart_text(one) for one in names],
         "y": [round(one.value, 4) for one in values], "marker": {"color": colour(number)},
         "error_y": _intervals(values),
         "hovertemplate": f"%{{x}}: %{{y:{tickformat}}}<extra>%{{fullData.name}}</extra>"}
        for number, (label, values) in enumerate(groups)
    ]  # fmt: skip
    upwards = {"tickformat": tickformat, "rangemode": "tozero"}
    return {
        "data": traces,
        "layout": layout(name, *titles, barmode="group", bargap=0.3, yaxis=upwards,
                         xaxis={"type": "category"}, showlegend=len(groups) > 1),
    }  # fmt: skip


def _intervals(values: Sequence[Estimate]) -> dict[str, Any]:
    return {
        "type": "data", "symmetric": False, "thickness": 1.2, "width": 4, "color": GREY,
        "array": [one.high - one.value for one in values],
        "arrayminus": [one.value - one.low for one in values],
        "visible": any(one.high > one.low for one in values),
    }  # fmt: skip


def exactly(value: float) -> Estimate:
    """A figure without an interval."""
    return Estimate(value, value, value, 1)


def loss_curves(
    runs: Sequence[RunCurve], titles: tuple[str, str], *, is_log: bool = False
) -> dict[str, Any]:
    """Losses over steps: of training tunes thin, as a running mean, of held-out tunes thick."""
    traces: list[dict[str, Any]] = []
    for number, run in enumerate(runs):
        name, looks = chart_text(run.label), [m for m in run.metrics if m.val_loss is not None]
        steps, losses = thinned(
            [one.step for one in run.metrics],
            smoothed([min(one.train_loss, MOST_LOSS) for one in run.metrics], SMOOTHING),
            MAX_POINTS,
        )
        common: dict[str, Any] = {
            "type": "scatter", "name": name, "legendgroup": name,
            "hovertemplate": "%{x}: %{y:.3f}<extra>%{fullData.name}</extra>",
        }  # fmt: skip
        traces.append(common | {
            "mode": "lines", "x": steps, "y": [round(one, 4) for one in losses],
            "line": {"color": colour(number), "width": 1}, "opacity": 0.6, "showlegend": False,
        })  # fmt: skip
        traces.append(common | {
            "mode": "lines+markers", "x": [one.step for one in looks],
            "y": [round(min(one.val_loss or 0.0, MOST_LOSS), 4) for one in looks],
            "line": {"color": colour(number), "width": 2.5}, "marker": {"size": 5},
        })  # fmt: skip
    upwards: dict[str, Any] = {"tickformat": ".2~f"}
    if is_log:
        upwards |= {"type": "log", "nticks": 8}
    return {"data": traces, "layout": layout("lesson_curves", *titles, yaxis=upwards)}


def placed_lines(
    lines: Sequence[tuple[str, PlacedLoss]], titles: tuple[str, str], mark: int = 0
) -> dict[str, Any]:
    """Losses over the place in a tune; a dotted line at a place, none for 0."""
    traces = [
        {"type": "scatter", "mode": "lines+markers", "name": chart_text(label),
         "x": list(one.places), "y": [round(loss, 4) for loss in one.losses],
         "line": {"color": colour(number), "width": 2}, "marker": {"size": 5},
         "hovertemplate": "%{x:.0f}: %{y:.3f}<extra>%{fullData.name}</extra>"}
        for number, (label, one) in enumerate(lines)
    ]  # fmt: skip
    shapes = [_upright(mark)] if mark else []
    return {"data": traces, "layout": layout("places", *titles, shapes=shapes)}


def dots(
    groups: Sequence[tuple[str, Sequence[float]]],
    titles: tuple[str, str],
    reference: float = math.nan,
) -> dict[str, Any]:
    """A dot for each tune, groups side by side; a dashed line across at a reference."""
    traces = [
        {"type": "scatter", "mode": "markers", "name": chart_text(label),
         "x": [chart_text(label)] * len(values), "y": list(values),
         "marker": {"color": colour(number), "size": 10, "opacity": 0.7},
         "hovertemplate": "%{y}<extra>%{fullData.name}</extra>"}
        for number, (label, values) in enumerate(groups)
    ]  # fmt: skip
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": reference, "y1": reference,
            "line": {"color": GREY, "width": 1.5, "dash": "dash"}}  # fmt: skip
    shapes = [line] if math.isfinite(reference) else []
    return {
        "data": traces,
        "layout": layout("dots", *titles, shapes=shapes, showlegend=False,
                         xaxis={"type": "category"}, yaxis={"rangemode": "tozero"}),
    }  # fmt: skip


def unit_curve(text: str, values: Sequence[float], titles: tuple[str, str]) -> dict[str, Any]:
    """The value of a unit after each character of a text, with a dotted line at each bar line."""
    trace = {
        "type": "scatter", "mode": "lines", "x": list(range(len(text))),
        "y": [round(float(one), 3) for one in values], "text": [sign(one) for one in text],
        "line": {"color": FIRST, "width": 1.5}, "hovertemplate": "%{x}: %{text}  %{y:.2f}",
    }  # fmt: skip
    start = text.find("K:")
    lines = [_upright(at) for at, one in enumerate(text) if one == "|" and at > start]
    return {"data": [trace], "layout": layout("unit", *titles, shapes=lines, showlegend=False)}


def over_temperature(
    values: Mapping[float, Estimate], name: str, titles: tuple[str, str], tickformat: str
) -> dict[str, Any]:
    """A curve over temperatures, each figure with its interval."""
    found = list(values.values())
    trace = {
        "type": "scatter", "mode": "lines+markers", "x": list(values),
        "y": [round(one.value, 4) for one in found], "line": {"color": FIRST, "width": 2},
        "error_y": _intervals(found), "marker": {"size": 7},
        "hovertemplate": f"%{{x}}: %{{y:{tickformat}}}<extra></extra>",
    }  # fmt: skip
    upwards = {"tickformat": tickformat}
    return {"data": [trace], "layout": layout(name, *titles, yaxis=upwards, showlegend=False)}


def _upright(place: float) -> dict[str, Any]:
    return {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": GREY, "width": 1, "dash": "dot"}}  # fmt: skip
