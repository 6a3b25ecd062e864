"""Classifiers that tell composed tunes from real ones, and how well they do it.

Three kinds, so that no single weakness of a detector flatters a network:

- *n-grams*: runs of one to four notes and bar lines, weighted by tf-idf, with logistic regression;
- *figures*: gradient boosting on figures of the whole tune (form, range, ending, repetition);
- *sequence*: a small gated recurrent network (Cho et al. 2014) that reads the notes in order.

All are cross-validated: a tune is judged by a detector that saw neither it nor a variant of it. The
area under the ROC curve is the probability that a random real tune is found more real than a random
composed one (J. A. Hanley, B. J. McNeil, Radiology 143 (1982)).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

from experiments.judge.features import measure_figures, write_words
from experiments.judge.sequence import score_sequences
from musicgen.evaluation.statistics.estimate import BOOTSTRAP_SEED, RESAMPLES, Estimate
from musicgen.notation.analysis.fingerprint import incipit_fingerprint, interval_fingerprint
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune

FOLDS = 5
MIN_TUNES = 20
"""Of each side; with fewer there is nothing to cross-validate."""

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
Scorer = Callable[[Sequence[Tune], Labels, Sequence[Tune], int], Scores]
"""Train tunes, their labels (1 is real), test tunes and a seed give how real each test tune is."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a detector tells the tunes apart.

    `auc` lies in 0..1 with its 95 % interval (bootstrap over tunes). `scores` says how real each
    tune looks, the real ones first, in the order they were given; only their order matters.
    """

    detector: str
    auc: Estimate
    scores: tuple[float, ...]


def score_ngrams(train: Sequence[Tune], labels: Labels, test: Sequence[Tune], seed: int) -> Scores:
    """Log-odds by tf-idf n-grams (1 to 4) and logistic regression."""
    words = TfidfVectorizer(
        analyzer=_ngrams, lowercase=False, sublinear_tf=True, min_df=2, norm="l2"
    )
    model = make_pipeline(words, LogisticRegression(C=30.0, max_iter=1000, random_state=seed))
    model.fit(train, labels)
    return np.asarray(model.decision_function(test), dtype=float)


def _ngrams(tune: Tune) -> list[str]:
    words = write_words(tune)
    return [
        " ".join(words[at : at + size])
        for size in range(1, 5)
        for at in range(len(words) - size + 1)
    ]


def score_figures(train: Sequence[Tune], labels: Labels, test: Sequence[Tune], seed: int) -> Scores:
    """Log-odds by gradient boosting on `features.FIGURES`; missing values are its own business."""
    model = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.06, max_leaf_nodes=12, l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    model.fit(np.array([measure_figures(tune) for tune in train]), labels)
    found = model.decision_function(np.array([measure_figures(tune) for tune in test]))
    return np.asarray(found, dtype=float)


DETECTORS: dict[str, Scorer] = {
    "ngrams": score_ngrams,
    "figures": score_figures,
    "sequence": score_sequences,
}


def judge_tunes(
    real: Sequence[str],
    composed: Sequence[str],
    detectors: Sequence[str] = tuple(DETECTORS),
    seed: int = BOOTSTRAP_SEED,
) -> list[Verdict]:
    """What each detector makes of two sets of tunes, by cross-validation.

    Variants of a tune (the same melody in any key, or the same first four bars) are always in one
    fold, so that no detector wins by recognising a tune.

    Args:
        real: ABC texts, one tune each.
        composed: ABC texts, one tune each.
        detectors: Names out of `DETECTORS`.
        seed: Of the folds and of whatever the detectors draw.

    Returns:
        One verdict for each detector; none where one side has fewer than `MIN_TUNES` tunes.
    """
    if min(len(real), len(composed)) < MIN_TUNES:
        return []
    tunes = [read_tune(text)[0] for text in (*real, *composed)]
    labels = np.array([1] * len(real) + [0] * len(composed))
    families = _families(tunes)
    return [_cross_validate(name, tunes, labels, families, seed) for name in detectors]


def _cross_validate(
    name: str, tunes: Sequence[Tune], labels: Labels, families: Sequence[int], seed: int
) -> Verdict:
    scores = np.full(len(tunes), math.nan)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed % 2**32)
    for train, test in folds.split(tunes, labels, families):
        found = DETECTORS[name](
            [tunes[at] for at in train], labels[train], [tunes[at] for at in test], seed
        )
        # Each fold has a detector of its own, whose scores have a scale of their own.
        scores[test] = found.argsort().argsort() / max(1, len(found) - 1)
    return Verdict(name, estimate_auc(scores[labels == 1], scores[labels == 0]), tuple(scores))


def estimate_auc(real: Scores, composed: Scores, seed: int = BOOTSTRAP_SEED) -> Estimate:
    """The area under the ROC curve of two sets of scores; the bootstrap interval is over tunes."""
    value = _auc(real, composed)
    rng = np.random.default_rng(seed)
    drawn = [
        _auc(rng.choice(real, len(real)), rng.choice(composed, len(composed)))
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Estimate(value, float(low), float(high), len(real) + len(composed))


def _auc(real: Scores, composed: Scores) -> float:
    labels = np.repeat([1, 0], [len(real), len(composed)])
    return float(roc_auc_score(labels, np.concatenate([real, composed])))


def _families(tunes: Sequence[Tune]) -> list[int]:
    """A number for each tune, the same for variants: union by melody and by first bars."""
    parents = list(range(len(tunes)))

    def find(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    seen: dict[str, int] = {}
    for number, tune in enumerate(tunes):
        for mark in (interval_fingerprint(tune), incipit_fingerprint(tune)):
            if mark:
                parents[find(number)] = find(seen.setdefault(mark, number))
    return [find(number) for number in range(len(tunes))]
