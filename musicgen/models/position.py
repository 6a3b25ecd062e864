"""The position of each character in its tune: in its bar, its section and its scale.

A network of characters has to count note lengths to know how full a bar is, and to remember a key
for three hundred characters. All of that follows from the text, so a network can be given it as
input: `TunePosition` reads ABC one character at a time and returns, after each, one value for each
of `FEATURES`. Each value is the number of a row in one table of `FEATURE_ROWS` learned vectors,
whose sum the network reads in addition to its character.

It is not the full reader of ABC: it covers what tunebooks of dance music write and never raises;
where it is wrong, a network has learned how much to rely on it. A blank line resets it.
Lengths are exact in units of 1/48 of an eighth note.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

FEATURES = {
    "metre_and_place": 10 * 33,
    "left_in_bar": 35,
    "fraction": 4,
    "bar_of_section": 22,
    "section": 8,
    "bars_left_in_section": 20,
    "sections_left": 7,
    "degree_and_mode": 14 * 7,
    "staff_position": 44,
    "degree_before": 14,
    "interval": 19,
    "key": 15 * 7,
    "rhythm_and_pickup": 13 * 2,
    "book": 6 * 2,
    "first_notes_of_bars": 14 * 14,
    "inside_token": 12,
}
"""What is returned after each character, and how many values each has."""

FEATURE_ROWS = sum(FEATURES.values())

MAX_CHARACTERS = 2048
"""Characters of a tune that are read; further on a tune stands where it stood there."""

SEEN_SIZE = 1 + MAX_CHARACTERS
"""Numbers that a network carries for each tune: how many characters, and which."""

RHYTHM_VALUES = (
    "", "reel", "jig", "slip jig", "hornpipe", "polka", "slide", "set dance", "waltz", "march",
    "air", "strathspey", "fling",
)  # fmt: skip
BOOKS = ("", "lab", "oneill", "ryan", "aird", "northumbrian")
METER_VALUES = ("", "C", "C|", "2/4", "3/4", "6/8", "9/8", "12/8", "3/8", "4/4")

_COMPOUND = (5, 6, 7)
PLACES = 33
"""Sixteenths of a bar that are told apart."""

_MODES = {
    "": 0, "maj": 0, "ion": 0, "m": 1, "min": 1, "aeo": 1, "dor": 2, "mix": 3, "phr": 4, "lyd": 5,
    "loc": 6,
}  # fmt: skip
MODE_FIFTHS = (0, 3, 2, 1, 4, -1, 5)
"""Fifths by which the signature of each mode lies below that of the major key."""

NO_STAFF = 43
"""The staff position before the first note."""

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_STEPS = {letter: step for step, letter in enumerate("CDEFGAB")}
_SHARPS = "FCGDAEB"
_ACCIDENTALS = {"^": 1, "^^": 2, "=": 0, "_": -1, "__": -2}
_FIELDS = frozenset("KMLPTNRQW")
"""Fields that may stand on a line of their own inside a body."""
_TUPLET_TIME = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
_EIGHTH = 48
_SIXTEENTH = _EIGHTH // 2
_NO_DEGREE, _REST = 13, 12
_NO_INTERVAL, _TOP = 18, 42
_SMALL = 0.01
_MAX_DIGITS = 2
_SIZES = tuple(FEATURES.values())
_STARTS = tuple(sum(_SIZES[:at]) for at in range(len(_SIZES)))
(
    _METRE, _LEFT, _FRACTION, _BAR, _SECTION, _BARS_LEFT, _SECTIONS_LEFT, _DEGREE, _STAFF, _BEFORE,
    _INTERVAL, _KEY, _RHYTHM, _BOOK, _FIRST, _TOKEN,
) = _STARTS  # fmt: skip


def staff_position(letter: str) -> int:
    """Steps of the scale above the C three octaves below middle C, of a note as it is written."""
    return 7 * (2 + letter.islower()) + _STEPS[letter.upper()]


class TunePosition:
    """Reads a tune character by character; `rows` says where it stands. A copy goes on alone."""

    _count: int
    _last: str
    _line: str
    _previous: str
    _in_header: bool
    _header_rows: list[int]

    def __init__(self) -> None:
        self._begin()

    def copy(self) -> "TunePosition":
        """A copy with the same state, which changes independently."""
        other = copy(self)
        other._accidentals = dict(self._accidentals)
        return other

    @property
    def is_new(self) -> bool:
        """Whether a tune is about to begin."""
        return self._count == 0

    @property
    def is_reading(self) -> bool:
        """Whether the tune is short enough, so far, for each character to count."""
        return self._count <= MAX_CHARACTERS

    def feed(self, character: str) -> None:
        """Reads the next character."""
        self._count += 1
        if self._count > MAX_CHARACTERS:
            if character == "\n" == self._last:
                self._begin()
            self._last = character
            return
        self._last = character
        if character == "\n":
            self._end_line()
        else:
            self._line += character
            is_field = self._line[0] in _FIELDS and self._line[1:2] in ("", ":")
            if not (self._in_header or is_field):
                self._read(character)
        self._previous = character

    def rows(self) -> list[int]:
        """One row of the table, 0 to `FEATURE_ROWS` - 1, for each of `FEATURES`, in their order."""
        if self._in_header and self._header_rows:
            return self._header_rows
        length = self._fill + self._note_length() if self._has_note else self._fill
        place, fraction, left = self._place(length)
        bars_left, sections_left = self._ahead()
        # Written out: it is done for each character of a training, and takes half the time so.
        found = [
            _METRE + self._meter * PLACES + place,
            _LEFT + left,
            _FRACTION + fraction,
            _BAR + (0 if self._in_header else 1 + min(19, self._bars)),
            _SECTION + min(7, self._section),
            _BARS_LEFT + bars_left,
            _SECTIONS_LEFT + sections_left,
            _DEGREE + self._degree * 7 + self._mode,
            _STAFF + self._staff,
            _BEFORE + self._degree_before,
            _INTERVAL + self._interval,
            _KEY + (self._signature + 7) * 7 + self._mode,
            _RHYTHM + self._rhythm * 2 + self._has_pickup,
            _BOOK + self._book * 2 + self._is_moved,
            _FIRST + self._first * 14 + self._first_before,
            _TOKEN + self._token(),
        ]
        self._header_rows = found if self._in_header else []
        return found

    def _begin(self) -> None:
        self._count, self._last = 0, "\n"
        self._line, self._previous, self._in_header = "", "\n", True
        self._header_rows = []
        self._meter, self._full, self._unit = 0, 0.0, 8.0
        self._tonic, self._mode, self._signature = -1, 0, 0
        self._rhythm, self._book, self._is_moved = 0, 0, 0
        self._plan: tuple[int, ...] = ()
        self._fill, self._bars, self._section, self._has_pickup = 0.0, 0, 0, 0
        self._bars_before_ending = -1
        self._degree = self._degree_before = self._first = self._first_before = _NO_DEGREE
        self._staff, self._interval = NO_STAFF, _NO_INTERVAL
        self._accidentals: dict[str, int] = {}
        self._inside, self._part = "", ""
        self._has_note, self._digits, self._divisor, self._slashes = False, "", "", 0
        self._factor = self._broken = 1.0
        self._tuplet_left, self._tuplet_factor = 0, 1.0

    # Lines and fields

    def _end_line(self) -> None:
        if self._previous == "\n":
            self._begin()
            return
        line = self._line
        if line[1:2] == ":" and line[0].isalpha() and (self._in_header or line[0] in _FIELDS):
            self._read_field(line[0], line[2:].strip())
        elif not self._in_header:
            self._settle()
        self._line = ""

    def _read_field(self, letter: str, value: str) -> None:
        self._header_rows = []
        if letter == "M":
            self._meter = METER_VALUES.index(value) if value in METER_VALUES else 0
            pair = read_fraction({"C": "4/4", "C|": "2/2"}.get(value, value))
            self._full = pair[0] * 8 * _EIGHTH / pair[1] if pair else 0.0
        elif letter == "L":
            pair = read_fraction(value)
            self._unit = pair[1] / pair[0] if pair else self._unit
        elif letter == "R":
            self._rhythm = RHYTHM_VALUES.index(value) if value in RHYTHM_VALUES else 0
        elif letter == "B":
            book = value.rstrip("+")
            self._book = BOOKS.index(book) if book in BOOKS else 0
            self._is_moved = int(value.endswith("+"))
        elif letter == "N":
            numbers = value.replace(":", "").split()
            self._plan = tuple(int(part) for part in numbers if _is_number(part))
        elif letter == "K":
            self._read_key(value)

    def _read_key(self, value: str) -> None:
        if value[:1] in _SEMITONES:
            sign = {"#": 1, "b": -1}.get(value[1:2], 0)
            mode = value[1 + abs(sign) :].strip().lower()
            self._mode = _MODES.get(mode if mode == "m" else mode[:3], 0)
            self._tonic = (_SEMITONES[value[0]] + sign) % 12
            fifths = _FIFTHS[value[0]] + 7 * sign - MODE_FIFTHS[self._mode]
            self._signature = max(-7, min(7, fifths))
        self._in_header = False

    # Music

    def _read(self, character: str) -> None:
        if self._inside and self._read_inside(character):
            return
        if character.upper() in _SEMITONES or character in "zx":
            self._open_note(character)
        elif character in ",'":
            self._move_octave(character)
        elif character in "0123456789":
            self._add_digit(character)
        elif character == "/":
            self._slashes += self._has_note
        elif character in "<>":
            self._break(character)
        else:
            self._settle()
            self._open_sign(character)

    def _open_sign(self, character: str) -> None:
        if character in "^_=":
            self._inside, self._part = "^", character
        elif character in '("{:':
            self._inside = character
        elif character == "|":
            self._end_bar()
            self._inside = "|"

    def _read_inside(self, character: str) -> bool:
        """Whether the character belongs to what has begun, such as a tuplet or a bar line."""
        inside = self._inside
        if inside in '"{':
            self._inside = "" if character == ('"' if inside == '"' else "}") else inside
            return True
        if inside == "^":
            return self._read_accidental(character)
        if inside == "(":
            self._inside = ""
            return self._open_tuplet(character)
        return self._read_line(inside, character)

    def _read_accidental(self, character: str) -> bool:
        if character in "^_=":
            self._part += character
            return True
        self._inside = ""
        if character.upper() in _SEMITONES:
            self._accidentals[character.upper()] = _ACCIDENTALS.get(self._part, 0)
        return False

    def _open_tuplet(self, character: str) -> bool:
        if character not in "0123456789" or self._tuplet_left:
            return False
        count = int(character)
        in_three = 3 if self._meter in _COMPOUND else 2
        time = _TUPLET_TIME.get(count, in_three if count in (5, 7, 9) else count)
        self._tuplet_left, self._tuplet_factor = count, time / max(1, count)
        return True

    def _read_line(self, inside: str, character: str) -> bool:
        """A bar line goes on, or an ending begins behind it. A closed one is told till the next."""
        if inside == "]":
            return False
        is_line = character == "|" or (character == ":" and inside in "|:")
        if inside == ":" and is_line:
            self._end_bar()
            self._end_section()
            self._inside = "|:" if character == "|" else ""
            return True
        if inside == "|" and character in "]|:":
            self._end_section()
            self._inside = "]" if character != ":" else ""
            return True
        if inside in ("|", "|:"):
            if character in "0123456789":
                self._begin_ending(character)
                self._inside = ""
                return True
            if character == "[" or (character in ": " and inside == "|:"):
                return True
        self._inside = ""
        return False

    def _open_note(self, character: str) -> None:
        self._settle()
        self._factor, self._broken = self._broken, 1.0
        if self._tuplet_left:
            self._factor *= self._tuplet_factor
        self._has_note, self._part = True, character
        self._degree_before = self._degree
        if character in "zx":
            self._degree = _REST
            return
        letter = character.upper()
        alter = self._accidentals.get(letter)
        if alter is None:
            place = _SHARPS.index(letter)
            alter = int(self._signature > place) - int(-self._signature > 6 - place)
        staff = staff_position(character)
        if self._staff != NO_STAFF:
            self._interval = max(-8, min(8, staff - self._staff)) + 8
        self._staff = staff
        if self._tonic >= 0:
            self._degree = (_SEMITONES[letter] + alter - self._tonic) % 12
        if self._fill < _SMALL:
            self._first = self._degree

    def _move_octave(self, character: str) -> None:
        if not self._has_note or self._part in "zx":
            return
        before = self._staff
        self._staff = max(0, min(_TOP, before + (-7 if character == "," else 7)))
        if self._interval != _NO_INTERVAL:
            self._interval = max(0, min(16, self._interval + self._staff - before))

    def _add_digit(self, character: str) -> None:
        if not self._has_note:
            return
        if self._slashes:
            self._divisor = (self._divisor + character)[:_MAX_DIGITS]
        else:
            self._digits = (self._digits + character)[:_MAX_DIGITS]

    def _break(self, character: str) -> None:
        """Broken rhythm: half of the note's length moves to it from the next, or the other way."""
        if not self._has_note:
            return
        half = self._note_length() / 2
        self._settle()
        self._fill += half if character == ">" else -half
        self._broken = 0.5 if character == ">" else 1.5

    def _written_length(self) -> tuple[int, int]:
        """Unit note lengths, and by what they are divided, of the note being written."""
        count = int(self._digits) if self._digits else 1
        return count, int(self._divisor) if self._divisor else 2 ** min(self._slashes, 8)

    def _note_length(self) -> float:
        count, parts = self._written_length()
        return 8 * _EIGHTH / self._unit * count / max(1, parts) * self._factor

    def _settle(self) -> None:
        """Adds the note being written to its bar."""
        if self._has_note:
            self._fill += self._note_length()
            self._tuplet_left -= bool(self._tuplet_left)
        self._has_note, self._digits, self._divisor, self._slashes = False, "", "", 0

    # Bars and sections

    def _end_bar(self) -> None:
        self._settle()
        if self._fill > _SMALL:
            is_pickup = (
                not self._bars and not self._has_pickup and self._bars_before_ending < 0
                and self._fill < self._full - 0.5
            )  # fmt: skip
            if is_pickup:
                self._has_pickup = 1
            else:
                self._bars += 1
            self._first_before, self._first = self._first, _NO_DEGREE
        self._fill, self._broken, self._tuplet_left = 0.0, 1.0, 0
        self._accidentals = {}

    def _end_section(self) -> None:
        if self._bars:
            self._section += 1
            self._bars, self._has_pickup = 0, 0

    def _begin_ending(self, digit: str) -> None:
        """A second ending stands where the first one did."""
        if digit == "1":
            self._bars_before_ending = self._bars
        elif self._bars_before_ending >= 0:
            if self._section and not self._bars:
                self._section -= 1
                self._bars, self._has_pickup = self._bars_before_ending, 1
            self._bars_before_ending = -1

    # The values that `rows` returns.

    def _place(self, length: float) -> tuple[int, int, int]:
        """Sixteenths of the bar that are full, the fraction behind them, and what is left."""
        place = length / _SIXTEENTH
        whole = int(place + 1e-6)
        shown = 0 if whole < 0 else min(whole, PLACES - 1)
        return shown, _fraction(place - whole), self._left(place)

    def _left(self, place: float) -> int:
        if self._in_header or not self._full:
            return 0
        left = self._full / _SIXTEENTH - place
        return 1 if left < -0.02 else min(PLACES + 1, 2 + int(left + 0.98))

    def _ahead(self) -> tuple[int, int]:
        """Bars left in this section and sections left, where a plan (``N:``) says it."""
        if self._in_header or not self._plan:
            return 0, 0
        sections = 1 + min(5, max(0, len(self._plan) - self._section))
        if self._section >= len(self._plan):
            return 1, sections
        return 2 + max(-1, min(17, self._plan[self._section] - self._bars)), sections

    def _token(self) -> int:
        """What the last character is part of."""
        if self._in_header:
            return 0
        if not self._line:
            return 10
        if self._has_note:
            return 3 if self._digits or self._slashes else 2
        if self._broken != 1.0 or self._tuplet_left:
            return 11
        return {"": 1, "^": 4, "|": 5, ":": 6, "|:": 7, "]": 8}.get(self._inside, 9)


