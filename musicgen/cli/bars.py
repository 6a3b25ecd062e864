"""Bars as people name them in the terminal: by the numbers that the score shows."""

import re

from musicgen.errors import ConfigError
from musicgen.notation.analysis.bar_numbers import find_bars, number_bars
from musicgen.notation.model import Tune

BARS_HELP = "Which bars, such as 5-6, as musicians count them: a pickup is bar 0."

_BARS = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


def parse_bars(text: str) -> tuple[int, int]:
    """The numbers of the first and the last bar of ``5-6`` or ``5``.

    Raises:
        ConfigError: the text is neither.
    """
    match = _BARS.fullmatch(text.strip())
    if not match:
        raise ConfigError("--bars takes numbers such as 5 or 5-6, not {text!r}.", text=text[:40])
    return int(match[1]), int(match[2] or match[1])


def place_bars(tune: Tune, first: int, last: int) -> tuple[int, int]:
    """Where bars are written, counted from 1.

    Args:
        tune: The tune.
        first: Number of the first bar, by `number_bars`.
        last: Number of the last one.

    Raises:
        ConfigError: there are no such bars.
    """
    numbers = number_bars(tune.bars) or (0,)
    if not numbers[0] <= first <= last <= numbers[-1]:
        raise ConfigError(
            "The tune has bars {lowest} to {highest}: {first} to {last} are not among them.",
            lowest=numbers[0],
            highest=numbers[-1],
            first=first,
            last=last,
        )
    lowest, highest = find_bars(numbers, first, last)
    return lowest + 1, highest + 1
