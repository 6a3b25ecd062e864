"""Notes as ABC writes them: accidental, letter, octave marks, length, and what stands before them.

It remembers what a reader remembers (accidentals of the bar, ties), so an accidental is written
where it is needed, for readers that let accidentals last in all octaves and in their own alike
(ABC 2.1 §11.3 has both).
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from musicgen.notation.model import Bar, Key, Meter, Note
from musicgen.notation.parsing.pitches import PitchReader, say_nothing
from musicgen.notation.parsing.tokens import DECORATIONS
from musicgen.notation.writing.spelling import Spelling, spell_graces, spell_note

_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_BROKEN = {
    (Fraction(3, 2), Fraction(1, 2)): ">",
    (Fraction(1, 2), Fraction(3, 2)): "<",
    (Fraction(7, 4), Fraction(1, 4)): ">>",
    (Fraction(1, 4), Fraction(7, 4)): "<<",
}
_MAX_TERM = 99_999
_FINEST = 4096
_LONGEST_QUARTERS = 64
_MOST_BARS = 100


class NoteWriter:
    """Writes notes one after the other; tell it of keys and bar lines between them."""

    def __init__(self, text: str, unit: Fraction, key: Key) -> None:
        self.text = text
        self.unit = unit
        self.key = key
        self._memories = [PitchReader(key, say_nothing) for _ in range(2)]
        self._memories[1].propagate = "octave"

    def set_key(self, key: Key) -> None:
        """Change the signature."""
        self.key = key
        for memory in self._memories:
            memory.set_key(key)

    def end_bar(self) -> None:
        """Forget the accidentals of the bar."""
        for memory in self._memories:
            memory.end_bar()

    def write(self, note: Note, bar: Bar, tuplet: str, broken: str, *, is_broken: bool) -> str:
        """A note, chord or rest with all that belongs to it.

        Args:
            note: the note.
            bar: its bar, which tells a rest of several bars.
            tuplet: the sign of a tuplet that begins with the note, else empty.
            broken: the sign of broken rhythm behind the note, else empty.
            is_broken: whether a sign of broken rhythm, before or behind it, tells its length.
        """
        units = Fraction(1) if is_broken else _written_units(note, self.unit)
        # Grace notes before the sign of a tuplet keep their length, those behind it do not.
        is_inside = not tuplet or any(
            (quarters / self.unit).denominator & ((quarters / self.unit).denominator - 1)
            for quarters in note.grace_quarters
        )
        factor = Fraction(*note.tuplet) if is_inside else Fraction(1)
        graces = self._graces(note, factor)
        prefix = tuplet + graces if is_inside else graces + tuplet
        body = self._body(note, bar, length_text(units))
        return prefix + _ornaments(note) + body + broken

    def _graces(self, note: Note, factor: Fraction) -> str:
        if not note.graces:
            return ""
        names = spell_graces(self.text, note, self.key)
        return "{" + "".join(
            self._pitch(name) + length_text(quarters * factor / self.unit)
            for name, quarters in zip(names, note.grace_quarters, strict=True)
        ) + "}"  # fmt: skip

    def _body(self, note: Note, bar: Bar, length: str) -> str:
        if note.is_rest:
            written = self._long_rest(note, bar) or self._rests(note, length)
            self._after(note, ())
            return written
        names = spell_note(self.text, note, self.key)
        is_tied = note.tied_pitches == note.pitches
        pieces = [
            self._pitch(name) + ("-" if not is_tied and pitch in note.tied_pitches else "")
            for name, pitch in zip(names, note.pitches, strict=True)
        ]
        self._after(note, names)
        written = pieces[0] if len(pieces) == 1 else f"[{''.join(pieces)}]"
        return written + length + ("-" if is_tied else "")

    def _long_rest(self, note: Note, bar: Bar) -> str:
        """A rest of several bars, ``Z4``; empty for any other."""
        full = bar.meter.bar_quarters if bar.meter else None
        count = note.duration / (full or 8 * self.unit)
        is_long = note.duration == bar.expected if full else note.duration > _LONGEST_QUARTERS
        return f"Z{count}" if is_long and count.denominator == 1 and 1 < count <= _MOST_BARS else ""

    def _rests(self, note: Note, length: str) -> str:
        """A rest; several where it is longer than any one that can be written."""
        if note.duration <= _LONGEST_QUARTERS:
            return f"z{length}"
        count, left = divmod(note.duration, _LONGEST_QUARTERS)
        longest = f"z{length_text(_LONGEST_QUARTERS / self.unit)}"
        return longest * int(count) + (f"z{length_text(left / self.unit)}" if left else "")

    def _pitch(self, name: Spelling) -> str:
        letter, octaves = letter_of(name)
        bare = {memory.read("", letter, octaves, 0, 0) for memory in self._memories}
        if bare == {name.pitch}:
            return letter + octaves
        for memory in self._memories:
            memory.read(_SIGNS[name.alter], letter, octaves, 0, 0)
        return _SIGNS[name.alter] + letter + octaves

    def _after(self, note: Note, names: Sequence[Spelling]) -> None:
        held = [(*letter_of(name), name.pitch) for name in names if name.pitch in note.tied_pitches]
        for memory in self._memories:
            memory.release()
            if held:
                memory.hold(held)


def letter_of(name: Spelling) -> tuple[str, str]:
    """Letter and octave marks of a pitch in ABC: middle C is ``C``, an octave above ``c``."""
    if name.octave >= 5:
        return name.letter.lower(), "'" * (name.octave - 5)
    return name.letter, "," * (4 - name.octave)


def length_text(units: Fraction) -> str:
    """A length as it is written behind a note: ``2``, ``3/2``, ``/``, ``/4``; empty for one."""
    if max(units.numerator, units.denominator) > _MAX_TERM:
        units = units.limit_denominator(_FINEST)
    numerator = "" if units.numerator == 1 else str(units.numerator)
    if units.denominator == 1:
        return numerator
    return f"{numerator}/" if units == Fraction(1, 2) else f"{numerator}/{units.denominator}"


def tuplet_signs(notes: Sequence[Note], meters: Sequence[Meter]) -> dict[int, str]:
    """Signs of the tuplets, each at the index of its first note; `meters` has one for each note."""
    signs: dict[int, str] = {}
    for first, last in tuplet_runs(notes):
        count, time = notes[first].tuplet
        number = last - first + 1
        is_short = 1 < number == count < 10 and time == default_time(count, meters[first])
        signs[first] = f"({count}" if is_short else f"({count}:{time}:{number}"
    return signs


def tuplet_runs(notes: Sequence[Note]) -> Iterator[tuple[int, int]]:
    """Indices of the first and last note of every tuplet."""
    first = None
    for index, note in enumerate(notes):
        if not note.tuplet_left:
            continue
        first = index if first is None else first
        following = notes[index + 1] if index + 1 < len(notes) else None
        goes_on = (
            following is not None
            and following.tuplet == note.tuplet
            and following.tuplet_left == note.tuplet_left - 1
        )
        if not goes_on or note.tuplet_left == 1:
            yield first, index
            first = None


def default_time(count: int, meter: Meter) -> int:
    """The time that a tuplet takes where none is written (ABC 2.1 §4.13)."""
    if count in (3, 6):
        return 2
    if count in (2, 4, 8):
        return 3
    return 3 if meter.numerator in (6, 9, 12) and meter.denominator >= 8 else 2


def broken_signs(notes: Sequence[Note], unit: Fraction) -> dict[int, str]:
    """Signs of broken rhythm in a bar, each at the index of the note before it."""
    signs: dict[int, str] = {}
    index = 0
    while index + 1 < len(notes):
        note, following = notes[index], notes[index + 1]
        lengths = _written_units(note, unit), _written_units(following, unit)
        if lengths in _BROKEN and _may_be_broken(note, following):
            signs[index] = _BROKEN[lengths]
            index += 1
        index += 1
    return signs


def _may_be_broken(note: Note, following: Note) -> bool:
    is_plain = not (note.is_rest or following.is_rest or note.tied_pitches or following.graces)
    if not is_plain or note.tuplet != following.tuplet or following.tempo_qpm is not None:
        return False
    return not note.tuplet_left or following.tuplet_left == note.tuplet_left - 1


def _written_units(note: Note, unit: Fraction) -> Fraction:
    return note.duration * Fraction(*note.tuplet) / unit


def _ornaments(note: Note) -> str:
    chord = f'"{note.chord_symbol}"' if note.chord_symbol else ""
    return chord + "".join(f"!{name}!" for name in note.decorations if name in DECORATIONS)
