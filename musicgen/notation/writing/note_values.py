"""Note values as engravers draw them: types, dots, pieces tied together, beams."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from musicgen.notation.model import Note

_NAMES = [
    "maxima", "long", "breve", "whole", "half", "quarter", "eighth",
    "16th", "32nd", "64th", "128th", "256th", "512th", "1024th",
]  # fmt: skip
_MAX_DOTS = 2
_LONGEST = Fraction(32)
_VALUES = sorted(
    (
        (_LONGEST / 2**step * (2 - Fraction(1, 2**dots)), name, dots)
        for step, name in enumerate(_NAMES)
        for dots in range(_MAX_DOTS + 1)
    ),
    reverse=True,
)
_FLAGS = {name: number for number, name in enumerate(_NAMES[_NAMES.index("quarter") :])}


@dataclass(frozen=True, slots=True)
class Value:
    """One drawn note or rest: its length in quarter notes as drawn (tuplets not applied).

    `name` is the type as MusicXML calls it, empty where there is none of that length.
    """

    quarters: Fraction
    name: str
    dots: int

    @property
    def flags(self) -> int:
        """How many flags or beams it has: 1 for an eighth; 0 where it has none."""
        return _FLAGS.get(self.name, 0)


@lru_cache(maxsize=2048)
def split_value(quarters: Fraction) -> tuple[Value, ...]:
    """The drawn notes that a length takes, tied to one another, the longest first."""
    pieces: list[Value] = []
    left = quarters
    for length, name, dots in _VALUES:
        while length <= left:
            pieces.append(Value(length, name, dots))
            left -= length
    if not left:
        return tuple(pieces)
    return (Value(quarters, "", 0),)


def drawn_duration(note: Note) -> Fraction:
    """How long a note is as drawn, in quarter notes: that of three in the time of two is longer."""
    return note.duration * Fraction(*note.tuplet)


def find_ties(notes: Sequence[Note]) -> list[tuple[frozenset[int], frozenset[int]]]:
    """For every note the pitches that are tied to the note before it, and to the one after."""
    bound: list[frozenset[int]] = [frozenset()]
    for note, following in pairwise(notes):
        is_open = bool(note.tied_pitches) and not following.graces
        bound.append(
            frozenset(note.tied_pitches).intersection(following.pitches if is_open else ())
        )
    bound.append(frozenset())
    return list(pairwise(bound)) if notes else []


def beam_levels(flags: Sequence[int]) -> list[list[str]]:
    """Beams of notes that are beamed together, given their flags: one list of words a note.

    The words are those of MusicXML, from the first beam on: ``begin``, ``continue``, ``end``,
    ``forward hook``, ``backward hook``. A single note has no beams.
    """
    if len(flags) < 2:
        return [[] for _ in flags]
    return [
        [_beam(flags, at, level) for level in range(1, flags[at] + 1)] for at in range(len(flags))
    ]


def _beam(flags: Sequence[int], at: int, level: int) -> str:
    from_left = at > 0 and flags[at - 1] >= level
    to_right = at + 1 < len(flags) and flags[at + 1] >= level
    if from_left:
        return "continue" if to_right else "end"
    if to_right:
        return "begin"
    return "backward hook" if at else "forward hook"
