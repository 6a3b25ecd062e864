"""Bar arithmetic: is every bar as long as the meter says, and is what is short made up elsewhere?

The rule that 98 % of the tunes in tunebooks of dance music obey: every inner bar is full; a section
may begin with a pickup, and its last bar, or the last bar before each ending, is then short by just
that much (ABC itself has no rule; common notation has this one). The last bar of the tune makes up
for its first. Where the music goes back, the bar it leaves and the bar it comes to must make one
full bar together, as they are heard without a gap.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.barlines import count_repeats, is_closing, opens_repeat

_MOST_PIECES = 3
"""Pieces that a bar is cut into at most by endings, parts and the ends of sections."""

_ENDS = ("fine", "D.C.", "D.S.")


class Verdict(StrEnum):
    """What bar arithmetic says of one bar."""

    FULL = "full"
    FREE = "free"
    EDGE = "edge"
    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class BarCheck:
    """One bar measured: `expected` and `actual` are in quarter notes, `expected` None if free.

    `EDGE` is a short bar at the edge of a section that another edge makes up for, wherever the
    music goes back to it or from it.
    """

    index: int
    expected: Fraction | None
    actual: Fraction
    verdict: Verdict

    @property
    def is_right(self) -> bool:
        """Whether the bar keeps time."""
        return self.verdict in (Verdict.FULL, Verdict.FREE, Verdict.EDGE)


@dataclass(frozen=True, slots=True)
class BarReport:
    """What bar arithmetic says of a tune. `lowest` and `highest` are MIDI pitches, None if silent.

    `ends_properly` says that the last bar line is one that closes: ``:|``, ``|]`` or ``||``.
    """

    bars: tuple[BarCheck, ...]
    ends_properly: bool
    lowest: int | None
    highest: int | None

    @property
    def wrong(self) -> tuple[BarCheck, ...]:
        """The bars that do not keep time."""
        return tuple(bar for bar in self.bars if not bar.is_right)

    @property
    def is_in_time(self) -> bool:
        """Whether there is a meter and something to play, and every bar keeps time."""
        return self.is_metered and self.lowest is not None and not self.wrong

    @property
    def is_metered(self) -> bool:
        """Whether any bar has a length to keep: in free meter there is nothing to check."""
        return any(bar.verdict is not Verdict.FREE for bar in self.bars)


def check_bars(tune: Tune) -> BarReport:
    """Measures every bar of a tune as written; linear in their number."""
    bars = tune.bars
    made_up = _made_up(tune, _edges(bars)) - _ill_joined(tune)
    checks = tuple(
        BarCheck(bar.index, bar.expected, bar.actual, _verdict(bar, bar.index in made_up))
        for bar in bars
    )
    pitches = [pitch for note in tune.notes for pitch in note.pitches]
    return BarReport(
        checks,
        bool(bars) and is_closing(bars[-1].closing),
        min(pitches, default=None),
        max(pitches, default=None),
    )


def is_in_time(tune: Tune) -> bool:
    """Whether every bar is full, or short at the edge of a section and made up for at another."""
    return check_bars(tune).is_in_time


def _verdict(bar: Bar, is_made_up: bool) -> Verdict:
    if bar.expected is None:
        return Verdict.FREE
    if bar.actual == bar.expected:
        return Verdict.FULL
    if bar.actual > bar.expected:
        return Verdict.LONG
    return Verdict.EDGE if is_made_up else Verdict.SHORT


def _edges(bars: Sequence[Bar]) -> frozenset[int]:
    """Bars at which a section, a part or an ending begins or ends."""
    edges: set[int] = set()
    for bar in bars:
        following = bars[bar.index + 1] if bar.index + 1 < len(bars) else None
        if following is None or _is_parted(bar, following):
            edges.add(bar.index)
            edges.add(bar.index + 1)
    return frozenset(edges | {0})


def _ill_joined(tune: Tune) -> frozenset[int]:
    """Short bars at which the music, going back, loses the beat."""
    played = [tune.bars[index] for index in tune.play_order]
    wrong: set[int] = set()
    for place, (left, reached) in enumerate(itertools.pairwise(played)):
        if reached.index > left.index:
            continue
        before, after = played[max(0, place - 1) : place], played[place + 2 : place + 3]
        is_whole = _fills(left, [], before) and _fills(reached, [], after)
        if not is_whole and not _fills(left, [reached]):
            wrong.update(bar.index for bar in (left, reached) if _is_short(bar))
    return frozenset(wrong)


def _fills(bar: Bar, *others: Sequence[Bar]) -> bool:
    """Whether the bar makes a full one, together with any of these sets of others."""
    return any(bar.actual + sum(other.actual for other in more) == bar.expected for more in others)


def _is_short(bar: Bar) -> bool:
    return bar.expected is not None and bar.actual < bar.expected


def _is_parted(bar: Bar, following: Bar) -> bool:
    return (
        is_closing(bar.closing)
        or not bar.closing
        or following.starts_ending
        or following.part != bar.part
        or opens_repeat(following.opening)
        or any(mark.kind in _ENDS for mark in bar.marks)
    )


def _ends_section(bar: Bar, following: Bar) -> bool:
    is_parted = following.part != bar.part or opens_repeat(following.opening)
    return is_closing(bar.closing) or is_parted


def _made_up(tune: Tune, edges: frozenset[int]) -> frozenset[int]:
    """Bars that belong to a set of edges that makes one full bar, and a pickup that needs none."""
    found: set[int] = set()
    for indices in _sets(tune, edges):
        group = [tune.bars[index] for index in indices]
        if sum(bar.actual for bar in group) in {bar.expected for bar in group}:
            found.update(indices)
    return frozenset(found | _lone_pickup(tune))


def _sets(tune: Tune, edges: frozenset[int]) -> Iterator[tuple[int, ...]]:
    """Edges that may make one bar together: neighbours as played, and the ends of sections.

    The whole tune is such a section: what is played last makes up for what is played first.
    """
    order = tune.play_order
    for start in range(len(order)):
        yield from _runs(tune, edges, order[start : start + _MOST_PIECES])
    tail = order[-1 : -_MOST_PIECES - 1 : -1]
    for last in _runs(tune, edges, tail, least=1):
        for first in _runs(tune, edges, order[:_MOST_PIECES], least=1):
            if not set(first) & set(last):
                yield (*first, *last)
    upbeat: int | None = None  # before the repeat sign, a section by itself
    for first_bar, last_bar in _sections(tune.bars):
        yield first_bar, last_bar
        if upbeat is not None:
            yield upbeat, last_bar
        is_upbeat = first_bar == last_bar and _stands_before_repeat(tune.bars, first_bar)
        upbeat = first_bar if is_upbeat else None


def _runs(
    tune: Tune, edges: frozenset[int], order: Sequence[int], least: int = 2
) -> Iterator[tuple[int, ...]]:
    """Every run of at least `least` short edges at the beginning of the order."""
    for count, index in enumerate(order, start=1):
        if index not in edges or not _is_short(tune.bars[index]):
            return
        if count >= least:
            yield tuple(order[:count])


def _stands_before_repeat(bars: Sequence[Bar], index: int) -> bool:
    return index + 1 < len(bars) and opens_repeat(bars[index + 1].opening)


def _lone_pickup(tune: Tune) -> set[int]:
    """The first bar, where what is played over and over again keeps the beat without it.

    So does a pickup before a repeat that goes back behind it, as in ``D2|:``, and one in a tune
    that ends by going back to a full bar: the last bar then has its upbeat in it.
    """
    order = tune.play_order
    if not order or order[0] or not _is_short(tune.bars[0]):
        return set()
    targets = {later for earlier, later in itertools.pairwise(order) if later <= earlier}
    is_before = 1 in targets and _stands_before_repeat(tune.bars, 0)
    left = tune.bars[order[-1]]
    returns = {later for earlier, later in itertools.pairwise(order) if earlier == left.index}
    comes_round = any(
        index and index <= left.index and _fills(tune.bars[index], []) for index in returns
    )
    return {0} if is_before or (comes_round and _fills(left, [])) else set()


def _sections(bars: Sequence[Bar]) -> Iterable[tuple[int, int]]:
    """First and last bar of every section; of a section with endings, one pair for each ending."""
    first = 0
    for bar in bars:
        following = bars[bar.index + 1] if bar.index + 1 < len(bars) else None
        if following is not None and not _ends_section(bar, following):
            continue
        yield first, bar.index
        goes_on = following is not None and following.starts_ending and bar.ending
        if not goes_on or not (count_repeats(bar.closing) or bar.ending):
            first = bar.index + 1
