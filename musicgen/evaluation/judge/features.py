"""What a detector reads of a tune: its notes in any key, and some figures of the whole.

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

from musicgen.notation.analysis.fingerprint import incipit_fingerprint, interval_fingerprint
from musicgen.notation.analysis.melody import (
    MelodyNote,
    melody_bars,
    melody_notes,
    scale_of,
    tonic_of,
)
from musicgen.notation.model import Tune
from musicgen.notation.parsing.barlines import is_closing
from musicgen.notation.parsing.reader import read_tune

BAR_LINE = "|"
SECTION_END = "||"

_TICKS = 24
_LEAP = 5
_FIFTH, _OCTAVE = 7, 12
_EIGHTH = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class TuneFeatures:
    """All that detectors get of a tune.

    `words` are those of `write_words`, `figures` the values of `FIGURES` in their order.
    `fingerprints` are shared with variants, which a detector must not meet on both sides of a fold:
    of the melody and of its first 32 notes (about four bars); none of a tune with less than two
    notes.
    """

    words: tuple[str, ...]
    figures: tuple[float, ...]
    fingerprints: tuple[str, ...]


def extract_features(text: str) -> TuneFeatures:
    """What detectors get of the first tune of a text, whatever is in it."""
    tune, _problems = read_tune(text)
    found = interval_fingerprint(tune), incipit_fingerprint(tune)
    fingerprints = tuple(fingerprint for fingerprint in found if fingerprint)
    return TuneFeatures(tuple(write_words(tune)), tuple(measure_figures(tune)), fingerprints)


def write_words(tune: Tune) -> list[str]:
    """The tune as words: a note is ``steps:length``, between them are bar lines.

    `steps` are semitones above the tonic nearest below the median pitch, `length` is in 24ths of a
    quarter note. Without a key the last note is the tonic. Empty where nothing sounds.
    """
    notes = melody_notes(tune)
    if not notes:
        return []
    base = _base(notes, _tonic(tune, notes))
    words: list[str] = []
    bar = notes[0].bar
    for note in notes:
        lines = (tune.bars[index].closing for index in range(bar, note.bar))
        words += [SECTION_END if is_closing(line) else BAR_LINE for line in lines]
        bar = note.bar
        words.append(f"{note.pitch - base}:{round(note.quarters * _TICKS)}")
    return words


def _tonic(tune: Tune, notes: Sequence[MelodyNote]) -> int:
    tonic = tonic_of(tune.key)
    return notes[-1].pitch % _OCTAVE if tonic is None else tonic


def _base(notes: Sequence[MelodyNote], tonic: int) -> int:
    middle = math.floor(median(note.pitch for note in notes))
    return middle - (middle - tonic) % _OCTAVE


@dataclass(frozen=True, slots=True)
class _Music:
    """What the figures are taken from; pitches are semitones above the tonic, as of words."""

    tune: Tune
    notes: tuple[MelodyNote, ...]
    bars: tuple[tuple[tuple[int, Fraction], ...], ...]
    base: int

    @property
    def pitches(self) -> list[int]:
        return [note.pitch - self.base for note in self.notes]

    @property
    def degrees(self) -> list[int]:
        return [pitch % _OCTAVE for pitch in self.pitches]

    @property
    def steps(self) -> list[int]:
        return [b - a for a, b in pairwise(self.pitches)]


def _share(values: Sequence[bool]) -> float:
    return fmean(values) if values else math.nan


def _entropy(values: Sequence[object]) -> float:
    """Shannon's entropy of the values in bits; NaN without any."""
    counts = Counter(values).values()
    whole = sum(counts)
    return -sum(n / whole * math.log2(n / whole) for n in counts) if counts else math.nan


def _same_as(distance: int) -> Callable[[_Music], float]:
    """Share of the bars that are the bar that many before them once more."""

    def share(music: _Music) -> float:
        bars = music.bars
        return _share([bars[at] == bars[at - distance] for at in range(distance, len(bars))])

    return share


def _three_equal(music: _Music) -> float:
    bars = music.bars
    return float(any(bars[at] == bars[at - 1] == bars[at - 2] for at in range(2, len(bars))))


def _scale_share(music: _Music) -> float:
    scale = scale_of(music.tune.key)
    return _share([note.pitch % _OCTAVE in scale for note in music.notes]) if scale else math.nan


def _turn_share(music: _Music) -> float:
    """Share of steps that turn against the one before; repeated notes are passed over."""
    moves = [step for step in music.steps if step]
    return _share([a * b < 0 for a, b in pairwise(moves)])


FIGURES: dict[str, Callable[[_Music], float]] = {
    "bars": lambda music: float(len(music.tune.bars)),
    "notes_per_bar": lambda music: len(music.notes) / max(1, len(music.bars)),
    "ends_on_tonic": lambda music: float(music.degrees[-1] == 0),
    "last_note_quarters": lambda music: float(music.notes[-1].quarters),
    "starts_on_tonic": lambda music: float(music.degrees[0] == 0),
    "starts_on_fifth": lambda music: float(music.degrees[0] == _FIFTH),
    "range": lambda music: float(max(music.pitches) - min(music.pitches)),
    "lowest": lambda music: float(min(music.pitches)),
    "highest": lambda music: float(max(music.pitches)),
    "spread": lambda music: pstdev(music.pitches),
    "tonic_share": lambda music: _share([degree == 0 for degree in music.degrees]),
    "fifth_share": lambda music: _share([degree == _FIFTH for degree in music.degrees]),
    "in_scale": _scale_share,
    "leaps": lambda music: _share([abs(step) >= _LEAP for step in music.steps]),
    "octaves": lambda music: _share([abs(step) >= _OCTAVE for step in music.steps]),
    "same_pitch": lambda music: _share([step == 0 for step in music.steps]),
    "turns": _turn_share,
    "eighths": lambda music: _share([note.quarters == _EIGHTH for note in music.notes]),
    "lengths_entropy": lambda music: _entropy([note.quarters for note in music.notes]),
    "degrees_entropy": lambda music: _entropy(music.degrees),
    "steps_entropy": lambda music: _entropy(music.steps),
    "bar_again_1": _same_as(1),
    "bar_again_2": _same_as(2),
    "bar_again_4": _same_as(4),
    "bar_again_8": _same_as(8),
    "three_equal_bars": _three_equal,
    "distinct_bars": lambda music: len(set(music.bars)) / max(1, len(music.bars)),
    "rests": lambda music: _share([note.is_rest for note in music.tune.notes]),
}
"""A number for each tune in which something sounds; NaN where a figure has nothing to count."""


def measure_figures(tune: Tune) -> list[float]:
    """The values of `FIGURES` in their order; all NaN where nothing sounds."""
    notes = melody_notes(tune)
    if not notes:
        return [math.nan] * len(FIGURES)
    music = _Music(tune, notes, melody_bars(tune), _base(notes, _tonic(tune, notes)))
    return [compute(music) for compute in FIGURES.values()]
