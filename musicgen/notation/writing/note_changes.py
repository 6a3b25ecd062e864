"""Changes of single notes in the text of a tune: pitch, length, one more, one less.

Only the notes concerned are written anew; all other text stays. Time is never lost or won: what a
note gains, its neighbour in the bar gives, so that bars stay as full as they were. Each change is
read again and compared with what was meant, and refused where it would be read as something else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, get_args

from musicgen.errors import NotationError
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Key, Note, Tune
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tokens import NOTE, hide_words
from musicgen.notation.writing.note_writer import length_text, letter_of
from musicgen.notation.writing.spelling import (
    Spelling,
    choose_name,
    name_pitch,
    spell_graces,
    spell_note,
)

Change = Literal[
    "up", "down", "sharper", "flatter", "octave up", "octave down", "longer", "shorter", "insert",
    "delete",
]  # fmt: skip
CHANGES: tuple[Change, ...] = get_args(Change)
"""A step of the scale, a semitone or an octave up and down, and what happens to the length."""

LOWEST, HIGHEST = 36, 108
"""MIDI pitches beyond which no note is moved."""

_LETTERS = "CDEFGAB"
_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_STEPS = {"up": 1, "down": -1, "octave up": 7, "octave down": -7}
_SEMITONES = {"sharper": 1, "flatter": -1}
_LENGTH_AT_END = re.compile(r"[\d/]*$")
_BROKEN = re.compile(r"[ \t]*[<>]+")
_TIE = re.compile(r"[ \t]*\.?-")
_SHORTEST, _LONGEST = Fraction(1, 8), Fraction(8)
_ATTEMPTS = 4

_Edits = dict[tuple[int, int], str]
_Names = tuple[Spelling, ...]


@dataclass(frozen=True, slots=True)
class ChangedNotes:
    """The text of a changed tune, and the number of the note that is looked at then, from 0."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A note as it is to be: names of its pitches (none for a rest), graces, length in quarters."""

    names: _Names
    graces: _Names
    duration: Fraction


def change_note(text: str, number: int, change: Change) -> ChangedNotes:
    """The first tune of a text with one note changed.

    A longer note takes its time from the next of its bar, or from the one before where it is the
    last; a shorter one gives it there. A note that is put in takes a half of the one it follows, a
    third where that is dotted. The time of one that is taken away goes to the one before, else to
    the one after; where that gives no length that is written as one note, a rest is left. Tied
    notes move together.

    Args:
        text: The tune.
        number: Which of its notes and rests, from 0 in written order.
        change: What to do.

    Raises:
        NotationError: there is no such note, the bar has no room, or the note is written in a way
            that cannot be changed so.
    """
    draft = _Draft(text)
    if not 0 <= number < len(draft.notes):
        raise NotationError(
            "The tune has notes 1 to {count}: there is no note {number}.",
            count=len(draft.notes),
            number=number + 1,
        )
    if change in _STEPS or change in _SEMITONES:
        return draft.move(number, change)
    if change == "insert":
        return draft.insert(number)
    if change == "delete":
        return draft.delete(number)
    return draft.stretch(number, is_longer=change == "longer")


