"""How many tunes are right as notation: readable, complete, in time.

A pure metric over ABC texts; the three words are defined at `analysis.checking.TuneCheck`. It
measures notation alone: a tune can be right in all three and dull, or copied.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from musicgen.notation.analysis.checking import check_tune


@dataclass(frozen=True, slots=True)
class SyntaxReport:
    """Counts of tunes, and shares 0..1 of them; the shares of no tunes are NaN."""

    tunes: int
    readable_tunes: int
    complete_tunes: int
    in_time_tunes: int

    @property
    def readable(self) -> float:
        """Share of tunes with notes, all of which could be read."""
        return self._share(self.readable_tunes)

    @property
    def complete(self) -> float:
        """Share of tunes that end with a closing bar line."""
        return self._share(self.complete_tunes)

    @property
    def in_time(self) -> float:
        """Share of tunes in which every bar keeps time."""
        return self._share(self.in_time_tunes)

    def _share(self, count: int) -> float:
        return count / self.tunes if self.tunes else math.nan


def check_tunes(texts: Iterable[str]) -> SyntaxReport:
    """Checks the first tune of every text; a text without any counts, as neither of the three."""
    checks = [check_tune(text) for text in texts]
    return SyntaxReport(
        len(checks),
        sum(check.is_readable for check in checks),
        sum(check.is_complete for check in checks),
        sum(check.is_in_time for check in checks),
    )
