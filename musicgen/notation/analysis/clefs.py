"""Clefs a tune can be read in, and what the clef of a tune does to its notes.

A clef with an 8 moves the sound by an octave and leaves the notes where they are on the staff (ABC
2.1 §4.6): so guitar and tenor banjo are written. The others move nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from musicgen.notation.model import Tune
from musicgen.notation.parsing.fields import find_clef, parse_shifts


@dataclass(frozen=True, slots=True)
class Clef:
    """A clef: its name in ABC, its sign and line as MusicXML has them, and octaves it adds."""

    name: str
    sign: str
    line: int
    octaves: int = 0


CLEFS: Mapping[str, Clef] = MappingProxyType(
    {
        one.name: one
        for one in (
            Clef("treble", "G", 2),
            Clef("treble-8", "G", 2, -1),
            Clef("treble+8", "G", 2, 1),
            Clef("alto", "C", 3),
            Clef("tenor", "C", 4),
            Clef("bass", "F", 4),
            Clef("bass-8", "F", 4, -1),
        )
    }
)
"""Those that one can choose, by name."""


def clef_of(tune: Tune) -> Clef:
    """The clef of a tune's key; the treble clef where it has none, or one that is not known."""
    name = find_clef(_key_field(tune)).removeprefix("clef=").lower()
    return CLEFS.get(name.replace("_", "-").replace("^", "+"), CLEFS["treble"])


def written_shift(tune: Tune) -> int:
    """Semitones by which the notes of a tune sound higher than they stand on its staff.

    What a player reads is what fingers do: a pitch less this is the one as written.
    """
    return parse_shifts(_key_field(tune)).get("clef", 0)


def _key_field(tune: Tune) -> str:
    return next((value for letter, value in reversed(tune.fields) if letter == "K"), "")
