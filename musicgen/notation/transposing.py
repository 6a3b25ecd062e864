"""Transposition of ABC text: the same tune in another key, spelled as a musician would.

A transposition is a move along the circle of fifths. It maps letters one to one, so accidentals of
the signature, of the bar and of ties keep their meaning, and only notes that carry an accidental of
their own get a new one.
"""

import re
from collections.abc import Iterator

from musicgen.errors import NotationError
from musicgen.notation.fields import (
    MODE_FIFTHS,
    SHARP_ORDER,
    is_clef,
    parse_key,
    tonic_fifths,
)
from musicgen.notation.mail import undo_mail_encoding
from musicgen.notation.reader import read_tune
from musicgen.notation.tokens import NOTE, SEMITONES, hide_quotes, is_chord_symbol
from musicgen.notation.tune import Key, Tune

_LETTERS = "CDEFGAB"
_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_KEY_FIELD = re.compile(r"(?m)(?:^[ \t]*|\[|(?<=[ |]))K:(?![|:])([^%\]|\n\r]*)")
_TONIC = re.compile(r"\s*[A-G][#♯b♭]?")
_NAME = re.compile(r"(?<![A-Za-z])([A-G])([#b♯♭]?)")
_EXPLICIT = re.compile(r"(?<![A-Za-z0-9=])(\^{1,2}|_{1,2}|=)([A-Ga-g])(?![A-Za-z])")
_QUOTED = re.compile(r'"([^"\n]*)"')
_FURTHEST = 7


def transpose(text: str, semitones: int) -> str:
    """The first tune of a text, moved by -24..24 semitones; everything else stays as written.

    Of the two spellings of a key the one with fewer signs is taken. Voices that are not read are
    not moved.

    Raises:
        NotationError: the tune cannot be spelled there: it would need triple accidentals, a key
            with more than seven signs, or is for the Highland pipes, which play in one key.
    """
    if not -24 <= semitones <= 24:
        raise NotationError(f"A tune can be moved by -24 to 24 semitones, not by {semitones}.")
    if not semitones:
        return text
    text = undo_mail_encoding(text)
    tune, _ = read_tune(text)
    keys = [(match.span(1), match[1]) for match in _KEY_FIELD.finditer(text)]
    move = _Move(semitones, _choose_fifths([value for _, value in keys], semitones))
    edits = [(span, move.key(value)) for span, value in keys]
    edits += _note_edits(tune, move)
    edits += _chord_symbol_edits(tune, move)
    return _apply(text, edits)


class _Move:
    """A step of so many fifths that comes to so many semitones."""

    def __init__(self, semitones: int, fifths: int) -> None:
        self.semitones = semitones
        self.fifths = fifths
        self.steps = 4 * fifths - 7 * ((7 * fifths - semitones) // 12)

    def note(self, accidental: str, letter: str, octaves: str) -> str:
        """Accidental, letter and octave marks of a moved note."""
        upper = letter.upper()
        octave = octaves.count("'") - octaves.count(",") + (letter != upper)
        carried, index = divmod(_LETTERS.index(upper) + self.steps, 7)
        moved = _LETTERS[index]
        sign = ""
        if accidental:
            alter = accidental.count("^") - accidental.count("_")
            plain = SEMITONES[upper] + self.semitones - SEMITONES[moved] - 12 * carried
            sign = _sign(alter + plain)
        octave += carried
        if octave > 0:
            return sign + moved.lower() + "'" * (octave - 1)
        return sign + moved + "," * -octave

    def name(self, tonic: str) -> str:
        """A moved tonic such as ``Bb``."""
        turns, index = divmod(tonic_fifths(tonic) + self.fifths + 1, 7)
        return SHARP_ORDER[index] + ("#" * turns if turns > 0 else "b" * -turns)

    def key(self, value: str) -> str:
        """The value of a moved ``K:`` field."""
        tonic = _TONIC.match(value)
        if is_clef(value) or not tonic:
            kept = value.strip() if is_clef(value) else ""
            return f"{self.name('C')} {kept}".rstrip()
        name = tonic[0].strip().replace("♯", "#").replace("♭", "b")
        rest = _EXPLICIT.sub(lambda found: self.note(found[1], found[2], ""), value[tonic.end() :])
        return self.name(name) + re.sub(r"[',]", "", rest)


def _sign(alter: int) -> str:
    if alter not in _SIGNS:
        raise NotationError(
            "In that key a note would need three accidentals; move the tune by another interval."
        )
    return _SIGNS[alter]


def _choose_fifths(values: list[str], semitones: int) -> int:
    """Fifths that come to so many semitones and leave all keys with the fewest signs."""
    signs = [_fifths(parse_key(value)) for value in values] or [0]
    nearest = (7 * semitones + 6) % 12 - 6
    worst, chosen = min(
        (max(abs(sign + fifths) for sign in signs), fifths)
        for fifths in (nearest - 12, nearest, nearest + 12)
    )
    if worst > _FURTHEST:
        raise NotationError("The keys of this tune lie too far apart to be moved there together.")
    return chosen


def _fifths(key: Key | None) -> int:
    if key is not None and key.text[:2] in ("HP", "Hp"):
        raise NotationError("A tune for the Highland pipes stays in the one key of the pipes.")
    if key is None or not key.tonic:
        return 0
    return tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode]


def _note_edits(tune: Tune, move: _Move) -> Iterator[tuple[tuple[int, int], str]]:
    for note in tune.notes:
        spans = [*note.grace_spans] + ([(note.start, note.end)] if note.pitches else [])
        for start, end in spans:
            for found in NOTE.finditer(hide_quotes(tune.text[start:end])):
                span = (start + found.start(), start + found.end(3))
                yield span, move.note(found[1], found[2], found[3])


def _chord_symbol_edits(tune: Tune, move: _Move) -> Iterator[tuple[tuple[int, int], str]]:
    for found in _QUOTED.finditer(tune.text, tune.body_start):
        if is_chord_symbol(found[1]):
            yield found.span(1), _NAME.sub(lambda name: move.name(_plain(name)), found[1])


def _plain(name: re.Match[str]) -> str:
    return name[1] + name[2].replace("♯", "#").replace("♭", "b")


def _apply(text: str, edits: list[tuple[tuple[int, int], str]]) -> str:
    pieces, at = [], 0
    for (start, end), new in sorted(edits):
        if start >= at:
            pieces += [text[at:start], new]
            at = end
    return "".join([*pieces, text[at:]])
