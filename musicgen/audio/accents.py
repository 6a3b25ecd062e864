"""Which notes of a bar are played louder: the lift that makes a jig of six even notes.

Only loudness changes; onsets stay where the text puts them.
"""

from fractions import Fraction

from musicgen.notation.model import Bar, Meter, Tune

DOWNBEAT = 14
MIDDLE = 8
BEAT = 4
OFFBEAT = -5
"""Change of MIDI velocity by the place of a note in its bar."""


def find_accents(tune: Tune) -> dict[int, int]:
    """Change of velocity of every written note, by the offset in the text where it starts."""
    return {
        note.start: accent(_position(bar, note.onset - bar.onset), tune.meter, bar.expected)
        for bar in tune.bars
        for note in bar.notes
    }


def accent(position: Fraction, meter: Meter, bar_quarters: Fraction | None) -> int:
    """Change of velocity of a note that starts `position` quarters after the bar line.

    Where `bar_quarters` is not the length the meter gives (the meter changed within the tune),
    beats are quarter notes; in free meter only the first note of a bar stands out.
    """
    if position == 0:
        return DOWNBEAT
    if bar_quarters is None:
        return 0
    is_known = bar_quarters == meter.bar_quarters
    if is_known and _has_middle(meter) and position == bar_quarters / 2:
        return MIDDLE
    beat = beat_quarters(meter) if is_known else Fraction(1)
    return OFFBEAT if position % beat else BEAT


def beat_quarters(meter: Meter) -> Fraction:
    """Length of a beat: three units in compound meters such as 6/8, else one."""
    unit = Fraction(4, meter.denominator or 4)
    is_compound = meter.denominator >= 8 and meter.numerator > 3 and meter.numerator % 3 == 0
    return unit * 3 if is_compound else unit


def _has_middle(meter: Meter) -> bool:
    """Whether a bar has two equal halves of whole beats: 4/4, 2/2, 6/8, 12/8, not 9/8 or 3/4."""
    full = meter.bar_quarters
    return full is not None and (full / 2) % beat_quarters(meter) == 0


def _position(bar: Bar, offset: Fraction) -> Fraction:
    """Quarters after the bar line; a pickup is counted back from the bar line that follows it."""
    return offset + bar_shift(bar)


def bar_shift(bar: Bar) -> Fraction:
    """How many quarters of a full bar are over when a bar begins: more than 0 in a pickup."""
    is_short = bar.expected is not None and bar.actual < bar.expected
    if not is_short or not _opens_section(bar):
        return Fraction(0)
    return (bar.expected or Fraction(0)) - bar.actual


def _opens_section(bar: Bar) -> bool:
    return not bar.index or (bar.opening not in ("", "|") and not bar.starts_ending)