class _Draft:
    """A text that is being changed, with its notes as they are."""

    def __init__(self, text: str) -> None:
        self.text = plain_lines(text)
        self.tune, _problems = read_tune(self.text)
        self.notes = self.tune.notes
        self.wanted = [
            _Wanted(_names(self.tune, note), _graces(self.tune, note), note.duration)
            for note in self.notes
        ]
        self.edits: _Edits = {}

    def move(self, number: int, change: Change) -> ChangedNotes:
        """Another pitch, for all notes that are tied to this one."""
        for place in self._tied(number):
            note, key = self.notes[place], self._key(place)
            names = (
                tuple(_moved(name, key, change) for name in self.wanted[place].names)
                if note.pitches
                else (self._name_nearby(place),)
            )
            self._name(place, names)
        return self._finish(number)

    def stretch(self, number: int, *, is_longer: bool) -> ChangedNotes:
        """The border to the neighbour moved by a step, in whole unit notes where it can be."""
        self._refuse_tuplet(number)
        other = self._neighbour(number)
        if other is None:
            raise NotationError(
                "It is the only note of its bar. Put another note behind it, and the two share "
                "the bar."
            )
        mine, total = self.notes[number].duration, self._sum(number, other)
        unit = self.tune.unit_quarters
        lengths = sorted(_lengths(total), reverse=not is_longer)
        fitting = [one for one in lengths if one != mine and (one > mine) == is_longer]
        whole = [one for one in fitting if not one % unit and not total % unit]
        for length in (whole or fitting)[:1]:
            self._share(number, other, length, total - length)
            return self._finish(number - (length == total and other < number))
        if is_longer:
            raise NotationError("The bar has no room for a longer note here.")
        raise NotationError(
            "This note cannot be shorter: its neighbour would get a length that is not written as "
            "one note."
        )

    def insert(self, number: int) -> ChangedNotes:
        """One more note of the same pitch behind this one."""
        self._refuse_tuplet(number)
        whole = self.notes[number].duration
        first = whole * Fraction(2, 3) if whole.numerator % 3 == 0 else whole / 2
        if not (_is_drawable(first) and _is_drawable(whole - first)):
            raise NotationError("This note is too short to be parted.")
        self._make_plain({number})
        note = self.notes[number]
        core = _core(self.text[note.start : note.end])
        lengths = (first, whole - first)
        self.edits[note.start, note.end] = "".join(core + self._length(one) for one in lengths)
        wanted = self.wanted[number]
        halves = [replace(wanted, duration=first), _Wanted(wanted.names, (), whole - first)]
        self.wanted[number : number + 1] = halves
        return self._finish(number + 1)

    def delete(self, number: int) -> ChangedNotes:
        """One note less; its time goes to a neighbour, or rests."""
        note = self.notes[number]
        for other in (number - 1, number + 1):
            if self._can_share(number, other) and _is_drawable(self._sum(number, other)):
                self._share(number, other, Fraction(0), self._sum(number, other))
                return self._finish(max(min(number, other), 0))
        if note.is_rest:
            raise NotationError("A rest that no neighbour can take over stays, to fill the bar.")
        self._cut_ties(number)
        self._cut_graces(number)
        span = self.text[note.start : note.end]
        self.edits[note.start, note.end] = "z" + _LENGTH_AT_END.findall(span)[0]
        self.wanted[number] = _Wanted((), (), note.duration)
        return self._finish(number)

    # What notes are to each other

    def _tied(self, number: int) -> range:
        first = last = number
        while first and self.notes[first - 1].tied_pitches:
            first -= 1
        while self.notes[last].tied_pitches and last + 1 < len(self.notes):
            last += 1
        return range(first, last + 1)

    def _neighbour(self, number: int) -> int | None:
        """The note behind it in its bar, else the one before; None where there is none."""
        return next((one for one in (number + 1, number - 1) if self._can_share(number, one)), None)

    def _can_share(self, number: int, other: int) -> bool:
        if not 0 <= other < len(self.notes):
            return False
        here, there = self.notes[number], self.notes[other]
        return here.bar == there.bar and not here.tuplet_left and not there.tuplet_left

    def _sum(self, number: int, other: int) -> Fraction:
        return self.notes[number].duration + self.notes[other].duration

    def _key(self, number: int) -> Key:
        return self.notes[number].key or self.tune.key

    def _name_nearby(self, number: int) -> Spelling:
        """The pitch that a rest becomes: that of the note before, else of one behind it."""
        places = [*range(number - 1, -1, -1), *range(number + 1, len(self.notes))]
        found = [name for place in places for name in self.wanted[place].names]
        return found[0] if found else Spelling("A", 0, 4)

    def _refuse_tuplet(self, number: int) -> None:
        if self.notes[number].tuplet_left:
            raise NotationError(
                "The notes of a triplet share their time: their pitches can be changed, not their "
                "lengths."
            )

    # Writing

    def _name(self, number: int, names: _Names, *, is_explicit: bool = False) -> None:
        note = self.notes[number]
        span = self.text[note.start : note.end]
        if note.is_rest:
            self.edits[note.start, note.end] = (
                _written(names[0], self._key(number), is_explicit=is_explicit)
                + _LENGTH_AT_END.findall(span)[0]
            )
        else:
            found = list(NOTE.finditer(hide_words(span)))
            for match, name in zip(found, names, strict=False):
                at = note.start + match.start(), note.start + match.end(3)
                self.edits[at] = _written(name, self._key(number), is_explicit=is_explicit)
        self.wanted[number] = replace(self.wanted[number], names=names)

    def _share(self, number: int, other: int, mine: Fraction, theirs: Fraction) -> None:
        """Gives two neighbours their lengths; one of none is taken away."""
        self._make_plain({number, other})
        gone = None
        for place, length in ((number, mine), (other, theirs)):
            if length:
                self._set_length(place, length)
            else:
                gone = place
        if gone is not None:
            self._cut_ties(gone)
            self._cut_graces(gone)
            note = self.notes[gone]
            self.edits[note.start, note.end] = ""
            del self.wanted[gone]

    def _set_length(self, number: int, length: Fraction) -> None:
        note = self.notes[number]
        core = _core(self.text[note.start : note.end])
        self.edits[note.start, note.end] = core + self._length(length)
        self.wanted[number] = replace(self.wanted[number], duration=length)

    def _length(self, quarters: Fraction) -> str:
        return length_text(quarters / self.tune.unit_quarters)

    def _make_plain(self, numbers: set[int]) -> None:
        """Writes lengths out where signs of broken rhythm around these notes tell them."""
        for place in sorted({one + step for one in numbers for step in (-1, 0)}):
            if not 0 <= place < len(self.notes) - 1:
                continue
            sign = _BROKEN.match(self.text, self.notes[place].end)
            if sign and sign.end() <= self.notes[place + 1].start:
                self.edits[sign.span()] = ""
                for one in (place, place + 1):
                    self._set_length(one, self.notes[one].duration)

    def _cut_ties(self, number: int) -> None:
        for place in (number - 1, number):
            if place >= 0 and self.notes[place].tied_pitches:
                tie = _TIE.match(self.text, self.notes[place].end)
                if tie:
                    self.edits[tie.span()] = ""

    def _cut_graces(self, number: int) -> None:
        spans = self.notes[number].grace_spans
        if spans:
            start = self.text.rfind("{", 0, spans[0][0])
            end = self.text.find("}", spans[-1][1]) + 1
            self.edits[start, end] = ""

    def _finish(self, number: int) -> ChangedNotes:
        """The text, with accidentals where a change would alter others.

        Raises:
            NotationError: it would not be read as it is meant.
        """
        text = _apply(self.text, self.edits)
        for _attempt in range(_ATTEMPTS):
            read, _problems = read_tune(text)
            if len(read.notes) != len(self.wanted):
                break
            corrections = _corrections(text, read, self.wanted)
            if not corrections:
                if self._is_meant(read):
                    return ChangedNotes(text, number)
                break
            text = _apply(text, corrections)
        raise NotationError(
            "This note is written in a way that cannot be changed in the score. Change the text of "
            "the tune instead."
        )

    def _is_meant(self, read: Tune) -> bool:
        lengths = [one.duration for one in self.wanted]
        wrong, before = ({bar.index for bar in check_bars(one).wrong} for one in (read, self.tune))
        return (
            [note.duration for note in read.notes] == lengths
            and [bar.actual for bar in read.bars] == [bar.actual for bar in self.tune.bars]
            and read.play_order == self.tune.play_order
            and wrong <= before
        )


