"""What a sweep found as Plotly figures: pure functions from its combinations to dictionaries.

Losses are those on held-out tunes, in nats per character. ``customdata`` of each point is the
number of its combination, which a click on it sends back. Colours are names of the theme's
variables; the lower a loss, the stronger its colour.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.jobs.sweep_axes import Axis, Value, value_text
from musicgen.jobs.sweep_plan import SweepPlan
from musicgen.jobs.sweep_results import SweepPoint, find_best_point, project_points

CELL = "--st-secondary-background-color"
TEXT = "--st-text-color"
GRAY = "--st-gray-text-color"
SCALE = "--st-chart-sequential-colors"

_SHADES = 10
_WIDE_COLUMNS = 5
_MOST_MARKS = 8  # values written along an axis of parallel coordinates
_LONGEST_MARK = 12


@dataclass(frozen=True, slots=True)
class SweepWords:
    """The words of the figures, in the reader's language.

    `statuses` stand in cells without a loss, by their status; ``failed`` and ``pruned`` also below
    the loss of a cell. `settings` are what settings are called, and `loss` is what is measured,
    `unit` the unit it is measured in.
    """

    statuses: Mapping[str, str]
    settings: Mapping[str, str]
    loss: str
    unit: str

    def setting(self, name: str) -> str:
        """What a setting is called."""
        return self.settings.get(name, name)

    def describe(self, point: SweepPoint) -> str:
        """A combination in some lines: its settings, and what was measured."""
        lines = [f"{self.setting(name)}: {value_text(value)}"
                 for name, value in point.settings.items()]  # fmt: skip
        if point.shown_loss is not None:
            spread = f" ± {point.spread:.4f}" if point.spread is not None else ""
            lines.append(f"{self.loss}: {point.shown_loss:.4f}{spread} {self.unit}")
        if point.status in self.statuses:
            lines.append(self.statuses[point.status])
        return "<br>".join(lines)


def heat_map_figure(
    plan: SweepPlan,
    points: Sequence[SweepPoint],
    words: SweepWords,
    across: Axis,
    upwards: Axis | None,
) -> dict[str, Any]:
    """The loss of each pair of values of two settings of a grid; the best over all others.

    Args:
        plan: The sweep.
        points: In any order; those without a loss are drawn as neutral fields.
        words: Of the figure.
        across: The setting of the columns.
        upwards: That of the rows; None for a single row.
    """
    found = project_points(points, across, upwards)
    heights: tuple[Value, ...] = upwards.values if upwards else ("",)
    rows = [[found.get((column, row)) for column in across.values] for row in heights]
    best = find_best_point(points)
    size = 13 if len(across.values) <= _WIDE_COLUMNS else 10
    columns = [value_text(value) for value in across.values]
    common = {
        "type": "heatmap", "x": columns, "y": [value_text(value) for value in heights],
        "xgap": 4, "ygap": 4, "showscale": False,
    }  # fmt: skip
    field = common | {
        "z": [[0] * len(columns) for _ in heights],
        "text": [[_word(point, words) for point in row] for row in rows],
        "texttemplate": "%{text}",
        "textfont": {"color": TEXT, "size": size},
        "colorscale": [[0, CELL], [1, CELL]],
        "hoverinfo": "skip",
    }
    losses = common | {
        "z": [[point.shown_loss if point else None for point in row] for row in rows],
        "text": [[_loss_text(point, best, words) for point in row] for row in rows],
        "hovertext": [[words.describe(point) if point else "" for point in row] for row in rows],
        "customdata": [[point.number if point else 0 for point in row] for row in rows],
        "texttemplate": "%{text}",
        "textfont": {"size": size},  # without a size Plotly shrinks it; the colour is its contrast
        "colorscale": SCALE,
        "reversescale": True,  # the best stands out
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    layout = {
        "uirevision": f"{plan.name} {across.name} {upwards.name if upwards else ''}",
        "margin": {"l": 64, "r": 8, "t": 8, "b": 56},
        "xaxis": {"title": {"text": words.setting(across.name)}, "type": "category",
                  "showgrid": False},
        "yaxis": {"title": {"text": words.setting(upwards.name) if upwards else ""},
                  "type": "category", "showgrid": False},
    }  # fmt: skip
    return {"data": [field, losses], "layout": layout}


def scatter_figure(
    plan: SweepPlan,
    points: Sequence[SweepPoint],
    words: SweepWords,
    across: Axis,
    upwards: Axis | None,
) -> dict[str, Any]:
    """Where a search has looked: a point for each combination, coloured by its loss.

    Args:
        plan: The sweep.
        points: In any order; those without a loss are left out.
        words: Of the figure.
        across: The setting of the horizontal axis.
        upwards: That of the vertical axis; None for the loss itself.
    """
    shown = [point for point in points if point.shown_loss is not None and point.settings]
    best = find_best_point(points)
    losses = [point.shown_loss for point in shown]
    heights = [point.settings[upwards.name] for point in shown] if upwards else losses
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [point.settings[across.name] for point in shown],
        "y": heights,
        "customdata": [point.number for point in shown],
        "hovertext": [words.describe(point) for point in shown],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "size": [16 if point is best else 11 for point in shown],
            "symbol": ["star" if point is best else "circle" for point in shown],
            "line": {"color": TEXT, "width": 1},
            "color": losses,
            "colorscale": SCALE,
            "reversescale": True,
            "showscale": True,
            "colorbar": {"title": {"text": words.unit, "side": "right"}, "thickness": 12},
        },
    }
    layout = {
        "uirevision": f"{plan.name} {across.name} {upwards.name if upwards else ''}",
        "margin": {"l": 72, "r": 8, "t": 8, "b": 56},
        "hovermode": "closest",
        "xaxis": _scatter_axis(across, words),
        "yaxis": _scatter_axis(upwards, words)
        if upwards
        else {"title": {"text": f"{words.loss} ({words.unit})"}},
    }
    return {"data": [trace], "layout": layout}


def parallel_figure(
    plan: SweepPlan, points: Sequence[SweepPoint], words: SweepWords
) -> dict[str, Any]:
    """Parallel coordinates (Inselberg 1985): a line for each combination, from setting to setting.

    The last of the upright axes is the loss, the lowest below. Lists are evenly spread in their
    order, ranges as wide as they are.
    """
    shown = [point for point in points if point.shown_loss is not None and point.settings]
    losses = [point.shown_loss or 0.0 for point in shown]
    low, high = min(losses, default=0.0), max(losses, default=1.0)
    last = len(plan.axes)
    ranked = sorted(shown, key=lambda point: point.shown_loss or 0.0, reverse=True)
    traces = []
    for rank, point in enumerate(ranked):
        heights = [_height(axis, point.settings[axis.name]) for axis in plan.axes]
        heights.append(_share(point.shown_loss or 0.0, low, high))
        shade = round((_SHADES - 1) * (rank + 1) / len(ranked))
        is_best = rank == len(ranked) - 1
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "showlegend": False,
                "x": list(range(last + 1)),
                "y": [round(height, 4) for height in heights],
                "customdata": [point.number] * (last + 1),
                "hovertext": [words.describe(point)] * (last + 1),
                "hovertemplate": "%{hovertext}<extra></extra>",
                "line": {"color": f"{SCALE}[{shade}]", "width": 4 if is_best else 1.5},
                "marker": {"color": f"{SCALE}[{shade}]", "size": 7},
            }
        )
    names = [words.setting(name) for name in plan.names] + [words.loss]
    marks = [(place, height, text) for place, axis in enumerate(plan.axes)
             for height, text in _marks(axis)]  # fmt: skip
    marks += [(last, 0.0, f"{low:.3f}"), (last, 1.0, f"{high:.3f}")] if losses else []
    layout = {
        "uirevision": plan.name,
        "margin": {"l": 24, "r": 56, "t": 16, "b": 72},
        "hovermode": "closest",
        "xaxis": {"tickvals": list(range(last + 1)), "ticktext": names, "zeroline": False,
                  "range": [-0.1, last + 0.35], "automargin": True},
        "yaxis": {"visible": False, "range": [-0.06, 1.06], "fixedrange": True},
        "annotations": [
            {"x": place, "y": height, "text": text, "showarrow": False, "xanchor": "left",
             "xshift": 7, "font": {"size": 11, "color": TEXT}}
            for place, height, text in marks
        ],
        "shapes": [
            {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "layer": "below",
             "line": {"color": GRAY, "width": 1}}
            for place in range(last + 1)
        ],
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def importance_figure(shares: Mapping[str, float], words: SweepWords) -> dict[str, Any]:
    """How much of the differences in loss each setting explains: a bar each, the longest on top.

    Args:
        shares: By setting, 0..1.
        words: Of the figure.
    """
    ranked = sorted(shares.items(), key=lambda item: item[1])
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [round(100 * share, 1) for _name, share in ranked],
        "y": [words.setting(name) for name, _share in ranked],
        "text": [f"{share:.0%}" for _name, share in ranked],
        "textposition": "auto",
        "marker": {"color": "--st-primary-color"},
        "hovertemplate": "%{y}: %{x:.0f} %<extra></extra>",
    }
    layout = {
        "uirevision": "importance",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 40},
        "xaxis": {"range": [0, 100], "ticksuffix": " %", "zeroline": False},
        "yaxis": {"automargin": True, "type": "category"},
    }
    return {"data": [trace], "layout": layout}


def _scatter_axis(axis: Axis, words: SweepWords) -> dict[str, Any]:
    title = {"text": words.setting(axis.name)}
    if axis.values:
        return {"title": title, "type": "category", "categoryorder": "array",
                "categoryarray": list(axis.values)}  # fmt: skip
    return {"title": title, "type": "log" if axis.is_log else "linear", "tickformat": "~g"}


def _height(axis: Axis, value: Value) -> float:
    """Where a value lies on its upright axis, 0..1."""
    if axis.values:
        places = len(axis.values) - 1
        return axis.values.index(value) / places if places and value in axis.values else 0.5
    if axis.is_log:
        return _share(math.log(float(value)), math.log(axis.low), math.log(axis.high))
    return _share(float(value), axis.low, axis.high)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _marks(axis: Axis) -> list[tuple[float, str]]:
    """Heights and texts that are written along an upright axis."""
    if not axis.values:
        return [(0.0, value_text(axis.low)), (1.0, value_text(axis.high))]
    step = -(-len(axis.values) // _MOST_MARKS)
    return [(_height(axis, value), value_text(value)[:_LONGEST_MARK])
            for value in axis.values[::step]]  # fmt: skip


def _word(point: SweepPoint | None, words: SweepWords) -> str:
    is_bare = point is not None and point.shown_loss is None
    return words.statuses.get(point.status, "") if point and is_bare else ""


def _loss_text(point: SweepPoint | None, best: SweepPoint | None, words: SweepWords) -> str:
    if point is None or point.shown_loss is None:
        return ""
    loss = f"{point.shown_loss:.3f}"
    lines = [f"<b>{loss}</b>" if point is best else loss]
    if point.spread is not None:
        lines.append(f"± {point.spread:.3f}")
    if point.status != "finished" and point.status in words.statuses:
        lines.append(words.statuses[point.status])
    return "<br>".join(lines)
