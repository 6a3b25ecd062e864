"""The lilt of a dance: where within a beat the notes fall that the text writes even.

A hornpipe is swung: of two even quavers the first takes two thirds. A jig's three quavers are
played long, short and middling. Both are how the dances are taught by ear; for measured values see
V. Rosinach and C. Traube, "Measuring swing in Irish traditional fiddle music", ICMPC 9 (2006).
Notes on the beat stay where they are, so tempo, bars and length do; beats that are dotted in the
text, or that hold triplets or quicker notes, are played as they are written.
"""

from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

from musicgen.audio.accents import bar_shift, beat_quarters
from musicgen.notation.model import Bar, Tune

Knots = Mapping[Fraction, Fraction]
"""Places within a beat, 0 to 1, and where they move."""

_HALF = Fraction(1, 2)
_THIRD = Fraction(1, 3)
_LATEST = Fraction(3, 4)

SWING = {
    "hornpipe": Fraction(1, 6),
    "barndance": Fraction(1, 6),
    "schottische": Fraction(1, 6),
    "fling": Fraction(1, 6),
    "set dance": Fraction(1, 8),
    "reel": Fraction(1, 40),
}
"""Share of a beat by which the second of two quavers comes late, by dance."""

JIG = Fraction(1, 20)
"""Share of a beat by which the second of three quavers comes late in compound meters."""


class Lilt:
    """Moves moments of a tune as it is played, in quarter notes.

    Args:
        tune: What is played.
        amount: 0 as written, 1 as danced, 2 twice as much.
    """

    def __init__(self, tune: Tune, amount: float) -> None:
        self._tune = tune
        self._beat, self._knots = find_knots(tune, Fraction(amount).limit_denominator(100))

    def at(self, moment: Fraction) -> Fraction:
        """Where a moment moves; order is kept."""
        if not self._knots:
            return moment
        place = max(bisect_right(self._starts, moment) - 1, 0)
        index = self._tune.play_order[place]
        shift = bar_shift(self._tune.bars[index]) - self._starts[place]
        beat, within = divmod(moment + shift, self._beat)
        if beat not in self._even_beats(index):
            return moment
        return (beat + _bent(within / self._beat, self._knots)) * self._beat - shift

    @cached_property
    def _starts(self) -> list[Fraction]:
        """When each bar begins, in playing order."""
        lengths = [self._tune.bars[index].actual for index in self._tune.play_order]
        return list(accumulate(lengths, initial=Fraction(0)))[:-1]

    def _even_beats(self, index: int) -> frozenset[int]:
        return self._even[index]

    @cached_property
    def _even(self) -> list[frozenset[int]]:
        """Beats of every written bar that it ends, and whose notes begin where even ones would."""
        return [self._find_even(bar) for bar in self._tune.bars]

    def _find_even(self, bar: Bar) -> frozenset[int]:
        if bar.expected is None:
            return frozenset()
        shift = bar_shift(bar)
        places = [divmod(note.onset - bar.onset + shift, self._beat) for note in bar.notes]
        uneven = {
            beat for beat, within in places if within and within / self._beat not in self._knots
        }
        count = int((bar.actual + shift) // self._beat)
        return frozenset(range(count)) - uneven


def find_knots(tune: Tune, amount: Fraction) -> tuple[Fraction, Knots]:
    """Length of a beat in quarters, and where its inner places go; nothing where it is even."""
    beat = beat_quarters(tune.meter)
    if not amount or not tune.meter.numerator:
        return beat, {}
    if beat * tune.meter.denominator == 12:
        return beat, {_THIRD: _THIRD + amount * JIG, 2 * _THIRD: 2 * _THIRD}
    if tune.meter.bar_quarters not in (4, 2):
        return Fraction(1), {}
    words = tune.rhythm.lower()
    late = next((share for dance, share in SWING.items() if dance in words), Fraction(0))
    return Fraction(1), {_HALF: min(_HALF + amount * late, _LATEST)} if late else {}


def _bent(place: Fraction, knots: Knots) -> Fraction:
    """A place in a beat moved along straight lines between the knots."""
    ends = [(Fraction(0), Fraction(0)), *knots.items(), (Fraction(1), Fraction(1))]
    for (low, new_low), (high, new_high) in pairwise(ends):
        if place <= high:
            return new_low + (place - low) / (high - low) * (new_high - new_low)
    return place
