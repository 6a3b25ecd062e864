"""Chords as names and as pitch classes (ABC 2.1 §4.18): ``Am7/G`` is a root, tones and a bass."""

import re
from dataclasses import dataclass

from musicgen.notation.analysis.chord_symbols import chord_names
from musicgen.notation.parsing.fields import SHARP_ORDER, tonic_fifths

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "aug": (0, 4, 8),
    "sus4": (0, 5, 7),
    "sus2": (0, 2, 7),
    "5": (0, 7),
}
"""Semitones above the root by the words behind it; others are taken for the nearest of these."""

_PLAIN_WORDS = (
    (re.compile(r"[\s(),*]"), ""),
    (re.compile(r"major|MAJ|Maj|MA(?!J)|M(?!aj|in|A|I)|ma(?!j)"), "maj"),
    (re.compile(r"minor|MIN|Min|MI(?!N)|mi(?!n)|min"), "m"),
    (re.compile(r"[Δ∆△^]7?"), "maj7"),
    (re.compile(r"[øØ∅]7?"), "m7b5"),
    (re.compile(r"[°º]|DIM|o(?![a-z])"), "dim"),
    (re.compile(r"^-(?=\d|$)"), "m"),
    (re.compile(r"^\+|AUG"), "aug"),
    (re.compile(r"SUS"), "sus"),
    (re.compile(r"♭|-(?=\d)"), "b"),
    (re.compile(r"♯|\+(?=\d)"), "#"),
)
"""Spellings of what stands behind a root, and the one that `_FAMILIES` knows."""

_FAMILIES = (
    (re.compile(r"dim7|m7b5.*dim7"), "dim7"),
    (re.compile(r"dim|m\d*b5"), "dim"),
    (re.compile(r"aug|(?!maj).*#5"), "aug"),
    (re.compile(r".*sus2(?!.*4)|2$"), "sus2"),
    (re.compile(r".*sus|4$"), "sus4"),
    (re.compile(r"m(?!aj)6"), "m6"),
    (re.compile(r"m(?!aj)(?:7|9|11|13)"), "m7"),
    (re.compile(r"m(?!aj)"), "m"),
    (re.compile(r"maj(?:7|9|11|13)"), "maj7"),
    (re.compile(r"6"), "6"),
    (re.compile(r"5$"), "5"),
    (re.compile(r"(?:dom)?(?:7|9|11|13)"), "7"),
)


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: `root` as in ``F#``, `quality` one of `QUALITIES`, `bass` if it is another note."""

    root: str
    quality: str = ""
    bass: str = ""

    @property
    def name(self) -> str:
        """The chord symbol."""
        return self.root + self.quality + (f"/{self.bass}" if self.bass else "")

    @property
    def root_class(self) -> int:
        """Pitch class of the root, 0–11 from C."""
        return pitch_class(self.root)

    @property
    def bass_class(self) -> int:
        """Pitch class of the lowest note."""
        return pitch_class(self.bass or self.root)

    @property
    def classes(self) -> tuple[int, ...]:
        """Pitch classes of the tones, the root first."""
        return tuple((self.root_class + step) % 12 for step in QUALITIES[self.quality])


def pitch_class(name: str) -> int:
    """Pitch class, 0–11 from C, of a note name such as ``Bb``."""
    return 7 * tonic_fifths(name) % 12


def note_name(fifths: int) -> str:
    """The name of a note by its place on the circle of fifths: C 0, G 1, F -1."""
    turns, index = divmod(fifths + 1, 7)
    return SHARP_ORDER[index] + ("#" * turns if turns > 0 else "b" * -turns)


def parse_chord(symbol: str) -> Chord | None:
    """The chord that a symbol names, None where it names none; the first one of several.

    Ninths and other additions are left out: the triad or seventh chord below them is taken.
    """
    for root, quality, bass in chord_names(symbol):
        if root:
            return Chord(root, _quality(quality), bass)
    return None


def _quality(words: str) -> str:
    """The nearest of `QUALITIES`."""
    for pattern, plain in _PLAIN_WORDS:
        words = pattern.sub(plain, words)
    return next((quality for pattern, quality in _FAMILIES if pattern.match(words)), "")
