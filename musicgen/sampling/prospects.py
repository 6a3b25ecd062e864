"""What a network expects at each place of a text, and what temperature makes of it.

Shapes: T places, V vocabulary.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.grammar.beginning import begin
from musicgen.notation.grammar.masks import Guide
from musicgen.sampling.composer import SEPARATOR, one_thread, read_prompt
from musicgen.sampling.decoding import compute_probs
from musicgen.sampling.guidance import get_config_guide


@dataclass(frozen=True, eq=False, slots=True)
class Prospects:
    """Logits (T, V) float32 of the character at each offset of a text from `start` on.

    What the grammar forbids has minus infinity.
    """

    characters: tuple[str, ...]
    start: int
    logits: npt.NDArray[np.float32]


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


def read_prospects(checkpoint: Checkpoint, config: SampleConfig, text: str) -> Prospects:
    """What may be written at each place of a text that begins with the prompt, and behind it.

    Args:
        checkpoint: The network to ask.
        config: The settings the text was composed with.
        text: A tune, or a part of one, without its blank line.

    Raises:
        CompositionError: the network does not know a character of the text.
        GrammarError: the prompt breaks the rules.
    """
    prompt, guide = read_prompt(checkpoint.vocabulary, config)
    start = len(prompt) if text.startswith(prompt) else len(text)
    logits = _read_logits(checkpoint, text, start)
    if guide:
        logits[~_read_masks(guide, text, start)] = -np.inf
    return Prospects(checkpoint.vocabulary.characters, start, logits)


def read_end(checkpoint: Checkpoint, config: SampleConfig, text: str) -> Prospects:
    """What may be written behind a text that the settings know nothing of: one place.

    Raises:
        CompositionError: the network does not know a character of the text.
        GrammarError: the text breaks the rules.
    """
    logits = _read_logits(checkpoint, text, len(text))
    guide = get_config_guide(checkpoint.vocabulary, config)
    if guide:
        logits[~_read_masks(guide, text, len(text))] = -np.inf
    return Prospects(checkpoint.vocabulary.characters, len(text), logits)


@torch.inference_mode()
def _read_logits(checkpoint: Checkpoint, text: str, start: int) -> npt.NDArray[np.float32]:
    """Logits (T, V) from the character at `start` on, in one pass."""
    ids = torch.from_numpy(checkpoint.vocabulary.encode(SEPARATOR + text))
    with one_thread():
        logits, _state = checkpoint.network(ids[None])  # (1, len(SEPARATOR) + len(text), V)
    found: npt.NDArray[np.float32] = logits[0, start + len(SEPARATOR) - 1 :].float().numpy().copy()
    return found


def _read_masks(guide: Guide, text: str, start: int) -> npt.NDArray[np.bool_]:
    """What may stand at each place (T, V); all where the text leaves the rules."""
    state = begin(guide.grammar, text[:start])
    masks = [guide.mask(state)]
    for character in text[start:]:
        following = guide.grammar.feed(state, character)
        if following is None:
            break
        state = following
        masks.append(guide.mask(state))
    anything = np.ones_like(masks[0])
    rest = [anything] * (len(text) - start + 1 - len(masks))
    return np.stack([mask if mask.any() else anything for mask in masks] + rest)


def compute_effect(
    prospects: Prospects, place: int, config: SampleConfig, most: int = 10
) -> Effect:
    """What temperature and limits do at one place, an offset of the text from `start` on."""
    logits = prospects.logits[place - prospects.start][None]
    before = compute_probs(logits)[0]
    after = compute_probs(logits, config.temperature, config.top_k, config.top_p)[0]
    order = np.argsort(-np.maximum(before, after), kind="stable")[:most]
    shown = [int(index) for index in order if max(before[index], after[index]) > 0.0005]
    return Effect(
        tuple(prospects.characters[index] for index in shown),
        tuple(float(before[index]) for index in shown),
        tuple(float(after[index]) for index in shown),
        compute_entropy(before),
        compute_entropy(after),
    )


def compute_entropy(probs: npt.NDArray[np.float64]) -> float:
    """Entropy in bits of probabilities (V,) that sum to 1; 0 where one of them is 1."""
    some = probs[probs > 0]
    return abs(float(-(some * np.log2(some)).sum()))


def find_open_place(prospects: Prospects, first: int) -> int:
    """The offset, from `first` on, at which the network is least sure at temperature 1."""
    start = max(first, prospects.start)
    probs = compute_probs(prospects.logits[start - prospects.start :])
    entropies = [compute_entropy(row) for row in probs]
    return start + int(np.argmax(entropies)) if entropies else prospects.start


def count_choices(entropy: float) -> float:
    """Among how many equally likely characters one would be as unsure: 2 to the entropy."""
    return math.exp2(entropy)
