"""Which tune of a set is the most like real ones, and which the least: the two worth hearing."""

import math
import statistics
from collections.abc import Sequence

from musicgen.evaluation.measures.tune_figures import TuneFigures

LOOKED_AT = ("scale", "repetition", "range", "leaps", "bars", "notes")
"""The numbers that are compared with those of real tunes."""

_WRONG = 10.0
"""What a tune loses for each of: not readable, not complete, not in time."""

_FARTHEST = 5.0


class Ranking:
    """Ranks tunes by how far their figures lie from those of real tunes.

    The distance is the mean over `LOOKED_AT` of |x - mean| / standard deviation of the real tunes,
    each at most 5, and 10 more for each of readable, complete and in time that it is not. It says
    what is unusual, not what is beautiful.

    Args:
        real: Figures of real tunes, or of the set itself where there are none.
    """

    def __init__(self, real: Sequence[TuneFigures]) -> None:
        self._scales: dict[str, tuple[float, float]] = {}
        for name in LOOKED_AT:
            values = [tune.numbers[name] for tune in real if math.isfinite(tune.numbers[name])]
            if len(values) > 1:
                self._scales[name] = statistics.fmean(values), statistics.stdev(values) or 1.0

    def distance(self, tune: TuneFigures) -> float:
        """How far a tune is from real ones, 0 or more; less is better."""
        wrong = sum(tune.rates[name] is False for name in ("readable", "complete", "in_time"))
        reached = [
            min(_FARTHEST, abs(tune.numbers[name] - mean) / spread)
            if math.isfinite(tune.numbers[name])
            else _FARTHEST
            for name, (mean, spread) in self._scales.items()
        ]
        return _WRONG * wrong + (statistics.fmean(reached) if reached else 0.0)

    def find_best_and_worst(self, tunes: Sequence[TuneFigures]) -> tuple[int, int] | None:
        """Places of the nearest and the farthest tune, the first of equals.

        Tunes without a note are left out; None where there is no other.
        """
        heard = [at for at, tune in enumerate(tunes) if tune.has_notes]
        if not heard:
            return None
        distances = {at: self.distance(tunes[at]) for at in heard}
        return min(heard, key=lambda at: distances[at]), max(heard, key=lambda at: distances[at])
