"""What a network knew at moments of its training: when did it learn that?

Of weights that were kept along the way, one look each: the loss on tunes it never learned, how
surely it expects bar lines, what linear probes read off its last layer, whether its free tunes keep
time, and how its weights, activations and embedding are spread. Probes over a training were shown
so by N. Saphra and A. Lopez, "Understanding Learning Dynamics of Language Models with SVCCA" (2019)
and L. Z. Liu et al., "Probing Across Time: What Does RoBERTa Know and When?" (2021).

Shapes: M moments, V characters, E numbers of an embedding, N bins.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.errors import ConfigError
from musicgen.interpretation.anatomy import describe_parts
from musicgen.interpretation.comparison import read_measures
from musicgen.interpretation.embeddings import take_vectors
from musicgen.interpretation.material import Material, record_tunes
from musicgen.interpretation.probes import fit_probe
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.network import Network
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.engine import build_engine

PROBED = ("place", "section", "key")
"""The facts that are probed for: what a tune hangs together by."""

TEXTS, TUNES = 16, 12
"""Held-out tunes that are read, and free tunes that are composed, at each moment."""

FREE = SampleConfig(temperature=0.8, seed=1, max_new_tokens=500, free=True, candidates=1)
"""How the free tunes are composed: without grammar and critic, at most so many characters."""

KEPT = 8_000
"""Numbers that are kept of a part's weights or a layer's activations, evenly taken."""

BINS = 61

_OUTSIDE = 0.002
"""Share of the numbers that a histogram may leave to its outermost bins."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A look at a network at a step of its training.

    `loss` is in nats a character of the texts; `bar_lines` is the share, 0..1, of the bar lines of
    their bodies that were the likeliest next character; `in_time` is the share of free tunes in
    time. `probes` has the accuracy of a probe on the last layer for each of `PROBED` that varies,
    `baselines` what one gets who always says the commonest value. `weights` has numbers of each
    part by its name, `activations` of each layer by its label; `vectors` (V, E) are the embedding.
    `tune` is the first of the free tunes.
    """

    step: int
    loss: float
    bar_lines: float
    in_time: float
    probes: Mapping[str, float]
    baselines: Mapping[str, float]
    weights: Mapping[str, NDArray[np.float32]]
    activations: Mapping[str, NDArray[np.float32]]
    vectors: NDArray[np.float32]
    tune: Composition

    @property
    def size_bytes(self) -> int:
        """Memory of its numbers."""
        arrays = [*self.weights.values(), *self.activations.values(), self.vectors]
        return sum(array.nbytes for array in arrays)


@dataclass(frozen=True, eq=False)
class Histograms:
    """How numbers are spread at each moment: `shares` (M, N) in 0..1 between `edges` (N + 1,).

    What lies outside is counted in the outermost bins.
    """

    edges: NDArray[np.float64]
    shares: NDArray[np.float64]


def look_at_moment(checkpoint: Checkpoint, texts: Sequence[str], tunes: int = TUNES) -> Moment:
    """One look at a checkpoint of a training.

    Args:
        checkpoint: The network as it was.
        texts: Tunes that it never learned, the same at every moment; every second one is what
            probes are tried on.
        tunes: How many are composed freely.

    Raises:
        ConfigError: there are no texts, or the network is of a kind of its own.
    """
    material = record_tunes(checkpoint, texts)
    if not material.texts:
        raise ConfigError("There is nothing to measure: give texts the network can read.")
    probes, baselines = _probe(material)
    composed = compose(
        checkpoint, FREE.replace(count=tunes), engine=build_engine(checkpoint, FREE.precision)
    )
    readings = [read_measures(one.tune) for one in composed]
    losses, expected = _read_ahead(checkpoint, material)
    return Moment(
        checkpoint.metadata.step,
        losses,
        expected,
        sum(bool(one.is_in_time) for one in readings) / len(readings),
        probes,
        baselines,
        take_weights(checkpoint.network),
        _take_activations(material),
        take_vectors(checkpoint.network).astype(np.float32),
        composed[0],
    )


def _read_ahead(checkpoint: Checkpoint, material: Material) -> tuple[float, float]:
    """Mean loss of all characters but each text's first, and the share of bar lines expected."""
    losses, hits = [], []
    bar = checkpoint.vocabulary.ids.get("|", -1)
    for text, seen, facts in zip(material.texts, material.recordings, material.facts, strict=True):
        ids = checkpoint.vocabulary.encode(text)[1:]
        logits = seen.logits[:-1].astype(np.float64)
        logits -= logits.max(1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(1, keepdims=True))
        losses.append(-logits[np.arange(len(ids)), ids])
        is_body = facts.values["body"][:-1] > 0
        hits.append(logits.argmax(1)[is_body & (ids == bar)] == bar)
    found = np.concatenate(hits)
    return float(np.concatenate(losses).mean()), float(found.mean()) if len(found) else math.nan


