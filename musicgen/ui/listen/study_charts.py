"""The figure of a study: strengths with their intervals."""

from typing import Any

from musicgen.listening.results import StudyResult
from musicgen.ui.base.language import _
from musicgen.ui.base.words import chart_text

ROW_PX = 44
FRAME_PX = 90


def strength_figure(result: StudyResult) -> dict[str, Any]:
    """Strengths of versions of a study of pairs with their 95 % intervals, as Plotly takes it."""
    rows = list(reversed(result.versions))
    values = [row.strength for row in rows]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [one.value for one in values],
        "y": [chart_text(row.name) for row in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.value for one in values],
            "arrayminus": [one.value - one.low for one in values],
            "color": "--st-primary-color",
        },
        "marker": {"color": "--st-primary-color", "size": 10},
        "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": {
            "uirevision": "strength",
            "showlegend": False,
            "margin": {"l": 8, "r": 16, "t": 8, "b": 48},
            "xaxis": {
                "title": {"text": _("Strength in log-odds, 95 % intervals")},
                "zeroline": True,
            },
            "yaxis": {"type": "category", "automargin": True, "showgrid": False},
        },
    }


def chart_height(result: StudyResult) -> int:
    """Pixels for a figure with a row for each version."""
    return FRAME_PX + ROW_PX * max(1, len(result.versions))
