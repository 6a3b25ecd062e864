"""How far a melody reaches and how it moves: range, leaps, and whether a fiddle can play it."""

import math
from itertools import pairwise

from musicgen.notation.analysis.melody import melody_notes
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.model import Tune

LEAP = 5
"""Semitones from which a step is a leap: a fourth."""


def compute_range(tune: Tune) -> float:
    """Semitones from the lowest to the highest note of the melody (Yang and Lerch 2020, "PR").

    NaN where nothing sounds.
    """
    pitches = [note.pitch for note in melody_notes(tune)]
    return float(max(pitches) - min(pitches)) if pitches else math.nan


def compute_leap_share(tune: Tune) -> float:
    """Share, 0..1, of the steps from note to note that are a fourth or wider; NaN without any."""
    pitches = [note.pitch for note in melody_notes(tune)]
    steps = [abs(b - a) for a, b in pairwise(pitches)]
    return sum(step >= LEAP for step in steps) / len(steps) if steps else math.nan


def is_playable(tune: Tune) -> bool | None:
    """Whether every note lies within a fiddle's first position; None where nothing sounds."""
    pitches = [pitch for note in tune.notes for pitch in (*note.pitches, *note.graces)]
    fiddle = INSTRUMENT_RANGES["fiddle"]
    return fiddle.low <= min(pitches) and max(pitches) <= fiddle.high if pitches else None
