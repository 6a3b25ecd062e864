"""Notes in the whole ticks of a MIDI file, and where each of them is let go.

A MIDI channel has one key for each pitch: a note struck again while it sounds would be cut off by
the end of the first. Onsets stay where the notation puts them; only ends move.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from musicgen.notation.model import PlayedNote

TICKS_PER_QUARTER = 480
"""Usual resolution: exact for everything but septuplets and rarer divisions."""

GAP_QUARTERS = Fraction(1, 16)
GAP_SHARE = Fraction(1, 6)
"""Silence before a repeated pitch: that many quarters, but no more than that share of the note."""

_MOST_TICKS_PER_QUARTER = 32_767  # the file keeps them in 15 bits
_MOST_TICKS = 4_000_000  # pretty_midi keeps a number for each


@dataclass(frozen=True, slots=True)
class TickedNote:
    """A note that sounds from tick `onset` to tick `end`; `start` is its offset in the text."""

    pitch: int
    onset: int
    end: int
    start: int
    is_grace: bool


def choose_resolution(notes: Sequence[PlayedNote]) -> int:
    """Fewest ticks a quarter, a multiple of 480, that express every onset and end exactly.

    480 where a file cannot hold that many: times are then off by half a tick at most.
    """
    times = [time for note in notes for time in (note.onset, note.onset + note.duration)]
    resolution = math.lcm(TICKS_PER_QUARTER, *{time.denominator for time in times})
    is_fine = resolution <= _MOST_TICKS_PER_QUARTER and max(times) * resolution <= _MOST_TICKS
    return resolution if is_fine else TICKS_PER_QUARTER


def articulate(notes: Iterable[PlayedNote], ticks_per_quarter: int) -> list[TickedNote]:
    """Notes in ticks, by onset: none sounds into the next of its pitch, doubled ones only once.

    Lengths are those of the text, except that a note is let go a little before its pitch is struck
    again (`GAP_QUARTERS`, `GAP_SHARE`); each lasts at least a tick.
    """
    by_pitch: dict[int, list[TickedNote]] = {}
    for note in _in_ticks(notes, ticks_per_quarter):
        by_pitch.setdefault(note.pitch, []).append(note)
    gap = int(GAP_QUARTERS * ticks_per_quarter)
    articulated = [note for same in by_pitch.values() for note in _released(same, gap)]
    return sorted(articulated, key=lambda note: (note.onset, note.pitch))


def _in_ticks(notes: Iterable[PlayedNote], ticks_per_quarter: int) -> Iterator[TickedNote]:
    for note in notes:
        onset = round(note.onset * ticks_per_quarter)
        end = round((note.onset + note.duration) * ticks_per_quarter)
        yield TickedNote(note.pitch, onset, max(end, onset + 1), note.start, note.is_grace)


def _released(notes: list[TickedNote], gap: int) -> Iterator[TickedNote]:
    """Notes of one pitch, each let go before the next; of those struck together the longest."""
    longest = {note.onset: note for note in sorted(notes, key=lambda note: note.end)}
    following: int | None = None
    for onset in sorted(longest, reverse=True):
        note = longest[onset]
        if following is not None and note.end >= following:
            length = following - onset
            note = replace(note, end=following - min(gap, int(GAP_SHARE * length)))
        following = onset
        yield note
