"""Figures of a corpus for Plotly: pure functions from counts to plain dictionaries."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from musicgen.ui.base.words import chart_text

BAR_COLOR = "--st-primary-color"
MAX_NAMES = 14
"""Names with a bar of their own; what is rarer is counted together."""

MAX_LENGTH = 96
"""Bars in a tune above which all are counted together."""

_STEP = 4


def count_figure(
    counts: Sequence[tuple[str, int]], name: str, axis: str, others: str
) -> dict[str, Any]:
    """A bar for each name, the most frequent first; `others` names the rest."""
    shown = list(counts[:MAX_NAMES])
    rest = sum(count for _, count in counts[MAX_NAMES:])
    if rest:
        shown.append((others, rest))
    return _bars(
        [chart_text(label) for label, _ in shown], [count for _, count in shown], name, axis
    )


def length_figure(bars: Sequence[int], name: str, axis: str) -> dict[str, Any]:
    """How many tunes have how many bars, four lengths to a bar of the figure."""
    groups = Counter(min((count - 1) // _STEP, MAX_LENGTH // _STEP) for count in bars if count > 0)
    last = max(groups, default=-1)
    labels = [_label(group) for group in range(last + 1)]
    return _bars(labels, [groups[group] for group in range(last + 1)], name, axis)


def _label(group: int) -> str:
    if group >= MAX_LENGTH // _STEP:
        return f"> {MAX_LENGTH}"
    return f"{group * _STEP + 1}–{(group + 1) * _STEP}"


def _bars(labels: list[str], counts: list[int], name: str, axis: str) -> dict[str, Any]:
    trace = {
        "type": "bar",
        "x": labels,
        "y": counts,
        "marker": {"color": BAR_COLOR},
        "hovertemplate": "%{x}: %{y}<extra></extra>",
    }
    layout = {
        "uirevision": name,
        "margin": {"l": 56, "r": 8, "t": 8, "b": 56},
        "showlegend": False,
        "bargap": 0.25,
        "xaxis": {"type": "category", "showgrid": False, "automargin": True},
        "yaxis": {"title": {"text": axis}, "rangemode": "tozero"},
    }
    return {"data": [trace], "layout": layout}
