"""`TunePosition` with lengths in whole numbers, for fixed-point arithmetic.

Lengths are counted in ticks: 1,935,360 to a whole note, which halves, thirds, fifths and sevenths
of every usual note divide; what does not divide is rounded down. On the tunes of all tunebooks the
values are those of `TunePosition`; only lengths that no tunebook has may differ, where a fraction
falls on the edge between two values.
"""

from musicgen.models.position import PLACES, TunePosition, read_fraction

TICKS = 5_040
"""In 1/48 of an eighth note."""

EIGHTH = 48 * TICKS
SIXTEENTH = EIGHTH // 2
TOLERANCE = 12
"""Ticks that roundings may have taken of a length."""


class FixedPosition(TunePosition):
    """Reads a tune character by character, in whole numbers throughout."""

    def _begin(self) -> None:
        super()._begin()
        self._full, self._fill = 0, 0
        self._unit_above, self._unit_below = 1, 8
        self._factor_above, self._factor_below = 1, 1
        self._tuplet_time, self._tuplet_count = 1, 1
        self._broken_halves = 2

    def _read_field(self, letter: str, value: str) -> None:
        super()._read_field(letter, value)
        if letter == "M":
            pair = read_fraction({"C": "4/4", "C|": "2/2"}.get(value, value))
            self._full = pair[0] * 8 * EIGHTH // pair[1] if pair else 0
        elif letter == "L":
            pair = read_fraction(value)
            if pair:
                self._unit_above, self._unit_below = pair

    def _open_tuplet(self, character: str) -> bool:
        if not super()._open_tuplet(character):
            return False
        self._tuplet_count = max(1, int(character))
        self._tuplet_time = round(self._tuplet_factor * self._tuplet_count)
        return True

    def _open_note(self, character: str) -> None:
        self._settle()
        self._factor_above, self._factor_below = self._broken_halves, 2
        if self._tuplet_left:
            self._factor_above *= self._tuplet_time
            self._factor_below *= self._tuplet_count
        self._broken_halves = 2
        super()._open_note(character)

    def _break(self, character: str) -> None:
        if not self._has_note:
            return
        half = int(self._note_length()) // 2
        self._settle()
        self._fill += half if character == ">" else -half
        self._broken = 0.5 if character == ">" else 1.5
        self._broken_halves = 1 if character == ">" else 3

    def _end_bar(self) -> None:
        super()._end_bar()
        self._fill, self._broken_halves = 0, 2

    def _note_length(self) -> int:
        count, parts = self._written_length()
        above = 8 * EIGHTH * self._unit_above * count * self._factor_above
        return above // (self._unit_below * max(1, parts) * self._factor_below)

    def _place(self, length: float) -> tuple[int, int, int]:
        ticks = int(length)
        whole, rest = (0, 0) if ticks < 0 else divmod(ticks + TOLERANCE, SIXTEENTH)
        rest -= TOLERANCE
        fraction = (rest * 50 >= SIXTEENTH) + (rest * 5 >= 2 * SIXTEENTH)
        fraction += rest * 5 >= 3 * SIXTEENTH
        return min(whole, PLACES - 1), fraction, self._ticks_left(int(self._full) - ticks)

    def _ticks_left(self, left: int) -> int:
        if self._in_header or not self._full:
            return 0
        if left * 50 < -SIXTEENTH:
            return 1
        return min(PLACES + 1, 2 + (left * 100 + 98 * SIXTEENTH) // (100 * SIXTEENTH))
