"""What a MIDI file says about meter and key, as far as it has words for it."""

from collections.abc import Iterator
from fractions import Fraction

from musicgen.notation.model import Key, Meter, Tune
from musicgen.notation.parsing.fields import signature


def meter_changes(tune: Tune) -> Iterator[tuple[Fraction, Meter]]:
    """Where a meter begins, in quarter notes as played, so that a sequencer draws our bar lines.

    A pickup at the beginning is a short bar of its own. A meter that changes within the tune is
    found by the length of its bars. Free meter has none.
    """
    onset = Fraction(0)
    current: Fraction | None = None
    for number, index in enumerate(tune.play_order):
        bar = tune.bars[index]
        length = bar.expected
        if length and not number and 0 < bar.actual < length:
            length = bar.actual
        meter = _meter_of_length(length, tune.meter) if length else None
        if meter is not None and length != current:
            current = length
            yield onset, meter
        onset += bar.actual


def _meter_of_length(quarters: Fraction, usual: Meter) -> Meter | None:
    """The meter with bars of that length: the usual one, 3·n/8 if that is compound, else n/4.

    Where a quarter is too coarse for it, the smallest denominator that does.
    """
    if quarters == usual.bar_quarters:
        return usual
    is_compound = usual.denominator == 8 and quarters % Fraction(3, 2) == 0
    for denominator in (8 if is_compound else 4, 8, 16, 32, 64):
        numerator = quarters * denominator / 4
        if numerator.denominator == 1 and numerator < 256:
            return Meter("", int(numerator), denominator)
    return None


def key_number(key: Key, transpose: int = 0) -> int | None:
    """The key of a signature in pretty_midi's numbers: 0–11 C to B major, 12–23 C to B minor.

    MIDI has no other modes: they are written as the major key with the same accidentals, D dorian
    as C major. None for a signature that belongs to no key, and where the tune has no key.
    """
    accidentals = dict(key.accidentals)
    sharps = sum(accidentals.values())
    if not key.tonic or abs(sharps) > 7 or accidentals != signature(sharps):
        return None
    major = 7 * sharps + transpose
    if key.mode in ("minor", "aeolian"):
        return 12 + (major - 3) % 12
    return major % 12
