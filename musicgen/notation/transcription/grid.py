"""Notes put on a grid: sixteenths, triplets and, where notes ask for them, thirty-seconds.

Each beat takes the grid on which its notes lie best, finer ones at a price.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median

from musicgen.notation.transcription.events import MidiNote
from musicgen.notation.transcription.frames import Frame

_HALF, _QUARTER = Fraction(1, 2), Fraction(1)
_COLLISION = 0.2
"""Price of a note that falls on another and is lost, in quarter notes of error."""

_TRIPLET_PRICE, _FINE_PRICE = 0.03, 0.1
_GAP_SHARE = 0.2
"""Silence before the next note, as a share of the way to it, that only parts the two."""


@dataclass(frozen=True, slots=True)
class GridWindow:
    """A stretch of a bar, in quarter notes, and into how many equal steps it is divided."""

    start: Fraction
    length: Fraction
    steps: int

    @property
    def end(self) -> Fraction:
        """Where the next begins."""
        return self.start + self.length

    @property
    def is_triplet(self) -> bool:
        """Whether three notes take the time of two."""
        return self.steps == 3

    def snap(self, time: Fraction) -> Fraction:
        """The nearest point of the grid, the end of the window included."""
        step = self.length / self.steps
        return self.start + min(max(round((time - self.start) / step), 0), self.steps) * step


@dataclass(frozen=True, slots=True)
class Placed:
    """A melody note on the grid."""

    pitch: int
    onset: Fraction
    end: Fraction


def place_notes(
    notes: Sequence[MidiNote], frames: Sequence[Frame]
) -> tuple[list[Placed], list[GridWindow]]:
    """The melody on the grid, without overlaps, and the windows of that grid from end to end.

    A gap that only parts a note from the next is closed; of notes on one point the last is kept.
    """
    onsets = [note.onset for note in notes]
    windows = [window for frame in frames for window in _choose(frame, onsets)]
    grid = _Grid(windows)
    onset_of = {grid.snap(note.onset): note for note in notes}
    ordered = sorted(onset_of)
    allowed = _allowed_gap(notes)
    placed = []
    for onset, following in zip(ordered, [*ordered[1:], None], strict=True):
        note = onset_of[onset]
        end = max(grid.snap(note.end), grid.snap(onset + Fraction(1, 4)))
        if following is not None:
            end = following if _is_touch(note, onset, following, allowed) else min(end, following)
        if end > onset:
            placed.append(Placed(note.pitch, onset, end))
    return placed, windows


class _Grid:
    """All windows, one behind the other, and the point of them that is nearest to a time."""

    def __init__(self, windows: Sequence[GridWindow]) -> None:
        self._windows = windows
        self._starts = [window.start for window in windows]

    def snap(self, time: Fraction) -> Fraction:
        place = bisect_right(self._starts, time) - 1
        return self._windows[max(place, 0)].snap(time)


def _is_touch(note: MidiNote, onset: Fraction, following: Fraction, allowed: float) -> bool:
    """Whether the silence behind a note is none that is written.

    An eighth of silence is a rest, unless all notes are played short.
    """
    gap = following - note.end
    is_short = gap < _HALF or allowed > _GAP_SHARE
    return is_short and gap <= allowed * (following - onset)


def _allowed_gap(notes: Sequence[MidiNote]) -> float:
    """The share of silence that is the player's touch: more where all notes are played short."""
    shares = [
        float((following.onset - note.end) / (following.onset - note.onset))
        for note, following in pairwise(notes)
    ]
    return max(_GAP_SHARE, min(0.75, 1.25 * median(shares))) if shares else _GAP_SHARE


def _choose(frame: Frame, onsets: Sequence[Fraction]) -> Iterator[GridWindow]:
    for start, length in _stretches(frame):
        low, high = bisect_left(onsets, start), bisect_left(onsets, start + length)
        yield from _best(start, length, onsets[low:high])


def _stretches(frame: Frame) -> Iterator[tuple[Fraction, Fraction]]:
    """Beats of a bar: quarters, in compound meters eighths; a pickup's end where its bar ends."""
    meter = frame.meter
    is_compound = meter.denominator >= 8 and not meter.numerator % 3
    beat = _HALF if is_compound else _QUARTER
    first = frame.length % beat if frame.is_short else Fraction(0)
    now = frame.start
    while now < frame.end:
        length = first if first and now == frame.start else min(beat, frame.end - now)
        yield now, length
        now += length


def _best(start: Fraction, length: Fraction, onsets: Sequence[Fraction]) -> list[GridWindow]:
    """The windows over a beat on which the notes lie best."""
    if length != _QUARTER:
        return [_best_window(start, length, onsets)]
    middle = start + _HALF
    cut = bisect_left(onsets, middle)
    halves = [
        _best_window(start, _HALF, onsets[:cut]),
        _best_window(middle, _HALF, onsets[cut:]),
    ]
    whole = GridWindow(start, length, 3)
    apart = _price(halves[0], onsets[:cut]) + _price(halves[1], onsets[cut:])
    return [whole] if _price(whole, onsets) <= apart else halves


def _best_window(start: Fraction, length: Fraction, onsets: Sequence[Fraction]) -> GridWindow:
    plain = length * 4
    if plain.denominator != 1:
        return GridWindow(start, length, max(1, int(length * 16)))
    choices = [int(plain), 2 * int(plain)] + ([3] if length == _HALF else [])
    windows = [GridWindow(start, length, steps) for steps in choices]
    return min(windows, key=lambda window: _price(window, onsets))


def _price(window: GridWindow, onsets: Sequence[Fraction]) -> float:
    """How far, in quarter notes, notes are moved, and the price of a grid that is no plain one."""
    points = [window.snap(onset) for onset in onsets]
    error = sum(float(abs(onset - at)) for onset, at in zip(onsets, points, strict=True))
    lost = len(points) - len(set(points))
    if window.is_triplet:
        return error + _COLLISION * lost + _TRIPLET_PRICE
    is_fine = window.steps > 4 * window.length
    return error + _COLLISION * lost + (_FINE_PRICE if is_fine else 0.0)
