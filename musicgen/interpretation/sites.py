"""Where a network of any kind has layers to look at and to change.

Shapes: B batch, T time, H hidden.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
from torch import nn

from musicgen.models.attention import AttentionNetwork
from musicgen.models.echo import EchoNetwork
from musicgen.models.hawk import HawkBlock, HawkNetwork
from musicgen.models.hierarchical import HierarchicalNetwork
from musicgen.models.lstm_stack import LSTMStack
from musicgen.models.network import Network
from musicgen.translatable import Sentence

NetworkT = TypeVar("NetworkT", bound=nn.Module)

Lookup = Callable[[nn.Module], nn.Module]


@dataclass(frozen=True)
class Site:
    """A layer of a network: `find` gives its module in the network or in a copy of it.

    `kind` is ``lstm``, ``level`` (an LSTM that moves at boundaries only), ``hawk`` or ``attention``
    (what was looked up, which carries nothing on). `size` is H.
    """

    label: Sentence
    kind: str
    size: int
    find: Lookup

    @property
    def is_recurrent(self) -> bool:
        """Whether what the layer says goes into its own next step through a matrix."""
        return self.kind in ("lstm", "level")

    def lstm(self, network: nn.Module) -> nn.LSTM:
        """The LSTM of a recurrent layer."""
        module = self.find(network)
        return cast(nn.LSTM, module.lstm if self.kind == "level" else module)


def find_sites(network: nn.Module) -> tuple[Site, ...]:
    """The layers of a network, in the order in which a character passes them; none of others."""
    if isinstance(network, HawkNetwork):
        size = network.config.hidden_size
        return tuple(
            Site(_numbered(number), "hawk", size, _hawk_unit(number))
            for number in range(len(network.blocks))
        )
    if not isinstance(network, LSTMStack):
        return ()
    sites = [
        Site(_numbered(number), "lstm", network.config.hidden_size, _lstm_layer(number))
        for number in range(len(network.layers))
    ]
    if isinstance(network, HierarchicalNetwork):
        size = network.bars.lstm.hidden_size
        bars = Site(Sentence("bars"), "level", size, lambda one: _child(one, "bars"))
        phrases = Site(Sentence("phrases"), "level", size, lambda one: _child(one, "phrases"))
        sites[1:1] = [bars, phrases]
    if isinstance(network, AttentionNetwork):
        size = network.config.hidden_size
        sites.append(
            Site(Sentence("looked up"), "attention", size, lambda one: _child(one, "join"))
        )
    return tuple(sites)


def find_entry(network: nn.Module) -> nn.Module:
    """The module that reads what stands for each character: the lowest layer, or what leads to it.

    Its input is (B, T, E), with all that an echo network adds to its embedding.
    """
    if isinstance(network, HawkNetwork):
        return network.enter
    return find_sites(network)[0].find(network)


def has_echoes(network: Network) -> bool:
    """Whether a network reads echoes, which can be switched off."""
    return isinstance(network, EchoNetwork)


def has_place(network: Network) -> bool:
    """Whether a network is told its place in the bar with each character."""
    return isinstance(network, EchoNetwork) and network.position is not None


def has_attention(network: Network) -> bool:
    """Whether a network attends to its past, which can be switched off."""
    return isinstance(network, AttentionNetwork)


def share_weights(network: NetworkT) -> NetworkT:
    """A copy whose modules are its own and whose weights are those of the network.

    Hooks on it concern nobody else: the network may serve other threads meanwhile.
    """
    shared: dict[int, Any] = {id(one): one for one in network.parameters()}
    shared |= {id(one): one for one in network.buffers()}
    return copy.deepcopy(network, shared).eval()


def take_output(site: Site, output: Any) -> torch.Tensor:
    """The hidden states (B, T, H) in what the module of a layer gives back."""
    values: torch.Tensor = output if site.kind == "attention" else output[0]
    return values.transpose(0, 1) if site.kind == "hawk" else values


def put_output(site: Site, output: Any, values: torch.Tensor) -> Any:
    """What the module of a layer gives back, with other hidden states (B, T, H)."""
    if site.kind == "attention":
        return values
    return (values.transpose(0, 1) if site.kind == "hawk" else values, *output[1:])


def _numbered(number: int) -> Sentence:
    return Sentence("layer {number}", number=number + 1)


def _child(module: nn.Module, name: str) -> nn.Module:
    return module.get_submodule(name)


def _lstm_layer(number: int) -> Lookup:
    return lambda one: _child(one, f"layers.{number}")


def _hawk_unit(number: int) -> Lookup:
    return lambda one: cast(HawkBlock, _child(one, f"blocks.{number}")).unit
