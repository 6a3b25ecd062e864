"""What a melody is found by: its notes as pitches and as letters, and what somebody typed of one.

Three ways of asking, each the same in any key: letters without accidentals (``DFA dAF``) count the
steps from letter to letter, ABC with accidentals or a ``K:`` counts semitones, and digits count
degrees of the scale (``1 3 5 6``), as numbered notation writes them.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from musicgen.errors import NotationError
from musicgen.notation.model import Note, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.spelling import Spelling, spell_note

MIN_NOTES = 4
"""Notes that can be asked for at least: with fewer, every tune would be found."""

MAX_NOTES = 64
"""Notes of a question that count."""

MAX_QUERY = 500
"""Characters that can be typed."""

_LETTERS = "CDEFGAB"
_DEGREES = re.compile(r"[1-7\s.,'|_\-]+")
_SIGNED = re.compile(r"[\^_=][A-Ga-g]")
_KEY = re.compile(r"^\s*K:", re.MULTILINE)
_FIELD = re.compile(r"^\s*[A-Za-z]:", re.MULTILINE)
_BESIDE = re.compile(r'"[^"\n]*"|![^!\n]*!|\[[A-Za-z]:[^\]\n]*\]')
_ORNAMENT = re.compile(r"[H-WYh-w](?=[~.({\[^_=]*[A-Ga-g])")
_NO_NOTE = re.compile(r"[^\W\d_A-Ga-gxyzXZ]+")
_NO_DEGREE = re.compile(r"[^\W_1-7]+")

Kind = Literal["letters", "pitches", "degrees"]


@dataclass(frozen=True, slots=True)
class MelodyText:
    """A melody as written, ties as one note, rests and grace notes passed over.

    `pitches` are those of MIDI, `letters` count the letters C–B through the octaves (7 an octave),
    of the same length; `tonic` is the place of the tonic's letter, 0..6, or -1 without a key.
    """

    pitches: tuple[int, ...]
    letters: tuple[int, ...]
    tonic: int


@dataclass(frozen=True, slots=True)
class MelodyQuery:
    """What is looked for: steps from note to note, or degrees 0..6 of the scale.

    `kind` says what the values count: ``letters`` modulo 7, ``pitches`` semitones modulo 12, or
    ``degrees``.
    """

    kind: Kind
    values: tuple[int, ...]


def melody_text(tune: Tune) -> MelodyText:
    """The melody of a tune; empty where nothing sounds."""
    pitches: list[int] = []
    letters: list[int] = []
    held: int | None = None
    for note in tune.notes:
        if note.is_rest:
            held = None
            continue
        pitch = max(note.pitches)
        if pitch != held:
            pitches.append(pitch)
            letters.append(_count_letters(_spell(tune, note)))
        held = pitch if pitch in note.tied_pitches else None
    tonic = _LETTERS.index(tune.key.tonic[0]) if tune.key.tonic else -1
    return MelodyText(tuple(pitches), tuple(letters), tonic)


def _spell(tune: Tune, note: Note) -> Spelling:
    return max(spell_note(tune.text, note, note.key or tune.key), key=lambda one: one.pitch)


def _count_letters(name: Spelling) -> int:
    return 7 * name.octave + _LETTERS.index(name.letter)


def letter_steps(letters: tuple[int, ...]) -> tuple[int, ...]:
    """Steps from letter to letter, modulo an octave."""
    return tuple((b - a) % 7 for a, b in pairwise(letters))


def pitch_steps(pitches: tuple[int, ...]) -> tuple[int, ...]:
    """Steps from pitch to pitch in semitones, modulo an octave."""
    return tuple((b - a) % 12 for a, b in pairwise(pitches))


def read_query(text: str) -> MelodyQuery:
    """What somebody typed of a melody.

    Raises:
        NotationError: something in it is no note, or there are fewer than `MIN_NOTES` notes.
    """
    text = text[:MAX_QUERY]
    if _DEGREES.fullmatch(text):
        degrees = tuple(int(sign) - 1 for sign in text if sign.isdigit())
        return MelodyQuery("degrees", _enough(degrees)[:MAX_NOTES])
    if strange := _find_strange(text):
        raise NotationError(
            "{text!r} is not a note. Type letters from A to G, such as DFA dAF, or degrees from 1 "
            "to 7, such as 1 3 5 6 5.",
            text=strange,
        )
    has_key = _KEY.search(text) is not None
    head = "X:1\nL:1/8\n" if has_key else "X:1\nM:none\nL:1/8\nK:C\n"
    tune, _problems = read_tune(text if text.lstrip().startswith("X:") else head + text)
    melody = melody_text(tune)
    if has_key or _SIGNED.search(text):
        return MelodyQuery("pitches", pitch_steps(_enough(melody.pitches)[:MAX_NOTES]))
    return MelodyQuery("letters", letter_steps(_enough(melody.letters)[:MAX_NOTES]))


def _find_strange(text: str) -> str:
    """The first letters or digits that are none of a melody; empty where all are.

    Where there are fields, or bar lines with letters before the notes, somebody pasted ABC: its
    decorations are no mistakes.
    """
    if _FIELD.search(text):
        return ""
    bare = _BESIDE.sub(" ", text)
    if "|" in bare:
        bare = _ORNAMENT.sub(" ", bare)
    has_notes = re.search("[A-Ga-g]", bare) is not None
    found = _NO_NOTE.search(bare) or (None if has_notes else _NO_DEGREE.search(bare))
    return found[0][:20] if found else ""


def query_of(tune: Tune, notes: int = 24) -> MelodyQuery:
    """The beginning of a tune as a question: where else is this melody?

    Raises:
        NotationError: the tune has fewer than `MIN_NOTES` notes.
    """
    return MelodyQuery("pitches", pitch_steps(_enough(melody_text(tune).pitches)[:notes]))


def _enough(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(values) < MIN_NOTES:
        raise NotationError(
            "Type at least {count} notes of the melody, such as DFA dAF, or degrees, such as 1 3 5 "
            "6 5.",
            count=MIN_NOTES,
        )
    return values
