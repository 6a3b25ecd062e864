"""How well detectors tell two sets of tunes apart, each asked only about tunes it has not seen."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from musicgen.evaluation.judge.detectors import DETECTORS, Labels, Scores
from musicgen.evaluation.judge.families import find_families, keep_first
from musicgen.evaluation.judge.features import TuneFeatures
from musicgen.evaluation.judge.giveaways import find_giveaways
from musicgen.evaluation.judge.result import MIN_TUNES, Judgement, Verdict
from musicgen.evaluation.statistics.estimate import BOOTSTRAP_SEED, Estimate, estimate_auc

FOLDS = 5

MAX_TUNES = 300
"""Tunes of each side that detectors read; more make them slow and the interval little narrower."""

_DECIMALS = 5

_STRETCH = math.sqrt(1 + FOLDS / (FOLDS - 1))
"""What an interval over tunes alone is too narrow by, as folds learn from the same tunes.

The variance of a mean over K folds is (1/K + test/train) σ², not σ²/K (C. Nadeau, Y. Bengio,
"Inference for the Generalization Error", Machine Learning 52 (2003)). With tunes of one kind on
both sides, the standard deviation of the AUC of n-grams was 1.5 times that of independent scores.
"""


def judge_tunes(
    real: Sequence[TuneFeatures],
    composed: Sequence[TuneFeatures],
    detectors: Sequence[str] = tuple(DETECTORS),
    seed: int = BOOTSTRAP_SEED,
    on_step: Callable[[], None] = lambda: None,
) -> Judgement:
    """What detectors make of two sets of tunes, by cross-validation, and what gives these away.

    Of variants in a set only the first tune counts. Detectors read equally many tunes of both
    sides, drawn at random from the larger one and at most `MAX_TUNES`: how well they do depends on
    how many they learn from. Giveaways are of all different tunes.

    The interval of a verdict is that of the bootstrap over tunes, half as wide again: detectors of
    different folds learn from mostly the same tunes.

    Args:
        real: Features of real tunes.
        composed: Features of composed tunes; for a control, of other real ones.
        detectors: Names out of `DETECTORS`.
        seed: Of the draw, the folds, the bootstrap, and of whatever detectors draw.
        on_step: Called before each of the `FOLDS` folds of each detector, and more often within
            one that takes long; what it raises ends the judging.
    """
    sides = [[side[at] for at in keep_first(find_families(side))] for side in (real, composed)]
    count = min(MAX_TUNES, *map(len, sides))
    if count < MIN_TUNES:
        return Judgement(count)
    rng = np.random.default_rng(seed)
    drawn = [[side[at] for at in np.sort(rng.permutation(len(side))[:count])] for side in sides]
    tunes = [*drawn[0], *drawn[1]]
    labels = np.repeat([1, 0], count)
    folds = assign_folds(labels, find_families(tunes), seed)
    verdicts = [
        Verdict(name, _cross_validate(name, tunes, labels, folds, seed, on_step))
        for name in detectors
    ]
    return Judgement(count, tuple(verdicts), find_giveaways(sides[0], sides[1], seed))


def assign_folds(labels: Labels, families: Sequence[int], seed: int) -> Labels:
    """The fold 0..`FOLDS` - 1 of each tune: a family is in one fold, and all folds are alike.

    Args:
        labels: The side of each tune, 1 or 0; at least `FOLDS` tunes of each.
        families: The family of each tune.
        seed: Of the shuffling.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    folds = np.zeros(len(labels), dtype=np.int64)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed % 2**32)
    for number, (_train, test) in enumerate(splitter.split(labels, labels, families)):
        folds[test] = number
    return folds


def _cross_validate(
    detector: str,
    tunes: Sequence[TuneFeatures],
    labels: Labels,
    folds: Labels,
    seed: int,
    on_step: Callable[[], None],
) -> Estimate:
    from scipy.stats import rankdata

    scores: Scores = np.zeros(len(tunes))
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        found = DETECTORS[detector](
            [tunes[int(at)] for at in train],
            labels[train],
            [tunes[int(at)] for at in test],
            seed,
            on_step,
        )
        # Each fold has a detector of its own, whose scores have a scale of their own.
        # Rounded, as equal tunes may differ in the last digits by their place in the list.
        scores[test] = rankdata(np.round(found, _DECIMALS)) / len(found)
    return _stretch(estimate_auc(scores[labels == 1].tolist(), scores[labels == 0].tolist(), seed))


def _stretch(one: Estimate) -> Estimate:
    low = one.value - _STRETCH * (one.value - one.low)
    high = one.value + _STRETCH * (one.high - one.value)
    return Estimate(one.value, max(0.0, low), min(1.0, high), one.count)
