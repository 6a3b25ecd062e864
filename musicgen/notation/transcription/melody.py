"""Which notes of a MIDI file are the tune: the part that carries it, and one note at a time of it.

The part is chosen and its chords are thinned after the idea of A. Uitdenbogerd and J. Zobel,
"Manipulation of music for melody matching" (ACM Multimedia 1998): of what sounds together the
highest note is the melody, and a part that is high and plays single notes is likelier to have it.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from statistics import fmean

from musicgen.notation.transcription.events import MidiNote, MidiPart

_TOGETHER = Fraction(1, 16)
"""Quarter notes within which keys are struck together."""

_ALONE = 24.0
"""Semitones that a part gains which plays single notes only."""

_WORDS = ("melody", "lead", "vocal", "voice", "tune", "solo")
_NAMED = 12.0
_BASSES = range(32, 40)
_LEAST_SHARE = 0.2
"""Of the notes of the busiest part, what a part must have to carry the tune."""


def choose_part(parts: Sequence[MidiPart]) -> MidiPart:
    """The part that most likely carries the melody; `parts` must not be empty."""
    most = max(len(part.notes) for part in parts)
    carriers = [part for part in parts if len(part.notes) >= _LEAST_SHARE * most]
    return max(carriers, key=_likelihood)


def _likelihood(part: MidiPart) -> float:
    """Mean pitch, and semitones more for single notes and for a name that says so."""
    named = any(word in part.name.lower() for word in _WORDS)
    height = fmean(note.pitch for note in part.notes)
    bass = _ALONE if part.program in _BASSES else 0.0
    return height + _ALONE * _share_alone(part.notes) + _NAMED * named - bass


def _share_alone(notes: Sequence[MidiNote]) -> float:
    """Share of the notes, 0..1, that no other is struck together with."""
    groups = [len(group) for group in _struck_together(notes)]
    return sum(size == 1 for size in groups) / len(groups)


def take_melody(notes: Sequence[MidiNote]) -> list[MidiNote]:
    """One note at a time: the highest of those struck together, none under a longer higher one."""
    kept: list[MidiNote] = []
    for group in _struck_together(notes):
        top = max(group, key=lambda note: note.pitch)
        if kept and top.pitch < kept[-1].pitch and top.end <= kept[-1].end:
            continue
        if kept and top.onset <= kept[-1].onset:
            continue
        kept.append(top)
    return kept


def _struck_together(notes: Sequence[MidiNote]) -> list[list[MidiNote]]:
    """Notes by onset, those of a chord together though a hand rolls it a little."""
    starts: dict[Fraction, Fraction] = {}
    first: Fraction | None = None
    for note in notes:
        if first is None or note.onset - first > _TOGETHER:
            first = note.onset
        starts[note.onset] = first
    return [list(group) for _, group in groupby(notes, key=lambda note: starts[note.onset])]