def _fraction(rest: float) -> int:
    """0 on a sixteenth; 1, 2, 3 for about a third, a half and two thirds behind one."""
    if rest < 0.02:
        return 0
    return 1 if rest < 0.4 else 2 if rest < 0.6 else 3


def read_fraction(text: str) -> tuple[int, int] | None:
    """Numerator and denominator of a fraction of small whole numbers above 0."""
    above, _, below = text.partition("/")
    if not (_is_number(above) and _is_number(below)):
        return None
    pair = int(above), int(below)
    return pair if all(pair) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3


def follow_positions(text: Sequence[str], start: TunePosition | None = None) -> list[list[int]]:
    """`rows` after each character of a text, from the beginning of a tune or from `start`."""
    position = start.copy() if start else TunePosition()
    found = []
    for character in text:
        position.feed(character)
        found.append(position.rows())
    return found


_KEPT = 256
_after: "OrderedDict[tuple[str, bytes], TunePosition]" = OrderedDict()
_keeping = threading.Lock()


def empty_seen(batch_size: int) -> Ints:
    """What is carried, (B, `SEEN_SIZE`), of tunes that have not begun."""
    return np.zeros((batch_size, SEEN_SIZE), np.int64)


def read_positions(ids: Ints, seen: Ints, characters: str) -> tuple[Ints, Ints]:
    """Where each character stands.

    Args:
        ids: Characters (B, T).
        seen: What was read of each tune before, (B, `SEEN_SIZE`); it is not changed.
        characters: The vocabulary: character i has the id i.

    Returns:
        Rows of the table (B, T, F), F = `len(FEATURES)`, and what is carried after the last
        character.
    """
    rows = np.empty((*ids.shape, len(FEATURES)), np.int64)
    carried = seen.copy()
    for tune, numbers in enumerate(ids.tolist()):
        before = seen[tune, 1 : 1 + seen[tune, 0]].tolist()
        position = _recall(before, characters)
        for time, number in enumerate(numbers):
            position.feed(characters[number])
            rows[tune, time] = position.rows()
            if position.is_new:
                before = []
            elif position.is_reading:
                before.append(number)
        carried[tune] = 0
        carried[tune, 0] = len(before)
        carried[tune, 1 : 1 + len(before)] = before
        _keep(before, characters, position)
    return rows, carried


def _recall(before: list[int], characters: str) -> TunePosition:
    """Where a tune stands after some characters: remembered, or read again."""
    with _keeping:
        known = _after.get(_name(before, characters))
    if known is not None:
        return known.copy()
    position = TunePosition()
    for number in before:
        position.feed(characters[number])
    return position


def _keep(before: list[int], characters: str, position: TunePosition) -> None:
    with _keeping:
        _after[_name(before, characters)] = position
        while len(_after) > _KEPT:
            _after.popitem(last=False)


def _name(before: list[int], characters: str) -> tuple[str, bytes]:
    return characters, np.array(before, np.int32).tobytes()
