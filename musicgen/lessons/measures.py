"""What the lessons measure of networks and tunes: pure functions, each from numbers to numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.loss.text_loss import score_characters
from musicgen.evaluation.measures.tune_figures import TuneFigures, measure_tune
from musicgen.evaluation.novelty.comparison import NoveltyIndex, compare
from musicgen.evaluation.statistics.estimate import Estimate, estimate_mean, estimate_rate
from musicgen.interpretation.associations import find_associations
from musicgen.interpretation.material import record_tunes
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.network import Network
from musicgen.translatable import N_

FIGURES = {
    "in_time": N_("every bar in time"),
    "key_profile": N_("key heard is the one stated"),
    "repetition": N_("bars that come again"),
}
"""What is counted of tunes: shares of the tunes, and of the bars of each."""

COUNTING_FACTS = ("place", "beat", "bar_line")
"""What units that count the bar follow."""

_LEAST_TUNES = 3
"""Tunes below which nothing is said of a place in the text."""


@dataclass(frozen=True, slots=True)
class PlacedLoss:
    """Loss along tunes: the middle of each stretch in characters, and its mean in nats."""

    places: tuple[float, ...]
    losses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CountingUnits:
    """Units of a layer that follow the bar, the strongest first, and the share each says, 0..1."""

    layer: int
    units: tuple[int, ...]
    shares: tuple[float, ...]


def count_figures(texts: Sequence[str]) -> dict[str, Estimate]:
    """`FIGURES` of some tunes, each 0..1 with its interval; NaN of none.

    A tune without notes keeps neither time nor key.
    """
    measured = [measure_tune(text) for text in texts]
    rates = ("in_time", "key_profile")
    found = {name: estimate_rate(*_count(measured, name)) for name in rates}
    found["repetition"] = estimate_mean([one.numbers["repetition"] for one in measured])
    return found


def _count(measured: Sequence[TuneFigures], name: str) -> tuple[int, int]:
    """How many tunes have it, of how many; those in free meter do not count."""
    known = [one.rates[name] if one.has_notes else False for one in measured]
    said = [value for value in known if value is not None]
    return sum(said), len(said)


def place_losses(
    network: Network, vocabulary: Vocabulary, texts: Sequence[str], width: int = 16, most: int = 320
) -> PlacedLoss:
    """The mean loss of tunes by the place in their text.

    Args:
        network: Any network.
        vocabulary: Its characters.
        texts: One tune each.
        width: Characters of a stretch.
        most: Characters of a tune that are looked at.
    """
    rows = np.full((len(texts), most), np.nan)
    for index, losses, _hits in score_characters(network, vocabulary, texts):
        part = losses[:most]
        rows[index, : len(part)] = part
    places, means = [], []
    for start in range(0, most, width):
        part = rows[:, start : start + width]
        if np.isfinite(part).any(axis=1).sum() >= min(_LEAST_TUNES, len(texts)) > 0:
            places.append(start + width / 2)
            means.append(float(np.nanmean(part)))
    return PlacedLoss(tuple(places), tuple(means))


def longest_runs(index: NoveltyIndex, texts: Sequence[str]) -> list[int]:
    """Of each tune the longest run of characters that stands in a tune of the index."""
    return [compare(index, text).characters.longest for text in texts]


def find_counting_units(
    checkpoint: Checkpoint,
    texts: Sequence[str],
    count: int,
    on_tune: Callable[[int], None] = lambda _done: None,
    layer: int = 0,
) -> CountingUnits:
    """The units that say most of `COUNTING_FACTS`, by mutual information over some tunes.

    None where the tunes are too few. Their share is the mean over the facts.

    Raises:
        ConfigError: the network is of a kind of its own.
    """
    material = record_tunes(checkpoint, texts, on_tune)
    if not material.recordings:
        return CountingUnits(layer, (), ())
    found = find_associations(material.recordings, material.facts, layer, names=COUNTING_FACTS)
    shares: dict[int, float] = {}
    for one in found:
        shares[one.unit] = shares.get(one.unit, 0.0) + one.share / len(COUNTING_FACTS)
    best = sorted(shares, key=lambda unit: -shares[unit])[:count]
    return CountingUnits(layer, tuple(best), tuple(shares[unit] for unit in best))


def draw_other_units(counting: CountingUnits, size: int, seed: int) -> tuple[int, ...]:
    """As many units of a layer of a size, drawn at random among the others."""
    others = np.setdiff1d(np.arange(size), counting.units)
    drawn = np.random.default_rng(seed).permutation(others)[: len(counting.units)]
    return tuple(sorted(drawn.tolist()))
