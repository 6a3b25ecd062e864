"""Transposition of ABC text: the same tune in another key, spelled as a musician would.

A transposition is a move along the circle of fifths. It maps letters one to one, so accidentals of
the signature, of the bar and of ties keep their meaning, and only notes that carry an accidental of
their own get a new one.
"""

import re

from musicgen.errors import NotationError
from musicgen.notation.characters import plain_music
from musicgen.notation.chord_symbols import is_chord_symbol, move_symbol
from musicgen.notation.chords import note_name
from musicgen.notation.fields import (
    MODE_FIFTHS,
    SHARP_ORDER,
    KeyText,
    alteration,
    is_clef,
    is_pipes,
    parse_key,
    read_key,
    signature,
    staff_of,
    tonic_fifths,
)
from musicgen.notation.mail import undo_mail_encoding
from musicgen.notation.reader import read_tune
from musicgen.notation.tokens import NOTE, SEMITONES, hide_words
from musicgen.notation.tune import Key, Tune

_LETTERS = "CDEFGAB"
_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_KEY_FIELD = re.compile(r"(?m)(?:^[ \t]*|\[|(?<=[ |]))K:(?![|:])([^%\]|\n\r]*)")
_QUOTED = re.compile(r'"([^"\n]*)"')
_FURTHEST = 7
_FLATTEST_ROOT, _SHARPEST_ROOT = -8, 12
"""Fb and B#, as places on the circle of fifths."""

_Edit = tuple[tuple[int, int], str]


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
    fifths = 0 if not semitones % 12 else _choose_fifths(_key_values(text), semitones)
    return _move(text, semitones, fifths) if semitones else text


def transpose_to(text: str, key: str) -> str:
    """The first tune of a text in a named key, the nearest way up or down (a tritone goes up).

    Args:
        text: the tune.
        key: as in a ``K:`` field: ``Em``, ``E minor``, ``Bb dorian``; a tonic alone (``E``) keeps
            the mode of the tune.

    Raises:
        NotationError: this is no key, it has another mode than the tune, or the tune cannot be
            spelled there.
    """
    wanted = parse_key(key)
    if wanted is None or not wanted.tonic or is_pipes(wanted):
        raise NotationError(f"{key[:40]!r} is no key. Name one as in 'E minor', 'Ador' or 'Bb'.")
    present = read_tune(text)[0].key
    found = read_key(key)
    names_mode = key[found.tonic_span[1] :].strip() if found else ""
    if names_mode and MODE_FIFTHS[wanted.mode] != MODE_FIFTHS[present.mode]:
        raise NotationError(
            f"This tune is in {present.mode}, so it cannot be moved to {key.strip()!r}. "
            f"Choose {wanted.tonic} {present.mode}, or another {present.mode} key."
        )
    _fifths(present)
    fifths = tonic_fifths(wanted.tonic) - tonic_fifths(present.tonic or "C")
    semitones = (7 * fifths + 5) % 12 - 5
    _check_signs(_key_values(text), fifths)
    return _move(text, semitones, fifths) if fifths else text


def _key_values(text: str) -> list[str]:
    return [match[1] for match in _KEY_FIELD.finditer(text)]


def _move(text: str, semitones: int, fifths: int) -> str:
    text = plain_music(undo_mail_encoding(text))
    tune, _ = read_tune(text)
    move = _Move(semitones, fifths)
    edits = _note_edits(tune, move)
    if fifths:
        edits += [(match.span(1), move.key(match[1])) for match in _KEY_FIELD.finditer(text)]
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

    def root(self, name: str) -> str:
        """A moved root or bass of a chord symbol: with one sharp or flat at most."""
        fifths = tonic_fifths(name) + self.fifths
        while not _FLATTEST_ROOT <= fifths <= _SHARPEST_ROOT:
            fifths += 12 if fifths < 0 else -12
        return note_name(fifths)

    def key(self, value: str) -> str:
        """The value of a moved ``K:`` field."""
        found = read_key(value)
        if found is None:
            return self.name("C")
        if is_clef(value) or not found.tonic or found.is_explicit:
            return self._spelled_key(value, found)
        edits = [(found.tonic_span, self.name(found.tonic))]
        edits += [(sign.span(), self._added(sign)) for sign in found.accidentals]
        return _apply(value, edits)

    def _spelled_key(self, value: str, found: KeyText) -> str:
        """A moved key that names no tonic, or all of its accidentals (``exp``)."""
        added = {sign[3].upper(): self._added(sign) for sign in found.accidentals}
        words = [self.name(found.tonic or "C")]
        if found.is_explicit:
            words = [words[0] + found.mode[:3], "exp"]
            moved = {sign[-1].upper(): sign for sign in added.values()}
            steps = signature(self.fifths)
            added = {letter: _SIGNS[step] + letter.lower() for letter, step in steps.items()}
            added |= moved
        staff = staff_of(value)
        return " ".join([*words, *added.values(), *([staff] if staff else [])])

    def _added(self, sign: re.Match[str]) -> str:
        """A moved accidental of a ``K:`` field."""
        moved = self.note(_SIGNS[alteration(sign[1], sign[2])], sign[3], "")
        return re.sub(r"[',]", "", moved)


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
    _, chosen = min(
        (max(abs(sign + fifths) for sign in signs), fifths)
        for fifths in (nearest - 12, nearest, nearest + 12)
    )
    _check_signs(values, chosen)
    return chosen


def _check_signs(values: list[str], fifths: int) -> None:
    if any(abs(_fifths(parse_key(value)) + fifths) > _FURTHEST for value in values):
        raise NotationError(
            "That key, or one the tune changes to, would have more than seven signs; "
            "move the tune by another interval."
        )


def _fifths(key: Key | None) -> int:
    if key is not None and is_pipes(key):
        raise NotationError("A tune for the Highland pipes stays in the one key of the pipes.")
    if key is None or not key.tonic:
        return 0
    return tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode]


def _note_edits(tune: Tune, move: _Move) -> list[_Edit]:
    edits = []
    for note in tune.notes:
        spans = [*note.grace_spans] + ([(note.start, note.end)] if note.pitches else [])
        for start, end in spans:
            for found in NOTE.finditer(hide_words(tune.text[start:end])):
                span = (start + found.start(), start + found.end(3))
                edits.append((span, move.note(found[1], found[2], found[3])))
    return edits


def _chord_symbol_edits(tune: Tune, move: _Move) -> list[_Edit]:
    return [
        (found.span(1), move_symbol(found[1], move.root))
        for found in _QUOTED.finditer(tune.text, tune.body_start)
        if is_chord_symbol(found[1])
    ]


def _apply(text: str, edits: list[_Edit]) -> str:
    pieces, at = [], 0
    for (start, end), new in sorted(edits):
        if start >= at:
            pieces += [text[at:start], new]
            at = end
    return "".join([*pieces, text[at:]])