def _names(tune: Tune, note: Note) -> _Names:
    return spell_note(tune.text, note, note.key or tune.key)


def _graces(tune: Tune, note: Note) -> _Names:
    return spell_graces(tune.text, note, note.key or tune.key)


def _corrections(text: str, read: Tune, wanted: Sequence[_Wanted]) -> _Edits:
    """Accidentals for the notes of a text that are not read as they are wanted."""
    edits: _Edits = {}
    for note, one in zip(read.notes, wanted, strict=True):
        if note.pitches != tuple(name.pitch for name in one.names):
            found = NOTE.finditer(hide_words(text[note.start : note.end]))
            for match, name in zip(found, one.names, strict=False):
                span = note.start + match.start(), note.start + match.end(3)
                edits[span] = _written(name, read.key, is_explicit=True)
        if note.graces != tuple(name.pitch for name in one.graces):
            for (start, end), name in zip(note.grace_spans, one.graces, strict=False):
                grace = NOTE.search(text, start, end)
                if grace:
                    span = grace.start(), grace.end(3)
                    edits[span] = _written(name, read.key, is_explicit=True)
        if edits:  # an accidental can put right what follows
            return edits
    return edits


def _moved(name: Spelling, key: Key, change: Change) -> Spelling:
    """A pitch by a step of the scale, an octave, or a semitone further.

    Raises:
        NotationError: it would be too high or too low.
    """
    steps = _STEPS.get(change)
    if steps is None:
        pitch = name.pitch + _SEMITONES[change]
        moved = _in_scale(pitch, key) or _altered(pitch, _SEMITONES[change])
    else:
        octave, index = divmod(7 * name.octave + _LETTERS.index(name.letter) + steps, 7)
        letter = _LETTERS[index]
        alter = name.alter if abs(steps) == 7 else dict(key.accidentals).get(letter, 0)
        moved = Spelling(letter, alter, octave)
    if not LOWEST <= moved.pitch <= HIGHEST:
        raise NotationError("A note cannot be moved any further.")
    return moved


