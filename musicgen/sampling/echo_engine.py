"""The fast engine of an LSTM with echoes: the LSTM's, with the candidates of the echoes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.models.lstm_weights import LSTMWeights
from musicgen.models.position import TunePosition
from musicgen.sampling.echo_reading import EchoReader
from musicgen.sampling.fixed_point_engine import FixedLSTM
from musicgen.sampling.fixed_point_position import FixedPosition
from musicgen.sampling.lstm_engine import LSTMEngine

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]

EchoEngineState = tuple[Any, Ids, tuple[TunePosition, ...]]
"""The LSTM's, the memory of each tune, (B, `copy_candidates.SIZE`), and its position: none of a
network that does not read that."""


class EchoEngine:
    """Steps an `EchoNetwork`; holds nothing that changes, so that threads may share it.

    Args:
        weights: The network's.
        precision: ``float32``, ``int8`` or ``fixed``.
        model: A step that was made before, as ONNX, to be run instead of a new one.
    """

    def __init__(
        self, weights: LSTMWeights, precision: str = "float32", model: bytes = b""
    ) -> None:
        self._lstm: LSTMEngine | FixedLSTM
        if precision == "fixed":
            self._lstm = FixedLSTM(weights)
            self._reader = EchoReader(weights, self._lstm.trust, FixedPosition)
        else:
            self._lstm = LSTMEngine(weights, precision, model)
            self._reader = EchoReader(weights)

    def init_state(self, batch_size: int) -> EchoEngineState:
        """Zeros, and an empty memory of the tunes."""
        return self._lstm.init_state(batch_size), *self._reader.begin(batch_size)

    def step(self, ids: Ids, state: EchoEngineState) -> tuple[Logits, EchoEngineState]:
        """One character through the echoes and all layers."""
        lstm, memory, places = state
        reading, memory, places = self._reader.read(ids, memory, places)
        said, lstm = self._lstm.step(reading.rows, lstm)
        return self._reader.add_up(said, reading), (lstm, memory, places)

    def read(self, ids: Ids) -> tuple[Logits, EchoEngineState]:
        """Step by step, as the LSTM does."""
        state = self.init_state(1)
        for index in range(len(ids) - 1):
            _, state = self.step(ids[index : index + 1], state)
        return self.step(ids[-1:], state)

    def select(self, state: EchoEngineState, rows: list[int]) -> EchoEngineState:
        """Rows of both."""
        lstm, memory, places = state
        kept = tuple(places[row] for row in rows) if places else ()
        return self._lstm.select(lstm, rows), memory[rows], kept

    def join(self, states: Sequence[EchoEngineState]) -> EchoEngineState:
        """All three of all."""
        lstm, memory, places = zip(*states, strict=True)
        joined = tuple(place for group in places for place in group)
        return self._lstm.join(lstm), np.concatenate(memory), joined
