"""Tunes to draw; what needs abcjs is skipped, visibly, where set-up could not fetch it."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from musicgen.config import Paths
from musicgen.engraving.chinese_font import is_chinese_font_here
from musicgen.engraving.engraver import Engraving, engrave, missing_part
from musicgen.notation.parsing.reader import read_tune


@pytest.fixture
def draw() -> Callable[[str], Engraving]:
    """Draws the tune of an ABC text."""
    paths = Paths.default()
    missing = missing_part(paths)
    if missing:
        pytest.skip(str(missing))
    return lambda text: engrave(read_tune(text)[0], Fraction(120), paths)


@pytest.fixture
def needs_chinese_font() -> None:
    """Skips, visibly, where set-up could not fetch the Chinese font."""
    if not is_chinese_font_here():
        pytest.skip("The Chinese font is not here. Fetch it with: make setup")
