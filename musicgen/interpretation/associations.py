"""What units follow: how much each says of each fact, over tunes that the network did not learn.

Mutual information finds any relation, also that of a unit that is high on the second beat alone. It
is estimated from counts, with a unit's values in bins of equal size, and counts of few characters
always show some (L. Paninski, "Estimation of Entropy and Mutual Information", 2003): what the same
units say of the facts of other tunes, at other places, is subtracted. The sign of a relation is
that of Pearson's correlation.

Shapes: T characters of all tunes, H units, K values of a fact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.interpretation.facts import FACTS, NOTHING, TuneFacts
from musicgen.interpretation.recording import Recording

BINS = 8
"""Bins of equal size that the values of a unit are put into."""

_EXCHANGES = 3
_AT_ONCE = 64  # units whose counts are in memory together
_LEAST = 50
"""Characters below which nothing is said of a fact."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Association:
    """What a unit of a layer says of a fact.

    `bits` is mutual information, 0 or more, after what the facts of other tunes show
    (`chance_bits`) was taken away; `share` is its share, 0..1, of all there is to know of the fact.
    `correlation` is Pearson's, -1..1, and NaN of facts that are names.
    """

    layer: int
    unit: int
    fact: str
    bits: float
    share: float
    chance_bits: float
    correlation: float


def find_associations(
    recordings: Sequence[Recording],
    facts: Sequence[TuneFacts],
    layer: int,
    signal: str = "hidden",
    names: Sequence[str] = tuple(FACTS),
    seed: int = 0,
) -> list[Association]:
    """What each unit of a layer says of each fact, the strongest first; empty for few characters.

    Args:
        recordings: One for each tune, held out at best.
        facts: Of the same tunes, in the same order.
        layer: Number of the layer in a recording.
        signal: What of it (`LayerRecording.signals`).
        names: Facts that are asked for.
        seed: Says which tune's facts, and from where on, each tune is compared with for chance.
    """
    values = stack_values(recordings, layer, signal)
    if len(values) < _LEAST:
        return []
    bins = _put_in_bins(values)
    generator = np.random.default_rng(seed)
    lengths = [len(one.text) for one in recordings]
    found: list[Association] = []
    for name in names:
        known = stack_facts(facts, name)
        has_value = known != NOTHING
        if has_value.sum() < _LEAST:
            continue
        classes = np.unique(known[has_value], return_inverse=True)[1]
        used = bins[has_value]
        bits = _information(used, classes)
        parts = np.split(has_value, np.cumsum(lengths)[:-1])
        counts = [int(part.sum()) for part in parts]
        others = [_exchange(classes, counts, generator) for _ in range(_EXCHANGES)]
        chance = np.mean([_information(used, other) for other in others], 0)
        correlation = np.full(len(bits), np.nan)
        if FACTS[name].is_ordered:
            correlation = _correlate(values[has_value], known[has_value])
        whole = _entropy(np.bincount(classes)[:, None])[0]
        for unit, (one, by_chance) in enumerate(zip(bits, chance, strict=True)):
            left = max(0.0, float(one - by_chance))
            share = left / whole if whole else 0.0
            found.append(
                Association(layer, unit, name, left, share, float(by_chance),
                            float(correlation[unit]))
            )  # fmt: skip
    return sorted(found, key=lambda one: -one.share)


def stack_values(
    recordings: Sequence[Recording], layer: int, signal: str = "hidden"
) -> NDArray[np.float32]:
    """The values (T, H) of a layer over all tunes, one after the other."""
    parts = [one.layers[layer].get(signal) for one in recordings]
    return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)


def stack_facts(facts: Sequence[TuneFacts], name: str) -> Ints:
    """The values (T,) of a fact over all tunes, one after the other."""
    parts = [one.values[name] for one in facts]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _put_in_bins(values: NDArray[np.float32]) -> NDArray[np.int8]:
    """Numbers (T, H) of bins of equal size, 0 to `BINS` - 1; equal values are in one bin."""
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1], axis=0)  # (BINS - 1, H)
    bins = np.zeros(values.shape, np.int8)
    for edge in edges:
        bins += values > edge
    return bins


def _exchange(classes: Ints, counts: Sequence[int], generator: np.random.Generator) -> Ints:
    """For each tune of `counts` characters the classes of another, begun at a place by chance."""
    parts = [part for part in np.split(classes, np.cumsum(counts)[:-1]) if len(part)]
    order = generator.permutation(len(parts))
    taken = list(np.roll(order, 1)[np.argsort(order)])  # none gets its own, unless it is alone
    found = [
        np.resize(np.roll(parts[other], generator.integers(len(parts[other]))), len(part))
        for part, other in zip(parts, taken, strict=True)
    ]
    return np.concatenate(found)


def _information(bins: NDArray[np.int8], classes: Ints) -> NDArray[np.float64]:
    """Mutual information in bits of bins (T, H) and classes (T,), for each unit (H,)."""
    parts = np.array_split(bins, -(-bins.shape[1] // _AT_ONCE), axis=1)
    return np.concatenate([_information_of_few(part, classes) for part in parts])


def _information_of_few(bins: NDArray[np.int8], classes: Ints) -> NDArray[np.float64]:
    units, kinds = bins.shape[1], int(classes.max()) + 1
    cells = BINS * kinds
    where = bins.astype(np.int64) * kinds + classes[:, None] + np.arange(units) * cells
    counts = np.bincount(where.ravel(), minlength=units * cells).reshape(units, BINS, kinds)
    apart = _entropy(counts.sum(2).T) + _entropy(counts.sum(1).T)
    return apart - _entropy(counts.reshape(units, -1).T)


def _entropy(counts: Ints) -> NDArray[np.float64]:
    """Entropy in bits of counts (K, ·), for each column."""
    shares = counts / counts.sum(0)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    found: NDArray[np.float64] = -(shares * logs).sum(0)
    return found


def _correlate(values: NDArray[np.float32], known: Ints) -> NDArray[np.float64]:
    """Pearson's correlation of values (T, H) with known (T,), 0 where one of them is constant."""
    apart = values - values.mean(0, dtype=np.float64)
    other = known - known.mean()
    spread = np.sqrt((apart**2).sum(0) * (other**2).sum())
    found = np.zeros(values.shape[1])
    np.divide(apart.T @ other, spread, out=found, where=spread > 0)
    return found
