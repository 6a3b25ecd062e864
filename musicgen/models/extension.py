"""A trained network with a larger vocabulary: what it knew stays, new characters start afresh."""

import torch

from musicgen.config import NetworkConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.network import Network
from musicgen.models.registry import build_network

CHARACTER_WEIGHTS = ("embedding.weight", "linear.weight", "linear.bias", "offers")
"""Weights with one row for each character."""


def extend_vocabulary(known: Vocabulary, wanted: Vocabulary) -> Vocabulary:
    """The known characters with their ids, and behind them those that are wanted beside."""
    return Vocabulary(known.characters + tuple(c for c in wanted.characters if c not in known))


@torch.no_grad()
def extend_network(network: Network, config: NetworkConfig, seed: int) -> Network:
    """A copy of a network under settings that may have more characters and another dropout.

    The first rows of everything that has one row for each character are those of the network, the
    others are fresh, from the seed; the probabilities of known characters are
    as before, up to the share that new ones take.

    Args:
        network: Trained; it is not changed.
        config: Its settings, with `vocab_size` at least as large.
        seed: For the fresh rows.
    """
    extended = build_network(config, seed)
    weights = extended.state_dict()
    for name, value in network.state_dict().items():
        if name in CHARACTER_WEIGHTS:
            weights[name][: len(value)] = value
        else:
            weights[name].copy_(value)
    return extended.train().requires_grad_(True)
