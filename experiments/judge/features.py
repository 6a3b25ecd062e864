"""What a detector sees of a tune: its notes in any key, and some figures of the whole.

Detectors must find out music and not typography. So they are blind to key (every pitch counts from
the tonic), to octave (the tonic is the one nearest below the middle of the tune), to layout, to
titles and to all other fields. Notes are those of the written tune: repeats are not expanded.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import fmean, median, pstdev

from musicgen.notation.analysis.melody import (
    MelodyNote,
    melody_bars,
    melody_notes,
    scale_of,
    tonic_of,
)
from musicgen.notation.model import Tune
from musicgen.notation.parsing.barlines import is_closing

BAR_LINE = "|"
SECTION_END = "||"

_TICKS = 24
_LEAP = 5
_EIGHTH = Fraction(1, 2)


def write_words(tune: Tune) -> list[str]:
    """The tune as words: a note is ``steps:length``, between them are bar lines.

    `steps` are semitones above the tonic nearest below the median pitch, `length` is in 24ths of a
    quarter note. Empty where nothing sounds or there is no tonic.
    """
    notes, tonic = melody_notes(tune), tonic_of(tune.key)
    if not notes or tonic is None:
        return []
    base = _base(notes, tonic)
    words: list[str] = []
    bar = notes[0].bar
    for note in notes:
        lines = (tune.bars[index].closing for index in range(bar, note.bar))
        words += [SECTION_END if is_closing(line) else BAR_LINE for line in lines]
        bar = note.bar
        words.append(f"{note.pitch - base}:{round(note.quarters * _TICKS)}")
    return words


def _base(notes: Sequence[MelodyNote], tonic: int) -> int:
    middle = math.floor(median(note.pitch for note in notes))
    return middle - (middle - tonic) % 12


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the figures are taken from."""

    tune: Tune
    notes: tuple[MelodyNote, ...]
    bars: tuple[tuple[tuple[int, Fraction], ...], ...]
    tonic: int

    @property
    def pitches(self) -> list[int]:
        return [note.pitch for note in self.notes]

    @property
    def steps(self) -> list[int]:
        return [b - a for a, b in pairwise(self.pitches)]


def _share(values: Sequence[bool]) -> float:
    return fmean(values) if values else math.nan


def _entropy(values: Sequence[object]) -> float:
    counts = Counter(values).values()
    whole = sum(counts)
    return -sum(count / whole * math.log2(count / whole) for count in counts)


def _same_as(seen: _Seen, distance: int) -> float:
    bars = seen.bars
    return _share([bars[at] == bars[at - distance] for at in range(distance, len(bars))])


def _three_equal(seen: _Seen) -> float:
    bars = seen.bars
    return float(any(bars[at] == bars[at - 1] == bars[at - 2] for at in range(2, len(bars))))


def _degree(seen: _Seen, pitch: int) -> int:
    return (pitch - seen.tonic) % 12


def _scale_share(seen: _Seen) -> float:
    scale = scale_of(seen.tune.key)
    return _share([pitch % 12 in scale for pitch in seen.pitches])


def _turn_share(seen: _Seen) -> float:
    """Share of steps that turn against the one before."""
    moves = [step for step in seen.steps if step]
    return _share([a * b < 0 for a, b in pairwise(moves)])


FIGURES: dict[str, Callable[[_Seen], float]] = {
    "bars": lambda seen: float(len(seen.tune.bars)),
    "notes_per_bar": lambda seen: len(seen.notes) / max(1, len(seen.bars)),
    "ends_on_tonic": lambda seen: float(_degree(seen, seen.pitches[-1]) == 0),
    "last_note_quarters": lambda seen: float(seen.notes[-1].quarters),
    "first_degree": lambda seen: float(_degree(seen, seen.pitches[0])),
    "range": lambda seen: float(max(seen.pitches) - min(seen.pitches)),
    "lowest": lambda seen: float(min(seen.pitches)),
    "highest": lambda seen: float(max(seen.pitches)),
    "spread": lambda seen: pstdev(seen.pitches),
    "tonic_share": lambda seen: _share([_degree(seen, pitch) == 0 for pitch in seen.pitches]),
    "fifth_share": lambda seen: _share([_degree(seen, pitch) == 7 for pitch in seen.pitches]),
    "in_scale": _scale_share,
    "leaps": lambda seen: _share([abs(step) >= _LEAP for step in seen.steps]),
    "octaves": lambda seen: _share([abs(step) >= 12 for step in seen.steps]),
    "same_pitch": lambda seen: _share([step == 0 for step in seen.steps]),
    "turns": _turn_share,
    "eighths": lambda seen: _share([note.quarters == _EIGHTH for note in seen.notes]),
    "lengths_entropy": lambda seen: _entropy([note.quarters for note in seen.notes]),
    "degrees_entropy": lambda seen: _entropy([_degree(seen, pitch) for pitch in seen.pitches]),
    "steps_entropy": lambda seen: _entropy(seen.steps) if seen.steps else math.nan,
    "bar_again_1": lambda seen: _same_as(seen, 1),
    "bar_again_2": lambda seen: _same_as(seen, 2),
    "bar_again_4": lambda seen: _same_as(seen, 4),
    "bar_again_8": lambda seen: _same_as(seen, 8),
    "three_equal_bars": _three_equal,
    "distinct_bars": lambda seen: len(set(seen.bars)) / max(1, len(seen.bars)),
    "rests": lambda seen: _share([note.is_rest for note in seen.tune.notes]),
}
"""One number for each tune that has notes and a tonic; NaN where a figure has nothing to count."""


def measure_figures(tune: Tune) -> list[float]:
    """The values of `FIGURES` in their order; all NaN where nothing sounds or there is no tonic."""
    notes, tonic = melody_notes(tune), tonic_of(tune.key)
    if not notes or tonic is None:
        return [math.nan] * len(FIGURES)
    seen = _Seen(tune, notes, tuple(bar for bar in melody_bars(tune) if bar), tonic)
    return [compute(seen) for compute in FIGURES.values()]
