"""Notes, chords and rests with their exact lengths: tuplets, broken rhythm, ties, ornaments."""

import re
from collections.abc import Iterator
from fractions import Fraction

from musicgen.notation.analysis.chord_symbols import is_chord_symbol
from musicgen.notation.model import Key, Mark, Meter, ProblemKind
from musicgen.notation.parsing.bar_reader import MeasureReader
from musicgen.notation.parsing.barlines import is_closing
from musicgen.notation.parsing.builders import NoteDraft
from musicgen.notation.parsing.lengths import MAX_NOTE_TICKS, MIN_NOTE_TICKS, read_length
from musicgen.notation.parsing.pitches import ReportProblem
from musicgen.notation.parsing.tokens import TOKEN, is_decoration, is_line_ends, jump_of
from musicgen.notation.writing.note_writer import default_time
from musicgen.translatable import Sentence

MAX_MULTI_REST = 100
MAX_GRACES = 16
_AT = TOKEN.groupindex
_NOTE, _REST, _TUPLET, _CHORD = _AT["note"], _AT["rest"], _AT["tuplet"], _AT["chord"]
_OLD_CHORD = _AT["oldchord"]
_LOST_IN_CHORDS = frozenset({"stray", "accidental", "digits"})


class NoteReader(MeasureReader):
    """Reads notes into the bar that is open, and remembers what is owed to the next one."""

    def __init__(
        self, text: str, meter: Meter, unit: Fraction, key: Key, report: ReportProblem
    ) -> None:
        super().__init__(text, meter, unit, key, report)
        self._onset = 0
        self._owed = (1, 1)
        self._tuplet: tuple[int, int] = (1, 1)
        self._tuplet_left = 0
        self._chord_symbol = ""
        self._decorations: list[str] = []
        self._graces: list[tuple[int, int, tuple[int, int]]] = []

    def _on_note(self, match: re.Match[str]) -> None:
        accidental, letter, octaves, numerator, slashes, denominator, late = match.group(
            _NOTE + 1, _NOTE + 2, _NOTE + 3, _NOTE + 4, _NOTE + 5, _NOTE + 6, _NOTE + 7
        )
        start, end = match.span()
        if late:
            octaves += late
            self.report(
                start, end, Sentence("Octave marks belong before the length; read as if they did.")
            )
        ticks = self._length(numerator, slashes, denominator, start, end)
        pitch = self.pitches.read(accidental, letter, octaves, start, end)
        self._add((pitch,), ticks, start, end, ((letter, octaves),))

    def _length(self, numerator: str, slashes: str, denominator: str, start: int, end: int) -> int:
        if not numerator and not slashes:
            return self.unit
        ticks, is_sane = read_length(self.unit, numerator, slashes, denominator)
        if not is_sane:
            self.report(
                start, end, Sentence("This length makes no sense; one unit note is assumed.")
            )
        return ticks

    def _length_of(self, note: re.Match[str]) -> int:
        numerator, slashes, denominator = note.group(_NOTE + 4, _NOTE + 5, _NOTE + 6)
        return self._length(numerator, slashes, denominator, *note.span())

    def _add(
        self,
        pitches: tuple[int, ...],
        ticks: int,
        start: int,
        end: int,
        letters: tuple[tuple[str, str], ...],
    ) -> NoteDraft:
        note = NoteDraft(pitches, self._onset, ticks, start, end, letters)
        if self._tuplet_left:
            note.tuplet, note.tuplet_left = self._tuplet, self._tuplet_left
            self._tuplet_left -= 1
            note.ticks = ticks = ticks * self._tuplet[1] // self._tuplet[0]
        if self._owed != (1, 1):
            changed = ticks * self._owed[0] // self._owed[1]
            if _is_bounded(note, changed):
                note.ticks = ticks = changed
            else:
                self.report(
                    start, end, Sentence("No note is that long or short; its length stays.")
                )
            self._owed = (1, 1)
        if self._decorations or self._chord_symbol or self._graces:
            self._adorn(note)
        self.pitches.release()
        self._onset += ticks
        self._last = note
        self._hold_from(note)
        self._bar.notes.append(note)
        return note

    def _adorn(self, note: NoteDraft) -> None:
        note.chord_symbol, self._chord_symbol = self._chord_symbol, ""
        note.decorations, self._decorations = tuple(self._decorations), []
        if note.pitches:
            note.graces, self._graces = tuple(self._graces[:MAX_GRACES]), []

    def _on_rest(self, match: re.Match[str]) -> None:
        sign, numerator, slashes, denominator = match.group(
            _REST + 1, _REST + 2, _REST + 3, _REST + 4
        )
        start, end = match.span()
        if sign == "y":
            return
        if sign not in "ZX":
            ticks = self._length(numerator, slashes, denominator, start, end)
            self._add((), ticks, start, end, ())
            return
        count = int(numerator) if 0 < len(numerator) <= 3 else 1
        if not 0 < count <= MAX_MULTI_REST or slashes or len(numerator) > 3:
            self.report(
                start,
                end,
                Sentence("A rest lasts 1 to {most} bars; one is assumed.", most=MAX_MULTI_REST),
            )
            count = 1
        self._tuplet_left, self._owed = 0, (1, 1)  # whole bars are in no tuplet
        self._bar.full_bars = count
        self._add((), count * (self._full_bar or 8 * self.unit), start, end, ())

    def _on_chord(self, match: re.Match[str]) -> None:
        self._read_chord(match, _CHORD)

    def _on_oldchord(self, match: re.Match[str]) -> None:
        """A chord as ABC 1.x wrote it, ``+CEG+``."""
        self._read_chord(match, _OLD_CHORD)

    def _read_chord(self, match: re.Match[str], group: int) -> None:
        start, end = match.span()
        numerator, slashes, denominator = match.group(group + 2, group + 3, group + 4)
        notes = list(self._notes_inside(*match.span(group + 1)))
        if not notes:
            self._drop(match, Sentence("There is no note in this chord; it is left out."))
            return
        ticks = self._length_of(notes[0])
        outer = self._length(numerator, slashes, denominator, start, end)
        ticks = max(MIN_NOTE_TICKS, min(MAX_NOTE_TICKS, ticks * outer // self.unit))
        pitches, letters, tied = [], [], []
        for note in notes[:16]:
            accidental, letter, octaves = note.group(_NOTE + 1, _NOTE + 2, _NOTE + 3)
            octaves += note[_NOTE + 7]
            pitch = self.pitches.read(accidental, letter, octaves, *note.span())
            if pitch not in pitches:
                pitches.append(pitch)
                letters.append((letter, octaves))
                if self.text.startswith("-", note.end()):
                    tied.append(pitch)
        draft = self._add(tuple(pitches), ticks, start, end, tuple(letters))
        if tied:
            self._tie(draft, tuple(tied))

    def _notes_inside(
        self, start: int, end: int, *, is_grace: bool = False
    ) -> Iterator[re.Match[str]]:
        """Notes in the brackets of a chord or of grace notes.

        Decorations and texts among the notes of a chord belong to the chord; those of grace notes
        are left out.
        """
        position = start
        while position < end:
            match = TOKEN.match(self.text, position, end)
            if match is None:
                return
            position, name = match.end(), match.lastgroup
            if name == "note":
                yield match
            elif name in ("chord", "oldchord"):
                if is_grace:
                    self.report(
                        *match.span(),
                        Sentence("A chord of grace notes is played one note after the other."),
                    )
                inside = match.span((_CHORD if name == "chord" else _OLD_CHORD) + 1)
                yield from self._notes_inside(*inside, is_grace=is_grace)
            elif name == "decoration" and is_line_ends(match[0]):
                position = match.start() + 1
            elif is_grace and match.start() == start and match[0] == "/":
                continue  # an acciaccatura (ABC 2.1 §4.12): grace notes all the same
            elif name in _LOST_IN_CHORDS and not match[0].isspace():
                self.report(
                    *match.span(),
                    Sentence("{text!r} means nothing here; left out.", text=match[0]),
                )
            elif not is_grace:
                self._adorn_chord(match)

    def _adorn_chord(self, match: re.Match[str]) -> None:
        if match.lastgroup == "quote":
            self._read_words(match[0].strip('"'))
        elif match.lastgroup == "decoration":
            self._read_decoration(match)
        elif match.lastgroup == "shorthand" and match[0] in self.symbols:
            self._decorate(self.symbols[match[0]])

    def _on_broken(self, match: re.Match[str]) -> None:
        count = match.end() - match.start()
        signs = match[0]
        if self._last is None or not self._bar.notes or count > 3 or len(set(signs)) > 1:
            self._drop(
                match, Sentence("{text!r} has no note to lengthen; left out.", text=signs[:8])
            )
            return
        short, long = (1, 2**count), (2 ** (count + 1) - 1, 2**count)
        before, after = (long, short) if signs[0] == ">" else (short, long)
        changed = self._last.ticks * before[0] // before[1]
        if not _is_bounded(self._last, changed):
            self._drop(match, Sentence("No note is that long or short; its length stays."))
            return
        self._onset += changed - self._last.ticks
        self._last.ticks = changed
        self._owed = after

    def _on_tuplet(self, match: re.Match[str]) -> None:
        count_text, time_text, number_text = match.group(_TUPLET + 1, _TUPLET + 2, _TUPLET + 3)
        if time_text is None and len(count_text) > 1:  # `(32c` is no tuplet of 32
            count_text = count_text[0]
        count = int(count_text)
        time = int(time_text) if time_text else default_time(count, self.meter)
        number = int(number_text) if number_text else count
        if count == 1 and not time_text:
            count = 0
        if not 1 <= count <= 32 or not 1 <= time <= 32 or not 1 <= number <= 64:
            self._drop(
                match,
                Sentence("{text!r} is no tuplet; its notes keep their length.", text=match[0]),
            )
            return
        if self._tuplet_left:
            self.report(
                *match.span(), Sentence("A tuplet begins inside another; the first ends here.")
            )
        self._tuplet, self._tuplet_left = (count, time), number

    def _on_tie(self, match: re.Match[str]) -> None:
        if self._last is None or not self._last.pitches:
            self._drop(match, Sentence("There is no note here to tie; the tie is left out."))
            return
        self._tie(self._last, self._last.pitches)

    def _tie(self, note: NoteDraft, pitches: tuple[int, ...]) -> None:
        note.tied_pitches = pitches
        self.pitches.hold(
            (letter, octaves, pitch)
            for (letter, octaves), pitch in zip(note.letters, note.pitches, strict=False)
            if pitch in pitches
        )

    def _on_grace(self, match: re.Match[str]) -> None:
        for note in self._notes_inside(match.start() + 1, match.end() - 1, is_grace=True):
            accidental, letter, octaves = note.group(_NOTE + 1, _NOTE + 2, _NOTE + 3)
            octaves += note[_NOTE + 7]
            pitch = self.pitches.read(accidental, letter, octaves, *note.span())
            ticks = self._length_of(note)
            if self._tuplet_left:
                ticks = ticks * self._tuplet[1] // self._tuplet[0]
            self._graces.append((pitch, ticks, note.span()))

    def _read_words(self, words: str) -> None:
        if is_chord_symbol(words):
            self._chord_symbol = words.strip()
            return
        jump = jump_of(words)
        if jump:
            self._bar.marks.append(self._mark(jump))
            if is_closing(self._bar.opening):
                self.give_back_marks()

    def _mark(self, kind: str) -> Mark:
        """Signs to leap to or from stand where they are written, ends at the end of their bar."""
        return Mark(kind, kind in ("segno", "coda", "tocoda") and not self._bar.notes)

    def _decorate(self, name: str) -> None:
        jump = jump_of(name)
        if jump:
            self._bar.marks.append(self._mark(jump))
        elif len(self._decorations) < 16:
            self._decorations.append(name)

    def _read_decoration(self, match: re.Match[str]) -> None:
        name = match[0][1:-1]
        if is_decoration(match[0]):
            self._decorate(name)
        else:
            self._drop(
                match,
                Sentence("The decoration {name!r} is unknown; left out.", name=name),
                ProblemKind.LEFT_OUT,
            )


def _is_bounded(note: NoteDraft, ticks: int) -> bool:
    """Whether a note of that many ticks can be written with one length."""
    written = ticks * note.tuplet[0]
    return MIN_NOTE_TICKS * note.tuplet[1] <= written <= MAX_NOTE_TICKS * note.tuplet[1]
