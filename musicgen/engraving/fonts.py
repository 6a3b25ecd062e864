"""The letters of printed music: how wide they are, and their outlines where no file can hold them.

STIX, a Times that comes with matplotlib, is embedded in what is written. Characters it lacks, the
Chinese ones above all, are taken from a font of the system and drawn as outlines, so that nothing
depends on the fonts of whoever opens the file.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from musicgen.engraving.shapes import Segment
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
    "DejaVuSerif", "DejaVuSans", "FreeSerif", "NotoSerif-Regular", "NotoSans-Regular",
)  # fmt: skip
"""How the names of fonts with many characters begin; serifs first, as STIX has them."""

_SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
_TRIED = 6  # each is read into memory, some 25 MB for a Chinese one
_CHINESE = " SC"
_MISSING = "\N{WHITE SQUARE}"


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
    for known in (face, "regular"):
        widths = _advances(known)
        if character in widths:
            return widths[character]
    return glyph(character).advance


def advances(characters: Iterable[str]) -> dict[str, dict[str, float]]:
    """Widths of characters in every face, in em."""
    wanted = sorted(set(characters))
    return {face: {one: advance(one, face) for one in wanted} for face in FACES}


def split_by_face(text: str, face: str) -> Iterator[tuple[str, str]]:
    """The text in runs ``(face, run)``; the face is empty for what only an outline can show."""
    run, current = "", face
    for character in text:
        found = next((one for one in (face, "regular") if character in _advances(one)), "")
        if run and found != current:
            yield current, run
            run = ""
        current, run = found, run + character
    if run:
        yield current, run


@lru_cache(maxsize=2_000)
def glyph(character: str) -> Glyph:
    """The outline of a character from the first font of the system that has it; else an empty box.

    What is not printed has no width.
    """
    if not character.isprintable():
        return Glyph(0.0, ())
    for path in _fallbacks():
        font = _open(path)
        name = font and _characters(font).get(ord(character))
        if name:
            return _draw(font, name)
    return _draw(_face_font("regular"), _characters(_face_font("regular"))[ord(_MISSING)])


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
    """Fonts of the system with many characters, the best first."""
    files = {path for folder in _font_folders() for path in _font_files(folder)}
    ranked = sorted((rank, path) for path in files if (rank := _rank(path)) is not None)
    return tuple(path for _rank_, path in ranked[:_TRIED])


def _font_folders() -> list[Path]:
    names = _FOLDERS.get(sys.platform, _LINUX_FOLDERS)
    return [*(Path(name).expanduser() for name in names), face_path("regular").parent]


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


class _Pen(BasePen):  # type: ignore[misc]
    """Collects a glyph's outline in em; `BasePen` makes cubic curves of all others."""

    def __init__(self, glyphs: Any, unit: float) -> None:
        super().__init__(glyphs)
        self.unit = unit
        self.segments: list[Segment] = []

    def _add(self, kind: str, *points: tuple[float, float]) -> None:
        numbers = tuple(value / self.unit for point in points for value in point)
        self.segments.append((kind, numbers))

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self._add("M", pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self._add("L", pt)

    def _curveToOne(  # noqa: N802 - fontTools' name
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self._add("C", pt1, pt2, pt3)

    def _closePath(self) -> None:  # noqa: N802 - fontTools' name
        self._add("Z")


def _draw(font: Any, name: str) -> Glyph:
    glyphs, unit = font.getGlyphSet(), font["head"].unitsPerEm
    pen = _Pen(glyphs, unit)
    glyphs[name].draw(pen)
    return Glyph(glyphs[name].width / unit, tuple(pen.segments))
