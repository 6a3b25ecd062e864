"""The figure of the teacher's board: a pure function from data to a plain dictionary."""

from collections.abc import Sequence
from typing import Any

from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.base.language import _
from musicgen.ui.base.words import chart_text


def losses_figure(curves: Sequence[tuple[str, Sequence[StepMetrics]]]) -> dict[str, Any]:
    """Losses over steps, a line for each member; on held-out tunes where there are looks at them.

    Args:
        curves: Names of members, each with the steps of a training.
    """
    return {
        "data": [_line(name, metrics) for name, metrics in curves],
        "layout": {
            "uirevision": "classroom",
            "showlegend": True,
            "legend": {"orientation": "h", "y": -0.2, "x": 0},
            "margin": {"l": 56, "r": 16, "t": 8, "b": 40},
            "xaxis": {"title": {"text": _("step")}, "rangemode": "tozero"},
            "yaxis": {"title": {"text": _("loss (nats per character)")}},
            "hovermode": "closest",
        },
    }


def _line(name: str, metrics: Sequence[StepMetrics]) -> dict[str, Any]:
    losses = [one.train_loss if one.val_loss is None else one.val_loss for one in metrics]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": chart_text(name),
        "x": [one.step for one in metrics],
        "y": losses,
        "line": {"width": 2},
        "hovertemplate": "%{x:,}: %{y:.3f}",
    }
