"""Transposition of ABC text: the same tune in another key, spelled as a musician would.

A transposition is a move along the circle of fifths. It maps letters one to one, so accidentals of
the signature, of the bar and of ties keep their meaning, and only notes that carry an accidental of
their own get a new one.
"""

import re

from musicgen.errors import NotationError
from musicgen.notation.analysis.chord_symbols import move_symbol
from musicgen.notation.analysis.chords import note_name
from musicgen.notation.model import Key, Tune
from musicgen.notation.parsing.fields import (
    MODE_FIFTHS,
    SHARP_ORDER,
    alteration,
    is_clef,
    is_pipes,
    parse_key,
    read_key,
    staff_of,
    tonic_fifths,
    write_key,
)
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tokens import NOTE, SEMITONES, hide_words
from musicgen.notation.writing.movable import MovableText

_LETTERS = "CDEFGAB"
_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_FURTHEST = 7
_FLATTEST_ROOT, _SHARPEST_ROOT = -8, 12
"""Fb and B#, as places on the circle of fifths."""

_Edits = dict[tuple[int, int], str]


def transpose(text: str, semitones: int) -> str:
    """The first tune of a text, moved by -24..24 semitones; everything else stays as written.

    Of the two spellings of a key the one with fewer signs is taken. Other voices and overlays of
    the tune are moved with it; a tune without a key gets one.

    Raises:
        NotationError: the tune cannot be spelled there: it would need triple accidentals, a key
            with more than seven signs, or is for the Highland pipes, which play in one key.
    """
    if not -24 <= semitones <= 24:
        raise NotationError(
            "A tune can be moved by -24 to 24 semitones, not by {semitones}.", semitones=semitones
        )
    if not semitones:
        return text
    movable = MovableText(text)
    fifths = 0 if not semitones % 12 else _choose_fifths(movable.keys, semitones)
    return _move(movable, semitones, fifths)


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
        raise NotationError(
            "{key!r} is no key. Name one as in 'E minor', 'Ador' or 'Bb'.", key=key[:40]
        )
    present = read_tune(text)[0].key
    found = read_key(key)
    names_mode = key[found.tonic_span[1] :].strip() if found else ""
    if names_mode and MODE_FIFTHS[wanted.mode] != MODE_FIFTHS[present.mode]:
        raise NotationError(
            "This tune is in {mode}, so it cannot be moved to {key!r}. Choose {tonic} {mode}, or "
            "another {mode} key.",
            mode=present.mode,
            key=key.strip(),
            tonic=wanted.tonic,
        )
    _fifths(present)
    fifths = tonic_fifths(wanted.tonic) - tonic_fifths(present.tonic or "C")
    semitones = (7 * fifths + 5) % 12 - 5
    movable = MovableText(text)
    _check_signs(movable.keys, fifths)
    return _move(movable, semitones, fifths) if fifths else text


def _move(movable: MovableText, semitones: int, fifths: int) -> str:
    """The text with everything moved, written so that it is read as it is meant.

    A note can come to be named as a decoration is: ``!e!``, a note between line ends of the old
    style, is no ``!f!``. Then notes are set apart.
    """
    move = _Move(semitones, fifths)
    edits = _note_edits(movable, move)
    if fifths:
        edits |= _key_edits(movable, move) | _symbol_edits(movable, move)
    for apart in (False, True):
        moved = _apply(movable.written, _set_apart(movable, edits) if apart else edits)
        if _is_moved(movable.tune, read_tune(moved)[0], semitones):
            return moved
    raise NotationError(
        "This tune cannot be moved by that interval: some notes would then be read as other signs."
    )


def _is_moved(tune: Tune, moved: Tune, semitones: int) -> bool:
    """Whether a tune is another one moved, notes beyond MIDI's pitches by octaves."""
    notes, others = tune.notes, moved.notes
    return (
        tune.play_order == moved.play_order
        and len(notes) == len(others)
        and all(
            (note.onset, note.duration) == (other.onset, other.duration)
            and {(pitch + semitones) % 12 for pitch in note.pitches}
            == {pitch % 12 for pitch in other.pitches}
            for note, other in zip(notes, others, strict=True)
        )
    )


