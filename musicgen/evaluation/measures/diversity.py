"""How different the tunes of one set are from each other: a network can be right and monotonous."""

from collections.abc import Sequence

import numpy as np

from musicgen.evaluation.statistics.estimate import BOOTSTRAP_SEED, NOTHING, Estimate, estimate_rate
from musicgen.notation.analysis.fingerprint import intervals
from musicgen.notation.analysis.melody import melody_notes
from musicgen.notation.model import Tune

MAX_COMPARED = 500
"""Tunes that are compared with one another; of more tunes this many are drawn."""

_GRAM = 4
_RESAMPLES = 200
_ENDS = (2.5, 97.5)

Grams = frozenset[tuple[int, ...]]


def find_grams(tune: Tune) -> Grams:
    """The distinct runs of four steps (five notes) in semitones that a melody has, in any key."""
    steps = intervals([note.pitch for note in melody_notes(tune)])
    return frozenset(tuple(steps[at : at + _GRAM]) for at in range(len(steps) - _GRAM + 1))


def estimate_diversity(grams: Sequence[Grams], seed: int = BOOTSTRAP_SEED) -> Estimate:
    """The mean distance, 0..1, of two different tunes of a set.

    d(a, b) = 1 - |a ∩ b| / |a ∪ b| (P. Jaccard 1901) on their runs of four steps; 0 where all are
    the same tune, 1 where no two share a figure. The interval is that of the bootstrap over tunes,
    a tune never paired with itself. NaN for fewer than two melodies.

    Args:
        grams: `find_grams` of each tune; those without any are left out.
        seed: Of the resampling, and of which tunes are compared where there are many.
    """
    rng = np.random.default_rng(seed)
    known = [item for item in grams if item]
    if len(known) > MAX_COMPARED:
        known = [known[at] for at in rng.permutation(len(known))[:MAX_COMPARED]]
    if len(known) < 2:
        return NOTHING
    distances = _distances(known)
    count = len(known)
    value = float(distances.sum() / (count * (count - 1)))
    means = []
    for _ in range(_RESAMPLES):
        weights = np.bincount(rng.integers(count, size=count), minlength=count).astype(float)
        pairs = weights.sum() ** 2 - (weights**2).sum()
        if pairs:
            means.append(float(weights @ distances @ weights / pairs))
    low, high = np.percentile(means, _ENDS) if means else (value, value)
    return Estimate(value, float(low), float(high), count)


def estimate_distinct(melodies: Sequence[str]) -> Estimate:
    """The share of the melodies of a set that did not come before in it, with Wilson's interval.

    Args:
        melodies: Fingerprints (`notation.fingerprint.interval_fingerprint`), empty ones left out.
    """
    known = [melody for melody in melodies if melody]
    return estimate_rate(len(set(known)), len(known))


def _distances(grams: Sequence[Grams]) -> np.ndarray:
    place = {gram: at for at, gram in enumerate(sorted(frozenset().union(*grams)))}
    has = np.zeros((len(grams), len(place)), dtype=np.float32)
    for row, item in enumerate(grams):
        has[row, [place[gram] for gram in item]] = 1.0
    shared = (has @ has.T).astype(float)
    sizes = has.sum(axis=1)
    union = sizes[:, None] + sizes[None] - shared
    distances = 1 - shared / union
    np.fill_diagonal(distances, 0.0)
    return np.asarray(distances)
