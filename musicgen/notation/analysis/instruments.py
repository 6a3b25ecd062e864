"""Instruments of players: what each can play, in which keys it is at home, and where a tune fits.

Ranges and pitches are as written in tunebooks. What an instrument lacks inside its range is asked
of its fingering (`notation.analysis.fingering`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from musicgen.notation.analysis.clefs import written_shift
from musicgen.notation.analysis.fingering import FINGERINGS, NOT_THERE
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.model import Key, Tune
from musicgen.notation.parsing.fields import MODE_FIFTHS, tonic_fifths

FURTHEST = 12
"""Semitones by which a tune is moved at most to fit."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument: its range as a name of `INSTRUMENT_RANGES`, its fingering, its usual keys.

    `fingering` is a name of `FINGERINGS`, empty where every note of the range is there and none
    needs to be told; `sharps` are the signatures it is usually played in, the best first, flats
    negative.
    """

    name: str
    range: str
    fingering: str
    sharps: tuple[int, ...]

    @property
    def sound(self) -> str:
        """What plays it, a name of `audio.arrangement.INSTRUMENTS`."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a tune is best moved for an instrument, and the notes it lacks before and then."""

    semitones: int
    missing: int
    missing_before: int


def count_sharps(key: Key) -> int:
    """Sharps of a key's signature, flats negative; 0 where it has no tonic."""
    return tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode] if key.tonic else 0


_FIDDLE_KEYS = (2, 1, 3, 0)
_ANY = (2, 1, 0, 3, -1, -2)

INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {
        one.name: one
        for one in (
            Instrument("whistle D", "whistle", "whistle D", (2, 1)),
            Instrument("whistle C", "whistle C", "whistle C", (0, -1)),
            Instrument("whistle G", "whistle G", "whistle G", (1, 0)),
            Instrument("flute", "flute", "", (2, 1)),
            Instrument("pipes", "pipes", "", (2, 1)),
            Instrument("fiddle", "fiddle", "fiddle", _FIDDLE_KEYS),
            Instrument("mandolin", "mandolin", "mandolin", _FIDDLE_KEYS),
            Instrument("banjo GDAE", "mandolin", "mandolin", _FIDDLE_KEYS),
            Instrument("banjo gDGBD", "banjo", "banjo gDGBD", (1, 2, 0)),
            Instrument("guitar", "guitar", "guitar", (1, 2, 0, 3)),
            Instrument("guitar DADGAD", "guitar", "guitar DADGAD", (2, 1)),
            Instrument("harmonica C", "harmonica", "harmonica C", (0, 1)),
            Instrument("harmonica D", "harmonica D", "harmonica D", (2, 3)),
            Instrument("harmonica G", "harmonica G", "harmonica G", (1, 2)),
            Instrument("concertina C/G", "concertina", "concertina C/G", (1, 2, 0)),
            Instrument("accordion", "accordion", "", _ANY),
            Instrument("harp", "harp", "", _ANY),
            Instrument("piano", "piano", "", _ANY),
        )
    }
)
"""All there are, by name."""


def find_missing(tune: Tune, instrument: Instrument, semitones: int = 0) -> int:
    """How many notes of a tune, moved by semitones, an instrument does not have."""
    span = INSTRUMENT_RANGES[instrument.range]
    find = FINGERINGS[instrument.fingering].find if instrument.fingering else None
    count = 0
    shift = semitones - written_shift(tune)
    for note in tune.notes:
        key = note.key or tune.key
        for pitch in note.pitches:
            moved = pitch + shift
            is_lacking = find is not None and NOT_THERE in find(moved, key, False)
            count += is_lacking or not span.low <= moved <= span.high
    return count


def fit(tune: Tune, instrument: Instrument) -> Fit:
    """Where a tune lies best: all notes there, then in a usual key, then near where it was.

    A tune of which no note is lacking stays where it is, whatever its key.
    """
    before = find_missing(tune, instrument)
    if not before:
        return Fit(0, 0, 0)
    found = [
        (find_missing(tune, instrument, semitones), _strangeness(tune.key, semitones, instrument),
         abs(semitones), semitones)
        for semitones in range(-FURTHEST, FURTHEST + 1)
    ]  # fmt: skip
    missing, _strange, _distance, best = min(found)
    return Fit(best, missing, before) if missing < before else Fit(0, before, before)


def _strangeness(key: Key, semitones: int, instrument: Instrument) -> int:
    """0 for the best key of an instrument, more for others."""
    moved = (count_sharps(key) + 7 * semitones + 5) % 12 - 5
    known = instrument.sharps
    return known.index(moved) if moved in known else len(known) + abs(moved)
