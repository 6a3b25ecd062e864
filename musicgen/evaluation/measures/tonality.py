"""Does a tune keep to the key it states: its scale, its weight on the tonic, its last note.

Each function is of one tune and says None or NaN where no key is stated or nothing sounds.
"""

import math

from musicgen.notation.analysis.melody import key_at, melody_notes, scale_of, tonic_of
from musicgen.notation.model import Tune
from musicgen.notation.transcription.key import correlate_keys, weigh_pitches

MAJOR_MODES = frozenset({"major", "ionian", "lydian", "mixolydian"})
"""Modes with a major third; the others are counted as minor."""


def compute_scale_share(tune: Tune) -> float:
    """Share, 0..1, of the notes of the melody that lie in the scale of the key stated there.

    #{n : pc(n) ∈ scale(key)} / #{n}, the "scale consistency" of O. Mogren, "C-RNN-GAN" (2016), with
    the stated key in place of the best one; raised leading notes in minor count as outside.
    """
    inside = total = 0
    for note in melody_notes(tune):
        scale = scale_of(key_at(tune, note.bar))
        total += bool(scale)
        inside += bool(scale) and note.pitch % 12 in scale
    return inside / total if total else math.nan


def agrees_with_profile(tune: Tune) -> bool | None:
    """Whether the notes alone support the tonic and the third of the key stated.

    Krumhansl and Schmuckler's algorithm (`notation.midi.key`) finds the best of 24 major and minor
    keys by how long each pitch class sounds; church modes are held to the one with their third.
    Real folk tunes often disagree: the algorithm knows no modes.
    """
    tonic = tonic_of(tune.key)
    weights = weigh_pitches((note.pitch, note.quarters) for note in melody_notes(tune))
    if tonic is None or not any(weights):
        return None
    correlations = correlate_keys(weights)
    stated = (tonic, "major" if tune.key.mode in MAJOR_MODES else "minor")
    return correlations[stated] == max(correlations.values())


def ends_on_tonic(tune: Tune) -> bool | None:
    """Whether the last note of the melody is the tonic of its key: a closing cadence."""
    notes = melody_notes(tune)
    tonic = tonic_of(key_at(tune, notes[-1].bar)) if notes else None
    return None if tonic is None else notes[-1].pitch % 12 == tonic
