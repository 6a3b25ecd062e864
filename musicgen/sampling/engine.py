"""Stepping a trained network character by character.

One contract for all: a state goes in and a new one comes out, so that one engine serves any number
of threads. For the LSTM there is a fast engine in two precisions; every other network is stepped
through its own `forward`. Shapes: B tunes at once, T time, V vocabulary.
"""

import threading
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from musicgen.errors import CompositionError
from musicgen.models.echo import EchoNetwork
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.network import Network, flatten_state, unflatten_state
from musicgen.sampling.echo_engine import EchoEngine
from musicgen.sampling.lstm_engine import LSTMEngine

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


class ForwardEngine:
    """Steps any network through its own `forward`; a beginning is read in one pass."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def init_state(self, batch_size: int) -> EngineState:
        """The network's own first state."""
        return self._network.init_state(batch_size)

    @torch.inference_mode()
    def step(self, ids: Ids, state: EngineState) -> tuple[Logits, EngineState]:
        """One pass of the network over one character."""
        logits, state = self._network(torch.from_numpy(ids)[:, None], state)
        return logits[:, -1].float().numpy(), state

    @torch.inference_mode()
    def read(self, ids: Ids) -> tuple[Logits, EngineState]:
        """One pass of the network over all characters."""
        logits, state = self._network(torch.from_numpy(ids)[None], self.init_state(1))
        return logits[:, -1].float().numpy(), state

    @torch.inference_mode()
    def select(self, state: EngineState, rows: list[int]) -> EngineState:
        """Rows of the tensors (L, B, ·) of a state, however they are nested."""
        return unflatten_state(state, [part[:, rows] for part in flatten_state(state)])


def build_engine(network: Network, precision: str = "float32") -> Engine:
    """The fastest way to step this network in this precision, ``float32`` or ``int8``.

    Raises:
        CompositionError: int8 is asked for, and the network is no LSTM, with or without echoes.
    """
    if isinstance(network, EchoNetwork):
        return EchoEngine(network, precision)
    if type(network) is LSTMNetwork:  # one that adds to it has a step of its own
        return LSTMEngine(network, precision)
    if precision != "float32":
        raise CompositionError(
            "Fast arithmetic ({precision}) is for LSTM networks; this one is of the kind "
            "{kind!r}. Turn it off.",
            precision=precision,
            kind=network.config.kind,
        )
    return ForwardEngine(network)


_BUILDING = threading.Lock()


def get_engine(network: Network, precision: str = "float32") -> Engine:
    """The engine of a network, built once for all threads; those used last are kept.

    Raises:
        CompositionError: int8 is asked for, and the network is no LSTM.
    """
    with _BUILDING:
        return _kept(network, precision)


@lru_cache(maxsize=MAX_ENGINES)
def _kept(network: Network, precision: str) -> Engine:
    return build_engine(network, precision)
