"""What a drawing is made of: outlines and writing, with where they are.

Lengths are in the units of whoever drew them; y grows downwards.
"""

from dataclasses import dataclass

Point = tuple[float, float]

Segment = tuple[str, tuple[Point, ...]]
"""A piece of a path, as pens of fontTools record it: ``moveTo`` and ``lineTo`` with one point,
``curveTo`` with three, ``closePath`` with none."""


@dataclass(frozen=True, slots=True)
class Box:
    """The smallest upright rectangle around something."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Outline:
    """A path that is filled, drawn with a line of some width (0: none), or both.

    All of it is moved by `x` and `y`, so that a sign that comes again shares its segments; `bounds`
    is the box around them before they are moved, where it is known.
    """

    segments: tuple[Segment, ...]
    is_filled: bool = True
    width: float = 0.0
    x: float = 0.0
    y: float = 0.0
    bounds: Box | None = None


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
