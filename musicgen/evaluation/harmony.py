"""The harmony a melody implies: a degree of the scale for each bar, and how degrees follow.

A melody is one voice, so this is a reading, not a fact; it is the same for what is composed and for
real tunes, which is what comparing takes.
"""

from collections import defaultdict
from fractions import Fraction

from musicgen.evaluation.melody import key_at, melody_notes, scale_of
from musicgen.notation.tune import Tune

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
_PREFERRED = (0, 4, 3, 1, 5, 2, 6)  # of equals the more usual chord


def imply_degrees(tune: Tune) -> tuple[int, ...]:
    """The degree 0..6 of the triad that fits each bar best, in written order.

    argmax over d of Σ quarters(n) · [pc(n) ∈ {s(d), s(d+2), s(d+4)}] over the notes of the bar that
    begin in it, s the scale of its key; of equals the first of I, V, IV, II, VI, III, VII. It is
    the template matching of T. Fujishima (ICMC 1999) on notes in place of sound. Bars without a
    note or a key are left out.
    """
    bars: dict[int, list[tuple[int, Fraction]]] = defaultdict(list)
    for note in melody_notes(tune):
        bars[note.bar].append((note.pitch % 12, note.quarters))
    degrees = []
    for bar, notes in bars.items():
        scale = scale_of(key_at(tune, bar))
        if scale:
            degrees.append(_best(notes, scale))
    return tuple(degrees)


def _best(notes: list[tuple[int, Fraction]], scale: tuple[int, ...]) -> int:
    def fit(degree: int) -> Fraction:
        triad = {scale[(degree + step) % 7] for step in (0, 2, 4)}
        return sum((quarters for pitch, quarters in notes if pitch in triad), Fraction(0))

    return max(_PREFERRED, key=fit)
