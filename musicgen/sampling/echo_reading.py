"""What a network with echoes reads of each character, and how its logits come about at the end.

Between the two is an LSTM, which knows nothing of echoes: it adds up rows of a table
(`musicgen.sampling.lstm_graph.input_rows`), and says logits, gates and what it wants of degrees and
intervals side by side. Holds nothing that changes, so that threads may share it.

Shapes: B batch, V vocabulary, K echoes, F features of a position, R = 1 + 2K + F rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.models.copy_candidates import ECHOES, LEVELS, empty_memory, find_candidates
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.models.position import TunePosition
from musicgen.models.relative import classify_letters, letter_ids

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]
Places = tuple[TunePosition, ...]

_ECHO = np.arange(ECHOES)


@dataclass(frozen=True, slots=True)
class EchoReading:
    """One character of B tunes: rows (R, B), offered characters and their levels, each (B, K), and
    positions (B, F) of a network that reads them.
    """

    rows: Ids
    offered: Ids
    levels: Ids
    stands: Ids | None


class EchoReader:
    """Reads tunes for an `EchoNetwork` of these weights.

    Args:
        weights: The network's.
        trust: What a gate adds for each level, where it is not to be that of the weights.
        position: What reads the position of a character.
    """

    def __init__(
        self,
        weights: LSTMWeights,
        trust: Logits | None = None,
        position: type[TunePosition] = TunePosition,
    ) -> None:
        self._signs = weights.signs
        self._size = weights.config.vocab_size
        self._first = self._size + LEVELS * ECHOES  # where the rows of offers begin
        self._nothing = self._first + self._size * ECHOES
        self._positions = self._nothing + 1  # where the rows of positions begin
        self._characters = weights.config.characters if weights.config.position else ""
        self._trust = weights.arrays["trust"] if trust is None else trust
        self._position = position
        self._letters = letter_ids(self._characters)
        self._has_relative = "relative.weight" in weights.arrays

    def begin(self, batch_size: int) -> tuple[Ids, Places]:
        """An empty memory of the tunes, and their positions: none where they are not read."""
        count = batch_size if self._characters else 0
        return empty_memory(batch_size), tuple(self._position() for _ in range(count))

    def read(self, ids: Ids, memory: Ids, places: Places) -> tuple[EchoReading, Ids, Places]:
        """The next character (B,) of each tune; memory and places are not changed."""
        found, ranks, memory = find_candidates(ids[:, None], memory, self._signs)
        offered, levels = found[:, 0], ranks[:, 0]  # (B, K)
        level_rows = self._size + levels * ECHOES + _ECHO
        offer_rows = self._first + offered * ECHOES + _ECHO
        offer_rows = np.where(levels > 0, offer_rows, self._nothing)
        places = tuple(place.copy() for place in places)
        stands = self._follow(ids, places)
        further = [] if stands is None else [self._positions + stands.T]
        rows = np.concatenate([ids[None], level_rows.T, offer_rows.T, *further])  # (R, B)
        return EchoReading(rows, offered, levels, stands), memory, places

    def add_up(self, said: Logits, reading: EchoReading) -> Logits:
        """Logits (B, V) from what the LSTM says, (B, ·), after what was read."""
        logits = said[:, : self._size].copy()
        gates = said[:, self._size : self._size + ECHOES] + self._trust[reading.levels, _ECHO]
        places = np.arange(len(said))[:, None], reading.offered
        np.add.at(logits, places, gates * (reading.levels > 0))
        if reading.stands is not None and self._has_relative:
            self._add_relative(logits, said[:, self._size + ECHOES :], reading.stands)
        return logits

    def _follow(self, ids: Ids, places: Places) -> Ids | None:
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
