"""A figure with its uncertainty: Wilson's interval for shares, the bootstrap over tunes for others.

All intervals are two-sided and hold 95 %. A tune is what is drawn anew, never a note or a
character: those of one tune depend on one another.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musicgen.json_reading import is_count, is_number

RESAMPLES = 1000
BOOTSTRAP_SEED = 20_260_101
_Z = 1.959963984540054  # the 97.5 % point of the normal distribution
_ENDS = (2.5, 97.5)
_CELLS = 2_000_000
"""Drawn numbers held at once: 16 MB."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, the ends of its 95 % interval, and how many tunes it is from; NaN without any."""

    value: float
    low: float
    high: float
    count: int

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready values; what is not finite becomes None."""
        return {
            "value": _plain(self.value), "low": _plain(self.low), "high": _plain(self.high),
            "count": self.count,
        }  # fmt: skip

    def compare(self, other: Self) -> int:
        """1 where this is above another, interval included, -1 below, else 0.

        Two 95 % intervals that do not touch: a stricter test than one of the difference at 5 %
        (N. Schenker, J. F. Gentleman, "On judging the significance of differences by examining the
        overlap between confidence intervals", The American Statistician 55 (2001)).
        """
        return int(self.low > other.high) - int(self.high < other.low)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The estimate of JSON values; None is NaN.

        Raises:
            KeyError, TypeError, ValueError: it is not one.
        """
        value, low, high = (_number(values[name]) for name in ("value", "low", "high"))
        if not is_count(values["count"]):
            raise ValueError("no number of tunes")
        if math.isnan(low + high):
            low = high = value  # what has no interval is drawn without one
        return cls(value, low, high, values["count"])


NOTHING = Estimate(math.nan, math.nan, math.nan, 0)


def estimate_rate(successes: int, total: int) -> Estimate:
    """A share k/n with Wilson's score interval; NaN of none.

    (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), p = k/n: E. B. Wilson, "Probable inference,
    the law of succession, and statistical inference", JASA 22 (1927). It stays within 0..1 and is
    honest for shares of 0 and 1 and for few tunes.

    Args:
        successes: 0 to `total`.
        total: Tunes.
    """
    if not total:
        return NOTHING
    share, square = successes / total, _Z**2
    middle = share + square / (2 * total)
    reach = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    scale = 1 + square / total
    low, high = (middle - reach) / scale, (middle + reach) / scale
    return Estimate(share, max(0.0, min(share, low)), min(1.0, max(share, high)), total)


def estimate_mean(values: Sequence[float], seed: int = BOOTSTRAP_SEED) -> Estimate:
    """The mean of one value for each tune, with the percentile interval of the bootstrap.

    B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13, with
    `RESAMPLES` resamples. Values that are not finite are left out; NaN of none.
    """
    known = [value for value in values if math.isfinite(value)]
    return estimate_ratio(known, [1.0] * len(known), seed)


def estimate_ratio(
    numerators: Sequence[float], denominators: Sequence[float], seed: int = BOOTSTRAP_SEED
) -> Estimate:
    """Σ numerators / Σ denominators with the bootstrap over tunes, as for a loss per character.

    Args:
        numerators: One for each tune, such as its loss in nats.
        denominators: One for each tune, 0 or more, such as its characters.
        seed: Of the resampling.
    """
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    if not below.sum():
        return NOTHING
    value = float(above.sum() / below.sum())
    rng = np.random.default_rng(seed)
    ratios: list[np.ndarray] = []
    step = max(1, _CELLS // len(above))
    for first in range(0, RESAMPLES, step):
        drawn = rng.integers(len(above), size=(min(step, RESAMPLES - first), len(above)))
        sums = below[drawn].sum(axis=1)
        ratios.append(above[drawn].sum(axis=1)[sums > 0] / sums[sums > 0])
    low, high = np.percentile(np.concatenate(ratios), _ENDS)
    return Estimate(value, float(low), float(high), len(above))


def estimate_auc(
    positives: Sequence[float], negatives: Sequence[float], seed: int = BOOTSTRAP_SEED
) -> Estimate:
    """The probability that a random positive has a higher score than a random negative.

    This is the area under the ROC curve, 0..1, where a tie counts a half; 0.5 is chance (J. A.
    Hanley, B. J. McNeil, "The meaning and use of the area under a ROC curve", Radiology 143
    (1982)). The interval is the percentile interval of the bootstrap, both sides drawn anew.

    Args:
        positives: A score for each tune of one side; NaN of none.
        negatives: A score for each tune of the other.
        seed: Of the resampling.
    """
    above, below = np.asarray(positives, dtype=float), np.asarray(negatives, dtype=float)
    if not len(above) or not len(below):
        return NOTHING
    wins = (above[:, None] > below) + 0.5 * (above[:, None] == below)
    rng = np.random.default_rng(seed)
    draws = count_draws(rng, len(above)) @ wins  # (resamples, negatives)
    found = (draws * count_draws(rng, len(below))).sum(axis=1) / wins.size
    low, high = np.percentile(found, _ENDS)
    return Estimate(float(wins.mean()), float(low), float(high), len(above) + len(below))


def count_draws(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """How often each of `count` tunes is drawn in each resample, (`RESAMPLES`, count)."""
    return rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(float)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if not is_number(value, low=-sys.float_info.max, high=sys.float_info.max):
        raise ValueError("no figure")
    return float(value)
