"""Goals over whole tunes, which a training may have beside the next character.

A goal adds its own gradient to that of a step, says what it saw, and keeps what resuming needs.
What all of them ask of a network is how likely it finds the characters of a tune.

Shapes: B tunes, T time, V vocabulary.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Ids, Vocabulary
from musicgen.models.network import Network

Figures = dict[str, float]
"""Some of `metrics.FIGURES`, by name."""


class Goal(Protocol):
    """What a trainer asks of a further goal."""

    def add_gradients(self, step: int) -> Figures:
        """Adds to the gradients of the network what a step (from 1) brings, and says what it saw.

        Nothing is seen at steps that are not the goal's.
        """

    def look(self, network: Network) -> Figures:
        """What held-out examples show of a network, at the looks of the training."""

    def state_dict(self) -> dict[str, torch.Tensor]:
        """All that resuming needs, by name."""

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Continues from what `state_dict` gave."""


@dataclass(frozen=True, slots=True)
class EncodedTune:
    """The ids (T,) of a tune behind the blank line that begins it; those from `start` on count."""

    ids: Ids
    start: int


def encode_tune(vocabulary: Vocabulary, text: str, given: int = 0) -> EncodedTune:
    """A whole tune between blank lines, of which the first `given` characters do not count."""
    ids = vocabulary.encode(SEPARATOR + text.strip("\n") + SEPARATOR)
    return EncodedTune(ids, len(SEPARATOR) + given)


def mean_log_probs(
    network: Network, tunes: Sequence[EncodedTune], precision: torch.dtype
) -> torch.Tensor:
    """Mean log-probability (B,) of the characters that count, in nats; dropout is off.

    Args:
        network: Reads each tune from its first state.
        tunes: At least one; each has a character that counts.
        precision: Of the products.
    """
    device = next(network.parameters()).device
    longest = max(len(tune.ids) for tune in tunes)
    ids = np.zeros((len(tunes), longest), dtype=np.int64)
    counts = np.zeros((len(tunes), longest - 1), dtype=np.float32)
    for row, tune in enumerate(tunes):
        ids[row, : len(tune.ids)] = tune.ids
        counts[row, tune.start - 1 : len(tune.ids) - 1] = 1.0
    read, mask = torch.from_numpy(ids).to(device), torch.from_numpy(counts).to(device)
    is_mixed = precision != torch.float32
    with without_dropout(network), torch.autocast(device.type, precision, enabled=is_mixed):
        logits = network.logits_and_features(read[:, :-1])[0].float()  # (B, T - 1, V)
        losses = F.cross_entropy(logits.transpose(1, 2), read[:, 1:], reduction="none")
    return -(losses * mask).sum(1) / mask.sum(1)


@contextlib.contextmanager
def without_dropout(network: Network) -> Iterator[None]:
    """Takes a network out of training, but for layers that cuDNN must know to be trained.

    The recurrent layers of torch have no dropout of their own here.
    """
    was_training = network.training
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.RNNBase):
            module.train(was_training)
    try:
        yield
    finally:
        network.train(was_training)
