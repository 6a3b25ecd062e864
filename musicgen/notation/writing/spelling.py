"""How a pitch is named: as the composer wrote it, else as the key suggests."""

from collections.abc import Sequence
from dataclasses import dataclass

from musicgen.notation.model import Key, Note
from musicgen.notation.parsing.fields import MODE_FIFTHS, SHARP_ORDER, tonic_fifths
from musicgen.notation.parsing.tokens import NOTE, SEMITONES, hide_words

_ALTERATIONS = (-1, 0, 1)
_MIDDLE = 2
"""Place of D, the middle of the seven notes of C major, on the circle of fifths."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A named pitch: letter C–B, alteration -2..2 semitones, octave (4 from middle C up)."""

    letter: str
    alter: int
    octave: int

    @property
    def pitch(self) -> int:
        """The MIDI pitch."""
        return 12 * (self.octave + 1) + SEMITONES[self.letter] + self.alter


def spell_note(text: str, note: Note, key: Key) -> tuple[Spelling, ...]:
    """Names of the pitches of a note or chord, after the letters it has in the text."""
    return spell_pitches(note.pitches, _letters(text, note.start, note.end), key)


def spell_graces(text: str, note: Note, key: Key) -> tuple[Spelling, ...]:
    """Names of the grace notes before a note."""
    letters = [letter for span in note.grace_spans for letter in _letters(text, *span)[:1]]
    return spell_pitches(note.graces, letters, key)


def spell_pitches(pitches: Sequence[int], letters: Sequence[str], key: Key) -> tuple[Spelling, ...]:
    """Names of pitches: each takes the next letter that it can have, else the key's choice."""
    waiting = iter(letters)
    return tuple(
        next((found for letter in waiting if (found := name_pitch(pitch, letter))), None)
        or choose_name(pitch, key)
        for pitch in pitches
    )


def name_pitch(pitch: int, letter: str) -> Spelling | None:
    """The name of a pitch with a given letter, C–B; None beyond double sharps and flats."""
    alter = (pitch - SEMITONES[letter] + 6) % 12 - 6
    octave = (pitch - SEMITONES[letter] - alter) // 12 - 1
    return Spelling(letter, alter, octave) if -2 <= alter <= 2 else None


def choose_name(pitch: int, key: Key) -> Spelling:
    """The name of a pitch that lies nearest to a key on the circle of fifths."""
    middle = _MIDDLE + (tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode] if key.tonic else 0)
    names = (name_pitch(pitch, letter) for letter in SHARP_ORDER)
    possible = [name for name in names if name and name.alter in _ALTERATIONS]
    return min(possible, key=lambda name: abs(_place(name) - middle))


def _place(name: Spelling) -> int:
    return SHARP_ORDER.index(name.letter) - 1 + 7 * name.alter


def _letters(text: str, start: int, end: int) -> list[str]:
    return [found[2].upper() for found in NOTE.finditer(hide_words(text[start:end]))]