def _probe(material: Material) -> tuple[dict[str, float], dict[str, float]]:
    probes, baselines = {}, {}
    layer = len(material.recordings[0].layers) - 1
    for name in PROBED:
        try:
            found = fit_probe(material.recordings, material.facts, layer, name)
        except ConfigError:  # it never varies in these texts
            continue
        probes[name], baselines[name] = found.accuracy, found.baseline
    return probes, baselines


def take_weights(network: Network, kept: int = KEPT) -> dict[str, NDArray[np.float32]]:
    """Numbers of each part of a network, evenly taken, by the names that `describe_parts` gives."""
    modules = dict(network.named_modules())
    found = {}
    for part in describe_parts(network).parts:
        module = modules["" if part.name == "network" else part.name]
        values = [one.detach().float().cpu().numpy() for one in module.parameters(recurse=False)]
        found[part.name] = thin(np.concatenate([one.ravel() for one in values]), kept)
    return found


def _take_activations(material: Material) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[np.float32]] = {}
    for number, layer in enumerate(material.recordings[0].layers):
        values = [one.layers[number].hidden.ravel() for one in material.recordings]
        found[layer.label] = thin(np.concatenate(values), KEPT)
    return found


def thin(values: NDArray[np.float32], kept: int) -> NDArray[np.float32]:
    """So many of the values (N,), evenly taken from the first to the last; all where fewer."""
    if len(values) <= kept:
        return values.astype(np.float32)
    chosen = np.linspace(0, len(values) - 1, kept).round().astype(np.int64)
    return values[chosen].astype(np.float32)


def find_histograms(values: Sequence[NDArray[np.float32]], bins: int = BINS) -> Histograms:
    """How the numbers of each moment are spread, over the same bins.

    The bins are as wide on both sides of 0, so that all but a few of the numbers of all moments lie
    between them.

    Args:
        values: Numbers of each moment, (K,) each.
        bins: N.
    """
    sizes = np.abs(np.concatenate(values))
    limit = float(np.quantile(sizes, 1 - _OUTSIDE)) or 1.0
    edges = np.linspace(-limit, limit, bins + 1)
    inner = [np.histogram(np.clip(one, -limit, limit), edges)[0] / len(one) for one in values]
    return Histograms(edges, np.array(inner))


def find_paths(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Where each character stood at each moment, (M, V, 2), on the map of the last moment.

    All are seen along the two directions in which the vectors of the last moment differ most, so
    that what moves on the map has moved in the network.

    Args:
        vectors: The embedding (V, E) at each moment.
    """
    last = vectors[-1].astype(np.float64)
    centred = last - last.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    places = np.stack([(one - one.mean(0)) @ directions[:2].T for one in vectors])
    peaks = places[-1][np.abs(places[-1]).argmax(0), np.arange(places.shape[2])]
    return places * np.where(peaks < 0, -1.0, 1.0)


def find_learned(moments: Sequence[Moment], fact: str, share: float = 0.5) -> int | None:
    """The first step at which a probe knew a share of what there is to know in the end.

    What there is to know is how far the last moment's probe is above its baseline.

    Args:
        moments: In order of their steps.
        fact: One of `PROBED`.
        share: How much of it.

    Returns:
        None where no moment was probed for it, or the last one knows no more than its baseline.
    """
    known = [one for one in moments if fact in one.probes]
    if not known:
        return None
    gain = known[-1].probes[fact] - known[-1].baselines[fact]
    if gain <= 0:
        return None
    return next(one.step for one in known if one.probes[fact] - one.baselines[fact] >= share * gain)
