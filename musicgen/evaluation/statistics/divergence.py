"""How far two distributions lie apart: the Jensen–Shannon divergence, at equal numbers of tunes.

The divergence of counts grows as they get fewer, whatever they are counts of. Sets of unequal size
are therefore compared by draws of equally many different tunes of each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from musicgen.evaluation.statistics.estimate import BOOTSTRAP_SEED, NOTHING, Estimate

DRAWS = 200
_ENDS = (2.5, 97.5)

Floats = NDArray[np.float64]


def compute_divergence(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The Jensen–Shannon divergence in bits, 0 (the same) to 1 (nothing in common).

    JS(P, Q) = H((P + Q)/2) - (H(P) + H(Q))/2, H(P) = -Σ p·log₂ p: J. Lin, "Divergence measures
    based on the Shannon entropy", IEEE Transactions on Information Theory 37 (1991). Unlike that of
    Kullback and Leibler it is symmetric and finite where one of them has what the other lacks.

    Args:
        one: Counts by name; they need not sum to 1.
        other: The same of the other.

    Returns:
        NaN where either is empty.
    """
    names = sorted(one.keys() | other.keys())
    rows = np.array([[one.get(name, 0) for name in names]], dtype=float)
    goal = np.array([other.get(name, 0) for name in names], dtype=float)
    return float(_divergences(rows, goal)[0])


def estimate_divergence(
    tunes: Sequence[Mapping[str, int]],
    corpus: Mapping[str, int],
    size: int,
    seed: int = BOOTSTRAP_SEED,
) -> Estimate:
    """How far `size` tunes of a set lie from a corpus, on average, and 95 % of the draws.

    Each of `DRAWS` draws takes `size` different tunes, sums their counts and compares them with the
    corpus. With the same size for several sets the figures can be compared; with more tunes in each
    draw all of them are lower.

    Args:
        tunes: Counts of each tune.
        corpus: Counts of all tunes of the corpus together.
        size: Tunes in a draw, at most as many as there are.
        seed: Of the draws.
    """
    size = min(size, len(tunes))
    if not size or not any(corpus.values()) or not any(tunes):
        return NOTHING
    place = {name: at for at, name in enumerate(sorted(set(corpus).union(*tunes)))}
    counts = np.zeros((len(tunes), len(place)))
    for row, tune in enumerate(tunes):
        for name, count in tune.items():
            counts[row, place[name]] = count
    goal = np.array([corpus.get(name, 0) for name in place], dtype=float)
    rng = np.random.default_rng(seed)
    drawn = [counts[rng.permutation(len(tunes))[:size]].sum(axis=0) for _ in range(DRAWS)]
    found = _divergences(np.array(drawn), goal)
    found = found[np.isfinite(found)]
    if not len(found):
        return NOTHING
    low, high = np.percentile(found, _ENDS)
    return Estimate(float(found.mean()), float(low), float(high), len(tunes))


def sum_counts(tunes: Sequence[Mapping[str, int]]) -> Counter[str]:
    """The counts of all tunes together."""
    total: Counter[str] = Counter()
    for tune in tunes:
        total.update(tune)
    return total


def _divergences(rows: Floats, goal: Floats) -> Floats:
    """The divergence of each row (R, N) of counts from one distribution (N,)."""
    sums = rows.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = rows / sums
        wanted = (goal / goal.sum())[None]
        middle = (shares + wanted) / 2
        found = _entropy(middle) - (_entropy(shares) + _entropy(wanted)) / 2
    found[(sums[:, 0] == 0) | (goal.sum() == 0)] = np.nan
    return np.where(np.isnan(found), np.nan, np.clip(found, 0.0, 1.0))


def _entropy(shares: Floats) -> Floats:
    logs = np.log2(np.where(shares > 0, shares, 1.0))
    return np.asarray(-(shares * logs).sum(axis=1))
