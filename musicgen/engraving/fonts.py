"""The letters of printed music: how wide they are, and their outlines where no file can hold them.

STIX, a Times that comes with matplotlib, is embedded in what is written. Characters it lacks are
drawn as outlines, so that nothing depends on the fonts of whoever opens the file: letters with
marks are put together from STIX, Chinese and kana come from the font that set-up fetches, much else
from DejaVu, which comes with matplotlib too, and the rest from the fonts of the system. A character
that none of them has is drawn as a box with its number in it, and `missing_characters` names it.
"""

import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from musicgen.engraving import chinese_font
from musicgen.engraving.outlines import OutlinePen, find_bounds, place_segments
from musicgen.engraving.shapes import Outline, Segment
from musicgen.errors import SetupError

FACES = {
    "regular": "STIXGeneral.ttf",
    "bold": "STIXGeneralBol.ttf",
    "italic": "STIXGeneralItalic.ttf",
}
"""The faces by name, and their files."""

_FOLDERS = {
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": (r"C:\Windows\Fonts",),
}
_LINUX_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts")
_PREFERRED = (
    "NotoSerifCJK-Regular", "NotoSerifSC", "NotoSerifCJKsc", "SourceHanSerif", "Songti", "simsun",
    "NotoSansCJK-Regular", "NotoSansSC", "SourceHanSans", "PingFang", "STHeiti", "Hiragino", "msyh",
    "wqy-zenhei", "wqy-microhei", "DroidSansFallback", "uming", "ukai", "Arial Unicode",
    "FreeSerif", "NotoSerif-Regular", "NotoSans-Regular", "malgun", "AppleSDGothicNeo",
)  # fmt: skip
"""How the names of fonts with many characters begin; serifs first, as STIX has them."""

_SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
_TRIED = 6  # each is read into memory, some 25 MB for a Chinese one
_CHINESE = " SC"
_ALWAYS = ("DejaVuSerif.ttf", "DejaVuSans.ttf")  # next to STIX

_HEBREW = re.compile(r"[\u0590-\u05ff]+(?:[^\w\u0590-\u05ff]+[\u0590-\u05ff]+)*")
_JOINED = {"AL"}  # letters of Arabic and its kin, which change their shape with their neighbours
_IGNORED = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
                      r"\U000e0100-\U000e01ef]")  # fmt: skip
_GAP = 0.06
"""In em: between a letter and the mark that is put above or below it."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """The outline of one character: in em, on a baseline at 0, y upwards."""

    advance: float
    segments: tuple[Segment, ...]


def face_path(face: str) -> Path:
    """The file of a face."""
    spec = find_spec("matplotlib")  # finds the folder without importing the package
    places = (spec and spec.submodule_search_locations) or [""]
    return Path(places[0], "mpl-data", "fonts", "ttf", FACES[face])


def measure(text: str, face: str) -> float:
    """Width of a line of text, in em."""
    return sum(advance(character, face) for character in text)


@lru_cache(maxsize=10_000)
def advance(character: str, face: str) -> float:
    """Width of a character, in em."""
    known = _face_with(character, face)
    return _advances(known)[character] if known else glyph(character, face).advance


def advances(characters: Iterable[str]) -> dict[str, dict[str, float]]:
    """Widths of characters in every face, in em."""
    wanted = sorted(set(characters))
    return {face: {one: advance(one, face) for one in wanted} for face in FACES}


def split_by_face(text: str, face: str) -> Iterator[tuple[str, str]]:
    """The text in runs ``(face, run)``; the face is empty for what only an outline can show."""
    run, current = "", face
    for character in text:
        found = _face_with(character, face)
        if run and found != current:
            yield current, run
            run = ""
        current, run = found, run + character
    if run:
        yield current, run


def in_drawing_order(text: str) -> str:
    """The text as it is drawn from left to right: Hebrew runs the other way."""
    return _HEBREW.sub(lambda match: match[0][::-1], text)


@lru_cache(maxsize=4_000)
def glyph(character: str, face: str = "regular") -> Glyph:
    """The outline of a character in a face, or in the first font that has it.

    What is not printed has no width. What no font has is a box with its number (Unicode, in
    hexadecimal digits).
    """
    if not is_drawn(character):
        return Glyph(0.0, ())
    return _find_glyph(character, face) or _numbered_box(ord(character))


def is_drawn(character: str) -> bool:
    """Whether a character leaves anything on paper; marks that choose a variant do not."""
    return character.isprintable() and not _IGNORED.match(character)


def missing_characters(text: str) -> str:
    """The characters of a text that no font here has, each once."""
    drawn = dict.fromkeys(filter(is_drawn, text))
    return "".join(one for one in drawn if not _find_glyph(one, "regular"))


@lru_cache(maxsize=4_000)
def _find_glyph(character: str, face: str) -> Glyph | None:
    known = _face_with(character, face)
    if known:
        return _draw(_face_font(known), _characters(_face_font(known))[ord(character)])
    composed = _composed(character, face)
    if composed:
        return composed
    if unicodedata.bidirectional(character) in _JOINED:
        return None
    chinese = chinese_font.find_font(character)
    if chinese:
        name = chinese_font.characters(chinese)[ord(character)]
        return _draw(chinese, name, chinese_font.LOCATION)
    for font in filter(None, map(_open, _fallbacks())):
        found = _characters(font).get(ord(character))
        if found:
            return _draw(font, found)
    return None


def _face_with(character: str, face: str) -> str:
    """The face itself or the regular one, whichever has the character; else none."""
    return next((one for one in (face, "regular") if character in _advances(one)), "")


def _composed(character: str, face: str) -> Glyph | None:
    """A letter with marks, such as ḋ, put together from the face's own letters and marks.

    The marks of STIX are drawn for small letters: over a tall one they are moved up, and each goes
    to the middle of the letter.
    """
    base, *marks = list(unicodedata.normalize("NFD", character))
    places = [unicodedata.combining(mark) for mark in marks]
    if not marks or not all(place in (220, 230) for place in places):
        return None  # below (220) and above (230); others are joined to their letter
    if not all(_face_with(one, face) for one in (base, *marks)):
        return None
    letter = glyph(base, face)
    segments = list(letter.segments)
    box = find_bounds([Outline(letter.segments)])
    low, high = box.top, box.bottom  # y grows upwards here
    for mark, place in zip(marks, places, strict=True):
        drawn = glyph(mark, face).segments
        found = find_bounds([Outline(drawn)])
        bottom, top = found.top, found.bottom
        move_up = max(0.0, high + _GAP - bottom) if place == 230 else min(0.0, low - _GAP - top)
        move_right = (box.left + box.right - found.left - found.right) / 2
        segments += place_segments(drawn, move_right, move_up, 1.0, 1.0)
        high, low = max(high, top + move_up), min(low, bottom + move_up)
    return Glyph(letter.advance, tuple(segments))


def _numbered_box(code: int) -> Glyph:
    """A box with a character's number in two rows of small digits."""
    digits = f"{code:04X}" if code <= 0xFFFF else f"{code:06X}"
    columns, scale, line, low, high = len(digits) // 2, 0.5, 0.03, -0.13, 0.77
    advance = columns * 0.27 + 0.2
    left, right = 0.05, advance - 0.05
    outer = ((left, low), (right, low), (right, high), (left, high))
    inner = tuple(
        (x + line if x == left else x - line, y + line if y == low else y - line)
        for x, y in (outer[0], outer[3], outer[2], outer[1])
    )
    pen = OutlinePen()
    for first, *others in (outer, inner):
        pen.moveTo(first)
        for point in others:
            pen.lineTo(point)
        pen.closePath()
    for place, digit in enumerate(digits):
        row, column = divmod(place, columns)
        drawn = glyph(digit)
        centre = left + (right - left) * (column + 0.5) / columns
        x = centre - scale * drawn.advance / 2
        y = low + 0.07 + 0.42 * (1 - row)
        pen.segments += place_segments(drawn.segments, x, y, scale, scale)
    return Glyph(advance, tuple(pen.segments))


