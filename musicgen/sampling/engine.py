"""Stepping a trained network character by character.

One contract for all: a state goes in and a new one comes out, so that one engine serves any number
of threads. For the LSTM there is a fast engine in three precisions; every other network is stepped
through its own `forward`. Shapes: B tunes at once, T time, V vocabulary.
"""

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.lstm_weights import LSTM_KINDS, LSTMWeights, take_weights
from musicgen.sampling.echo_engine import EchoEngine
from musicgen.sampling.fixed_point_engine import FixedLSTM
from musicgen.sampling.lstm_engine import LSTMEngine

if TYPE_CHECKING:
    from musicgen.models.lstm_stack import LSTMStack
    from musicgen.models.network import Network

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]

EngineState = Any
"""What an engine carries from one character to the next: only the engine looks into it."""

MAX_ENGINES = 4
"""Engines kept: one of the baseline takes 23 MB in float32 and 7 MB in int8."""


class Engine(Protocol):
    """What a sampler needs of a network: a state, and a step for B tunes."""

    def init_state(self, batch_size: int) -> EngineState:
        """The state before the first character."""

    def step(self, ids: Ids, state: EngineState) -> tuple[Logits, EngineState]:
        """Logits (B, V) after reading ids (B,), and the new state; the old one stays good."""

    def read(self, ids: Ids) -> tuple[Logits, EngineState]:
        """Logits (1, V) and state after reading ids (T,) from the first state; T is at least 1."""

    def select(self, state: EngineState, rows: list[int]) -> EngineState:
        """The state of some tunes of a batch, in this order; a tune may be taken several times."""

    def join(self, states: Sequence[EngineState]) -> EngineState:
        """The state of one batch with the tunes of all, in this order; there is at least one."""


class ForwardEngine:
    """Steps any network through its own `forward`; a beginning is read in one pass."""

    def __init__(self, network: "Network") -> None:
        self._network = network

    def init_state(self, batch_size: int) -> EngineState:
        """The network's own first state."""
        return self._network.init_state(batch_size)

    def step(self, ids: Ids, state: EngineState) -> tuple[Logits, EngineState]:
        """One pass of the network over one character."""
        return self._run(ids[:, None], state)

    def read(self, ids: Ids) -> tuple[Logits, EngineState]:
        """One pass of the network over all characters."""
        return self._run(ids[None], self.init_state(1))

    def _run(self, ids: Ids, state: EngineState) -> tuple[Logits, EngineState]:
        import torch

        with torch.inference_mode():
            logits, state = self._network(torch.from_numpy(ids), state)
            return logits[:, -1].float().numpy(), state

    def select(self, state: EngineState, rows: list[int]) -> EngineState:
        """Rows of the tensors (L, B, ·) of a state, however they are nested."""
        import torch

        from musicgen.models.network import flatten_state, unflatten_state

        with torch.inference_mode():
            return unflatten_state(state, [part[:, rows] for part in flatten_state(state)])

    def join(self, states: Sequence[EngineState]) -> EngineState:
        """The tensors (L, B, ·) of all, one after the other."""
        import torch

        from musicgen.models.network import flatten_state, unflatten_state

        with torch.inference_mode():
            parts = zip(*map(flatten_state, states), strict=True)
            return unflatten_state(states[0], [torch.cat(part, 1) for part in parts])


def has_int8(kind: str) -> bool:
    """Whether networks of this kind can be stepped with 8-bit products."""
    return kind in LSTM_KINDS


def build_engine(source: "Network | Checkpoint", precision: str = "float32") -> Engine:
    """The fastest way to step a network in this precision, ``float32``, ``int8`` or ``fixed``.

    Torch is imported only for a network that is stepped through its own `forward`.

    Raises:
        CompositionError: another than float32 is asked for, and the network is no LSTM, with or
            without echoes; or it is too large for fixed-point arithmetic.
    """
    weights = find_weights(source)
    if weights is not None:
        if weights.has_echoes:
            return EchoEngine(weights, precision)
        return FixedLSTM(weights) if precision == "fixed" else LSTMEngine(weights, precision)
    network = source.network if isinstance(source, Checkpoint) else source
    if precision != "float32":
        raise CompositionError(
            "Fast arithmetic ({precision}) is for LSTM networks; this one is of the kind "
            "{kind!r}. Turn it off.",
            precision=precision,
            kind=network.config.kind,
        )
    return ForwardEngine(network)


def find_weights(source: "Network | Checkpoint") -> LSTMWeights | None:
    """The weights of an LSTM, with or without echoes; None of all other networks."""
    if isinstance(source, Checkpoint):
        loaded = source.loaded_weights
        if loaded is not None:
            return loaded
        source = source.network
    from musicgen.models.echo import EchoNetwork
    from musicgen.models.lstm import LSTMNetwork

    is_ours = isinstance(source, EchoNetwork) or type(source) is LSTMNetwork
    # One that adds to it has a step of its own, and so has one whose weights do not say it all.
    is_ours = is_ours and not any(module._forward_hooks for module in source.modules())
    return take_weights(cast("LSTMStack", source)) if is_ours else None


_BUILDING = threading.Lock()


def get_engine(source: "Network | Checkpoint", precision: str = "float32") -> Engine:
    """The engine of a network, built once for all threads; those used last are kept.

    Raises:
        CompositionError: int8 is asked for, and the network is no LSTM.
    """
    with _BUILDING:
        return _kept(source, precision)


@lru_cache(maxsize=MAX_ENGINES)
def _kept(source: "Network | Checkpoint", precision: str) -> Engine:
    return build_engine(source, precision)
