"""Training metrics as Plotly figures: pure functions from data to plain dictionaries.

Colours are names of the theme's variables, looked up in the browser: one figure for light and dark.
"""

import math
from collections.abc import Sequence
from typing import Any

from musicgen.training.trainer import StepMetrics

MAX_POINTS = 600
"""Points of a curve sent to the browser; a longer one is averaged in groups of equal size."""

TRAINING, HELD_OUT = "--st-gray-text-color", "--st-primary-color"

SMOOTHING = 0.95
"""Share of the past in the running mean of the training loss."""


def loss_figure(
    metrics: Sequence[StepMetrics],
    run_id: str,
    names: tuple[str, str, str],
    axes: tuple[str, str] = ("", ""),
) -> dict[str, Any]:
    """Training and validation loss over the steps, the best validation loss marked.

    Args:
        metrics: One record a step, in order; may be empty.
        run_id: Zoom is kept as long as this stays the same.
        names: Legend of the training loss, of the validation loss, and of the mark for the best.
        axes: Titles of the axes, across and up.
    """
    steps = [item.step for item in metrics]
    losses = running_mean([item.train_loss for item in metrics])
    looks = [(item.step, item.val_loss) for item in metrics if item.val_loss is not None]
    traces = [_line(*thinned(steps, losses), names[0], TRAINING, 1.5)]
    if looks:
        look_steps, look_losses = [look[0] for look in looks], [look[1] for look in looks]
        line = _line(look_steps, look_losses, names[1], HELD_OUT, 2.5)
        best = min(looks, key=lambda look: look[1])
        traces += [line | {"mode": "lines+markers"}, _mark(best, names[2])]
    last_step = steps[-1] if steps else 0
    return {"data": traces, "layout": _layout(run_id, last_step, _loss_range(losses, looks), axes)}


def running_mean(values: Sequence[float]) -> list[float]:
    """Exponential running mean without the pull towards the first value (Adam's correction)."""
    smooth, mean = [], 0.0
    for count, value in enumerate(values, 1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        smooth.append(mean / (1 - SMOOTHING**count))
    return smooth


def thinned(
    steps: Sequence[int], values: Sequence[float], limit: int = MAX_POINTS
) -> tuple[list[float], list[float]]:
    """At most `limit` points: means of neighbours, except the last point, which stays as it is."""
    size = math.ceil(len(steps) / limit) if steps else 1
    if size == 1:
        return list(steps), list(values)
    groups = range(0, len(steps) - 1, size)
    means = [[_mean(row[start : start + size]) for start in groups] for row in (steps, values)]
    return [*means[0][: limit - 1], steps[-1]], [*means[1][: limit - 1], values[-1]]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _line(
    steps: Sequence[float], losses: Sequence[float], name: str, colour: str, width: float
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(steps),
        "y": [round(value, 4) for value in losses],
        "line": {"color": colour, "width": width},
        "marker": {"color": colour, "size": 6},
    }


def _mark(best: tuple[int, float], name: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name.format(loss=best[1], step=best[0]),
        "x": [best[0]],
        "y": [round(best[1], 4)],
        "marker": {"color": HELD_OUT, "size": 13, "symbol": "circle-open"},
    }


def _loss_range(losses: list[float], looks: list[tuple[int, float]]) -> list[float] | None:
    """The first steps fall from ln(vocabulary) so fast that they would flatten all that follows."""
    values = losses[len(losses) // 5 :] + [loss for _, loss in looks]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    margin = 0.08 * (high - low) + 0.02
    return [max(0.0, low - margin), high + margin]


def _layout(
    run_id: str, last_step: int, y_range: list[float] | None, axes: tuple[str, str]
) -> dict[str, Any]:
    return {
        "uirevision": run_id,
        "margin": {"l": 64, "r": 8, "t": 8, "b": 48},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": {
            "title": {"text": axes[0]},
            "range": [0, max(20, 1.02 * last_step)],
            "zeroline": False,
            "spikethickness": 1,
        },
        "yaxis": {
            "title": {"text": axes[1]},
            "range": y_range,
            "zeroline": False,
            "showspikes": False,
            "tickformat": ".2f",
        },
    }
