"""Times as whole ticks while reading: bounded whatever the text asks for, exact for real music.

A tick is so short that every length of real tunes is a whole number of them: binary down to 1/1024
of a quarter note, and tuplets of 3, 5, 7, 9, 11 and 13. What does not fit is rounded to a tick, so
that sums never grow denominators of their own.
"""

from fractions import Fraction
from functools import lru_cache

TICKS = 2**10 * 3**3 * 5 * 7 * 11 * 13
"""Ticks in a quarter note."""

MAX_NOTE_TICKS = 64 * TICKS
"""A longer note is a slip of the pen or a bomb: sixteen whole notes."""

MIN_NOTE_TICKS = TICKS // 256

MAX_DIGITS = 5


@lru_cache(maxsize=8192)
def to_quarters(ticks: int) -> Fraction:
    """A time in quarter notes."""
    return Fraction(ticks, TICKS)


def to_ticks(quarters: Fraction) -> int:
    """A time in ticks, rounded."""
    return round(quarters * TICKS)


@lru_cache(maxsize=4096)
def read_length(unit: int, numerator: str, slashes: str, denominator: str) -> tuple[int, bool]:
    """Ticks of a note written ``3/2``, ``/``, ``//`` … in units, and whether it makes sense.

    A length that makes none (zero, or beyond the bounds) is one unit (ABC 2.1 §4.3).
    """
    digits = max(len(numerator), len(denominator))
    if digits > MAX_DIGITS or len(slashes) > 8 or (denominator and len(slashes) > 1):
        return unit, False
    divisor = int(denominator) if denominator else 2 ** len(slashes)
    length = unit * (int(numerator) if numerator else 1)
    if not divisor or not MIN_NOTE_TICKS * divisor <= length <= MAX_NOTE_TICKS * divisor:
        return unit, False
    return round(Fraction(length, divisor)), True