def _in_scale(pitch: int, key: Key) -> Spelling | None:
    """The name of a pitch that needs no accidental in a key."""
    signs = dict(key.accidentals)
    for letter in _LETTERS:
        name = name_pitch(pitch, letter)
        if name and name.alter == signs.get(letter, 0):
            return name
    return None


def _altered(pitch: int, step: int) -> Spelling:
    """The name of a pitch between two of the scale: sharp on the way up, flat on the way down."""
    signs = (0, step)
    names = [name_pitch(pitch, letter) for letter in _LETTERS]
    found = [name for name in names if name and name.alter in signs]
    return min(found, key=lambda name: abs(name.alter), default=None) or choose_name(
        pitch, Key("", "", "major")
    )


def _written(name: Spelling, key: Key, *, is_explicit: bool) -> str:
    letter, octaves = letter_of(name)
    is_plain = dict(key.accidentals).get(name.letter, 0) == name.alter
    sign = "" if is_plain and not is_explicit else _SIGNS[name.alter]
    return sign + letter + octaves


def _core(span: str) -> str:
    return span[: len(span) - len(_LENGTH_AT_END.findall(span)[0])]


def _is_drawable(quarters: Fraction) -> bool:
    """Whether a length is written as one note, dotted or not."""
    size = quarters.denominator
    is_binary = size & (size - 1) == 0
    odd = quarters.numerator
    while odd and not odd % 2:
        odd //= 2
    return is_binary and odd in (1, 3) and _SHORTEST <= quarters <= _LONGEST


def _lengths(total: Fraction) -> list[Fraction]:
    """Lengths of a note that leave its neighbour nothing, or what is written as one note."""
    steps = int(total / _SHORTEST)
    found = [step * _SHORTEST for step in range(1, steps + 1)]
    return [
        one for one in found if _is_drawable(one) and (one == total or _is_drawable(total - one))
    ]


def _apply(text: str, edits: _Edits) -> str:
    pieces, at = [], 0
    for (start, end), new in sorted(edits.items()):
        if start >= at:
            pieces += [text[at:start], new]
            at = end
    return "".join([*pieces, text[at:]])
