"""Chords as names and as pitch classes (ABC 2.1 §4.18): ``Am7/G`` is a root, tones and a bass."""

import re
from dataclasses import dataclass

from musicgen.notation.fields import SHARP_ORDER, tonic_fifths

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

_SYMBOL = re.compile(r"\(?([A-G])([#b♯♭]?)([^/()]*)(?:/([A-Ga-g])([#b♯♭]?))?\)?")
_ALIASES = {
    "min": "m", "M": "", "maj": "", "min7": "m7", "M7": "maj7", "o": "dim", "°": "dim",
    "o7": "dim7", "°7": "dim7", "+": "aug", "sus": "sus4", "m7b5": "dim", "ø": "dim",
}  # fmt: skip


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
    """The chord that a symbol names, None where it names none.

    Ninths and other additions are left out: the triad or seventh chord below them is taken.
    """
    match = _SYMBOL.fullmatch(symbol.strip())
    if match is None:
        return None
    quality = _quality(match[3].strip())
    bass = _plain(match[4].upper(), match[5]) if match[4] else ""
    return None if quality is None else Chord(_plain(match[1], match[2]), quality, bass)


def _quality(words: str) -> str | None:
    known = _ALIASES.get(words, words)
    if known in QUALITIES:
        return known
    if not re.fullmatch(r"(?:maj|min|dim|aug|sus|add|m|M|[+°øo]|[#b]?\d{1,2})*", words):
        return None
    starts = sorted((*QUALITIES, *_ALIASES), key=len, reverse=True)
    start = next(start for start in starts if words.startswith(start))
    return _ALIASES.get(start, start)


def _plain(letter: str, sign: str) -> str:
    return letter + sign.replace("♯", "#").replace("♭", "b")
