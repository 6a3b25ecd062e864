"""Outlines by the pens of fontTools: read from SVG, recorded, placed and measured."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.pens.boundsPen import ControlBoundsPen
from fontTools.pens.recordingPen import replayRecording
from fontTools.pens.transformPen import TransformPen
from fontTools.svgLib import path as svg_path

from musicgen.engraving.shapes import Box, Outline, Point, Segment, Shape, Writing
from musicgen.errors import EngravingError


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
        outline = parse_path(str(values["d"]))
        return Outline(outline, bool(values["fill"]), float(values["stroke"]))
    except (KeyError, TypeError, ValueError) as error:
        raise EngravingError(
            "The engraver drew something unknown. Install its version anew: make setup"
        ) from error


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
        else:
            replayRecording(shape.segments, pen)
    return Box(*(pen.bounds or (0.0, 0.0, 0.0, 0.0)))
