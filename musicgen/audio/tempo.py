"""How fast a tune goes: as its ``Q:`` field says, else as its dance is usually played.

Tempi are in quarter notes a minute (`qpm`) whatever the beat of the dance is. The defaults lie at
the lower end of what is usual for dancing and sessions, so that a listener can follow:

=============================  ====================  =====
dance (``R:``)                 beat                  qpm
=============================  ====================  =====
reel                           half note = 96        192
jig, double jig, single jig    dotted quarter = 112  168
slip jig, hop jig              dotted quarter = 112  168
slide                          dotted quarter = 126  189
hornpipe                       half note = 76        152
strathspey                     quarter note = 132    132
polka                          quarter note = 120    120
waltz                          quarter note = 138    138
mazurka, varsovienne           quarter note = 138    138
barndance, schottische, fling  half note = 80        160
march                          half note = 92        184
set dance                      half note = 72        144
air, song, lament, planxty     quarter note = 84     84
three-two hornpipe             half note = 84        168
=============================  ====================  =====

A march in compound meter goes like a jig (112 dotted quarters), and one in 2/4 at 112 quarters.

==================  =====  =========================================================
meter (``M:``)      qpm    taken for
==================  =====  =========================================================
C|, 2/2, 4/4, C     192    a reel
2/4                 120    a polka
3/4                 138    a waltz
3/2                 168    a three-two hornpipe
6/8, 9/8            168    a jig, a slip jig
12/8                189    a slide
others over 8       168    compound: 112 dotted quarters; else 168 quarters
others              120
none                84     an air
==================  =====  =========================================================
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from musicgen.notation.model import Meter, Tune

_JIG = 168
_SLIDE = 189
_SLOW = 84

_DANCES: tuple[tuple[str, int], ...] = (
    (r"three[- ]?two|3/2", 168),
    (r"air|song|lament|planxty|carolan|slow", _SLOW),
    (r"set dance|long dance", 144),
    (r"strathspey", 132),
    (r"horn ?pipe", 152),
    (r"barn ?dance|schotti?s?che?|fling|german", 160),
    (r"mazurka|vars[ou]vi|waltz", 138),
    (r"polka", 120),
    (r"slide", _SLIDE),
    (r"jig", _JIG),
    (r"reel", 192),
)
"""First match counts, so "slow reel" is slow and "slip jig" is a jig."""

_METERS: dict[tuple[int, int], int] = {
    (2, 2): 192,
    (4, 4): 192,
    (2, 4): 120,
    (3, 4): 138,
    (3, 2): 168,
    (6, 8): _JIG,
    (9, 8): _JIG,
    (12, 8): _SLIDE,
}

MICROSECONDS_PER_QUARTER = (60_000, 15_000_000)
"""Bounds of a tempo, 1,000 and 4 quarters a minute: a MIDI file holds it in 24 bits."""


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From `onset`, in quarter notes, a quarter note lasts whole `microseconds`, as in MIDI files.

    `elapsed` are the microseconds from the beginning to that moment.
    """

    onset: Fraction
    microseconds: int
    elapsed: Fraction


@dataclass(frozen=True, slots=True)
class TempoMap:
    """How long a quarter note is at each moment of a tune as it is played.

    Everything that has to do with seconds is computed from it: the sound, the file and the moving
    cursor agree. The first change is at 0.
    """

    changes: tuple[TempoChange, ...]

    def seconds(self, quarters: Fraction) -> float:
        """Seconds from the beginning to a moment given in quarter notes."""
        place = bisect_right(self.changes, quarters, key=lambda change: change.onset) - 1
        change = self.changes[max(place, 0)]
        elapsed = change.elapsed + (quarters - change.onset) * change.microseconds
        return float(elapsed / 1_000_000)


def map_tempo(tune: Tune, tempo_factor: float, ticks_per_quarter: int) -> TempoMap:
    """The tempi of a tune in playing order: after a repeat each bar has its own tempo again.

    Args:
        tune: its ``Q:`` fields count, then the tables above.
        tempo_factor: speed, 1 as written.
        ticks_per_quarter: resolution of the MIDI file, which decides how tempi are rounded.
    """
    written = _written_tempi(tune)
    microseconds = {
        qpm: _microseconds(qpm * Fraction(tempo_factor), ticks_per_quarter)
        for qpm in {qpm for bar in written for _, qpm in bar}
    }
    changes: list[TempoChange] = []
    onset = elapsed = Fraction(0)
    for index in tune.play_order:
        ends = [*(place for place, _ in written[index][1:]), tune.bars[index].actual]
        for (place, qpm), end in zip(written[index], ends, strict=True):
            length = microseconds[qpm]
            if not changes or length != changes[-1].microseconds:
                changes.append(TempoChange(onset + place, length, elapsed))
            elapsed += (end - place) * length
        onset += tune.bars[index].actual
    return TempoMap(tuple(changes))


def _written_tempi(tune: Tune) -> list[list[tuple[Fraction, Fraction]]]:
    """For every written bar where in it each tempo begins, and its quarters a minute."""
    qpm = tune.tempo_qpm or Fraction(default_qpm(tune.rhythm, tune.meter))
    tempi = []
    for bar in tune.bars:
        qpm = bar.tempo_qpm or qpm
        inside = [(Fraction(0), qpm)]
        for note in bar.notes:
            if note.tempo_qpm and note.onset - bar.onset < bar.actual:
                qpm = note.tempo_qpm
                inside.append((note.onset - bar.onset, qpm))
        tempi.append(inside)
    return tempi


def default_qpm(rhythm: str, meter: Meter) -> int:
    """Quarter notes a minute of a tune that does not say, by its dance, else by its meter."""
    words = rhythm.lower()
    for pattern, qpm in _DANCES:
        if re.search(rf"\b(?:{pattern})", words):
            return qpm
    if re.search(r"\b(?:quick ?)?(?:march|marche)", words):
        return _march_qpm(meter)
    return _meter_qpm(meter)


def _march_qpm(meter: Meter) -> int:
    if meter.denominator == 8:
        return _JIG
    return 112 if (meter.numerator, meter.denominator) == (2, 4) else 184


def _meter_qpm(meter: Meter) -> int:
    if not meter.numerator:
        return _SLOW
    others = _JIG if meter.denominator >= 8 else 120
    return _METERS.get((meter.numerator, meter.denominator), others)


def _microseconds(qpm: Fraction, ticks_per_quarter: int) -> int:
    """Length of a quarter note, at most a few microseconds less than exact.

    pretty_midi cuts off the fraction after a detour through floats and so loses a microsecond of
    one length in five; the next shorter one that it keeps is taken.
    """
    low, high = MICROSECONDS_PER_QUARTER
    length = min(max(round(60_000_000 / qpm), low), high)
    while _as_written(length, ticks_per_quarter) != length:
        length -= 1
    return length


def _as_written(microseconds: int, ticks_per_quarter: int) -> int:
    """What pretty_midi writes for a tempo it has read."""
    tick_scale = 60.0 / ((6e7 / microseconds) * ticks_per_quarter)
    return int(6e7 / (60.0 / (tick_scale * ticks_per_quarter)))
