"""Figures of a report as SVG that stands in a page: no script, no font, no request.

Colours are classes of the page's own style (`html.STYLE`), so that one drawing is for light and
dark. All text in them is escaped.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from musicgen.evaluation.statistics.estimate import Estimate

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 44
COLOURS = 8
_MOST_LABELS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """Estimates over a number, such as the temperature; places ascend."""

    name: str
    places: tuple[float, ...]
    estimates: tuple[Estimate, ...]


def draw_lines(lines: Sequence[Line], reference: Estimate | None, label: str, axis: str) -> str:
    """Lines with whiskers for their intervals; the real tunes are a band with a dashed middle.

    Args:
        lines: In the order of the legend; figures that are NaN are left out.
        reference: The value of real tunes, if there is one.
        label: Says what is drawn.
        axis: What is across.
    """
    shown = [one for line in lines for one in line.estimates]
    if reference:
        shown.append(reference)
    values = [end for one in shown if math.isfinite(one.value) for end in (one.low, one.high)]
    places = [place for line in lines for place in line.places]
    if not values or not places:
        return ""
    up = _Axis(min(values), max(values), HEIGHT - _BOTTOM, _TOP)
    across = _Axis(min(places), max(places), _LEFT + 24, WIDTH - _RIGHT - 24)
    parts = [_rulers(up), _axis_label(axis)]
    if reference and math.isfinite(reference.value):
        parts.append(_band(reference, up))
    parts += [_text(across.at(place), HEIGHT - _BOTTOM + 16, f"{place:g}", "middle")
              for place in sorted(set(places))]  # fmt: skip
    parts += [_line(line, number, across, up) for number, line in enumerate(lines)]
    return _frame(parts, label)


def draw_bars(
    names: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], label: str, axis: str
) -> str:
    """Shares of several sets side by side, a group of bars for each name.

    Args:
        names: Across, in order.
        series: Name of a set and its shares 0..1, one for each name.
        label: Says what is drawn.
        axis: What is across.
    """
    top = max((share for _name, shares in series for share in shares), default=0.0)
    if not names or not top:
        return ""
    up = _Axis(0.0, top, HEIGHT - _BOTTOM, _TOP)
    group = (WIDTH - _LEFT - _RIGHT) / len(names)
    bar = 0.84 * group / len(series)
    every = math.ceil(len(names) / _MOST_LABELS)
    parts = [_rulers(up, is_share=True), _axis_label(axis)]
    for at, name in enumerate(names):
        left = _LEFT + at * group + 0.08 * group
        parts += [
            f'<rect class="c{number % COLOURS}" x="{left + number * bar:.1f}" '
            f'y="{up.at(shares[at]):.1f}" width="{max(0.8, bar - 0.6):.1f}" '
            f'height="{HEIGHT - _BOTTOM - up.at(shares[at]):.1f}"/>'
            for number, (_set, shares) in enumerate(series)
            if shares[at]
        ]
        if at % every == 0:
            parts.append(_text(left + 0.42 * group, HEIGHT - _BOTTOM + 16, name, "middle"))
    return _frame(parts, label)


@dataclass(frozen=True, slots=True)
class _Axis:
    """From values to places on the paper."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return self.start + share * (self.end - self.start)


def _frame(parts: Sequence[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _rulers(up: _Axis, *, is_share: bool = False) -> str:
    parts = []
    for number in range(5):
        value = up.low + number * (up.high - up.low) / 4
        y = up.at(value) if up.high > up.low else (up.start + up.end) / 2
        text = f"{100 * value:.0f} %" if is_share else f"{value:.3g}"
        parts.append(f'<line class="ruler" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" '
                     f'y2="{y:.1f}"/>{_text(_LEFT - 6, y + 4, text, "end")}')  # fmt: skip
        if up.high <= up.low:
            break
    return "".join(parts)


def _axis_label(text: str) -> str:
    return _text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, text, "middle")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _band(reference: Estimate, up: _Axis) -> str:
    top, bottom, middle = up.at(reference.high), up.at(reference.low), up.at(reference.value)
    width = WIDTH - _LEFT - _RIGHT
    return (
        f'<rect class="band" x="{_LEFT}" y="{top:.1f}" width="{width}" '
        f'height="{max(1.0, bottom - top):.1f}"/>'
        f'<line class="real" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{middle:.1f}" '
        f'y2="{middle:.1f}"/>'
    )


def _line(line: Line, number: int, across: _Axis, up: _Axis) -> str:
    known = [
        (across.at(place), one)
        for place, one in zip(line.places, line.estimates, strict=True)
        if math.isfinite(one.value)
    ]
    path = " ".join(f"{x:.1f},{up.at(one.value):.1f}" for x, one in known)
    marks = "".join(
        f'<line class="l{number % COLOURS}" x1="{x:.1f}" x2="{x:.1f}" '
        f'y1="{up.at(one.low):.1f}" y2="{up.at(one.high):.1f}"/>'
        f'<circle class="c{number % COLOURS}" cx="{x:.1f}" cy="{up.at(one.value):.1f}" r="3.5"/>'
        for x, one in known
    )
    return f'<polyline class="l{number % COLOURS}" points="{path}"/>{marks}'
