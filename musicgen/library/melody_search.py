"""Which melodies hold a few notes, roughly: the fewest changes that make one of the other.

The distance is that of Levenshtein between the question and the stretch of a melody that fits it
best (P. H. Sellers, "The theory and computation of evolutionary distances: pattern recognition",
Journal of Algorithms 1, 1980), computed for all melodies at once, one note of the question after
the other.

Shapes: N melodies, T their greatest number of values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.notation.analysis.incipit import (
    MelodyQuery,
    MelodyText,
    letter_steps,
    pitch_steps,
)

LIKE_ENOUGH = 0.6
"""Likeness, 0..1, from which a melody may be one that was looked for."""

MORE_CHANGES = 3
"""Changes beyond those of the likest melody with which one may still be what was looked for.

A wrong note changes two steps, one left out or added another. Of the first 200 tunes of the lab's
tunebook, variants (`notation.writing.variation`, amounts 0.3 to 1) were looked for by their first 9
to 24 notes, 7,200 times: no tune that was `LIKE_ENOUGH` was left out by this (by two changes nine
were), and of 200 tunes, sixteen notes without a mistake find two where all that are `LIKE_ENOUGH`
were 68. A question of eight notes or fewer fits too many tunes by chance to leave any out.
"""

MAX_VALUES = 1_500
"""Notes of a melody that are looked through."""

_NOTHING = 255
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well a melody fits: 1 for note by note, and after how many notes the stretch ends."""

    share: float
    end: int


def find_melody(query: MelodyQuery, melodies: Sequence[MelodyText]) -> list[Likeness]:
    """How well each melody fits a question, in the order of the melodies."""
    if not melodies:
        return []
    texts = _table([_values(query, melody) for melody in melodies])  # (N, T)
    count, most = texts.shape
    places = np.arange(most + 1, dtype=np.int16)
    row = np.zeros((count, most + 1), np.int16)
    for number, value in enumerate(query.values, 1):
        changed = row[:, :-1] + (texts != value)
        best = np.minimum(changed, row[:, 1:] + 1)
        row = np.concatenate([np.full((count, 1), number, np.int16), best], axis=1)
        # What is left out of the melody costs one each: the best of all places before.
        row = np.minimum.accumulate(row - places, axis=1) + places
    lengths = np.array([int((text != _NOTHING).sum()) for text in texts])
    row[np.arange(most + 1)[None, :] > lengths[:, None]] = len(query.values)
    ends = row.argmin(axis=1)
    fewest = row[np.arange(count), ends]
    return [
        Likeness(1 - float(changes) / len(query.values), int(end))
        for changes, end in zip(fewest, ends, strict=True)
    ]


def find_least(query: MelodyQuery, found: Sequence[Likeness]) -> float:
    """The likeness from which melodies are not clearly others than what was looked for."""
    best = max((one.share for one in found), default=0.0)
    return max(LIKE_ENOUGH, best - MORE_CHANGES / len(query.values)) - _ROUNDING


def _values(query: MelodyQuery, melody: MelodyText) -> tuple[int, ...]:
    if query.kind == "letters":
        return letter_steps(melody.letters)
    if query.kind == "pitches":
        return pitch_steps(melody.pitches)
    if melody.tonic < 0:
        return ()
    return tuple((letter - melody.tonic) % 7 for letter in melody.letters)


def _table(texts: Sequence[Sequence[int]]) -> NDArray[np.uint8]:
    most = min(MAX_VALUES, max(map(len, texts)))
    table = np.full((len(texts), most), _NOTHING, np.uint8)
    for place, text in enumerate(texts):
        table[place, : min(len(text), most)] = text[:most]
    return table
