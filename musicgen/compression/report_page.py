"""The report of all versions of a model as a page: one table, and two charts."""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from musicgen.compression.measuring import AT_ONCE, VariantFigures
from musicgen.evaluation.statistics.estimate import Estimate

if TYPE_CHECKING:
    from jinja2 import Template

_WIDTH, _HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 20, 48


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
            [(one.size_bytes / 1e6, one.body_loss, _label(one)) for one in sizes],
            "MB on the disk",
        ),
        by_speed=draw_points(
            [(one.character_us[0], one.body_loss, f"{_label(one)}, {one.precision}")
             for one in rows],
            "µs a character, one tune",
        ),
    )  # fmt: skip


def _label(one: VariantFigures) -> str:
    return f"{one.name} ({one.made})" if one.made else one.name


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
    """Points (x, y, name) as SVG, x on a logarithmic axis; up is the loss over bodies."""
    known = [one for one in points if one[0] > 0 and math.isfinite(one[1])]
    if not known:
        return ""
    low_x, high_x = (f(math.log10(x) for x, _, _ in known) for f in (min, max))
    low_y, high_y = (f(y for _, y, _ in known) for f in (min, max))
    box = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img", "aria-label": across}
    drawing = Element("svg", box)

    def place(value: float, low: float, high: float, start: float, end: float) -> float:
        return start + (value - low) / (high - low or 1.0) * (end - start)

    for share in range(5):
        value = low_y + share * (high_y - low_y) / 4
        y = place(value, low_y, high_y, _HEIGHT - _BOTTOM, _TOP)
        line = {"x1": str(_LEFT), "x2": str(_WIDTH - _RIGHT), "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
        SubElement(drawing, "line", {"class": "ruler"} | line)
        _write(drawing, _LEFT - 6, y + 4, f"{value:.3f}", "end")
    for value, loss, name in known:
        x = place(math.log10(value), low_x, high_x, _LEFT + 30, _WIDTH - _RIGHT - 30)
        y = place(loss, low_y, high_y, _HEIGHT - _BOTTOM, _TOP)
        dot = {"class": "dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "5"}
        SubElement(SubElement(drawing, "circle", dot), "title").text = f"{name}: {value:.3g}"
        anchor = "end" if x > _WIDTH * 0.6 else "start"
        _write(drawing, x + (-9 if anchor == "end" else 9), y - 7, name, anchor)
        _write(drawing, x, _HEIGHT - _BOTTOM + 16, f"{value:.3g}", "middle")
    _write(drawing, _WIDTH / 2, _HEIGHT - 8, f"{across}; up: nats over bodies", "middle")
    return tostring(drawing, encoding="unicode")


def _write(drawing: Element, x: float, y: float, text: str, anchor: str) -> None:
    look = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    SubElement(drawing, "text", look).text = text
