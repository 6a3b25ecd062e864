"""Tunes to draw; what needs abcjs is skipped, visibly, where set-up could not fetch it."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from musicgen.config import Paths
from musicgen.engraving.engraver import Engraving, engrave, missing_part
from musicgen.notation.reader import read_tune


@pytest.fixture
def draw() -> Callable[[str], Engraving]:
    """Draws the tune of an ABC text."""
    paths = Paths.default()
    missing = missing_part(paths)
    if missing:
        pytest.skip(str(missing))
    return lambda text: engrave(read_tune(text)[0], Fraction(120), paths)
