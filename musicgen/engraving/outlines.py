"""Outlines by the pens of fontTools: read from SVG, recorded, placed and measured."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.pens.boundsPen import ControlBoundsPen
from fontTools.pens.recordingPen import replayRecording
from fontTools.pens.transformPen import TransformPen
from fontTools.svgLib import path as svg_path

from musicgen.engraving.shapes import Box, Outline, Point, Segment, Shape, Writing
from musicgen.errors import EngravingError

_GLYPH = re.compile(r"M\s*(-?[\d.]+)[\s,]+(-?[\d.]+)\s*([a-z][^A-Z]*)")
"""A path with one move to a place and all else relative to it, as abcjs draws signs of music."""


_POLYGON = re.compile(r"M\s*-?[\d.]+\s+-?[\d.]+(?:\s*L\s*-?[\d.]+\s+-?[\d.]+)+\s*z?")
_NUMBER = re.compile(r"-?[\d.]+")
_DECIMALS = 3


class OutlinePen(BasePen):  # type: ignore[misc]
    """Records a path in units of `unit`; `BasePen` makes cubic curves of all others.

    fontTools' own `RecordingPen` keeps quadratic curves, for which PDF has no operator.
    """

    def __init__(self, glyphs: Any = None, unit: float = 1.0) -> None:
        super().__init__(glyphs)
        self.unit = unit
        self.segments: list[Segment] = []

    def _add(self, call: str, *points: Point) -> None:
        placed = tuple((x / self.unit, y / self.unit) for x, y in points)
        self.segments.append((call, placed))

    def _moveTo(self, pt: Point) -> None:  # noqa: N802 - fontTools' name
        self._add("moveTo", pt)

    def _lineTo(self, pt: Point) -> None:  # noqa: N802 - fontTools' name
        self._add("lineTo", pt)

    def _curveToOne(self, pt1: Point, pt2: Point, pt3: Point) -> None:  # noqa: N802 - fontTools' name
        self._add("curveTo", pt1, pt2, pt3)

    def _closePath(self) -> None:  # noqa: N802 - fontTools' name
        self._add("closePath")


def read_shape(values: Mapping[str, Any]) -> Shape:
    """A shape from the JSON of `engrave.mjs`.

    Raises:
        EngravingError: it is none.
    """
    try:
        if "text" in values:
            face = "bold" if values["bold"] else "italic" if values["italic"] else "regular"
            x, y, size = (float(values[name]) for name in ("x", "y", "size"))
            return Writing(str(values["text"]), x, y, size, face)
        return _read_outline(str(values["d"]), bool(values["fill"]), float(values["stroke"]))
    except (KeyError, TypeError, ValueError) as error:
        raise EngravingError(
            "The engraver drew something unknown. Install its version anew: make setup"
        ) from error


def _read_outline(data: str, is_filled: bool, width: float) -> Outline:
    """A path as an outline; signs and straight lines that come again share their segments."""
    if found := _GLYPH.fullmatch(data):
        sign, box = _parse_sign(found[3])
        return Outline(sign, is_filled, width, float(found[1]), float(found[2]), box)
    if _POLYGON.fullmatch(data):
        x, y, *numbers = map(float, _NUMBER.findall(data))
        steps = tuple(
            round(number - (y if place % 2 else x), _DECIMALS)
            for place, number in enumerate(numbers)
        )
        sign, box = _make_polygon(steps, data.endswith("z"))
        return Outline(sign, is_filled, width, x, y, box)
    return Outline(parse_path(data), is_filled, width)


@lru_cache(maxsize=1024)
def _parse_sign(relative: str) -> tuple[tuple[Segment, ...], Box]:
    segments = parse_path(f"M 0 0{relative}")
    return segments, find_bounds([Outline(segments)])


@lru_cache(maxsize=8192)
def _make_polygon(steps: tuple[float, ...], is_closed: bool) -> tuple[tuple[Segment, ...], Box]:
    """Lines from 0 to points, given as x and y in turn, each from where the first one began."""
    points = zip(steps[::2], steps[1::2], strict=True)
    lines: list[Segment] = [("lineTo", (point,)) for point in points]
    end: list[Segment] = [("closePath", ())] if is_closed else []
    segments = (("moveTo", ((0.0, 0.0),)), *lines, *end)
    return segments, find_bounds([Outline(segments)])


def parse_path(data: str) -> tuple[Segment, ...]:
    """The pieces of an SVG path (SVG 1.1 §8.3), as fontTools reads them.

    Each part up to a Z is read alone, because fontTools draws a line back before it closes a path,
    which the closing draws already. So a part has to begin with a move, as those of abcjs do.

    Raises:
        ValueError: a part begins with something else or is torn.
    """
    pen, start = OutlinePen(), (0.0, 0.0)
    *closed, last = re.split("[Zz]", data)
    for part in closed:
        svg_path.parse_path(part, pen, start)
        pen.closePath()
        moves = [points[0] for call, points in pen.segments if call == "moveTo"]
        start = moves[-1] if moves else start
    svg_path.parse_path(last, pen, start)
    return tuple(pen.segments)


def place_segments(
    segments: Iterable[Segment], x: float, y: float, x_scale: float, y_scale: float
) -> list[Segment]:
    """The pieces of a path, scaled and then moved."""
    pen = OutlinePen()
    replayRecording(segments, TransformPen(pen, (x_scale, 0.0, 0.0, y_scale, x, y)))
    return pen.segments


def find_bounds(shapes: Iterable[Shape]) -> Box:
    """The box around outlines (by their control points) and the height of writing.

    Writing counts with its left end only; a drawing without shapes has an empty box at 0.
    """
    pen = ControlBoundsPen(None)
    for shape in shapes:
        if isinstance(shape, Writing):
            pen.moveTo((shape.x, shape.y - 0.75 * shape.size))
            pen.lineTo((shape.x, shape.y + 0.25 * shape.size))
        elif shape.bounds:
            box = shape.bounds
            pen.moveTo((shape.x + box.left, shape.y + box.top))
            pen.lineTo((shape.x + box.right, shape.y + box.bottom))
        else:
            replayRecording(shape.segments, TransformPen(pen, (1, 0, 0, 1, shape.x, shape.y)))
    return Box(*(pen.bounds or (0.0, 0.0, 0.0, 0.0)))
