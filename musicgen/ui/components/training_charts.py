"""Training metrics as Plotly figures: pure functions from data to plain dictionaries.

Colours are names of the theme's variables, looked up in the browser: one figure for light and dark.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from musicgen.config import TrainingConfig
from musicgen.training.loop.metrics import FIGURES, StepMetrics
from musicgen.ui.base.language import _
from musicgen.ui.components.curves import Points, compute_perplexity, envelope, smoothed, thinned
from musicgen.ui.components.live_chart import Panel

TRAINING, HELD_OUT = "--st-gray-text-color", "--st-primary-color"

SMOOTHING = 0.9
"""Share of the past in the running mean, unless the reader wants another."""

SMALL_POINTS = 400
"""Points of a curve of a small chart."""

MANY_LOOKS = 40
"""Looks at held-out tunes from which on their marks are small."""

LARGE_HEIGHT, SMALL_HEIGHT = 400, 210

EMPTY_LOSS, EMPTY_PERPLEXITY, WHOLE = (0.0, 5.0), (1.0, 100.0), (0.0, 1.0)
"""What the axes of empty charts show: about where a network begins, and all of a share."""

_FAINT = 0.3
_END_SHARE = 0.2  # of the steps, left out of a view of the end
_JUST_ABOVE_ALL = 1.02  # of a share: there is nothing above 100 %, but a line there must be seen


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
    """How one looks at curves: share of the past in the running mean (0 for none), and axes.

    `is_end` shows the later steps alone, as large as they can be drawn; else everything is shown,
    from the first step on.
    """

    smoothing: float = SMOOTHING
    has_log_steps: bool = False
    has_log_values: bool = False
    is_end: bool = False


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
    reach = _reach(course, traces, view) or EMPTY_LOSS
    figure = _figure(course, view, traces, _("Loss (nats per character)"), reach, ".2f")
    layout = figure["layout"]
    layout["showlegend"] = True
    layout["margin"] |= {"t": 64, "b": 44}
    layout["xaxis"]["title"] = {"text": _("step"), "font": {"size": 13}}
    if course.is_early and course.metrics:
        layout |= _early_mark(course.metrics[-1].step, view)
    label = _("Loss over the steps of the training")
    note = _(
        "Both lines should fall. Where that of training tunes falls on and that of held-out tunes "
        "rises, it learns by heart. A filled circle is a network that was kept."
    )
    return Panel("loss", figure, label, LARGE_HEIGHT, note=note)


def _perplexity_panel(course: Course, view: View) -> Panel:
    values = [compute_perplexity(item.train_loss) for item in course.metrics]
    looks = [
        (step, compute_perplexity(loss))
        for step, loss in _looks(course, lambda item: item.val_loss)
    ]
    traces = _curves(course, values, view) + _held_out(looks, course)
    reach = _reach(course, traces, view) or EMPTY_PERPLEXITY
    figure = _figure(course, view, traces, _("Perplexity"), reach, ".3~g")
    note = _("Among how many characters it wavers, as if all were equally likely; 1 is certainty.")
    return _small("perplexity", figure, note)


def _accuracy_panel(course: Course, view: View) -> Panel:
    values = [item.accuracy for item in course.metrics]
    looks = _looks(course, lambda item: item.val_accuracy)
    traces = _curves(course, values, view) + _held_out(looks, course)
    plain = replace(view, has_log_values=False)  # a share has no use for a logarithm
    reach = _reach(course, traces, view) or WHOLE
    figure = _figure(course, plain, traces, _("Characters right"), reach, ".0%")
    low, high = figure["layout"]["yaxis"]["range"]
    figure["layout"]["yaxis"]["range"] = [low, min(high, _JUST_ABOVE_ALL)]
    return _small("accuracy", figure, _("How often the character it found likeliest came next."))


def _gradient_panel(course: Course, view: View) -> Panel:
    values = [item.grad_norm for item in course.metrics]
    traces = _curves(course, values, view)
    title = _("Length of the gradient")
    reach = _reach(course, traces, view) or WHOLE
    figure = _figure(course, view, traces, title, reach, ".3~g")
    if course.config.grad_clip:
        figure["layout"]["shapes"] = [_clip_line(course.config.grad_clip)]
        note = _(
            "How hard a step pulls at the weights; what is above the dotted line is cut to it."
        )
    else:
        note = _("How hard a step pulls at the weights; high peaks are steps that can upset it.")
    return _small("gradient", figure, note)


def _rate_panel(course: Course, view: View) -> Panel:
    rates = [item.learning_rate for item in course.metrics]
    traces = _curves(course, rates, View(smoothing=0.0))
    plain = replace(view, has_log_values=False)  # it may come down to zero
    reach = (0.0, max(rates, default=course.config.learning_rate))
    figure = _figure(course, plain, traces, _("Learning rate"), reach, ".1~e")
    note = _("How large its steps are: large ones find the way, small ones settle at the end.")
    return _small("rate", figure, note)


def figures_panel(course: Course, view: View, name: str, title: str, tickformat: str) -> Panel:
    """A small chart of one of `metrics.FIGURES`, with that of held-out pairs where there is one.

    Args:
        course: The training.
        view: How one looks at it.
        name: That of the figure.
        title: What it is called.
        tickformat: How values are written, as Plotly takes it.
    """
    seen = [(item.step, item.figures[name]) for item in course.metrics if name in item.figures]
    looks = _looks(course, lambda item: item.figures.get(f"val_{name}"))
    steps, values = [step for step, _value in seen], [value for _step, value in seen]
    traces = _curves(course, values, view, steps=steps) + _held_out(looks, course)
    low, high = FIGURES[name]
    is_share = (low, high) == WHOLE
    plain = replace(view, has_log_values=False) if is_share or low < 0 else view
    reach = WHOLE if is_share else _reach(course, traces, view) or WHOLE
    return _small(name, _figure(course, plain, traces, title, reach, tickformat))


def _small(name: str, figure: dict[str, Any], note: str = "") -> Panel:
    title = figure["layout"]["title"]["text"]
    label = _("{what} over the steps of the training").format(what=title)
    return Panel(name, figure, label, SMALL_HEIGHT, is_wide=False, note=note)


def _looks(course: Course, value: Callable[[StepMetrics], float | None]) -> list[tuple[int, float]]:
    """Step and value of each look at held-out tunes."""
    found = ((item.step, value(item)) for item in course.metrics)
    return [(step, seen) for step, seen in found if seen is not None and math.isfinite(seen)]


def _curves(
    course: Course,
    values: list[float],
    view: View,
    is_large: bool = False,
    steps: list[int] | None = None,
) -> list[dict[str, Any]]:
    """The running mean, and behind it, faint, the curve itself; of all steps or of those named."""
    steps = [item.step for item in course.metrics] if steps is None else steps
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
        "mode": "lines" if len(points[0]) > 1 else "lines+markers",  # one point makes no line
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
    if course.config.has_tune_goals:
        return {step for step, _loss in looks}
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


def _reach(course: Course, traces: list[dict[str, Any]], view: View) -> tuple[float, float] | None:
    """Between which values all lines lie that are shown; None where there is no figure yet.

    Of the later steps alone single peaks of the faint curve may stick out.
    """
    first = _first_shown(course, view)
    lines = [trace for trace in traces if not (view.is_end and "opacity" in trace)]
    shown = [
        value
        for trace in lines
        for step, value in zip(trace["x"], trace["y"], strict=True)
        if step >= first and math.isfinite(value)
    ]
    return (min(shown), max(shown)) if shown else None


def _first_shown(course: Course, view: View) -> float:
    """The first step that is shown: of the later steps alone a fifth is left out."""
    return _END_SHARE * course.metrics[-1].step if view.is_end and course.metrics else 0.0


def _figure(
    course: Course,
    view: View,
    traces: list[dict[str, Any]],
    title: str,
    reach: tuple[float, float],
    tickformat: str,
) -> dict[str, Any]:
    layout = {
        "title": {"text": title, "x": 0, "xanchor": "left", "y": 1, "yanchor": "top",
                  "pad": {"l": 4, "t": 6}, "font": {"size": 14}},
        "uirevision": f"{course.run_id}/{view.has_log_steps}/{view.has_log_values}/{view.is_end}",
        "margin": {"l": 52, "r": 8, "t": 34, "b": 28},
        "hovermode": "x unified",
        "showlegend": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "xaxis": _step_axis(course, view),
        "yaxis": _value_axis(reach, view) | {"tickformat": tickformat},
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def _step_axis(course: Course, view: View) -> dict[str, Any]:
    """From the first step to the present one; before there is one, over all that are planned."""
    last_step = course.metrics[-1].step if course.metrics else course.config.max_steps
    first, last = _first_shown(course, view), max(20.0, 1.02 * last_step)
    axis = {"zeroline": False, "spikethickness": 1, "tickformat": ",d"}
    if view.has_log_steps:
        return axis | {"type": "log", "range": [math.log10(max(1.0, first)), math.log10(last)],
                       "dtick": 1}  # fmt: skip
    return axis | {"type": "linear", "range": [first, last]}


def _value_axis(reach: tuple[float, float], view: View) -> dict[str, Any]:
    axis: dict[str, Any] = {"zeroline": False, "showspikes": False, "nticks": 6}
    if view.has_log_values:
        return axis | {"type": "log", "range": _log_range(reach)}
    return axis | {"type": "linear", "range": _linear_range(reach)}


def _linear_range(reach: tuple[float, float]) -> list[float]:
    low, high = reach
    margin = 0.08 * (high - low) or 0.05 * high or 1.0
    return [max(0.0, low - margin) if low >= 0 else low - margin, high + margin]


def _log_range(reach: tuple[float, float]) -> list[float] | None:
    if reach[0] <= 0:
        return None
    low, high = (math.log10(value) for value in reach)
    margin = 0.08 * (high - low) or 0.02
    return [low - margin, high + margin]
