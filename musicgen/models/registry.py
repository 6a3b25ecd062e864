"""Networks by name: the one place that knows which kinds exist."""

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

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


def build_empty_network(config: NetworkConfig) -> Network:
    """A network whose weights have shapes, but no values and next to no memory.

    Raises:
        ConfigError: the kind is unknown.
    """
    with torch.device("meta"), _WithoutValues():
        return build_network(config)


class _WithoutValues(TorchFunctionMode):
    """Draws no values: on the meta device, torch 2.13 loads its whole compiler for that.

    It takes two seconds at least.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return named.get("tensor", args[0] if args else None)
        return func(*args, **named)
