"""Figures of waits and of memory over time: pure functions from data to plain dictionaries."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from musicgen.ui.base.language import _
from musicgen.watching import WaitSummary

_STEPS_S = (10, 60, 300, 900, 3600, 6 * 3600)
_POINTS = 12
"""Points that a line has at least, if its step can be shorter."""

_COLOURS = ("--st-primary-color", "--st-orange-color", "--st-red-color")


def moment(at: float, zone: tzinfo) -> str:
    """Seconds since 1970 as Plotly takes a moment, in a time zone."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def fitting_step(moments: Sequence[float], most_s: int) -> int:
    """The seconds that a point stands for, so that a line has some points where it can.

    Args:
        moments: Of what is drawn, in seconds since 1970.
        most_s: The most that a point may stand for.
    """
    span = max(moments) - min(moments) if moments else 0.0
    return next((step for step in _STEPS_S if step >= span / _POINTS and step < most_s), most_s)


def wait_figure(rows: Sequence[tuple[int, WaitSummary]], zone: tzinfo) -> dict[str, Any]:
    """The 50th, 95th and 99th percentile of waits over time, in seconds."""
    moments = [moment(at, zone) for at, _row in rows]
    lines = (
        ("p50", [row.p50 for _at, row in rows]),
        ("p95", [row.p95 for _at, row in rows]),
        ("p99", [row.p99 for _at, row in rows]),
    )
    traces = [
        _line(name, moments, values, colour, "%{y:.2f} s", "dot" if name == "p99" else "solid")
        for (name, values), colour in zip(lines, _COLOURS, strict=True)
    ]
    return _figure("waits", traces, _("seconds"), has_legend=True)


def memory_figure(rows: Sequence[tuple[float, float]], zone: tzinfo) -> dict[str, Any]:
    """The memory of the process over time, in mebibytes."""
    moments = [moment(at, zone) for at, _size in rows]
    values = [size for _at, size in rows]
    trace = _line("memory", moments, values, _COLOURS[0], "%{y:,.0f} MiB")
    return _figure("memory", [trace], "MiB", has_legend=False)


def _line(
    name: str,
    moments: Sequence[str],
    values: Sequence[float],
    colour: str,
    shown: str,
    dash: str = "solid",
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(moments),
        "y": list(values),
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": f"%{{x}}: {shown}<extra>{name}</extra>",
    }


def _figure(
    name: str, traces: list[dict[str, Any]], unit: str, *, has_legend: bool
) -> dict[str, Any]:
    return {
        "data": traces,
        "layout": {
            "uirevision": name,
            "showlegend": has_legend,
            "legend": {"orientation": "h", "y": 1.12, "x": 0},
            "margin": {"l": 56, "r": 16, "t": 32 if has_legend else 8, "b": 40},
            "xaxis": {"type": "date"},
            "yaxis": {"title": {"text": unit}, "rangemode": "tozero"},
        },
    }
