"""The contract of every network: characters in, logits and a carried state out.

Shapes: B batch, T time, V vocabulary, E embedding, H hidden, L layers. One pass over T characters
equals T passes over one, with the state handed on. A network does not know what its characters
mean, who trains it or who draws from its logits.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from musicgen.config import NetworkConfig

State = Any
"""What a network carries from one character to the next; an LSTM's is (h, c), each (L, B, H)."""


class Network(nn.Module, ABC):
    """Base of all networks.

    Subclasses have an `embedding` and a last `linear` layer, and implement `init_state` and
    `hidden_states`; `logits_and_features`, too, where logits are more than what the last layer
    makes of its input.
    """

    embedding: nn.Embedding
    linear: nn.Linear

    values_per_pair: ClassVar[float] = 0.0
    """Values that a training keeps for each pair of places in a stretch, for the way back.

    0 where memory grows in a straight line with the length of a stretch.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config

    def hidden_states(self, ids: torch.Tensor, state: State = None) -> tuple[torch.Tensor, State]:
        """What the last linear layer reads, (B, T, H), and the new state for ids (B, T).

        Raises:
            NotImplementedError: a network that has `forward` alone, which cannot be trained.
        """
        raise NotImplementedError(
            f"{type(self).__name__} answers whole; it has no `hidden_states`."
        )

    def logits_and_features(
        self, ids: torch.Tensor, state: State = None
    ) -> tuple[torch.Tensor, torch.Tensor, State]:
        """Logits (B, T, V), what the last layer reads (B, T, H), the new state, for ids (B, T)."""
        features, state = self.hidden_states(ids, state)
        return self.linear(features), features, state

    def forward(self, ids: torch.Tensor, state: State = None) -> Any:
        """Logits (B, T, V) and the new state for ids (B, T)."""
        logits, _, state = self.logits_and_features(ids, state)
        return logits, state

    @abstractmethod
    def init_state(self, batch_size: int, device: torch.device | str | None = None) -> State:
        """The state before the first character, for B = `batch_size` tunes."""

    def set_generator(self, generator: torch.Generator | None) -> None:
        """Draw all randomness of training (dropout) from this generator; None: torch's own."""
        for module in self.modules():
            if isinstance(module, LockedDropout):
                module.generator = generator

    def set_lanes(self, lanes: tuple[int, int], batch_size: int) -> None:
        """Tells dropout that batches here are these lanes of larger ones of `batch_size`.

        It then draws for all lanes and takes its own: processes that share a batch drop what one
        process would, and their generators stay alike.
        """
        for module in self.modules():
            if isinstance(module, LockedDropout):
                module.lanes, module.batch_size = lanes, batch_size

    @property
    def num_parameters(self) -> int:
        """Trainable numbers in the network."""
        return sum(parameter.numel() for parameter in self.parameters())


@torch.no_grad()
def init_ends(network: Network) -> None:
    """Draws the embedding from N(0, 0.1²), the last layer from Xavier's bounds without a bias."""
    nn.init.normal_(network.embedding.weight, std=0.1)
    nn.init.xavier_uniform_(network.linear.weight)
    nn.init.zeros_(network.linear.bias)


def flatten_state(state: State) -> list[torch.Tensor]:
    """The tensors of a state, however its tuples are nested; none of None."""
    if isinstance(state, torch.Tensor):
        return [state]
    return [tensor for part in state or () for tensor in flatten_state(part)]


def unflatten_state(like: State, tensors: Sequence[torch.Tensor]) -> State:
    """A state built like another from the tensors of `flatten_state`; None without tensors."""
    if not tensors:
        return None
    return _nest(like, iter(tensors))


def _nest(like: State, tensors: Iterator[torch.Tensor]) -> State:
    if isinstance(like, torch.Tensor):
        return next(tensors)
    return tuple(_nest(part, tensors) for part in like)


class LockedDropout(nn.Module):
    """Dropout with one mask for all time steps of a window (Gal and Ghahramani 2016).

    The mask comes from an explicit generator, so that a resumed training repeats it exactly
    whatever else the process draws.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None
        self.lanes: tuple[int, int] | None = None
        self.batch_size = 0

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(B, T, ·) to the same shape; in eval mode or at share 0 the identity."""
        if not self.training or self.share == 0.0:
            return values
        keep = 1.0 - self.share
        batch_size = values.shape[0] if self.lanes is None else self.batch_size
        shape = (batch_size, 1, values.shape[2])
        mask = torch.empty(shape).bernoulli_(keep, generator=self.generator) / keep
        if self.lanes is not None:
            mask = mask[slice(*self.lanes)]
        return values * mask.to(values)
