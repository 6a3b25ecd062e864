"""Runs beside one another as Plotly figures: pure functions from data to plain dictionaries.

Colours are names of the theme's variables, looked up in the browser: one figure for light and dark.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.base.words import chart_text
from musicgen.ui.components.curves import smoothed, thinned

MAX_POINTS = 400
"""Points of a curve that is kept: those of many long runs are drawn at once."""

AXES = ("steps", "time", "characters")
"""What a curve can be drawn over: steps, seconds of training, characters read."""

_END_SHARE = 0.2  # of the longest run, left out of a view of the end
CURVE_SMOOTHING = 0.95
"""Share of the past in the running mean of the training loss."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A loss over steps and seconds of training, thinned to `MAX_POINTS`; all of one length."""

    steps: tuple[float, ...]
    elapsed_s: tuple[float, ...]
    losses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RunCurves:
    """The curves of a run: the running mean of its training loss, and its held-out loss."""

    run_id: str
    characters_per_step: int
    training: Curve
    held_out: Curve


def compute_curves(
    run_id: str, characters_per_step: int, metrics: Sequence[StepMetrics]
) -> RunCurves:
    """The curves of a run from the records of its steps, which may be none."""
    looks = [item for item in metrics if item.val_loss is not None]
    return RunCurves(
        run_id,
        characters_per_step,
        _curve(metrics, smoothed([item.train_loss for item in metrics], CURVE_SMOOTHING)),
        _curve(looks, [item.val_loss or 0.0 for item in looks]),
    )


def curves_figure(
    runs: Sequence[RunCurves],
    axis: str,
    titles: tuple[str, str],
    *,
    is_log: bool = False,
    has_training: bool = True,
    is_end: bool = False,
) -> dict[str, Any]:
    """The losses of several runs laid over each other: held-out ones thick, those of training thin.

    Args:
        runs: Each gets a colour and an entry in the legend, which hides and shows both its curves.
        axis: One of `AXES`.
        titles: Of the axes, across and up.
        is_log: Draws the loss on a logarithmic scale.
        has_training: Draws the training loss, too.
        is_end: Shows the later part alone, as large as it can be drawn; else all is shown, from
            the first step on.
    """
    traces = []
    for place, run in enumerate(runs):
        colour = f"--st-chart-categorical-colors[{place}]"
        if has_training:
            traces.append(_trace(run, run.training, axis, colour, is_held_out=False))
        traces.append(_trace(run, run.held_out, axis, colour, is_held_out=True))
    last = max((x for trace in traces for x in trace["x"]), default=0)
    first = _END_SHARE * last if is_end else 0.0
    layout = {
        "uirevision": f"{axis} {is_log} {is_end} {' '.join(run.run_id for run in runs)}",
        "margin": {"l": 64, "r": 8, "t": 32, "b": 84},
        "hovermode": "closest",
        "showlegend": True,
        # Below: with many runs it would reach under the tools of the chart, which stand on top.
        "legend": {"orientation": "h", "x": 0, "y": -0.19, "yanchor": "top"},
        "xaxis": {
            "title": {"text": titles[0]},
            "range": [first, 1.02 * last] if last else None,
            "zeroline": False,
        },
        "yaxis": {
            "title": {"text": titles[1]},
            "type": "log" if is_log else "linear",
            "range": _loss_range(traces, first, is_log),
            "zeroline": False,
            "tickformat": ".2f",
            "nticks": 8,
        },
    }
    return {"data": traces, "layout": layout}


def _curve(metrics: Sequence[StepMetrics], losses: Sequence[float]) -> Curve:
    steps = [item.step for item in metrics]
    thin_steps, thin_losses = thinned(steps, losses, MAX_POINTS)
    _, thin_times = thinned(steps, [item.elapsed_s for item in metrics], MAX_POINTS)
    return Curve(tuple(thin_steps), tuple(thin_times), tuple(thin_losses))


def _trace(
    run: RunCurves, curve: Curve, axis: str, colour: str, *, is_held_out: bool
) -> dict[str, Any]:
    is_alone = len(curve.steps) == 1
    return {
        "type": "scatter",
        "mode": "lines+markers"
        if is_alone or (is_held_out and len(curve.steps) <= 60)
        else "lines",
        "name": chart_text(run.run_id),
        "legendgroup": run.run_id,
        "showlegend": is_held_out,
        "x": _places(run, curve, axis),
        "y": [round(loss, 4) for loss in curve.losses],
        "line": {"color": colour, "width": 2.5 if is_held_out else 1},
        "marker": {"color": colour, "size": 8 if is_alone else 5},
        "opacity": 1.0 if is_held_out else 0.55,
        "hovertemplate": "%{x:.5s}: %{y:.4f}<extra>%{fullData.name}</extra>",
    }


def _places(run: RunCurves, curve: Curve, axis: str) -> list[float]:
    if axis == "time":
        return [round(second, 2) for second in curve.elapsed_s]
    factor = run.characters_per_step if axis == "characters" else 1
    return [step * factor for step in curve.steps]


def _loss_range(traces: Sequence[dict[str, Any]], first: float, is_log: bool) -> list[float] | None:
    """Between which losses all lines lie that are shown, with room above and below."""
    values = [
        loss
        for trace in traces
        for x, loss in zip(trace["x"], trace["y"], strict=True)
        if x >= first and math.isfinite(loss) and loss > 0
    ]
    if not values:
        return None
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) + 0.02
    ends = [max(0.5 * low, low - margin), high + margin]
    return [math.log10(end) for end in ends] if is_log else ends
