"""Training metrics as Plotly figures: pure functions from data to plain dictionaries.

Colours are names of the theme's variables, looked up in the browser: one figure for light and dark.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.config import TrainingConfig
from musicgen.training.metrics import StepMetrics
from musicgen.ui.curves import Points, compute_perplexity, envelope, smoothed, thinned
from musicgen.ui.language import _
from musicgen.ui.live_chart import Panel

TRAINING, HELD_OUT = "--st-gray-text-color", "--st-primary-color"

SMOOTHING = 0.9
"""Share of the past in the running mean, unless the reader wants another."""

SMALL_POINTS = 400
"""Points of a curve of a small chart."""

MANY_LOOKS = 40
"""Looks at held-out tunes from which on their marks are small."""

LARGE_HEIGHT, SMALL_HEIGHT = 400, 210

_FAINT = 0.3


@dataclass(frozen=True, slots=True)
class Course:
    """What the curves of a training are drawn from.

    `is_early` says that it ended by itself before its last step; `train_characters` is None until
    the corpus has been read.
    """

    run_id: str
    config: TrainingConfig
    metrics: Sequence[StepMetrics]
    is_early: bool = False
    train_characters: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """How one looks at curves: share of the past in the running mean (0 for none), and axes."""

    smoothing: float = SMOOTHING
    has_log_steps: bool = False
    has_log_values: bool = False


def training_panels(course: Course, view: View) -> list[Panel]:
    """The monitor of a training: its loss large, and four small charts below."""
    return [
        _loss_panel(course, view),
        _perplexity_panel(course, view),
        _accuracy_panel(course, view),
        _gradient_panel(course, view),
        _rate_panel(course, view),
    ]


def _loss_panel(course: Course, view: View) -> Panel:
    losses = [item.train_loss for item in course.metrics]
    looks = _looks(course, lambda item: item.val_loss)
    traces = _curves(course, losses, view, is_large=True)
    traces += _held_out(looks, course) + _best_mark(looks)
    figure = _figure(
        course, view, traces, _("Loss (nats per character)"), _range(traces, view), ".2f"
    )
    layout = figure["layout"]
    layout["showlegend"] = True
    layout["margin"] |= {"t": 64, "b": 44}
    layout["xaxis"]["title"] = {"text": _("step"), "font": {"size": 13}}
    if course.is_early and course.metrics:
        layout |= _early_mark(course.metrics[-1].step, view)
    return Panel("loss", figure, _("Loss over the steps of the training"), LARGE_HEIGHT)


def _perplexity_panel(course: Course, view: View) -> Panel:
    values = [compute_perplexity(item.train_loss) for item in course.metrics]
    looks = [
        (step, compute_perplexity(loss))
        for step, loss in _looks(course, lambda item: item.val_loss)
    ]
    traces = _curves(course, values, view) + _held_out(looks, course)
    title = _("Perplexity")
    return _small("perplexity", _figure(course, view, traces, title, _range(traces, view), ".3~g"))


def _accuracy_panel(course: Course, view: View) -> Panel:
    values = [item.accuracy for item in course.metrics]
    looks = _looks(course, lambda item: item.val_accuracy)
    traces = _curves(course, values, view) + _held_out(looks, course)
    plain = View(view.smoothing, view.has_log_steps)  # a share has no use for a logarithm
    title = _("Characters right")
    return _small("accuracy", _figure(course, plain, traces, title, _range(traces, view), ".0%"))


def _gradient_panel(course: Course, view: View) -> Panel:
    values = [item.grad_norm for item in course.metrics]
    traces = _curves(course, values, view)
    title = _("Length of the gradient")
    figure = _figure(course, view, traces, title, _usual(values, view), ".3~g")
    if course.config.grad_clip:
        figure["layout"]["shapes"] = [_clip_line(course.config.grad_clip)]
    return _small("gradient", figure)


def _rate_panel(course: Course, view: View) -> Panel:
    rates = [item.learning_rate for item in course.metrics]
    traces = _curves(course, rates, View(smoothing=0.0))
    plain = View(view.smoothing, view.has_log_steps)  # it may come down to zero
    reach = (0.0, 1.08 * max(rates)) if rates else None
    return _small("rate", _figure(course, plain, traces, _("Learning rate"), reach, ".1~e"))


def _small(name: str, figure: dict[str, Any]) -> Panel:
    title = figure["layout"]["title"]["text"]
    label = _("{what} over the steps of the training").format(what=title)
    return Panel(name, figure, label, SMALL_HEIGHT, is_wide=False)


def _looks(course: Course, value: Callable[[StepMetrics], float | None]) -> list[tuple[int, float]]:
    """Step and value of each look at held-out tunes."""
    found = ((item.step, value(item)) for item in course.metrics)
    return [(step, seen) for step, seen in found if seen is not None]


def _curves(
    course: Course, values: list[float], view: View, is_large: bool = False
) -> list[dict[str, Any]]:
    """The running mean, and behind it, faint, the curve itself."""
    steps = [item.step for item in course.metrics]
    limit = 1000 if is_large else SMALL_POINTS
    name = _("training tunes")
    itself = envelope(steps, values, limit)
    if not view.smoothing:
        return [_line(itself, name, TRAINING, 1.5)]
    behind = _line(itself, name, TRAINING, 1)
    behind |= {"opacity": _FAINT, "hoverinfo": "skip", "showlegend": False}
    mean = thinned(steps, smoothed(values, view.smoothing), limit)
    return [behind, _line(mean, name, TRAINING, 1.8)]


def _line(points: Points, name: str, colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": points[0],
        "y": [float(f"{value:.5g}") for value in points[1]],
        "line": {"color": colour, "width": width},
        "marker": {"color": colour, "size": 6},
    }


def _held_out(looks: list[tuple[int, float]], course: Course) -> list[dict[str, Any]]:
    """The looks at held-out tunes; filled where the network was the best so far, and was kept."""
    if not looks:
        return []
    kept = _kept_steps(course)
    points = [look[0] for look in looks], [look[1] for look in looks]
    line = _line(points, _("held-out tunes"), HELD_OUT, 2.2)  # type: ignore[arg-type]
    symbols = ["circle" if step in kept else "circle-open" for step, _value in looks]
    line["marker"] |= {"symbol": symbols, "size": 6 if len(looks) <= MANY_LOOKS else 4}
    notes = [" · " + _("kept") if step in kept else "" for step, _value in looks]
    return [
        line | {"mode": "lines+markers", "text": notes, "hovertemplate": "%{y}%{text}"},
    ]


def _kept_steps(course: Course) -> set[int]:
    """The steps whose network was saved as the best so far."""
    looks = _looks(course, lambda item: item.val_loss)
    bests = itertools.accumulate((loss for _step, loss in looks), min, initial=math.inf)
    return {step for (step, loss), best in zip(looks, bests, strict=False) if loss < best}


def _best_mark(looks: list[tuple[int, float]]) -> list[dict[str, Any]]:
    if not looks:
        return []
    step, loss = min(looks, key=lambda look: look[1])
    name = _("best: {loss:.3f} at step {step:,}").format(loss=loss, step=step)
    mark = _line(([step], [loss]), name, HELD_OUT, 1)
    marker = {"color": HELD_OUT, "size": 14, "symbol": "circle-open", "line": {"width": 2}}
    return [mark | {"mode": "markers", "marker": marker, "hoverinfo": "skip", "cliponaxis": False}]


def _early_mark(step: int, view: View) -> dict[str, Any]:
    """A line where the training ended by itself, with a word beside it."""
    place = math.log10(step) if view.has_log_steps else step
    line = {"color": HELD_OUT, "width": 1.5, "dash": "dash"}
    upright = {"type": "line", "x0": step, "x1": step, "yref": "paper", "y0": 0, "y1": 1}
    word = {
        "x": place, "y": 1, "yref": "paper", "yanchor": "top", "xanchor": "right", "xshift": -4,
        "text": _("stopped early"), "showarrow": False, "font": {"color": HELD_OUT},
    }  # fmt: skip
    return {"shapes": [upright | {"line": line}], "annotations": [word]}


def _clip_line(length: float) -> dict[str, Any]:
    """The length at which gradients are clipped."""
    line = {"color": HELD_OUT, "width": 1, "dash": "dot"}
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": length, "y1": length}
    return across | {"line": line}


def _range(traces: list[dict[str, Any]], view: View) -> tuple[float, float] | None:
    """What is worth seeing of the lines: without the faint curve, nor the fall of the first steps.

    The first steps fall from ln(vocabulary) so fast that they would flatten all that follows, but
    on logarithmic axes there is room for them.
    """
    lines = [trace["y"] for trace in traces if "opacity" not in trace]
    values = [value for line in lines[:1] for value in line[_first_shown(len(line), view) :]]
    values += [value for line in lines[1:] for value in line]
    finite = [value for value in values if math.isfinite(value)]
    return (min(finite), max(finite)) if finite else None


def _first_shown(count: int, view: View) -> int:
    return 0 if view.has_log_steps or view.has_log_values else count // 5


def _usual(values: list[float], view: View) -> tuple[float, float] | None:
    """Between which values all but a few of the later steps lie: single peaks may stick out."""
    later = sorted(values[_first_shown(len(values), view) :])
    few = len(later) // 50
    return (later[few], later[-1 - few]) if later else None


def _figure(
    course: Course,
    view: View,
    traces: list[dict[str, Any]],
    title: str,
    reach: tuple[float, float] | None,
    tickformat: str,
) -> dict[str, Any]:
    last_step = course.metrics[-1].step if course.metrics else 0
    layout = {
        "title": {"text": title, "x": 0, "xanchor": "left", "y": 1, "yanchor": "top",
                  "pad": {"l": 4, "t": 6}, "font": {"size": 14}},
        "uirevision": f"{course.run_id}/{view.has_log_steps}/{view.has_log_values}",
        "margin": {"l": 52, "r": 8, "t": 34, "b": 28},
        "hovermode": "x unified",
        "showlegend": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "xaxis": _step_axis(last_step, view),
        "yaxis": _value_axis(reach, view) | {"tickformat": tickformat},
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def _step_axis(last_step: int, view: View) -> dict[str, Any]:
    last = max(20.0, 1.02 * last_step)
    axis = {"zeroline": False, "spikethickness": 1, "tickformat": ",d"}
    if view.has_log_steps:
        return axis | {"type": "log", "range": [0, math.log10(last)], "dtick": 1}
    return axis | {"type": "linear", "range": [0, last]}


def _value_axis(reach: tuple[float, float] | None, view: View) -> dict[str, Any]:
    axis: dict[str, Any] = {"zeroline": False, "showspikes": False, "nticks": 6}
    if view.has_log_values:
        return axis | {"type": "log", "range": _log_range(reach)}
    return axis | {"type": "linear", "range": _linear_range(reach)}


def _linear_range(reach: tuple[float, float] | None) -> list[float] | None:
    if reach is None:
        return None
    low, high = reach
    margin = 0.08 * (high - low) or 0.05 * high or 1.0
    return [max(0.0, low - margin), high + margin]


def _log_range(reach: tuple[float, float] | None) -> list[float] | None:
    if reach is None or reach[0] <= 0:
        return None
    low, high = (math.log10(value) for value in reach)
    margin = 0.08 * (high - low) or 0.02
    return [low - margin, high + margin]
