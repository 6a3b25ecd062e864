"""What temperature makes of a network's expectations at one place of a text."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.grammar.beginning import begin
from musicgen.sampling.decoding import compute_probs
from musicgen.sampling.guidance import get_config_guide
from musicgen.sampling.hindsight import Hindsight, look_back

LEAST = 0.0005
"""Probability below which a character is not worth showing."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Probabilities 0..1 of the likeliest characters at temperature 1 and as chosen.

    Entropies are in bits, over all characters (Shannon 1948).
    """

    characters: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    entropy_before: float
    entropy_after: float


def look_ahead(checkpoint: Checkpoint, config: SampleConfig, text: str) -> Hindsight:
    """What the network would write behind a text: the row at its end, under the settings' rules.

    Args:
        checkpoint: The network.
        config: What the grammar is to keep, or that none watches; its prompt does not count.
        text: The beginning of a tune; its characters must be in the vocabulary.

    Raises:
        GrammarError: the text breaks the rules.
    """
    end = checkpoint.vocabulary.characters[0]  # stands there only to be asked about
    seen = look_back(checkpoint, SampleConfig(free=True), text + end)
    guide = get_config_guide(checkpoint.vocabulary, config)
    if guide is None:
        return seen
    probs = seen.probs.copy()
    probs[-1] *= guide.mask(begin(guide.grammar, text))
    probs[-1] /= probs[-1].sum()
    return replace(seen, probs=probs)


def compute_effect(seen: Hindsight, place: int, config: SampleConfig, most: int = 10) -> Effect:
    """What temperature and limits do at one place, an offset of the text."""
    before = seen.probs[place].astype(np.float64)
    with np.errstate(divide="ignore"):
        logits = np.log(before)[None]
    after = compute_probs(logits, config.temperature, config.top_k, config.top_p)[0]
    likeliest = np.maximum(before, after)
    order = np.argsort(-likeliest, kind="stable")[:most]
    shown = [int(index) for index in order if likeliest[index] >= LEAST]
    return Effect(
        tuple(seen.characters[index] for index in shown),
        tuple(float(before[index]) for index in shown),
        tuple(float(after[index]) for index in shown),
        compute_entropy(before),
        compute_entropy(after),
    )


def compute_entropy(probs: NDArray[np.float64]) -> float:
    """Entropy in bits of probabilities (V,) that sum to 1; 0 where one of them is 1."""
    some = probs[probs > 0]
    return abs(float(-(some * np.log2(some)).sum()))


def find_open_place(seen: Hindsight, first: int) -> int:
    """The offset, from `first` on, at which the network is least sure; `first` at the end."""
    rows = seen.probs[first:].astype(np.float64)
    return first + int(np.argmax([compute_entropy(row) for row in rows])) if len(rows) else first


def count_choices(entropy: float) -> float:
    """Among how many equally likely characters one would be as unsure: 2 to the entropy."""
    return math.exp2(entropy)