class _Move:
    """A step in fifths, and the semitones it comes to."""

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
            signs = accidental.rstrip("0123456789/")
            alter = alteration(signs, accidental[len(signs) :])
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
        """The value of a moved ``K:`` field; as it is where it names a clef alone."""
        if is_clef(value):
            return value
        present = parse_key(value)
        accidentals = self._accidentals(present) if present else ()
        renamed = self._renamed(value)
        moved = parse_key(renamed)
        if present is None or (moved is not None and moved.accidentals == accidentals):
            return renamed
        name = self.name(present.tonic or "C")
        written = write_key(Key("", name, present.mode, accidentals))
        return f"{written} {staff_of(value)}".rstrip()

    def _renamed(self, value: str) -> str:
        """The value with another tonic, and explicit accidentals moved."""
        found = read_key(value)
        if found is None or not found.tonic:
            return f"{self.name('C')} {staff_of(value)}".rstrip()
        edits = {found.tonic_span: self.name(found.tonic)}
        edits |= {sign.span(): self._added(sign) for sign in found.accidentals}
        return _apply(value, edits)

    def _added(self, sign: re.Match[str]) -> str:
        """A moved accidental of a ``K:`` field."""
        moved = self.note(_SIGNS[alteration(sign[1], sign[2])], sign[3], "")
        return re.sub(r"[',]", "", moved)

    def _accidentals(self, key: Key) -> tuple[tuple[str, int], ...]:
        """The moved signature: all letters count, for C natural may become C sharp."""
        given = dict(key.accidentals)
        pairs = []
        for letter in _LETTERS:
            sign = self.note(_SIGNS[given.get(letter, 0)], letter, "").rstrip("',")
            pairs.append((sign[-1].upper(), sign.count("^") - sign.count("_")))
        return tuple(sorted((letter, alter) for letter, alter in pairs if alter))


def _sign(alter: int) -> str:
    if alter not in _SIGNS:
        raise NotationError(
            "In that key a note would need three accidentals; move the tune by another interval."
        )
    return _SIGNS[alter]


def _choose_fifths(values: list[str], semitones: int) -> int:
    """Fifths that come to a number of semitones and leave all keys with the fewest signs."""
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


def _note_edits(movable: MovableText, move: _Move) -> _Edits:
    edits: _Edits = {}
    for start, end in movable.note_spans():
        for found in NOTE.finditer(hide_words(movable.text[start:end])):
            span = (start + found.start(), start + found.end(3))
            edits[span] = move.note(found[1], found[2], found[3])
    return edits


def _key_edits(movable: MovableText, move: _Move) -> _Edits:
    edits = {span: move.key(value) for span, value in movable.key_fields}
    if movable.needs_key:
        at, before, behind = movable.place_of_key
        edits[at, at] = f"{before}{move.name('C')}{behind}"
    return edits


def _symbol_edits(movable: MovableText, move: _Move) -> _Edits:
    return {
        (start, end): move_symbol(movable.text[start:end], move.root)
        for start, end in movable.symbol_spans()
    }


def _set_apart(movable: MovableText, edits: _Edits) -> _Edits:
    """The edits with a blank behind line ends of the old style, and brackets around old chords."""
    text = movable.text
    apart = {
        (start, end): f" {new}" if start < end and text[max(start - 1, 0) : start] == "!" else new
        for (start, end), new in edits.items()
    }
    for start, end in movable.note_spans():
        if text[start] == "+":
            apart |= {(start, start + 1): "[", (end - 1, end): "]"}
    return apart


def _apply(text: str, edits: _Edits) -> str:
    pieces, at = [], 0
    for (start, end), new in sorted(edits.items()):
        if start >= at:
            pieces += [text[at:start], new]
            at = end
    return "".join([*pieces, text[at:]])
