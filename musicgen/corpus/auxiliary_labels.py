"""Labels of auxiliary tasks: numbers for each character, which a network learns to predict too.

A character of a note is labelled with the note's *place* in the bar (sixteenths since the bar
line), with its *degree* (semitones above the tonic; a rest has its own) and with the *harmony* of
its bar (the triad of the scale that most of the bar belongs to); every character of a tune with its
*rhythm*, the dance it is. All come from the one reader of ABC, so they fit whatever was done to the
text. To learn several things from one text at once helps with each (Caruana 1997).
"""

import functools
import re
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musicgen.notation.model import Bar, Key, Note, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tokens import SEMITONES

IGNORED = -100
"""Label of a character that a task says nothing about."""

RHYTHM_LABELS = ("reel", "jig", "hornpipe", "slip jig", "polka", "waltz", "march", "other")

REST = 12
"""Degree of a rest; the others are 0..11 semitones above the tonic."""

TASKS = {"place": 32, "degree": 13, "harmony": 7, "rhythm": len(RHYTHM_LABELS)}
"""Name to number of classes, in the order of the rows of `label_characters`."""

Labels = NDArray[np.int64]

_LETTERS = "CDEFGAB"
_PREFERENCE = (0, 4, 3, 1, 5, 2, 6)  # I V IV ii vi iii vii, where two triads hold as much
_BOOK_ID = re.compile(r"\bid:[a-z]+-([a-z]+)-\d")
_OF_METER = {
    "6/8": "jig", "9/8": "slip jig", "2/4": "polka", "3/4": "waltz", "C": "reel", "C|": "reel",
    "4/4": "reel", "2/2": "reel",
}  # fmt: skip


@functools.lru_cache(maxsize=65_536)
def label_characters(text: str) -> Labels:
    """Labels (tasks, T) of the T characters of a tune, `IGNORED` where a task has none.

    The array is kept and handed out again: it cannot be written to.
    """
    labels = np.full((len(TASKS), len(text)), IGNORED, dtype=np.int64)
    tune, _ = read_tune(text)
    if tune.text == text:
        labels[3] = RHYTHM_LABELS.index(find_rhythm(tune))
        for bar in tune.bars:
            harmony = find_harmony(bar)
            for note in bar.notes:
                span = slice(note.start, note.end)
                labels[0, span] = find_place(note, bar)
                labels[1, span] = find_degree(note, bar.key)
                labels[2, span] = IGNORED if harmony is None else harmony
    labels.setflags(write=False)
    return labels


def find_place(note: Note, bar: Bar) -> int:
    """Whole sixteenths between bar line and note, 31 at most."""
    return min(TASKS["place"] - 1, int((note.onset - bar.onset) * 4))


def find_degree(note: Note, key: Key | None) -> int:
    """Semitones from the tonic up to the highest pitch, 0..11; `REST`, or `IGNORED` without key."""
    if note.is_rest:
        return REST
    if key is None or not key.tonic:
        return IGNORED
    return (max(note.pitches) - degree_pitch_classes(key)[0]) % 12


def degree_pitch_classes(key: Key) -> list[int]:
    """Pitch classes 0..11 of the seven degrees of a key that has a tonic, the tonic first."""
    first = _LETTERS.index(key.tonic[0])
    signs = dict(key.accidentals)
    scale = [
        (SEMITONES[letter] + signs.get(letter, 0)) % 12
        for letter in _LETTERS[first:] + _LETTERS[:first]
    ]
    tonic = SEMITONES[key.tonic[0]] + key.tonic.count("#") - key.tonic[1:].count("b")
    return [tonic % 12, *scale[1:]]


def find_harmony(bar: Bar) -> int | None:
    """The degree, 0..6, of the triad in which a bar's notes last longest; None where none sounds.

    Of triads that hold as much the commoner comes first: I, V, IV, ii, vi, iii, vii.
    """
    if bar.key is None or not bar.key.tonic:
        return None
    lengths = [Fraction(0)] * 12
    for note in bar.notes:
        for pitch in note.pitches:
            lengths[pitch % 12] += note.duration
    if not any(lengths):
        return None
    scale = degree_pitch_classes(bar.key)

    def held(root: int) -> Fraction:
        members = {scale[(root + step) % 7] for step in (0, 2, 4)}
        return sum((lengths[member] for member in members), Fraction(0))

    return max(_PREFERENCE, key=held)


def find_rhythm(tune: Tune) -> str:
    """The one of `RHYTHM_LABELS` that a tune has.

    It follows from its ``R:`` field, from the id the lab's tunebook gives, else from its meter.
    """
    book_id = _BOOK_ID.search(tune.text)
    named = [tune.rhythm.lower()] + ([book_id[1]] if book_id else [])
    for name in named:
        if found := next((rhythm for rhythm in reversed(RHYTHM_LABELS) if rhythm in name), None):
            return found
    return _OF_METER.get(tune.meter.text, "other")
