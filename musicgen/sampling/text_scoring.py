"""A finished tune read once more by its network: how likely was each character, and what else?

One pass over the text gives all. The grammar, where it watched, takes away what could not have been
written. Shapes: T characters of the text, V vocabulary.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import GrammarError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.grammar.masks import Guide
from musicgen.notation.grammar.prompt import begin
from musicgen.notation.grammar.states import GrammarState
from musicgen.sampling.composer import one_thread
from musicgen.sampling.decoding import compute_probs
from musicgen.sampling.guidance import get_config_guide

_LEAST = 1e-12
"""Probability that stands for none, so that surprise stays finite (40 bits)."""


@dataclass(frozen=True)
class TextScores:
    """Probabilities of a network at each character of a text: `probs` is (T, V), rows sum to 1.

    These are its own probabilities (temperature 1, no limits) among what the grammar allowed.
    """

    text: str
    characters: tuple[str, ...]
    ids: NDArray[np.int64]
    probs: NDArray[np.float32]

    def surprise(self, start: int, end: int) -> float:
        """Bits of surprise in ``text[start:end]``: −log2 of its probability; 0 if empty."""
        rows = np.arange(start, min(end, len(self.ids)))
        chosen = self.probs[rows, self.ids[rows]].astype(np.float64)
        return float(-np.log2(np.maximum(chosen, _LEAST)).sum()) if len(rows) else 0.0

    def prob(self, offset: int) -> float:
        """The probability, 0..1, of the character at an offset."""
        return float(self.probs[offset, self.ids[offset]])

    def alternatives(
        self, offset: int, most: int = 5, least: float = 0.005
    ) -> list[tuple[str, float]]:
        """Other characters that might have stood at an offset, the likeliest first.

        Args:
            offset: Where in the text.
            most: How many at most.
            least: Probability, 0..1, below which none is worth a word.
        """
        row = self.probs[offset]
        order = np.argsort(-row, kind="stable")[: most + 1]
        others = [index for index in order if index != self.ids[offset] and row[index] >= least]
        return [(self.characters[index], float(row[index])) for index in others[:most]]


def score_text(
    checkpoint: Checkpoint, config: SampleConfig, text: str, drawn_start: int = 0
) -> TextScores:
    """The probability that the network of a checkpoint gives each character of a text.

    Args:
        checkpoint: The network.
        config: Says what the grammar was to keep, or that none watched.
        text: One tune; its characters must be in the vocabulary.
        drawn_start: Where the network began: before it any notation may stand.
    """
    ids, logits, masks = _read(checkpoint, config, text, drawn_start)
    probs = torch.softmax(logits.double().masked_fill(~masks, -torch.inf), dim=-1)
    return TextScores(text, checkpoint.vocabulary.characters, ids, probs.float().numpy())


def drawn_probs(
    checkpoint: Checkpoint, config: SampleConfig, text: str, drawn_start: int
) -> tuple[float, ...]:
    """The probability of each character from `drawn_start` on, at the settings' temperature."""
    ids, logits, masks = _read(checkpoint, config, text, drawn_start)
    logits = logits.masked_fill(~masks, -torch.inf)[drawn_start:]
    probs = compute_probs(logits.numpy(), config.temperature, config.top_k, config.top_p)
    return tuple(probs[np.arange(len(probs)), ids[drawn_start:]].tolist())


def _read(
    checkpoint: Checkpoint, config: SampleConfig, text: str, drawn_start: int
) -> tuple[NDArray[np.int64], torch.Tensor, torch.Tensor]:
    """Ids (T,), logits (T, V) before each of them, and what the grammar allowed, bool (T, V)."""
    ids = checkpoint.vocabulary.encode(SEPARATOR + text)
    with torch.inference_mode(), one_thread():
        logits, _state = checkpoint.network(torch.from_numpy(ids[None, :-1]), None)
    own = ids[len(SEPARATOR) :]
    masks = np.ones((len(own), len(checkpoint.vocabulary)), dtype=np.bool_)
    guide = get_config_guide(checkpoint.vocabulary, config)
    if guide:
        _fill_masks(masks, own, guide, text, drawn_start)
    return own, logits[0, len(SEPARATOR) - 1 :], torch.from_numpy(masks)


def _fill_masks(
    masks: NDArray[np.bool_],
    ids: NDArray[np.int64],
    guide: Guide,
    text: str,
    drawn_start: int,
) -> None:
    """Writes what was allowed at each place; everything is where the grammar cannot follow."""
    state: GrammarState | None = guide.grammar.start
    for place, character in enumerate(text):
        if place == drawn_start and state is None:
            state = _resume(guide, text[:place])
        if state is None:
            continue
        mask = guide.mask(state)
        if mask[ids[place]]:
            masks[place] = mask
        state = guide.grammar.feed(state, character)


def _resume(guide: Guide, text: str) -> GrammarState | None:
    try:
        return begin(guide.grammar, text)
    except GrammarError:
        return None
