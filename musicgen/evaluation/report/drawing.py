"""Figures of a report as SVG that stands in a page: no script, no font, no request.

Colours are classes of the page's own style (in `report.html`), so that one drawing is for light
and dark.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

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
    drawing = _frame(label)
    _add_rulers(drawing, up)
    _add_axis_label(drawing, axis)
    if reference and math.isfinite(reference.value):
        _add_band(drawing, reference, up)
    for place in sorted(set(places)):
        _add_text(drawing, across.at(place), HEIGHT - _BOTTOM + 16, f"{place:g}", "middle")
    for number, line in enumerate(lines):
        _add_line(drawing, line, number, across, up)
    return tostring(drawing, encoding="unicode")


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
    drawing = _frame(label)
    _add_rulers(drawing, up, is_share=True)
    _add_axis_label(drawing, axis)
    for at, name in enumerate(names):
        left = _LEFT + at * group + 0.08 * group
        for number, (_set, shares) in enumerate(series):
            if shares[at]:
                y = up.at(shares[at])
                look = {"width": max(0.8, bar - 0.6), "height": HEIGHT - _BOTTOM - y}
                place = {"x": left + number * bar, "y": y}
                _add(drawing, "rect", f"c{number % COLOURS}", **place, **look)
        if at % every == 0:
            _add_text(drawing, left + 0.42 * group, HEIGHT - _BOTTOM + 16, name, "middle")
    return tostring(drawing, encoding="unicode")


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


def _frame(label: str) -> Element:
    box = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": label}
    return Element("svg", box)


def _add(drawing: Element, tag: str, kind: str, **numbers: float) -> None:
    """Adds an element of a class, with lengths in pixels."""
    places = {name: f"{value:.1f}" for name, value in numbers.items()}
    SubElement(drawing, tag, {"class": kind} | places)


def _add_rulers(drawing: Element, up: _Axis, *, is_share: bool = False) -> None:
    for number in range(5):
        value = up.low + number * (up.high - up.low) / 4
        y = up.at(value) if up.high > up.low else (up.start + up.end) / 2
        text = f"{100 * value:.0f} %" if is_share else f"{value:.3g}"
        _add(drawing, "line", "ruler", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y)
        _add_text(drawing, _LEFT - 6, y + 4, text, "end")
        if up.high <= up.low:
            break


def _add_axis_label(drawing: Element, text: str) -> None:
    _add_text(drawing, (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, text, "middle")


def _add_text(drawing: Element, x: float, y: float, text: str, anchor: str) -> None:
    look = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    SubElement(drawing, "text", look).text = text


def _add_band(drawing: Element, reference: Estimate, up: _Axis) -> None:
    top, bottom, middle = up.at(reference.high), up.at(reference.low), up.at(reference.value)
    height = max(1.0, bottom - top)
    _add(drawing, "rect", "band", x=_LEFT, y=top, width=WIDTH - _LEFT - _RIGHT, height=height)
    _add(drawing, "line", "real", x1=_LEFT, x2=WIDTH - _RIGHT, y1=middle, y2=middle)


def _add_line(drawing: Element, line: Line, number: int, across: _Axis, up: _Axis) -> None:
    known = [
        (across.at(place), one)
        for place, one in zip(line.places, line.estimates, strict=True)
        if math.isfinite(one.value)
    ]
    stroke, fill = f"l{number % COLOURS}", f"c{number % COLOURS}"
    path = " ".join(f"{x:.1f},{up.at(one.value):.1f}" for x, one in known)
    SubElement(drawing, "polyline", {"class": stroke, "points": path})
    for x, one in known:
        _add(drawing, "line", stroke, x1=x, x2=x, y1=up.at(one.low), y2=up.at(one.high))
        _add(drawing, "circle", fill, cx=x, cy=up.at(one.value), r=3.5)
