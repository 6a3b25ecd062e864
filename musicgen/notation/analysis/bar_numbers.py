"""The numbers of bars as musicians count them, one for everything that shows or takes a number.

A bar is counted when it begins on its first beat. A pickup at the beginning is bar 0. A pickup
inside the tune has the number of the short bar before it, which it makes whole, and so has the rest
of a bar that an ending or a part begins inside of. MusicXML files and abc2midi count in this way.

What is kept (changes to a tune in links, favourites and files) counts bars as they are written,
pickups and all: it is not shown, and means the same bars for ever.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

from musicgen.notation.model import Bar
from musicgen.notation.parsing.barlines import is_closing, opens_repeat


def number_bars(bars: Sequence[Bar]) -> tuple[int, ...]:
    """The number of each bar, never descending; a rest of four bars counts as four."""
    numbers: list[int] = []
    number = 0
    previous: Bar | None = None
    for bar in bars:
        if begins_bar(bar, previous):
            numbers.append(number + 1)
            number += count_measures(bar)
        else:
            numbers.append(number)
        previous = bar
    return tuple(numbers)


def begins_bar(bar: Bar, previous: Bar | None) -> bool:
    """Whether a bar begins on its first beat: it is no pickup and no rest of the bar before."""
    if previous is not None and not previous.closing:
        return False
    is_short = bar.expected is not None and bar.actual < bar.expected
    is_first = previous is None or is_closing(previous.closing) or opens_repeat(bar.opening)
    return not (is_short and is_first)


def count_measures(bar: Bar) -> int:
    """How many full bars a bar stands for: 1, but more in a rest of several bars."""
    full = bar.meter.bar_quarters if bar.meter else None
    count = bar.actual / full if full else Fraction(1)
    is_long = len(bar.notes) == 1 and bar.notes[0].is_rest and bar.actual == bar.expected
    return int(count) if is_long and count.denominator == 1 and count > 1 else 1


def find_bars(numbers: Sequence[int], first: int, last: int) -> tuple[int, int]:
    """Where the bars from one number to another are written.

    Args:
        numbers: As `number_bars` gives them; at least one.
        first: Number of the first bar; the nearest there is.
        last: Number of the last bar, not below `first`; the nearest there is.

    Returns:
        Indices of the first and the last of these bars, among them all parts of a bar that is
        written in two.
    """
    lowest = bisect_left(numbers, first)
    highest = bisect_right(numbers, last) - 1
    end = len(numbers) - 1
    lowest = min(lowest, end)
    return lowest, max(lowest, min(highest, end))
