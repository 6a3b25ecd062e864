"""What a critic looks at in a tune: turns of melody and rhythm, and figures of the whole.

All of it is blind to key, layout and words: pitches count from the tonic or from one another. Only
what lies beyond the range of an instrument is not blind to pitch. Repeats are not expanded.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median, pstdev

from musicgen.notation.analysis.melody import (
    MelodyNote,
    melody_bars,
    melody_notes,
    scale_of,
    tonic_of,
)
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.notation.analysis.sections import (
    counts_as_bar,
    section_lengths,
    section_likeness,
    split_sections,
)
from musicgen.notation.model import Tune
from musicgen.notation.parsing.barlines import is_closing

_TICKS = 24
_MAX_NOTES, _MAX_STEPS, _MAX_BARS = 4, 5, 2
"""Lengths of the runs of notes, of steps and of rhythms of bars that are counted."""

_LEAP = 5
_EIGHTH = Fraction(1, 2)
_KEY_FIELD = re.compile(r"^K:|\[K:", re.MULTILINE)


def count_turns(tune: Tune) -> Counter[str]:
    """How often each turn comes: runs of notes with lengths and bar lines, of steps, of rhythms.

    Empty where nothing sounds or there is no tonic.
    """
    notes, tonic = melody_notes(tune), tonic_of(tune.key)
    if not notes or tonic is None:
        return Counter()
    steps = [str(b.pitch - a.pitch) for a, b in pairwise(notes)]
    rhythms = ["-".join(str(_ticks(length)) for _pitch, length in bar) for bar in _bars(tune)]
    turns = Counter(_runs("n", _spell(tune, notes, tonic), _MAX_NOTES))
    turns.update(run for run in _runs("s", steps, _MAX_STEPS) if " " in run)
    turns.update(_runs("r", rhythms, _MAX_BARS))
    return turns


def _runs(kind: str, words: Sequence[str], longest: int) -> list[str]:
    return [
        f"{kind}{' '.join(words[at : at + size])}"
        for size in range(1, longest + 1)
        for at in range(len(words) - size + 1)
    ]


def _spell(tune: Tune, notes: Sequence[MelodyNote], tonic: int) -> list[str]:
    """Notes as steps above the tonic below the middle of the tune, with lengths, and bar lines."""
    middle = math.floor(median(note.pitch for note in notes))
    base = middle - (middle - tonic) % 12
    words, bar = [], notes[0].bar
    for note in notes:
        words += ["||" if is_closing(tune.bars[at].closing) else "|" for at in range(bar, note.bar)]
        bar = note.bar
        words.append(f"{note.pitch - base}:{_ticks(note.quarters)}")
    return words


def _ticks(length: Fraction) -> int:
    return round(length * _TICKS)


def _bars(tune: Tune) -> list[tuple[tuple[int, Fraction], ...]]:
    return [bar for bar in melody_bars(tune) if bar]


@dataclass(frozen=True, slots=True)
class _Seen:
    tune: Tune
    notes: tuple[MelodyNote, ...]
    bars: list[tuple[tuple[int, Fraction], ...]]
    degrees: list[int]
    steps: list[int]


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else math.nan


def _entropy(values: Sequence[Hashable]) -> float:
    counts = Counter(values).values()
    whole = sum(counts)
    return -sum(count / whole * math.log2(count / whole) for count in counts)


def _again(bars: Sequence[Hashable], distance: int) -> float:
    return _share([bars[at] == bars[at - distance] for at in range(distance, len(bars))])


def _rhythms(seen: _Seen) -> list[Hashable]:
    return [tuple(length for _pitch, length in bar) for bar in seen.bars]


def _longest_equal(seen: _Seen) -> float:
    longest = run = 1
    for one, other in pairwise(seen.bars):
        run = run + 1 if one == other else 1
        longest = max(longest, run)
    return float(longest)


def _in_scale(seen: _Seen) -> float:
    scale = scale_of(seen.tune.key)
    return _share([note.pitch % 12 in scale for note in seen.notes])


def _turns(seen: _Seen) -> float:
    moves = [step for step in seen.steps if step]
    return _share([one * other < 0 for one, other in pairwise(moves)])


def _form(seen: _Seen) -> float:
    lengths = section_lengths(seen.tune)
    return float(sum(length not in (4, 8, 16) for length in lengths))


def _ending(seen: _Seen, bar: int) -> float:
    """The degree that a bar of the first section ends on, counted from 1 without a pickup."""
    first = next(iter(split_sections(seen.tune)), [])
    bars = [one for one in first if counts_as_bar(one)]
    if len(bars) < bar or tonic_of(seen.tune.key) is None:
        return math.nan
    last = [max(note.pitches) for note in bars[bar - 1].notes if not note.is_rest][-1]
    return float((last - (tonic_of(seen.tune.key) or 0)) % 12)


def _sections_again(seen: _Seen) -> float:
    """How many sections say, note for note, what an earlier one has said; pickups do not count."""
    said: set[Hashable] = set()
    again = 0
    for section in split_sections(seen.tune):
        notes = tuple(
            (max(note.pitches), note.duration) if not note.is_rest else (0, note.duration)
            for bar in section
            if counts_as_bar(bar)
            for note in bar.notes
        )
        again += notes in said
        said.add(notes)
    return float(again)


def _key_changes(seen: _Seen) -> float:
    """Fields behind the head that state a key."""
    _head, _line, body = seen.tune.text.partition("\nK:")
    return float(len(_KEY_FIELD.findall(body)))


FIGURES: Mapping[str, Callable[[_Seen], float]] = {
    "last_degree": lambda seen: float(seen.degrees[-1]),
    "fourth_bar_ends": lambda seen: _ending(seen, 4),
    "eighth_bar_ends": lambda seen: _ending(seen, 8),
    "degree_before_last": lambda seen: float(seen.degrees[-2]) if len(seen.degrees) > 1 else -1.0,
    "first_degree": lambda seen: float(seen.degrees[0]),
    "last_length": lambda seen: float(seen.notes[-1].quarters),
    "notes_per_bar": lambda seen: len(seen.notes) / max(1, len(seen.bars)),
    "bars": lambda seen: float(len(seen.bars)),
    "odd_sections": _form,
    "range": lambda seen: float(
        max(note.pitch for note in seen.notes) - min(note.pitch for note in seen.notes)
    ),
    "spread": lambda seen: pstdev(note.pitch for note in seen.notes),
    "tonic": lambda seen: _share([degree == 0 for degree in seen.degrees]),
    "fifth": lambda seen: _share([degree == 7 for degree in seen.degrees]),
    "in_scale": _in_scale,
    "leaps": lambda seen: _share([abs(step) >= _LEAP for step in seen.steps]),
    "octaves": lambda seen: _share([abs(step) >= 12 for step in seen.steps]),
    "still": lambda seen: _share([step == 0 for step in seen.steps]),
    "turns": _turns,
    "eighths": lambda seen: _share([note.quarters == _EIGHTH for note in seen.notes]),
    "lengths": lambda seen: _entropy([note.quarters for note in seen.notes]),
    "degrees": lambda seen: _entropy(seen.degrees),
    "steps": lambda seen: _entropy(seen.steps) if seen.steps else math.nan,
    "rhythms": lambda seen: _entropy(_rhythms(seen)) if seen.bars else math.nan,
    "again_1": lambda seen: _again(seen.bars, 1),
    "again_2": lambda seen: _again(seen.bars, 2),
    "again_4": lambda seen: _again(seen.bars, 4),
    "again_8": lambda seen: _again(seen.bars, 8),
    "rhythm_again_4": lambda seen: _again(_rhythms(seen), 4),
    "equal_in_a_row": _longest_equal,
    "distinct_bars": lambda seen: len(set(seen.bars)) / max(1, len(seen.bars)),
    "likeness": lambda seen: _or_nan(section_likeness(seen.tune)),
    "beyond_fiddle": lambda seen: float(len(notes_outside(seen.tune, "fiddle"))),
    "beyond_whistle": lambda seen: float(len(notes_outside(seen.tune, "whistle"))),
    "sections_again": _sections_again,
    "key_changes": _key_changes,
    "rests": lambda seen: _share([note.is_rest for note in seen.tune.notes]),
}
"""One number for each tune; NaN where a figure has nothing to count."""


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def measure_figures(tune: Tune) -> list[float]:
    """The values of `FIGURES` in their order; all NaN where nothing sounds or there is no tonic."""
    notes, tonic = melody_notes(tune), tonic_of(tune.key)
    if not notes or tonic is None:
        return [math.nan] * len(FIGURES)
    degrees = [(note.pitch - tonic) % 12 for note in notes]
    steps = [b.pitch - a.pitch for a, b in pairwise(notes)]
    seen = _Seen(tune, notes, _bars(tune), degrees, steps)
    return [measure(seen) for measure in FIGURES.values()]
