"""What temperature makes of a network's expectations at one place of a text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.grammar.prompt import begin
from musicgen.sampling.beginnings import EXAMPLES
from musicgen.sampling.composer import Composition, read_prompt
from musicgen.sampling.decoding import compute_probs
from musicgen.sampling.guidance import GRAMMAR_SETTINGS, get_config_guide
from musicgen.sampling.text_scoring import TextScores, score_text

LEAST = 0.0005
"""Probability below which a character is not worth showing."""

MAX_CHOICES = 10
"""Characters that are shown at most."""

_CONTEXT = 28
"""Characters that are shown before a place."""

_FEW = 12
"""With fewer of them on its line, the line before is shown, too."""


@dataclass(frozen=True, slots=True)
class TemperatureEffect:
    """Probabilities 0..1 of the likeliest characters at temperature 1 and as chosen.

    Entropies are in bits, over all characters (Shannon 1948).
    """

    characters: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    entropy_before: float
    entropy_after: float


def score_next(checkpoint: Checkpoint, config: SampleConfig, text: str) -> TextScores:
    """What the network would write behind a text: the row at its end, under the settings' rules.

    Args:
        checkpoint: The network.
        config: What the grammar is to keep, or that none watches; its prompt does not count.
        text: The beginning of a tune; its characters must be in the vocabulary.

    Raises:
        GrammarError: the text breaks the rules.
    """
    end = checkpoint.vocabulary.characters[0]  # stands there only to be asked about
    seen = score_text(checkpoint, SampleConfig(free=True), text + end)
    guide = get_config_guide(checkpoint.vocabulary, config)
    if guide is None:
        return seen
    probs = seen.probs.copy()
    probs[-1] *= guide.mask(begin(guide.grammar, text))
    probs[-1] /= probs[-1].sum()
    return replace(seen, probs=probs)


def compute_effect(
    seen: TextScores, place: int, config: SampleConfig, most: int = MAX_CHOICES
) -> TemperatureEffect:
    """What temperature and limits do at one place, an offset of the text."""
    return compute_effects(seen, place, [config], most)[0]


def compute_effects(
    seen: TextScores, place: int, configs: Sequence[SampleConfig], most: int = MAX_CHOICES
) -> list[TemperatureEffect]:
    """What several temperatures and limits do at one place, all over the same characters.

    Args:
        seen: The probabilities of the network.
        place: An offset of its text.
        configs: At least one.
        most: Characters in each effect, at most: the likeliest before or after.
    """
    before = seen.probs[place].astype(np.float64)
    with np.errstate(divide="ignore"):
        logits = np.log(before)[None]
    rows = [
        compute_probs(logits, config.temperature, config.top_k, config.top_p)[0]
        for config in configs
    ]
    likeliest = np.max([before, *rows], axis=0)
    order = np.argsort(-likeliest, kind="stable")[:most]
    shown = [int(index) for index in order if likeliest[index] >= LEAST]
    return [
        TemperatureEffect(
            tuple(seen.characters[index] for index in shown),
            tuple(float(before[index]) for index in shown),
            tuple(float(after[index]) for index in shown),
            compute_entropy(before),
            compute_entropy(after),
        )
        for after in rows
    ]


def compute_entropy(probs: NDArray[np.float64]) -> float:
    """Entropy in bits of probabilities (V,) that sum to 1; 0 where one of them is 1."""
    some = probs[probs > 0]
    return abs(float(-(some * np.log2(some)).sum()))


def find_open_place(seen: TextScores, first: int) -> int:
    """The offset, from `first` on, at which the network is least sure; `first` at the end."""
    rows = seen.probs[first:].astype(np.float64)
    return first + int(np.argmax([compute_entropy(row) for row in rows])) if len(rows) else first


def count_choices(entropy: float) -> float:
    """Among how many equally likely characters one would be as unsure: 2 to the entropy."""
    return math.exp2(entropy)


def written_text(tune: Composition) -> str:
    """The text of a tune with the blank line that ends it, if it came to its end."""
    return tune.abc + "\n" * tune.is_complete


def open_places(tune: Composition) -> range:
    """The offsets of `written_text` at which the next character can be looked at; at least one.

    Of the header only what was given counts: a network invents credits there.
    """
    last = len(written_text(tune)) - 1
    return range(min(max(tune.drawn_start, tune.tune.body_start), last), last + 1)


def choose_beginning(checkpoint: Checkpoint, config: SampleConfig) -> tuple[str, SampleConfig]:
    """A text to look ahead from, and the settings for `look_ahead`.

    The prompt, if music has begun in it or can begin after it because meter and key are asked for.
    Otherwise an example; where the network does not know its characters, the start of a tune.

    Raises:
        CompositionError: the prompt has characters that the network does not know, or is too long.
        GrammarError: what is asked of the tune cannot be kept.
    """
    plain = SampleConfig(free=config.free)
    if config.prompt.strip():
        text = read_prompt(checkpoint, config).text
        if "K:" in config.prompt:
            return text, plain
        if "K:" in text:
            return text, _asked(config)
    example = EXAMPLES["jig"]
    if not checkpoint.vocabulary.unknown(example):
        return example, plain
    return read_prompt(checkpoint, config).text, _asked(config)


def _asked(config: SampleConfig) -> SampleConfig:
    """The settings that the grammar keeps, and no others."""
    asked = {name: getattr(config, name) for name in GRAMMAR_SETTINGS}
    return SampleConfig(free=config.free, **asked)


def show_before(text: str, place: int) -> str:
    """The end of what stands before a place, and a mark where the next character will be.

    It is the beginning of the line, and the line before as well while that is short.
    """
    lines = text[max(0, place - _CONTEXT) : place].split("\n")
    shown = "\n".join(lines[-2:]) if len(lines[-1]) < _FEW else lines[-1]
    return f"{'… ' if place > len(shown) else ''}{shown}▌"
