"""The figures in which composed tunes differ from real ones, one by one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musicgen.evaluation.judge.features import FIGURES, TuneFeatures
from musicgen.evaluation.judge.result import Giveaway
from musicgen.evaluation.statistics.estimate import (
    BOOTSTRAP_SEED,
    Estimate,
    count_draws,
    estimate_mean,
)

MAX_GAP = 10.0
"""Standard deviations; figures that are the same in all tunes of a side have wider ones or none."""

_DECIMALS = 9  # of a figure: what differs by less is the same, and only rounded differently

_Values = NDArray[np.float64]


def find_giveaways(
    real: Sequence[TuneFeatures], composed: Sequence[TuneFeatures], seed: int = BOOTSTRAP_SEED
) -> tuple[Giveaway, ...]:
    """The figures of `features.FIGURES` with their gaps, the widest first.

    A gap is the difference of the means divided by the standard deviation within the two sides,
    √((s₁² + s₂²) / 2): Cohen's d (J. Cohen, "Statistical Power Analysis for the Behavioral
    Sciences", 2nd edition 1988, chapter 2). It lies in −10..10; its interval is the percentile
    interval of the bootstrap over the tunes of both sides. A figure that one of the sides lacks is
    left out, and so are tunes that lack the figure.

    Args:
        real: Features of real tunes.
        composed: Features of composed tunes.
        seed: Of the resampling.
    """
    ours, theirs = _table(composed), _table(real)
    rng = np.random.default_rng(seed)
    draws = count_draws(rng, len(ours)), count_draws(rng, len(theirs))
    found = [
        Giveaway(
            figure,
            estimate_mean(theirs[:, column].tolist(), seed),
            estimate_mean(ours[:, column].tolist(), seed),
            _estimate_gap((ours[:, column], theirs[:, column]), draws),
        )
        for column, figure in enumerate(FIGURES)
        if np.isfinite(ours[:, column]).any() and np.isfinite(theirs[:, column]).any()
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.gap.value)))


def _table(tunes: Sequence[TuneFeatures]) -> _Values:
    return np.array([tune.figures for tune in tunes], dtype=float).reshape(-1, len(FIGURES))


def _estimate_gap(sides: tuple[_Values, _Values], draws: tuple[_Values, _Values]) -> Estimate:
    """The gap of the first side above the second; `draws` (resamples, tunes) are of each."""
    known = [np.isfinite(values) for values in sides]
    centre = np.concatenate([values[has] for values, has in zip(sides, known, strict=True)]).mean()
    near: list[_Values] = [
        np.asarray(np.where(has, values - centre, 0.0), dtype=float).round(_DECIMALS)
        for values, has in zip(sides, known, strict=True)
    ]
    once = [np.ones((1, len(values))) for values in sides]
    low, high = np.nanpercentile(_gaps(near, known, draws), (2.5, 97.5))
    count = sum(int(has.sum()) for has in known)
    return Estimate(float(_gaps(near, known, once)[0]), float(low), float(high), count)


def _gaps(
    sides: Sequence[_Values], known: Sequence[NDArray[np.bool_]], draws: Sequence[_Values]
) -> _Values:
    """The gap in each draw; NaN where one has no value of a side."""
    means, variances = [], []
    with np.errstate(invalid="ignore", divide="ignore"):
        for values, has, drawn in zip(sides, known, draws, strict=True):
            count = drawn @ has
            mean = drawn @ values / count
            means.append(mean)
            variances.append(np.maximum(drawn @ values**2 / count - mean**2, 0.0))
        difference = means[0] - means[1]
        gaps = difference / np.sqrt((variances[0] + variances[1]) / 2)
    return np.clip(np.where(difference == 0, 0.0, gaps), -MAX_GAP, MAX_GAP)
