"""The key of a melody from its notes alone: the Krumhansl–Schmuckler algorithm, then the mode.

How long each of the twelve pitch classes sounds is correlated with the profile of each major and
minor key; the key with the highest Pearson correlation wins. Profiles: C. L. Krumhansl and
E. J. Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial
representation of musical keys", Psychological Review 89 (1982); algorithm: C. L. Krumhansl,
"Cognitive Foundations of Musical Pitch" (Oxford 1990), chapter 4.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from musicgen.notation.model import Key
from musicgen.notation.parsing.fields import (
    MODE_FIFTHS,
    SHARP_ORDER,
    parse_key,
    signature,
    tonic_fifths,
)
from musicgen.notation.parsing.tokens import SEMITONES

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each pitch class fits a key, from its tonic upwards."""

_TONICS = [
    letter + sign for sign in ("", "b", "#") for letter in SHARP_ORDER
]  # white keys come first
_RELATED = {"major": ("major", "mixolydian", "lydian"), "minor": ("minor", "dorian", "phrygian")}
_STRAY = 0.02
"""Share of the time for which notes may lie outside of a mode before another is thought of."""


def weigh_pitches(notes: Iterable[tuple[int, Fraction]]) -> list[float]:
    """How long, in quarter notes, each pitch class C..B sounds, given pitches and durations."""
    weights = [0.0] * 12
    for pitch, duration in notes:
        weights[pitch % 12] += float(duration)
    return weights


def correlate_keys(weights: Sequence[float]) -> dict[tuple[int, str], float]:
    """Correlation, -1..1, with each key: pitch class of the tonic, and ``major`` or ``minor``.

    All are 0 where no pitch class stands out.
    """
    spread = np.asarray(weights, dtype=float)
    if not spread.std():
        return {(tonic, mode): 0.0 for mode in ("major", "minor") for tonic in range(12)}
    return {
        (tonic, mode): float(np.corrcoef(spread, np.roll(profile, tonic))[0, 1])
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }


def find_key(weights: Sequence[float]) -> Key:
    """The key in whose mode most of the notes lie; of its names the one with fewest signs.

    The tonic is that of Krumhansl and Schmuckler; where the mode they know leaves notes outside,
    the church mode with the same third that leaves fewest is taken: folk music has many.
    """
    correlations = correlate_keys(weights)
    tonic, third = max(correlations, key=lambda key: correlations[key])
    total = sum(weights) or 1.0
    strays = {mode: _stray(weights, tonic, mode) / total for mode in _RELATED[third]}
    mode = third if strays[third] <= _STRAY else min(strays, key=lambda name: strays[name])
    return _named(tonic, mode)


def _stray(weights: Sequence[float], tonic: int, mode: str) -> float:
    """How long notes sound that are not in the scale."""
    changes = signature(_fifths(_names(tonic)[0], mode))
    scale = {(SEMITONES[letter] + changes.get(letter, 0)) % 12 for letter in SHARP_ORDER}
    return sum(weight for pitch, weight in enumerate(weights) if pitch not in scale)


def _named(tonic: int, mode: str) -> Key:
    name = min(_names(tonic), key=lambda spelt: abs(_fifths(spelt, mode)))
    key = parse_key(name + {"major": "", "minor": "m"}.get(mode, mode[:3]))
    assert key is not None  # noqa: S101 - made of a tonic and a mode that it knows
    return key


def _names(tonic: int) -> list[str]:
    def pitch(name: str) -> int:
        return (SEMITONES[name[0]] + name.count("#") - name.count("b")) % 12

    return [name for name in _TONICS if pitch(name) == tonic]


def _fifths(tonic: str, mode: str) -> int:
    return tonic_fifths(tonic) + MODE_FIFTHS[mode]
