"""The form of a tune made plain: every repeat with both its signs, or all of it written out.

ABC leaves much to the reader: a repeat without a beginning, an ending without a close. What is
written for other programs says it all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.barlines import canonical, count_repeats, is_closing, opens_repeat
from musicgen.notation.playback import play_order


def with_repeat_signs(tune: Tune) -> tuple[Bar, ...]:
    """The bars with ``|:`` wherever a repeat goes back to, and ``:|`` wherever it goes back from.

    `Bar.opening` is ``|:`` or empty, `Bar.closing` one of ``|``, ``||``, ``|]``, ``[|]``, ``:|``,
    ``::|`` … or empty. Repeat signs that repeat nothing become double bar lines.
    """
    bars = tune.bars
    plain = [replace(bar, marks=()) if bar.marks else bar for bar in bars]
    targets: set[int] = set()
    jumps: Counter[int] = Counter()
    for earlier, later in pairwise(play_order(plain)):
        if later <= earlier and bars[later].part == bars[earlier].part:
            targets.add(later)
            jumps[earlier] += 1
    return tuple(
        replace(
            bar,
            opening="|:" if bar.index in targets else "",
            closing=_closing(bars, bar.index, jumps[bar.index], bar.index + 1 in targets),
        )
        for bar in bars
    )


def _closing(bars: Sequence[Bar], index: int, jumps: int, is_before_repeat: bool) -> str:
    bar = bars[index]
    following = bars[index + 1] if index + 1 < len(bars) else None
    if jumps:
        times = max(1, count_repeats(bar.closing)) if bar.ending else jumps
        return ":" * times + "|"
    if following is None:
        return "|]" if count_repeats(bar.closing) else _plain(bar.closing)
    if is_before_repeat and bar.closing:
        return "|"
    ends_ending = bool(bar.ending) and not following.ending and following.part == bar.part
    was_double = is_closing(bar.closing) or (
        opens_repeat(following.opening) and not following.ending
    )
    line = _plain(bar.closing)
    return "||" if (was_double or ends_ending) and not is_closing(line) else line


def _plain(line: str) -> str:
    if count_repeats(line):
        return "||"
    line = canonical(line)
    return "|" if opens_repeat(line) else line


def play_out(tune: Tune) -> tuple[Bar, ...]:
    """The bars in the order they are played, without any sign to repeat or leap."""
    last = len(tune.play_order) - 1
    return tuple(
        replace(
            tune.bars[index],
            index=number,
            opening="",
            closing=_played_line(tune.bars[index].closing, is_last=number == last),
            ending=(),
            starts_ending=False,
            part="",
            heading="",
            marks=(),
        )
        for number, index in enumerate(tune.play_order)
    )


def _played_line(line: str, *, is_last: bool) -> str:
    if is_last and not line:
        return ""
    if is_closing(line):
        return "|]" if is_last else "||"
    return "|"


def has_plain_endings(bars: Sequence[Bar]) -> bool:
    """Whether all endings are such as every program plays: ``1`` and ``2``, or ``1-3`` and ``4``.

    A first ending without a second, or passes out of order (``1,3`` and ``2``), are not.
    """
    passes: list[int] = []
    count = 0
    for bar, following in zip(bars, [*bars[1:], None][: len(bars)], strict=True):
        if not bar.ending:
            continue
        if bar.starts_ending:
            passes += bar.ending
            count += 1
        if following is None or not following.ending or _begins_anew(bar, following):
            if count < 2 or passes != list(range(1, len(passes) + 1)):
                return False
            passes, count = [], 0
    return True


def _begins_anew(bar: Bar, following: Bar) -> bool:
    """Whether the first of a new row of endings stands right behind the last of another."""
    return following.starts_ending and 1 in following.ending and 1 not in bar.ending


def part_order(tune: Tune) -> str:
    """The value of ``P:`` in the header, as in ``A2(BC)3``; empty if there is none."""
    return next((value for letter, value in reversed(tune.fields) if letter == "P"), "")
