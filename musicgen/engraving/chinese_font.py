"""The Chinese font that set-up fetches: a hundred small files, each with some of the characters.

It is Noto Serif SC as the npm package of Fontsource has it (licence: OFL): a web font, in which a
table says which file has which characters. Only the files that a text needs are opened.
"""

import io
import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont, TTLibError

from musicgen.config import Paths

PACKAGE = "noto-serif-sc"
"""Name of the font's folder."""

LOCATION = {"wght": 400}
"""Where on its axes the font is drawn: as heavy as the letters around it."""


def is_chinese_font_here() -> bool:
    """Whether set-up could fetch the font."""
    return bool(_table(Paths.default().fonts / PACKAGE))


def find_font(character: str) -> Any | None:
    """The opened file that has a character; None if none has it or it is damaged."""
    code = ord(character)
    for first, last, path in _table(Paths.default().fonts / PACKAGE):
        if first <= code <= last:
            font = _open(path)
            if font is not None and code in characters(font):
                return font
    return None


@lru_cache(maxsize=128)
def characters(font: Any) -> Mapping[int, str]:
    """Names of a font's glyphs by the code of their characters."""
    return dict(font.getBestCmap() or {})


@cache
def _table(folder: Path) -> tuple[tuple[int, int, Path], ...]:
    """First and last code of each range of characters, and the file that has them."""
    try:
        ranges = json.loads((folder / "unicode.json").read_bytes())
        return tuple(sorted(_entries(folder, ranges)))
    except (OSError, ValueError, AttributeError):
        return ()


def _entries(folder: Path, ranges: Mapping[str, str]) -> Iterator[tuple[int, int, Path]]:
    for name, text in ranges.items():
        path = folder / "files" / f"{PACKAGE}-{name.strip('[]')}-wght-normal.woff2"
        for one in text.split(","):
            first, _, last = one.strip().removeprefix("U+").partition("-")
            yield int(first, 16), int(last or first, 16), path


@lru_cache(maxsize=128)
def _open(path: Path) -> Any | None:
    try:
        return TTFont(io.BytesIO(path.read_bytes()), lazy=True)
    except (OSError, TTLibError, ImportError):
        return None
