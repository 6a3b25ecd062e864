"""Networks by name: the one place that knows which kinds exist."""

import torch

from musicgen.config import NetworkConfig
from musicgen.models.attention import AttentionNetwork
from musicgen.models.echo import EchoNetwork
from musicgen.models.hawk import HawkNetwork
from musicgen.models.hierarchical import HierarchicalNetwork
from musicgen.models.kinds import check_kind
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.network import Network

NETWORKS: dict[str, type[Network]] = {
    "lstm": LSTMNetwork,
    "echo": EchoNetwork,
    "attention": AttentionNetwork,
    "hierarchical": HierarchicalNetwork,
    "hawk": HawkNetwork,
}


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
