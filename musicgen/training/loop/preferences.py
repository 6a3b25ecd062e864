"""Learning from pairs of tunes which one is preferred: direct preference optimisation (DPO).

With the reference π₀, the network as the training found it, the implied reward of a tune y is
``r(y) = β (log π(y) - log π₀(y)) / |y|``, and the loss of a pair is ``-log σ(r(chosen) -
r(rejected))`` (R. Rafailov et al., "Direct Preference Optimization", NeurIPS 2023). Two things are
added. Rewards are divided by the length |y| of a tune in characters, for longer tunes would
otherwise count for more, and be preferred or avoided for their length (R. Park et al.,
"Disentangling Length from Quality in Direct Preference Optimization", 2024). And ``-log π(chosen) /
|chosen|`` has a weight in the loss: the difference of rewards alone also grows while both tunes
become unlikely (A. Pal et al., "Smaug", 2024; R. Y. Pang et al., "Iterative Reasoning Preference
Optimization", 2024).

What both tunes of a pair begin with, such as a described header, does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from musicgen.config import TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.network import Network
from musicgen.training.loop.goals import EncodedTune, Figures, encode_tune, mean_log_probs
from musicgen.training.preference_pairs import PreferencePair, split_pairs

_READ_AT_ONCE = 16
"""Pairs that are read together where no gradient is wanted."""


def preference_losses(chosen: torch.Tensor, rejected: torch.Tensor, beta: float) -> torch.Tensor:
    """The loss (B,) of each pair in nats.

    Args:
        chosen: Mean log-ratio of network and reference per character, (B,).
        rejected: The same of the other tunes, (B,).
        beta: Sharpness of the preferences.
    """
    return -F.logsigmoid(beta * (chosen - rejected))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both tunes, and what the reference finds of each: its mean log-probability in nats."""

    tunes: tuple[EncodedTune, EncodedTune]
    reference: tuple[float, float] = (0.0, 0.0)


class Preferences:
    """The goal of preferring one tune of each pair to the other.

    A tenth of the pairs is held out. What the reference finds of all tunes is computed once.

    Args:
        config: Weights, sharpness, pairs of a step, and the seed of their order.
        network: What is trained; as it is now it is the reference.
        vocabulary: Knows all characters of the pairs.
        precision: Of the products.
        pairs: At least two.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: Network,
        vocabulary: Vocabulary,
        precision: torch.dtype,
        pairs: Sequence[PreferencePair],
    ) -> None:
        self._config = config
        self._network = network
        self._precision = precision
        self._generator = torch.Generator().manual_seed(config.seed + 2)
        train, held_out = split_pairs(pairs)
        self._train = self._refer([_encode(pair, vocabulary) for pair in train])
        self._held_out = self._refer([_encode(pair, vocabulary) for pair in held_out])

    def _refer(self, pairs: Sequence[_Pair]) -> list[_Pair]:
        found: list[_Pair] = []
        for first in range(0, len(pairs), _READ_AT_ONCE):
            batch = pairs[first : first + _READ_AT_ONCE]
            with torch.no_grad():
                both = self._read(self._network, batch).cpu().tolist()
            found += [_Pair(pair.tunes, (a, b)) for pair, a, b in zip(batch, *both, strict=True)]
        return found

    def _read(self, network: Network, pairs: Sequence[_Pair]) -> torch.Tensor:
        """Mean log-probabilities (2, B) of the chosen and of the rejected tunes."""
        tunes = [pair.tunes[side] for side in (0, 1) for pair in pairs]
        return mean_log_probs(network, tunes, self._precision).view(2, len(pairs))

    def _compare(self, network: Network, pairs: Sequence[_Pair]) -> tuple[torch.Tensor, ...]:
        """Losses, margins of the implied reward, and likelihoods of the chosen, each (B,)."""
        found = self._read(network, pairs)
        reference = torch.tensor([pair.reference for pair in pairs]).T.to(found)
        chosen, rejected = found - reference
        beta = self._config.preference_beta
        losses = preference_losses(chosen, rejected, beta)
        return losses, beta * (chosen - rejected), found[0]

    def add_gradients(self, step: int) -> Figures:  # noqa: ARG002 - all steps are alike
        """Compares some pairs, drawn with replacement."""
        config = self._config
        drawn = torch.randint(
            len(self._train), (config.preference_batch,), generator=self._generator
        )
        batch = [self._train[number] for number in drawn.tolist()]
        losses, margins, likelihoods = self._compare(self._network, batch)
        goal = losses.mean() - config.preference_likelihood * likelihoods.mean()
        (config.preferences * goal).backward()  # type: ignore[no-untyped-call]
        return _figures(losses.detach(), margins.detach())

    def look(self, network: Network) -> Figures:
        """Loss, accuracy and margin on the held-out pairs."""
        parts = []
        for first in range(0, len(self._held_out), _READ_AT_ONCE):
            with torch.no_grad():
                parts.append(
                    self._compare(network, self._held_out[first : first + _READ_AT_ONCE])[:2]
                )
        losses, margins = (torch.cat(part) for part in zip(*parts, strict=True))
        return {f"val_{name}": value for name, value in _figures(losses, margins).items()}

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The generator of the order; the reference is found anew."""
        return {"generator": self._generator.get_state()}

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Goes on in the same order."""
        self._generator.set_state(tensors["generator"])


def _encode(pair: PreferencePair, vocabulary: Vocabulary) -> _Pair:
    texts = [text.strip("\n") for text in (pair.chosen, pair.rejected)]
    given = _count_shared(*texts)
    return _Pair(
        (encode_tune(vocabulary, texts[0], given), encode_tune(vocabulary, texts[1], given))
    )


def _count_shared(one: str, other: str) -> int:
    """Characters that two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _figures(losses: torch.Tensor, margins: torch.Tensor) -> Figures:
    return {
        "preference_loss": float(losses.mean()),
        "preference_accuracy": float((margins > 0).float().mean()),
        "preference_margin": float(margins.mean()),
    }