@cache
def _face_font(face: str) -> Any:
    font = _open(face_path(face))
    if font is None:
        raise SetupError(
            "The letters of printed music come with matplotlib, and are not here. Run: make setup"
        )
    return font


@cache
def _advances(face: str) -> dict[str, float]:
    font = _face_font(face)
    widths, unit = font["hmtx"].metrics, font["head"].unitsPerEm
    return {chr(code): widths[name][0] / unit for code, name in _characters(font).items()}


@lru_cache(maxsize=16)
def _characters(font: Any) -> dict[int, str]:
    return dict(font.getBestCmap() or {})


@cache
def _fallbacks() -> tuple[Path, ...]:
    """DejaVu, then fonts of the system with many characters, the best first."""
    always = [face_path("regular").with_name(name) for name in _ALWAYS]
    files = {path for folder in _font_folders() for path in _font_files(folder)}
    ranked = sorted((rank, path) for path in files if (rank := _rank(path)) is not None)
    return (*always, *(path for _rank_, path in ranked[:_TRIED]))


def _font_folders() -> list[Path]:
    names = _FOLDERS.get(sys.platform, _LINUX_FOLDERS)
    return [Path(name).expanduser() for name in names]


def _font_files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES]
    except OSError:
        return []


def _rank(path: Path) -> int | None:
    name = path.stem.lower()
    if any(word in name for word in ("bold", "oblique", "italic", "mono", "condensed")):
        return None
    starts = (rank for rank, start in enumerate(_PREFERRED) if name.startswith(start.lower()))
    return next(starts, None)


@cache
def _open(path: Path) -> Any | None:
    """A font in memory, as no file may stay open behind it; None if it is broken."""
    try:
        file = io.BytesIO(path.read_bytes())
        if path.suffix.lower() not in (".ttc", ".otc"):
            return TTFont(file, lazy=True)
        fonts = TTCollection(file, lazy=True).fonts
        return next((font for font in fonts if _CHINESE in _full_name(font)), fonts[0])
    except (OSError, TTLibError, IndexError):
        return None


def _full_name(font: Any) -> str:
    return str(font["name"].getDebugName(4) or "")


def _draw(font: Any, name: str, location: Mapping[str, float] | None = None) -> Glyph:
    glyphs, unit = font.getGlyphSet(location=location), font["head"].unitsPerEm
    pen = OutlinePen(glyphs, unit)
    glyphs[name].draw(pen)
    return Glyph(glyphs[name].width / unit, tuple(pen.segments))
