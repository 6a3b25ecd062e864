"""Numbered notation (jianpu, 简谱) on paper: abc2svg draws, in a process of its own as abcjs does.

Its drawings are texts of SVG. They are read here as shapes: lines as outlines, words in the letters
of printed music, signs of music as outlines of abc2svg's own font.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from fontTools.ttLib import TTFont

from musicgen.engraving.fonts import measure
from musicgen.engraving.outlines import OutlinePen, find_bounds, parse_path, place_segments
from musicgen.engraving.shapes import Outline, Segment, Shape, Writing

SCALE = 1.3
"""Of the signs: digits are as high as a staff is between its first and fourth line."""

_ABOVE = 8.0  # pixels between the words above the music and its highest sign
_FONT_FILE = "abc2svg.ttf"
_EMBEDDED = re.compile(r"@font-face\{[^}]*\}")
_FONTS = re.compile(r"\.(f\w+)\{font:([^}]*)\}")
_SIZE = re.compile(r"([\d.]+)px")
_TRANSLATE = re.compile(r"translate\((-?[\d.]+)[\s,]+(-?[\d.]+)\)")
_SCALE = re.compile(r"scale\((-?[\d.]+)\)")
_NUMBER = re.compile(r"-?\d*\.?\d+")
_LINK = "{http://www.w3.org/1999/xlink}href"
_WIDTHS = {"stroke": 0.7, "bW": 1.0, "bthW": 3.0, "slW": 0.7, "slthW": 1.5, "sW": 0.7}
"""Widths of the lines of abc2svg by its classes; what has none of them is filled."""


@dataclass(frozen=True, slots=True)
class _Font:
    size: float
    face: str
    is_music: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a group is and how large; `anchor` is the share of words left of their place."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    anchor: float = 0.0
    font: _Font = _Font(24.0, "regular", is_music=True)


@dataclass(frozen=True, slots=True)
class _Run:
    """Words in one font, a step away from where the words before them ended."""

    text: str
    font: _Font
    dx: float = 0.0
    dy: float = 0.0


def read_lines(drawings: list[str], folder: Path) -> list[tuple[Shape, ...]]:
    """The shapes of each line of music, bar lines first; words above the first line are with it.

    Args:
        drawings: What `numbered.mjs` drew of a tune.
        folder: Where abc2svg lies, for its signs.

    Raises:
        ParseError: a drawing is no SVG.
        ValueError: a drawing has a path that is torn.
    """
    lines: list[tuple[Shape, ...]] = []
    above: list[Shape] = []
    for drawing in drawings:
        root = fromstring(_EMBEDDED.sub("", drawing))  # noqa: S314 - of our own process
        reader = _Reader(drawing, root, str(folder / _FONT_FILE))
        shapes = list(reader.read(root, _Place()))
        bars = [shape for shape in shapes if isinstance(shape, Outline) and shape.width]
        if bars:
            rest = [shape for shape in shapes if shape is not bars[0]]
            lines.append((bars[0], *rest, *_raised(above, find_bounds(shapes).top)))
            above = []
        else:
            above += shapes
    return lines


def _raised(shapes: list[Shape], top: float) -> list[Shape]:
    """Shapes moved to end a little above a height."""
    move = top - _ABOVE - find_bounds(shapes).bottom
    return [replace(shape, y=shape.y + move) for shape in shapes]


class _Reader:
    """Reads the elements of one drawing."""

    def __init__(self, text: str, root: Element, font_file: str) -> None:
        self._font_file = font_file
        self._fonts = {name: _read_font(value) for name, value in _FONTS.findall(text)}
        self._signs = {
            str(one.get("id")): one for defs in _find(root, "defs") for one in defs if one.get("id")
        }

    def read(self, element: Element, place: _Place) -> Iterator[Shape]:
        """The shapes of an element and of what is in it."""
        place = self._enter(element, place)
        name = _name(element)
        if name == "path":
            yield _outline(element.get("d", ""), element.get("class", ""), place)
        elif name == "circle":
            x, y, radius = (float(element.get(one, 0)) for one in ("cx", "cy", "r"))
            arcs = "".join(
                f"a{radius} {radius} 0 1 0 {step} 0" for step in (2 * radius, -2 * radius)
            )
            yield _outline(f"M{x - radius} {y}{arcs}z", "", place)
        elif name == "use":
            sign = self._signs.get((element.get(_LINK) or "").removeprefix("#"))
            x, y = (float(element.get(one, 0)) for one in ("x", "y"))
            if sign is not None:
                yield from self.read(sign, _moved(place, x, y))
        elif name == "text":
            yield from self._write(element, place)
        if name in ("svg", "g"):
            for child in element:
                yield from self.read(child, place)

    def _enter(self, element: Element, place: _Place) -> _Place:
        transform = element.get("transform", "")
        if found := _TRANSLATE.search(transform):
            place = _moved(place, float(found[1]), float(found[2]))
        if found := _SCALE.search(transform):
            place = replace(place, scale=place.scale * float(found[1]))
        anchor = {"middle": 0.5, "end": 1.0, "start": 0.0}.get(element.get("text-anchor", ""))
        if anchor is not None:
            place = replace(place, anchor=anchor)
        return replace(place, font=self._font_of(element, place.font))

    def _font_of(self, element: Element, usual: _Font) -> _Font:
        names = element.get("class", "").split()
        font = next((self._fonts[name] for name in names if name in self._fonts), usual)
        size = _SIZE.search(element.get("style", ""))
        return replace(font, size=float(size[1])) if size else font

    def _write(self, element: Element, place: _Place) -> Iterator[Shape]:
        runs = list(self._runs(element, place.font))
        xs, ys = (
            [float(one) for one in _NUMBER.findall(element.get(name, "0"))] for name in ("x", "y")
        )
        if len(xs) > 1:  # signs that stand apart, each at a place of its own
            text = "".join(run.text for run in runs)
            for sign, x, y in zip(text, xs, ys or [0.0] * len(xs), strict=False):
                yield from self._put(sign, place.font, _moved(place, x, y))
            return
        width = sum(run.dx + self._width(run) for run in runs)
        x, y = (xs or [0.0])[0] - place.anchor * width, (ys or [0.0])[0]
        for run in runs:
            x, y = x + run.dx, y + run.dy
            yield from self._put(run.text, run.font, _moved(place, x, y))
            x += self._width(run)

    def _runs(
        self, element: Element, font: _Font, dx: float = 0.0, dy: float = 0.0
    ) -> Iterator[_Run]:
        if element.text:
            yield _Run(element.text, font, dx, dy)
            dx = dy = 0.0
        for child in element:
            own = self._font_of(child, font)
            step = _length(child.get("dx", ""), own.size), _length(child.get("dy", ""), own.size)
            yield from self._runs(child, own, dx + step[0], dy + step[1])
            dx = dy = 0.0
            if child.tail:
                yield _Run(child.tail, font)

    def _width(self, run: _Run) -> float:
        if run.font.is_music:
            return sum(_sign(self._font_file, one)[1] for one in run.text) * run.font.size
        return measure(run.text, run.font.face) * run.font.size

    def _put(self, text: str, font: _Font, place: _Place) -> Iterator[Shape]:
        size = font.size * place.scale
        if not font.is_music:
            if text.strip():
                yield Writing(text, place.x, place.y, size, font.face)
            return
        x = place.x
        for character in text:
            segments, advance = _sign(self._font_file, character)
            if segments:
                yield Outline(_sized(segments, round(size, 3)), x=x, y=place.y)
            x += advance * size


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _find(root: Element, name: str) -> Iterator[Element]:
    return (one for one in root.iter() if _name(one) == name)


def _moved(place: _Place, x: float, y: float) -> _Place:
    return replace(place, x=place.x + place.scale * x, y=place.y + place.scale * y)


def _length(text: str, size: float) -> float:
    """A step of words in pixels; ``em`` counts in their size."""
    found = _NUMBER.match(text)
    return float(found[0]) * (size if text.endswith("em") else 1.0) if found else 0.0


def _read_font(value: str) -> _Font:
    size = _SIZE.search(value)
    face = "bold" if "bold" in value else "italic" if "italic" in value else "regular"
    return _Font(float(size[1]) if size else 12.0, face, "music" in value)


def _outline(data: str, names: str, place: _Place) -> Outline:
    width = next((_WIDTHS[name] for name in names.split() if name in _WIDTHS), 0.0)
    placed = place_segments(parse_path(data), place.x, place.y, place.scale, place.scale)
    return Outline(tuple(placed), not width, width * place.scale)


@lru_cache(maxsize=2)
def _open_font(file: str) -> Any:
    return TTFont(file)


@lru_cache(maxsize=256)
def _sign(file: str, character: str) -> tuple[tuple[Segment, ...], float]:
    """A sign of music in em, y upwards, and how wide it is; nothing for one that is not there."""
    font = _open_font(file)
    name: str | None = (font.getBestCmap() or {}).get(ord(character))
    if name is None:
        return (), 0.0
    unit = font["head"].unitsPerEm
    glyphs = font.getGlyphSet()
    pen = OutlinePen(glyphs, unit)
    glyphs[name].draw(pen)
    widths: Mapping[str, tuple[int, int]] = font["hmtx"].metrics
    return tuple(pen.segments), widths[name][0] / unit


@lru_cache(maxsize=512)
def _sized(segments: tuple[Segment, ...], size: float) -> tuple[Segment, ...]:
    """A sign in pixels, y downwards; the same object each time, so that files stay small."""
    return tuple(place_segments(segments, 0.0, 0.0, size, -size))
