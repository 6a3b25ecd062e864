"""Where the bars of a MIDI file lie: as it says, else as its notes fall.

Where a file has no time signature, the meter is guessed after J. C. Brown, "Determination of the
meter of musical scores by autocorrelation", JASA 94 (1993): long notes return at the distance of a
bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from musicgen.notation.model import Meter
from musicgen.notation.transcription.events import MidiNote

COMMON = Meter("4/4", 4, 4)
_CANDIDATES = (COMMON, Meter("3/4", 3, 4), Meter("6/8", 6, 8))
_NEAR = Fraction(1, 8)
_STEP = Fraction(1, 2)
"""Quarter notes of one step in which meter and downbeat are looked for: an eighth note."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A bar to be filled: from `start`, `length` quarter notes long, short where it is a pickup."""

    start: Fraction
    length: Fraction
    meter: Meter

    @property
    def end(self) -> Fraction:
        """Where the next begins."""
        return self.start + self.length

    @property
    def is_short(self) -> bool:
        """Whether its meter asks for more."""
        return self.length < (self.meter.bar_quarters or 0)


def lay_frames(meters: Sequence[tuple[Fraction, Meter]], notes: Sequence[MidiNote]) -> list[Frame]:
    """Bars from the first note to the end of the last, the first one short if it is a pickup.

    Args:
        meters: Time signatures by place; guessed from the notes where there are none.
        notes: The melody, by onset; at least one.
    """
    end = max(note.end for note in notes)
    frames = _laid(_from_start(meters), end) if meters else _guessed(notes, end)
    first = notes[0].onset
    frames = [frame for frame in frames if frame.end > first]
    return _with_pickup(frames, first)


def _from_start(meters: Sequence[tuple[Fraction, Meter]]) -> list[tuple[Fraction, Meter]]:
    """Time signatures from the very beginning; a first bar of its own meter is a pickup."""
    known = list(meters) if not meters[0][0] else [(Fraction(0), COMMON), *meters]
    if len(known) > 1:
        length = known[0][1].bar_quarters or Fraction(0)
        if known[1][0] == length < (known[1][1].bar_quarters or 0):
            known[0] = (Fraction(0), known[1][1])
    return known


def _laid(meters: Sequence[tuple[Fraction, Meter]], end: Fraction) -> list[Frame]:
    frames = []
    stops = [*(place for place, _ in meters[1:]), end]
    for (now, meter), stop in zip(meters, stops, strict=True):
        full = meter.bar_quarters or Fraction(4)
        is_last = stop is stops[-1]
        while now < min(stop, end):
            length = full if is_last else min(full, stop - now)
            frames.append(Frame(now, length, meter))
            now += length
    return frames


def _with_pickup(frames: list[Frame], first: Fraction) -> list[Frame]:
    """A first bar that is silent for half of it or longer begins with its first note."""
    frame = frames[0]
    onset = frame.start + _snapped(first - frame.start)
    if 2 * (onset - frame.start) < frame.length or onset >= frame.end:
        return frames
    return [Frame(onset, frame.end - onset, frame.meter), *frames[1:]]


def _snapped(time: Fraction) -> Fraction:
    return round(time * 4) / Fraction(4)


def guess_meter(notes: Sequence[MidiNote]) -> Meter:
    """4/4, 3/4 or 6/8, whichever has long notes return at the distance of its bar."""
    weights = _weights(notes)

    def likeness(quarters: Fraction) -> float:
        lag = int(quarters / _STEP)
        if not 0 < lag < len(weights):
            return 0.0
        return float(np.corrcoef(weights[lag:], weights[:-lag])[0, 1]) if _varies(weights) else 0.0

    by_four = likeness(Fraction(4)) + likeness(Fraction(2))
    by_three = likeness(Fraction(3)) + likeness(Fraction(6))
    if by_three <= by_four:
        return COMMON
    is_compound = likeness(Fraction(3, 2)) > likeness(Fraction(1))
    return _CANDIDATES[2 if is_compound else 1]


def _weights(notes: Sequence[MidiNote]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """How long the note lasts, in quarter notes, that begins at each step; else 0."""
    last = int(max(note.onset for note in notes) / _STEP) + 2
    weights = np.zeros(last)
    for note in notes:
        weights[round(note.onset / _STEP)] += float(min(note.end - note.onset, Fraction(4)))
    return weights


def _on_step(time: Fraction) -> Fraction:
    return round(time / _STEP) * _STEP


def _varies(weights: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bool:
    return len(weights) > 24 and bool(weights[12:].std()) and bool(weights[:-12].std())


def _guessed(notes: Sequence[MidiNote], end: Fraction) -> list[Frame]:
    meter = guess_meter(notes)
    full = meter.bar_quarters or Fraction(4)
    start = _downbeat(notes, full)
    before = [Frame(start - full, full, meter)] if start else []
    return before + _laid([(start, meter)], max(end, start + full))


def _downbeat(notes: Sequence[MidiNote], full: Fraction) -> Fraction:
    """Where the first full bar begins: there long notes begin; 0 where that is as good.

    Notes between the steps, as two of each triplet are, begin no bar.
    """
    on_steps = [note for note in notes if abs(note.onset - _on_step(note.onset)) <= _NEAR]
    if not on_steps:
        return Fraction(0)
    weights = _weights(on_steps)
    steps = int(full / _STEP)
    sums = [float(weights[shift::steps].sum()) for shift in range(steps)]
    best = max(range(steps), key=lambda shift: sums[shift])
    return best * _STEP if sums[best] > 1.2 * sums[0] else Fraction(0)
