"""How often each note, step, length and character occurs: what is counted of one tune.

The features are those of L.-C. Yang and A. Lerch, "On the evaluation of generative models in
music", Neural Computing and Applications 32 (2020), with pitches above the tonic, so that key does
not matter. `divergence` measures how far two of these distributions are apart.
"""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.measures.harmony import NUMERALS, imply_degrees
from musicgen.notation.analysis.melody import key_at, melody_notes, tonic_of
from musicgen.notation.model import Tune

WIDEST = 12
"""Steps wider than an octave are counted with it."""

_PATTERN = 3

Counts = Counter[str]


def count_pitches(tune: Tune) -> Counts:
    """Notes by their semitones 0..11 above the tonic (PCH of Yang and Lerch)."""
    return Counter(map(str, _above_tonic(tune)))


def count_transitions(tune: Tune) -> Counts:
    """Pairs of following notes by their semitones above the tonic, ``0>7`` (PCTM)."""
    return Counter(f"{one}>{other}" for one, other in pairwise(_above_tonic(tune)))


def count_intervals(tune: Tune) -> Counts:
    """Steps from note to note in semitones, -12..12."""
    return Counter(f"{step:+d}" if step else "0" for step in _steps(tune))


def count_patterns(tune: Tune) -> Counts:
    """Melodic figures of four notes: three steps in a row, ``+2,+2,-4``."""
    steps = _steps(tune)
    return Counter(
        ",".join(f"{step:+d}" for step in steps[at : at + _PATTERN])
        for at in range(len(steps) - _PATTERN + 1)
    )


def count_lengths(tune: Tune) -> Counts:
    """Notes by their length in quarter notes, ``1/2`` for an eighth (NLH)."""
    return Counter(str(note.quarters) for note in melody_notes(tune))


def count_rhythms(tune: Tune) -> Counts:
    """Pairs of following lengths, ``1/2>1`` (NLTM)."""
    lengths = [note.quarters for note in melody_notes(tune)]
    return Counter(f"{one}>{other}" for one, other in pairwise(lengths))


def count_degrees(tune: Tune) -> Counts:
    """Bars by the degree they imply, ``I`` to ``VII``."""
    return Counter(NUMERALS[degree] for degree in imply_degrees(tune))


def count_progressions(tune: Tune) -> Counts:
    """Pairs of following bars by the degrees they imply, ``I>V``."""
    return Counter(
        f"{NUMERALS[one]}>{NUMERALS[other]}" for one, other in pairwise(imply_degrees(tune))
    )


def count_characters(tune: Tune) -> Counts:
    """Characters of the body, white space left out."""
    body = tune.text[body_start(tune.text) :]
    return Counter(character for character in body if not character.isspace())


DISTRIBUTIONS: dict[str, Callable[[Tune], Counts]] = {
    "pitches": count_pitches,
    "transitions": count_transitions,
    "intervals": count_intervals,
    "patterns": count_patterns,
    "lengths": count_lengths,
    "rhythms": count_rhythms,
    "degrees": count_degrees,
    "progressions": count_progressions,
    "characters": count_characters,
}
"""All that is counted, by name."""


def length_order(name: str) -> Fraction:
    """Where a length of `count_lengths` stands in a figure."""
    return Fraction(name)


def _above_tonic(tune: Tune) -> list[int]:
    found = []
    for note in melody_notes(tune):
        tonic = tonic_of(key_at(tune, note.bar))
        if tonic is not None:
            found.append((note.pitch - tonic) % 12)
    return found


def _steps(tune: Tune) -> list[int]:
    pitches = [note.pitch for note in melody_notes(tune)]
    return [max(-WIDEST, min(WIDEST, b - a)) for a, b in pairwise(pitches)]
