"""The fast engine of an LSTM with echoes: the LSTM's, and beside it what the echoes offer."""

import numpy as np
from numpy.typing import NDArray

from musicgen.models.echoes import ECHOES, LEVELS, empty_memory, listen
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.sampling.lstm_engine import LSTMEngine, LSTMEngineState

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]

EchoEngineState = tuple[LSTMEngineState, Ids]
"""The LSTM's, and what was heard of each tune, (B, `echoes.SIZE`)."""

_ECHO = np.arange(ECHOES)


class EchoEngine:
    """Steps an `EchoNetwork`; holds nothing that changes, so that threads may share it."""

    def __init__(self, weights: LSTMWeights, precision: str = "float32") -> None:
        self._lstm = LSTMEngine(weights, precision)
        self._signs = weights.signs
        self._size = weights.config.vocab_size
        self._first = self._size + LEVELS * ECHOES  # where the rows of offers begin
        self._nothing = self._first + self._size * ECHOES
        self._trust = weights.arrays["trust"]

    def init_state(self, batch_size: int) -> EchoEngineState:
        """Zeros, and nothing heard."""
        return self._lstm.init_state(batch_size), empty_memory(batch_size)

    def step(self, ids: Ids, state: EchoEngineState) -> tuple[Logits, EchoEngineState]:
        """One character through the echoes and all layers."""
        lstm, memory = state
        found, ranks, memory = listen(ids[:, None], memory, self._signs)
        offered, levels = found[:, 0], ranks[:, 0]  # (B, K)
        is_there = levels > 0
        level_rows = self._size + levels * ECHOES + _ECHO
        offer_rows = np.where(is_there, self._first + offered * ECHOES + _ECHO, self._nothing)
        rows = np.concatenate([ids[None], level_rows.T, offer_rows.T])  # (1 + 2K, B)
        said, lstm = self._lstm.step(rows, lstm)
        logits = said[:, : self._size].copy()
        gates = (said[:, self._size :] + self._trust[levels, _ECHO]) * is_there
        np.add.at(logits, (np.arange(len(ids))[:, None], offered), gates)
        return logits, (lstm, memory)

    def read(self, ids: Ids) -> tuple[Logits, EchoEngineState]:
        """Step by step, as the LSTM does."""
        state = self.init_state(1)
        for index in range(len(ids) - 1):
            _, state = self.step(ids[index : index + 1], state)
        return self.step(ids[-1:], state)

    def select(self, state: EchoEngineState, rows: list[int]) -> EchoEngineState:
        """Rows of both."""
        lstm, memory = state
        return self._lstm.select(lstm, rows), memory[rows]
