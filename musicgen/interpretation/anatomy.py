"""The parts of a network: shapes, parameters, memory, and what it computes for a character.

Counted from the modules themselves, so that no table has to be believed. Multiply-adds are those of
products with matrices and of attention; what is done number by number is far less and not counted.
An LSTM has 4 (E + H) H of them, plus its two biases 4 · 2 H parameters (S. Hochreiter and
J. Schmidhuber, 1997; PyTorch keeps two biases).
"""

import math
from dataclasses import dataclass

from torch import nn

from musicgen.models.attention import AttentionNetwork
from musicgen.models.copy_candidates import ECHOES
from musicgen.models.echo import EchoNetwork
from musicgen.models.network import Network, flatten_state
from musicgen.models.position import FEATURES


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a network, by its name in the network.

    `shapes` are those of its weights in their order, `size_bytes` their size as they are in memory.
    `multiply_adds` are for one character; 0 for a table, from which rows are taken. A part that
    moves at some characters only counts as if it moved at each.
    """

    name: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    parameters: int
    size_bytes: int
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class Anatomy:
    """All parts of a network in their order; `state_numbers` is what it carries for a tune."""

    kind: str
    parts: tuple[Part, ...]
    state_numbers: int

    @property
    def parameters(self) -> int:
        """Trainable numbers."""
        return sum(part.parameters for part in self.parts)

    @property
    def size_bytes(self) -> int:
        """Memory of the weights."""
        return sum(part.size_bytes for part in self.parts)

    @property
    def multiply_adds(self) -> int:
        """Multiplications, each with an addition, for one character."""
        return sum(part.multiply_adds for part in self.parts)


def describe_parts(network: Network) -> Anatomy:
    """The parts of a network of any kind, each weight in one of them."""
    parts = [
        _describe(network, name, module)
        for name, module in network.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    state = flatten_state(network.init_state(1))
    return Anatomy(network.config.kind, tuple(parts), sum(one.numel() for one in state))


def _describe(network: Network, name: str, module: nn.Module) -> Part:
    weights = list(module.parameters(recurse=False))
    return Part(
        name or "network",
        type(module).__name__,
        tuple(tuple(weight.shape) for weight in weights),
        sum(weight.numel() for weight in weights),
        sum(weight.numel() * weight.element_size() for weight in weights),
        _count_products(network, module),
    )


def _count_products(network: Network, module: nn.Module) -> int:
    """Multiply-adds of a module's own weights for one character."""
    if isinstance(module, nn.Linear):
        return math.prod(module.weight.shape)
    if isinstance(module, nn.RNNBase):
        return sum(math.prod(weight.shape) for weight in module.parameters() if weight.dim() == 2)
    if module is network and isinstance(network, AttentionNetwork):
        # Each place of the window is compared with the query, and its value taken in.
        return 2 * network.config.window * len(network.nowhere)
    taps = getattr(module, "taps", None)
    return taps.numel() if isinstance(taps, nn.Parameter) else 0


def count_rows_read(network: Network) -> int:
    """Rows of tables that a network adds up for one character: what it is told beside it."""
    if not isinstance(network, EchoNetwork):
        return 1
    return 1 + 2 * ECHOES + (len(FEATURES) if network.position is not None else 0)


@dataclass(frozen=True, slots=True)
class Flow:
    """The parts of a network in the order in which a character passes them.

    `read` are tables, whose rows are added; `layers` are what remembers, from the lowest to the
    highest, each with all its parts; `beside` exchanges with the layers, such as attention or the
    slower clocks of a hierarchy; `say` makes the logits of what follows.
    """

    read: tuple[Part, ...]
    layers: tuple[tuple[Part, ...], ...]
    beside: tuple[Part, ...]
    say: tuple[Part, ...]


_LAYERS = ("layers", "blocks")
_SAYING = ("linear", "gates", "relative", "norm")


def arrange_parts(anatomy: Anatomy) -> Flow:
    """All parts of a network of any kind by what they do, each in one place."""
    read: list[Part] = []
    layers: dict[int, list[Part]] = {}
    beside: list[Part] = []
    say: list[Part] = []
    for part in anatomy.parts:
        first, _, rest = part.name.partition(".")
        if first in _LAYERS:
            layers.setdefault(int(rest.partition(".")[0]), []).append(part)
        elif first in _SAYING:
            say.append(part)
        elif part.multiply_adds and first != "enter":
            beside.append(part)
        else:
            read.append(part)
    return Flow(
        tuple(read), tuple(tuple(layers[number]) for number in sorted(layers)), tuple(beside),
        tuple(sorted(say, key=lambda part: part.name != "norm")),
    )  # fmt: skip
