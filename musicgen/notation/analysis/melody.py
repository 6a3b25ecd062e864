"""The melody that the measures look at: one pitch at a time, as written, with its key.

Repeats are not expanded, ties make one note, of a chord the highest pitch counts, rests and grace
notes are passed over: as `notation.fingerprint.melody`, with lengths and bars.
"""

import threading
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from musicgen.notation.model import Key, Tune
from musicgen.notation.parsing.tokens import SEMITONES

_LETTERS = "CDEFGAB"


@dataclass(frozen=True, slots=True)
class MelodyNote:
    """A MIDI pitch, its length in quarter notes, and the place of the bar in which it begins."""

    pitch: int
    quarters: Fraction
    bar: int


_latest = threading.local()
"""The tune whose melody was asked for last, and that melody: a dozen measures ask in a row."""


def melody_notes(tune: Tune) -> tuple[MelodyNote, ...]:
    """The melody of a tune; empty where nothing sounds."""
    if getattr(_latest, "tune", None) is not tune:
        _latest.tune, _latest.melody = tune, _find_melody(tune)
    found: tuple[MelodyNote, ...] = _latest.melody
    return found


def _find_melody(tune: Tune) -> tuple[MelodyNote, ...]:
    notes: list[MelodyNote] = []
    held: int | None = None
    for note in tune.notes:
        if note.is_rest:
            held = None
            continue
        pitch = max(note.pitches)
        if notes and pitch == held:
            last = notes[-1]
            notes[-1] = MelodyNote(pitch, last.quarters + note.duration, last.bar)
        else:
            notes.append(MelodyNote(pitch, note.duration, note.bar))
        held = pitch if note.tied or pitch in note.tied_pitches else None
    return tuple(notes)


def melody_bars(tune: Tune) -> tuple[tuple[tuple[int, Fraction], ...], ...]:
    """Pitches and lengths of each written bar that has a note in it; rests have the pitch -1."""
    return tuple(
        tuple((-1 if note.is_rest else max(note.pitches), note.duration) for note in bar.notes)
        for bar in tune.bars
        if any(not note.is_rest for note in bar.notes)
    )


def key_at(tune: Tune, bar: int) -> Key:
    """The key at the first note of a bar, else that of the tune."""
    return tune.bars[bar].key or tune.key


def tonic_of(key: Key) -> int | None:
    """Pitch class 0..11 of the tonic; None for ``K:none``."""
    if not key.tonic:
        return None
    sign = key.tonic.count("#") - key.tonic.count("b")
    return (SEMITONES[key.tonic[0]] + sign) % 12


@lru_cache(maxsize=64)
def scale_of(key: Key) -> tuple[int, ...]:
    """The seven pitch classes of a key from its tonic upwards, by its signature; () for none."""
    if not key.tonic:
        return ()
    changes = dict(key.accidentals)
    start = _LETTERS.index(key.tonic[0])
    letters = _LETTERS[start:] + _LETTERS[:start]
    return tuple((SEMITONES[letter] + changes.get(letter, 0)) % 12 for letter in letters)
