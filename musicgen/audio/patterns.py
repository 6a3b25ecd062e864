"""What accompanists do in each meter: where basses, chords and drum strokes fall in a bar.

Positions and lengths are quarter notes. The patterns are the plain ones that players of dance music
learn first: boom-chick in jigs, reels and polkas, one bass and two chords in waltzes, and the
bodhrán's steady quavers with the weight on the beats.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from musicgen.audio.accents import beat_quarters
from musicgen.notation.model import Meter

LOW, MIDDLE, RIM = 41, 43, 37
"""Keys of General MIDI's percussion that stand for the bodhrán: low floor tom, high floor tom, and
the side stick for the rim."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One thing an accompanist does: a ``bass``, an ``alternate`` bass (the fifth) or a ``chord``.

    `strength` is added to the velocity.
    """

    position: Fraction
    kind: str
    length: Fraction
    strength: int = 0


@dataclass(frozen=True, slots=True)
class Beat:
    """One stroke of a drum: its percussion key, and what is added to the velocity."""

    position: Fraction
    key: int
    strength: int


def comp(meter: Meter, bar_quarters: Fraction, is_slow: bool) -> Iterator[Stroke]:
    """The strokes of one bar.

    Args:
        meter: Tells the beats.
        bar_quarters: Length of the bar.
        is_slow: Airs and laments: a bass that sounds on, and broken chords above.
    """
    if is_slow:
        yield from _broken(bar_quarters)
    elif meter.bar_quarters != bar_quarters:
        yield from _boom_chick(bar_quarters, Fraction(1))
    elif beat_quarters(meter) * meter.denominator == 12:
        yield from _jig(bar_quarters)
    elif meter.numerator == 3 and meter.denominator != 2:
        yield from _waltz(bar_quarters)
    elif bar_quarters == 2:
        yield from _boom_chick(bar_quarters, Fraction(1, 2))
    else:
        yield from _boom_chick(bar_quarters, Fraction(1))


def _boom_chick(bar_quarters: Fraction, step: Fraction) -> Iterator[Stroke]:
    for number in range(_count(bar_quarters, step)):
        if number % 2:
            yield Stroke(number * step, "chord", step / 2, -4)
        else:
            kind = "alternate" if number % 4 else "bass"
            yield Stroke(number * step, kind, step, 0 if number % 4 else 8)


def _jig(bar_quarters: Fraction) -> Iterator[Stroke]:
    """Bass on the beat, chord on the third quaver, and a light one between on every other beat."""
    for number in range(_count(bar_quarters, Fraction(3, 2))):
        start = number * Fraction(3, 2)
        kind = "alternate" if number % 2 else "bass"
        yield Stroke(start, kind, Fraction(1), 0 if number % 2 else 8)
        yield Stroke(start + 1, "chord", Fraction(1, 2), -4)


def _waltz(bar_quarters: Fraction) -> Iterator[Stroke]:
    step = bar_quarters / 3
    yield Stroke(Fraction(0), "bass", step, 8)
    yield Stroke(step, "chord", step * Fraction(3, 4), -6)
    yield Stroke(2 * step, "chord", step * Fraction(3, 4), -6)


def _broken(bar_quarters: Fraction) -> Iterator[Stroke]:
    yield Stroke(Fraction(0), "bass", bar_quarters, 4)
    for number in range(1, _count(bar_quarters, Fraction(1))):
        yield Stroke(Fraction(number), "chord", Fraction(1), -10)


def drum(meter: Meter, bar_quarters: Fraction) -> Iterator[Beat]:
    """The bodhrán in one bar: low on the beats, light between them, a rim click on the offbeat."""
    is_usual = meter.bar_quarters == bar_quarters
    beat = beat_quarters(meter) if is_usual else Fraction(1)
    is_waltz = is_usual and meter.numerator == 3 and meter.denominator != 2
    step = Fraction(1) if is_waltz else Fraction(1, 2)
    for number in range(_count(bar_quarters, step)):
        position = number * step
        if position == 0:
            yield Beat(position, LOW, 12)
        elif position % beat:
            yield Beat(position, MIDDLE, -26)
        else:
            is_back = (position / beat) % 2 == 1
            yield Beat(position, RIM if is_back and not is_waltz else MIDDLE, -10)


def _count(bar_quarters: Fraction, step: Fraction) -> int:
    """Steps that begin within a bar."""
    return -int(-bar_quarters // step)
