"""The report of all versions of a model as a page: one table, and two charts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from musicgen.compression.measuring import AT_ONCE, VariantFigures
from musicgen.evaluation.statistics.estimate import Estimate

if TYPE_CHECKING:
    from jinja2 import Template

_WIDTH, _HEIGHT = 760, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 24, 48
_FEWEST_TICKS = 3

_Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a place."""


def render_report(rows: Sequence[VariantFigures], made: str) -> str:
    """The page.

    Args:
        rows: The versions.
        made: When and where they were measured, in a line.
    """
    sizes = [one for one in rows if one.precision == "float32"]
    return _template().render(
        rows=[_cells(one) for one in rows],
        made=made,
        at_once=AT_ONCE,
        by_size=draw_points(
            [(one.size_bytes / 1e6, one.body_loss, one.name) for one in sizes],
            "MB on the disk",
        ),
        by_speed=draw_points(
            [(one.character_us[0], one.body_loss, f"{one.name}, {one.precision}")
             for one in rows],
            "µs a character, one tune",
        ),
    )  # fmt: skip


def _cells(one: VariantFigures) -> list[str]:
    return [
        one.name,
        one.made or "–",
        one.precision,
        f"{one.size_bytes / 1e6:,.2f}",
        f"{one.parameters:,}",
        f"{one.zero_share:.0%}",
        f"{one.memory_bytes / 1e6:,.0f}",
        f"{one.start_s:.2f}",
        f"{one.loss:.3f}",
        f"{one.body_loss:.3f}",
        f"{one.in_time_share:.0%} of {one.tunes}" if one.tunes else "–",
        write_auc(one.auc),
        *(f"{value:,.0f}" for value in one.character_us),
    ]


def write_auc(auc: Estimate | None) -> str:
    """An area under the curve with its 95 % interval; a dash without one."""
    if auc is None or not math.isfinite(auc.value):
        return "–"
    return f"{auc.value:.2f} ({auc.low:.2f}–{auc.high:.2f})"


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("report.html")


def draw_points(points: Sequence[tuple[float, float, str]], across: str) -> str:
    """Points (x, y, name) as SVG, x on a logarithmic axis; up is the loss over bodies.

    A name is written where there is room for it; each is told where one points at its dot.
    """
    known = [one for one in points if one[0] > 0 and math.isfinite(one[1])]
    if not known:
        return ""
    low_x, high_x = (f(math.log10(x) for x, _, _ in known) for f in (min, max))
    low_y, high_y = (f(y for _, y, _ in known) for f in (min, max))
    box = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img", "aria-label": across}
    drawing = Element("svg", box)
    rows = _Axis(low_y, high_y, _HEIGHT - _BOTTOM - 16, _TOP)
    columns = _Axis(low_x, high_x, _LEFT + 30, _WIDTH - _RIGHT - 30)
    for share in range(5):
        value = low_y + share * (high_y - low_y) / 4
        y = rows.place(value)
        line = {"x1": str(_LEFT), "x2": str(_WIDTH - _RIGHT), "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
        SubElement(drawing, "line", {"class": "ruler"} | line)
        _write(drawing, (_LEFT - 6, y + 4), f"{value:.3f}", "end")
    for value in round_values(low_x, high_x):
        x = columns.place(math.log10(value))
        _write(drawing, (x, _HEIGHT - _BOTTOM + 18), f"{value:g}", "middle")
    dots = [(columns.place(math.log10(x)), rows.place(y)) for x, y, _ in known]
    for (x, y), (value, loss, name) in zip(dots, known, strict=True):
        dot = {"class": "dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "5"}
        told = f"{name}: {value:.3g}, {loss:.3f} nats"
        SubElement(SubElement(drawing, "circle", dot), "title").text = told
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in dots]
    for (x, y), (_, _, name) in zip(dots, known, strict=True):
        _name_dot(drawing, (x, y), name, taken)
    _write(drawing, (_WIDTH / 2, _HEIGHT - 8), f"{across}; up: nats over bodies", "middle")
    return tostring(drawing, encoding="unicode")


@dataclass(frozen=True)
class _Axis:
    """Where the values between two ends lie on the drawing."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """The coordinate of a value."""
        share = (value - self.low) / (self.high - self.low or 1.0)
        return self.start + share * (self.end - self.start)


def round_values(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between two logarithms.

    Where there are fewer than three of them, all digits; the lowest where there is none.
    """
    powers = range(math.floor(low), math.ceil(high) + 1)
    found: list[float] = []
    for digits in (1, 2, 5), range(1, 10):
        values = [digit * 10.0**power for power in powers for digit in digits]
        found = [one for one in values if low <= math.log10(one) <= high]
        if len(found) >= _FEWEST_TICKS:
            break
    return found or [float(f"{10**low:.2g}")]


def _name_dot(drawing: Element, dot: tuple[float, float], name: str, taken: list[_Box]) -> None:
    """Writes a name beside its dot if it meets no other and no dot there, and takes the place."""
    width = 6.2 * len(name)
    for right, down in ((True, -7), (False, -7), (True, 15), (False, 15)):
        left = dot[0] + 9 if right else dot[0] - 9 - width
        box = left, dot[1] + down - 10, left + width, dot[1] + down + 3
        if left < _LEFT or box[2] > _WIDTH or any(_meet(box, other) for other in taken):
            continue
        taken.append(box)
        _write(drawing, (left, dot[1] + down), name, "start")
        return


def _meet(one: _Box, other: _Box) -> bool:
    is_beside = one[2] <= other[0] or other[2] <= one[0]
    return not (is_beside or one[3] <= other[1] or other[3] <= one[1])


def _write(drawing: Element, place: tuple[float, float], text: str, anchor: str) -> None:
    look = {"x": f"{place[0]:.1f}", "y": f"{place[1]:.1f}", "text-anchor": anchor}
    SubElement(drawing, "text", look).text = text
