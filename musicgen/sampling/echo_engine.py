"""The fast engine of an LSTM with echoes: the LSTM's, with the candidates of the echoes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.models.copy_candidates import ECHOES, LEVELS, empty_memory, find_candidates
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.models.position import TunePosition
from musicgen.models.relative import classify_letters, letter_ids
from musicgen.sampling.fixed_point import LOGIT_BITS
from musicgen.sampling.fixed_point_engine import FixedLSTM
from musicgen.sampling.fixed_point_position import FixedPosition
from musicgen.sampling.lstm_engine import LSTMEngine

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]

EchoEngineState = tuple[Any, Ids, tuple[TunePosition, ...]]
"""The LSTM's, the memory of each tune, (B, `copy_candidates.SIZE`), and its position: none of a
network that does not read that."""

_ECHO = np.arange(ECHOES)


class EchoEngine:
    """Steps an `EchoNetwork`; holds nothing that changes, so that threads may share it."""

    def __init__(self, weights: LSTMWeights, precision: str = "float32") -> None:
        is_fixed = precision == "fixed"
        lstm = FixedLSTM(weights) if is_fixed else LSTMEngine(weights, precision)
        self._lstm: LSTMEngine | FixedLSTM = lstm
        self._position = FixedPosition if is_fixed else TunePosition
        self._signs = weights.signs
        self._size = weights.config.vocab_size
        self._first = self._size + LEVELS * ECHOES  # where the rows of offers begin
        self._nothing = self._first + self._size * ECHOES
        self._positions = self._nothing + 1  # where the rows of positions begin
        self._characters = weights.config.characters if weights.config.position else ""
        self._trust = weights.arrays["trust"]
        if isinstance(lstm, FixedLSTM) and lstm.network.trust is not None:
            self._trust = (lstm.network.trust / 2**LOGIT_BITS).astype(np.float32)
        self._letters = letter_ids(self._characters)
        self._has_relative = "relative.weight" in weights.arrays

    def init_state(self, batch_size: int) -> EchoEngineState:
        """Zeros, and an empty memory of the tunes."""
        count = batch_size if self._characters else 0
        places = tuple(self._position() for _ in range(count))
        return self._lstm.init_state(batch_size), empty_memory(batch_size), places

    def step(self, ids: Ids, state: EchoEngineState) -> tuple[Logits, EchoEngineState]:
        """One character through the echoes and all layers."""
        lstm, memory, places = state
        found, ranks, memory = find_candidates(ids[:, None], memory, self._signs)
        offered, levels = found[:, 0], ranks[:, 0]  # (B, K)
        is_there = levels > 0
        level_rows = self._size + levels * ECHOES + _ECHO
        offer_rows = np.where(is_there, self._first + offered * ECHOES + _ECHO, self._nothing)
        places = tuple(place.copy() for place in places)
        stands = self._follow(ids, places)
        further = [] if stands is None else [self._positions + stands.T]
        rows = np.concatenate([ids[None], level_rows.T, offer_rows.T, *further])  # (1 + 2K + F, B)
        said, lstm = self._lstm.step(rows, lstm)
        logits = said[:, : self._size].copy()
        gates = said[:, self._size : self._size + ECHOES] + self._trust[levels, _ECHO]
        np.add.at(logits, (np.arange(len(ids))[:, None], offered), gates * is_there)
        if stands is not None and self._has_relative:
            self._add_relative(logits, said[:, self._size + ECHOES :], stands)
        return logits, (lstm, memory, places)

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

    def _follow(self, ids: Ids, places: tuple[TunePosition, ...]) -> Ids | None:
        """Takes a character into each place; their rows (B, F), or None without places."""
        if not places:
            return None
        for number, place in zip(ids.tolist(), places, strict=True):
            place.feed(self._characters[number])
        return np.array([place.rows() for place in places], np.int64)

    def _add_relative(self, logits: Logits, wanted: Logits, stands: Ids) -> None:
        """Gives each letter, in place, what its degree and its interval are wanted."""
        known = self._letters >= 0
        wanted = np.pad(wanted, ((0, 0), (0, 1)))  # nothing is added for `relative.NOTHING`
        degrees, intervals = (
            np.take_along_axis(wanted, part[:, known], 1) for part in classify_letters(stands)
        )
        logits[:, self._letters[known]] += degrees + intervals
