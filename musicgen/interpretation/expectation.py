"""What a network expects: the next character at every place, and what each setting makes of it.

Probabilities are the network's own, before temperature and limits. Surprise is −log2 of the
probability of what came (C. E. Shannon, 1948), entropy its mean over all that might have come: how
unsure the network was before. For music as expectation see M. Pearce, "Statistical learning and
probabilistic prediction in music cognition" (Annals of the New York Academy of Sciences, 2018).

Shapes: T characters, V vocabulary.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.errors import ConfigError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.grammar.prompt import begin
from musicgen.sampling.decoding import compute_probs
from musicgen.sampling.guidance import get_config_guide
from musicgen.sampling.temperature_effect import compute_entropy
from musicgen.sampling.text_scoring import score_text
from musicgen.translatable import N_, Sentence

Floats = NDArray[np.float64]

_FREE = SampleConfig(free=True)
_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Expectation:
    """What a network expected at each character of a text.

    Row t is of character t, before it was read: `probs` (T, V), `entropy` (T,) and `surprise` (T,)
    in bits, and whether the character was the likeliest, `is_first` (T,).
    """

    text: str
    characters: tuple[str, ...]
    probs: NDArray[np.float32]
    entropy: Floats
    surprise: Floats
    is_first: NDArray[np.bool_]

    def likeliest(self, place: int, count: int = 5) -> list[tuple[str, float]]:
        """The likeliest characters at a place and their probabilities, 0..1."""
        return _likeliest(self.probs[place], self.characters, count)


@dataclass(frozen=True, eq=False)
class Stage:
    """One distribution on the way from the network to the draw.

    `name` is ``network``, ``grammar``, ``temperature``, ``top_k``, ``top_p`` or ``critic``
    (`musicgen.interpretation.critic_stage`), `label` its words;
    `probs` (V,) sum to 1, `entropy` is in bits, `count` says how many characters are left.
    """

    name: str
    label: Sentence
    probs: Floats
    entropy: float
    count: int
    characters: tuple[str, ...]

    def likeliest(self, count: int = 5) -> list[tuple[str, float]]:
        """The likeliest characters and their probabilities, 0..1."""
        return _likeliest(self.probs, self.characters, count)


def find_expectation(checkpoint: Checkpoint, text: str) -> Expectation:
    """What the network of a checkpoint expected at each character of a text, without grammar.

    Args:
        checkpoint: The network.
        text: One tune, without the blank line before it.

    Raises:
        CorpusError: the network does not know a character of the text.
        ConfigError: there is no text.
    """
    if not text:
        raise ConfigError("There is nothing to expect: give a text.")
    seen = score_text(checkpoint, _FREE, text)
    chosen = seen.probs[np.arange(len(text)), seen.ids].astype(np.float64)
    entropy = np.array([compute_entropy(row.astype(np.float64)) for row in seen.probs])
    surprise = -np.log2(np.maximum(chosen, _LEAST))
    is_first = seen.probs.argmax(1) == seen.ids
    return Expectation(text, seen.characters, seen.probs, entropy, surprise, is_first)


def find_stages(
    checkpoint: Checkpoint, config: SampleConfig, text: str, place: int | None = None
) -> list[Stage]:
    """What each setting makes of the network's distribution at a place, in the order of composing.

    The grammar is left out where `config.free` turns it off, and a limit where it limits nothing.

    Args:
        checkpoint: The network.
        config: Grammar, temperature, top-k and top-p.
        text: One tune, without the blank line before it.
        place: Offset of the character to come; that behind the text if not given.

    Raises:
        CorpusError: the network does not know a character of the text.
        ConfigError: there is no such place.
        GrammarError: what is asked cannot be kept, or the text before the place breaks the rules.
    """
    place = len(text) if place is None else place
    if not 0 <= place <= len(text):
        raise ConfigError(
            "There is no place {place}: the text has {count} characters.",
            place=place,
            count=len(text),
        )
    known = checkpoint.vocabulary.characters
    seen = score_text(checkpoint, _FREE, text[:place] + known[0])  # only to be asked about
    with np.errstate(divide="ignore"):
        logits = np.log(seen.probs[place].astype(np.float64))
    stages = [make_stage("network", Sentence(N_("the network")), np.exp(logits), known)]
    guide = get_config_guide(checkpoint.vocabulary, config)
    if guide is not None:
        logits = np.where(guide.mask(begin(guide.grammar, text[:place])), logits, -np.inf)
        probs = compute_probs(logits[None])[0]
        stages.append(make_stage("grammar", Sentence(N_("the grammar")), probs, known))
    temperature, top_k, top_p = config.temperature, config.top_k, config.top_p
    steps = [("temperature", Sentence(N_("temperature {value:g}"), value=temperature), (0, 1.0))]
    if top_k:
        steps.append(("top_k", Sentence(N_("top-k {value}"), value=top_k), (top_k, 1.0)))
    if top_p < 1.0:
        steps.append(("top_p", Sentence(N_("top-p {value:g}"), value=top_p), (top_k, top_p)))
    for name, label, (most, share) in steps:
        probs = compute_probs(logits[None], temperature, most, share)[0]
        stages.append(make_stage(name, label, probs, known))
    return stages


def make_stage(name: str, label: Sentence, probs: Floats, characters: tuple[str, ...]) -> Stage:
    """A stage of probabilities (V,) that sum to 1."""
    return Stage(name, label, probs, compute_entropy(probs), int((probs > 0).sum()), characters)


def _likeliest(
    probs: NDArray[np.floating], characters: tuple[str, ...], count: int
) -> list[tuple[str, float]]:
    order = np.argsort(-probs, kind="stable")[:count]
    return [(characters[one], float(probs[one])) for one in order if probs[one] > 0]
