"""Fingerprints of melodies: equal for the same tune in another key, octave or rhythm."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

from musicgen.notation.model import Tune

INCIPIT_NOTES = 32
"""Notes that tell traditional tunes apart: about four bars of a reel, pickup included."""


def melody(tune: Tune) -> tuple[int, ...]:
    """Pitches of the melody as written (repeats not expanded): tied notes once, no grace notes.

    Of a chord the highest pitch counts; rests are skipped.
    """
    pitches: list[int] = []
    held: int | None = None
    for note in tune.notes:
        if note.is_rest:
            held = None
            continue
        pitch = max(note.pitches)
        if pitch != held:
            pitches.append(pitch)
        held = pitch if pitch in note.tied_pitches else None
    return tuple(pitches)


def intervals(pitches: Sequence[int]) -> tuple[int, ...]:
    """Steps from each pitch to the next in semitones."""
    return tuple(b - a for a, b in pairwise(pitches))


def interval_fingerprint(tune: Tune) -> str:
    """16 hexadecimal digits of the melody's intervals; empty for fewer than two notes."""
    return _digest(intervals(melody(tune)))


def incipit_fingerprint(tune: Tune, notes: int = INCIPIT_NOTES) -> str:
    """The fingerprint of the first notes, pickup included; empty for a shorter tune."""
    pitches = melody(tune)[:notes]
    return _digest(intervals(pitches)) if len(pitches) == notes else ""


def _digest(steps: tuple[int, ...]) -> str:
    if not steps:
        return ""
    return hashlib.blake2b(",".join(map(str, steps)).encode(), digest_size=8).hexdigest()
