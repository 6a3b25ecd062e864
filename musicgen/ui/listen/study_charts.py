"""The figures of studies: strengths with their intervals, a row for each version."""

import math
from collections.abc import Sequence
from typing import Any

from musicgen.listening.bradley_terry import Interval
from musicgen.listening.pooling import PooledVersion
from musicgen.listening.results import StudyResult
from musicgen.ui.base.language import _
from musicgen.ui.base.words import chart_text

ROW_PX = 44
FRAME_PX = 90


def strength_figure(result: StudyResult) -> dict[str, Any]:
    """Strengths of versions of a study of pairs with their 95 % intervals, as Plotly takes it."""
    rows = [(chart_text(one.name), one.strength) for one in result.versions]
    return _rows_figure("strength", rows)


def pooled_figure(versions: Sequence[PooledVersion]) -> dict[str, Any]:
    """Strengths over several studies, the version that was heard first on top."""
    rows = [(f"{one.first_heard} · {chart_text(one.name)}", one.strength) for one in versions]
    return _rows_figure("pooled", rows)


def chart_height(rows: int) -> int:
    """Pixels for a figure with so many rows."""
    return FRAME_PX + ROW_PX * max(1, rows)


def _rows_figure(name: str, rows: Sequence[tuple[str, Interval]]) -> dict[str, Any]:
    upwards = list(reversed(rows))
    values = [value for _label, value in upwards]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [one.value for one in values],
        "y": [label for label, _value in upwards],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_reach(one.high - one.value) for one in values],
            "arrayminus": [_reach(one.value - one.low) for one in values],
            "color": "--st-primary-color",
        },
        "marker": {"color": "--st-primary-color", "size": 10},
        "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": {
            "uirevision": name,
            "showlegend": False,
            "margin": {"l": 8, "r": 16, "t": 8, "b": 48},
            "xaxis": {
                "title": {"text": _("Strength in log-odds, 95 % intervals")},
                "zeroline": True,
            },
            "yaxis": {"type": "category", "automargin": True, "showgrid": False},
        },
    }


def _reach(value: float) -> float:
    """One side of an interval; none where nothing is known of it."""
    return value if math.isfinite(value) else 0.0
