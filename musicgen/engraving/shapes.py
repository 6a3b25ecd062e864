"""What a drawing is made of: outlines and writing, with where they are.

Lengths are in the units of whoever drew them; y grows downwards.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from musicgen.errors import EngravingError

Segment = tuple[str, tuple[float, ...]]
"""A piece of a path with absolute coordinates: M and L with 2 numbers, C with 6, Z with none."""

_TOKEN = re.compile(r"([MmLlCcSsZz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|[\s,]+")
_COUNTS = {"M": 2, "L": 2, "C": 6, "S": 4, "Z": 0}


@dataclass(frozen=True, slots=True)
class Outline:
    """A path that is filled, drawn with a line of some width (0: none), or both."""

    segments: tuple[Segment, ...]
    is_filled: bool = True
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Writing:
    """One line of text on a baseline; `anchor` is the share of its width left of `x`: 0, 0.5, 1.

    `face` is one of ``regular``, ``bold`` and ``italic``, `grey` 0 for black to 1 for white.
    """

    text: str
    x: float
    y: float
    size: float
    face: str = "regular"
    anchor: float = 0.0
    grey: float = 0.0


Shape = Outline | Writing


@dataclass(frozen=True, slots=True)
class Box:
    """The smallest upright rectangle around something."""

    left: float
    top: float
    right: float
    bottom: float


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
        outline = tuple(parse_path(str(values["d"])))
        return Outline(outline, bool(values["fill"]), float(values["stroke"]))
    except (KeyError, TypeError, ValueError) as error:
        raise EngravingError(
            "The engraver drew something unknown. Install its version anew: make setup"
        ) from error


def parse_path(data: str) -> Iterator[Segment]:
    """The pieces of an SVG path (SVG 1.1 §8.3) of moves, lines and cubic curves.

    Raises:
        ValueError: it has other commands or is torn.
    """
    x = y = start_x = start_y = control_x = control_y = 0.0
    for command, numbers in _commands(data):
        kind, is_relative = command.upper(), command.islower()
        points = [
            value + (is_relative and (x, y)[place % 2]) for place, value in enumerate(numbers)
        ]
        if kind == "Z":
            x, y = control_x, control_y = start_x, start_y
            yield "Z", ()
            continue
        if kind == "S":  # the first control point mirrors the last one of the curve before
            points = [2 * x - control_x, 2 * y - control_y, *points]
            kind = "C"
        x, y = points[-2:]
        control_x, control_y = points[2:4] if kind == "C" else (x, y)
        if kind == "M":
            start_x, start_y = x, y
        yield kind, tuple(points)


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with the numbers of one use of it."""
    command, numbers = "", list[float]()
    for letter, number in _tokens(data):
        if letter:
            if numbers:
                raise ValueError("A path's command lacks numbers.")
            command = letter
            if letter in "Zz":
                yield letter, []
        elif not command or command in "Zz":
            raise ValueError("A path's number has no command.")
        else:
            numbers.append(float(number))
            if len(numbers) == _COUNTS[command.upper()]:
                yield command, numbers
                command = {"M": "L", "m": "l"}.get(command, command)
                numbers = []
    if numbers:
        raise ValueError("A path ends within a command.")


def _tokens(data: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(data):
        match = _TOKEN.match(data, position)
        if match is None:
            raise ValueError(f"A path cannot hold {data[position]!r}.")
        position = match.end()
        if match[1] or match[2]:
            yield match[1] or "", match[2] or ""


def place_segments(
    segments: Iterable[Segment], x: float, y: float, x_scale: float, y_scale: float
) -> Iterator[Segment]:
    """The pieces of a path, scaled and then moved."""
    for kind, numbers in segments:
        yield (
            kind,
            tuple(
                number * y_scale + y if place % 2 else number * x_scale + x
                for place, number in enumerate(numbers)
            ),
        )


def find_bounds(shapes: Iterable[Shape]) -> Box:
    """The box around outlines (by their control points) and the height of writing.

    Writing counts with its left end only; a drawing without shapes has an empty box at 0.
    """
    points = [point for shape in shapes for point in _corners(shape)]
    if not points:
        return Box(0.0, 0.0, 0.0, 0.0)
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def _corners(shape: Shape) -> Iterator[tuple[float, float]]:
    if isinstance(shape, Writing):
        yield shape.x, shape.y - 0.75 * shape.size
        yield shape.x, shape.y + 0.25 * shape.size
        return
    for _kind, numbers in shape.segments:
        yield from zip(numbers[::2], numbers[1::2], strict=True)
