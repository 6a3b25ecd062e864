"""Versions of a model as points: what one pays for a loss, as plain dictionaries for Plotly.

Colours are names of the theme's variables, looked up in the browser: one figure for light and dark.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from musicgen.compression.measuring import VariantFigures
from musicgen.compression.report_page import round_values
from musicgen.ui.base.words import chart_text

_SYMBOLS = {"float32": "circle", "int8": "diamond", "dynamic": "square"}
"""The mark of each arithmetic."""

_LEAST_SPAN = 0.01
"""Nats that the axis shows at least: what differs by less looks the same, and is."""


def cost_figure(
    rows: Sequence[VariantFigures],
    cost: Callable[[VariantFigures], float],
    titles: tuple[str, str],
) -> dict[str, Any]:
    """The loss over bodies, up, against a cost, across on a logarithmic scale.

    Args:
        rows: The versions; a colour for each name, a mark for each arithmetic.
        cost: What a version costs, above 0; others are left out.
        titles: Of the axes, across and up.
    """
    known = [one for one in rows if cost(one) > 0 and math.isfinite(one.body_loss)]
    names = list(dict.fromkeys(one.name for one in known))
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": chart_text(name),
            "x": [cost(one) for one in found],
            "y": [one.body_loss for one in found],
            "text": [one.precision for one in found],
            "marker": {
                "size": 12,
                "color": f"--st-chart-categorical-colors[{place}]",
                "symbol": [_SYMBOLS.get(one.precision, "cross") for one in found],
            },
            "hovertemplate": "%{fullData.name}, %{text}<br>%{x:,.3g} · %{y:.3f}<extra></extra>",
        }
        for place, name in enumerate(names)
        for found in [[one for one in known if one.name == name]]
    ]
    across = _widen([math.log10(cost(one)) for one in known], 0.1)
    ticks = round_values(*across) if across else []
    layout = {
        "uirevision": " ".join(names),
        "margin": {"l": 64, "r": 8, "t": 32, "b": 84},
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": -0.24, "yanchor": "top"},
        "xaxis": {
            "title": {"text": titles[0]},
            "type": "log",
            "range": across,
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [f"{value:,g}" for value in ticks],
            "zeroline": False,
        },
        "yaxis": {
            "title": {"text": titles[1]},
            "range": _widen([one.body_loss for one in known], _LEAST_SPAN),
            "tickformat": ".3f",
            "nticks": 6,
            "zeroline": False,
        },
    }
    return {"data": traces, "layout": layout}


def _widen(values: Sequence[float], least: float) -> list[float] | None:
    """The ends of an axis on which no point lies on the edge; None without points."""
    if not values:
        return None
    low, high = min(values), max(values)
    room = max(0.12 * (high - low), (least - (high - low)) / 2, least / 4)
    return [low - room, high + room]
