"""Networks by name: the one place that knows which kinds exist."""

import torch

from musicgen.config import NetworkConfig
from musicgen.errors import ConfigError
from musicgen.models.attention import AttentionNetwork
from musicgen.models.echo import EchoNetwork
from musicgen.models.hawk import HawkNetwork
from musicgen.models.hierarchical import HierarchicalNetwork
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.network import Network

NETWORKS: dict[str, type[Network]] = {
    "lstm": LSTMNetwork,
    "echo": EchoNetwork,
    "attention": AttentionNetwork,
    "hierarchical": HierarchicalNetwork,
    "hawk": HawkNetwork,
}


def check_kind(config: NetworkConfig) -> None:
    """Raises ConfigError if there is no network of the kind asked for."""
    if config.kind not in NETWORKS:
        raise ConfigError(
            f"There is no network of kind {config.kind!r}. Choose from: {', '.join(NETWORKS)}."
        )


def build_network(config: NetworkConfig, seed: int | None = None) -> Network:
    """A network with fresh weights; the same seed gives the same weights.

    Raises:
        ConfigError: the kind is unknown.
    """
    check_kind(config)
    with torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        return NETWORKS[config.kind](config)
