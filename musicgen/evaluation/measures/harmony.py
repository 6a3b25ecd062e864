"""The harmony a melody implies: a degree of the scale for each bar, and how degrees follow.

A melody is one voice, so this is a reading, not a fact; it is the same for what is composed and for
real tunes, which is what comparing takes.
"""

from collections import defaultdict
from collections.abc import Sequence

from musicgen.notation.analysis.melody import key_at, melody_notes, scale_of
from musicgen.notation.model import Tune

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
_PREFERRED = (0, 4, 3, 1, 5, 2, 6)  # of equals the more usual chord


def imply_degrees(tune: Tune) -> tuple[int, ...]:
    """The degree 0..6 of the triad that fits each bar best, in written order.

    argmax over d of Σ quarters(n) · [pc(n) ∈ {s(d), s(d+2), s(d+4)}] over the notes of the bar that
    begin in it, s the scale of its key; of equals the first of I, V, IV, II, VI, III, VII. It is
    the template matching of T. Fujishima (ICMC 1999) on notes in place of sound. Bars without a
    note or a key are left out.
    """
    bars: dict[int, list[float]] = defaultdict(lambda: [0.0] * 12)
    for note in melody_notes(tune):
        bars[note.bar][note.pitch % 12] += float(note.quarters)
    degrees = []
    for bar, weights in bars.items():
        scale = scale_of(key_at(tune, bar))
        if scale:
            degrees.append(_best(weights, scale))
    return tuple(degrees)


def _best(weights: Sequence[float], scale: tuple[int, ...]) -> int:
    def fit(degree: int) -> float:
        triad = {scale[(degree + step) % 7] for step in (0, 2, 4)}
        return round(sum(weights[pitch] for pitch in triad), 6)  # so that equals are equal

    return max(_PREFERRED, key=fit)
