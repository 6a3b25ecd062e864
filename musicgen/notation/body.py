"""The body of a tune, token by token: notes with exact times, bars, and what could not be read."""

import re
from fractions import Fraction

from musicgen.notation.barlines import count_repeats, is_double
from musicgen.notation.drafts import BarDraft, NoteDraft
from musicgen.notation.fields import (
    is_clef,
    parse_key,
    parse_meter,
    parse_shift,
    parse_tempo,
    parse_unit_length,
)
from musicgen.notation.lengths import (
    MAX_NOTE_TICKS,
    MIN_NOTE_TICKS,
    read_length,
    to_quarters,
    to_ticks,
)
from musicgen.notation.pitches import PitchReader, Report
from musicgen.notation.tokens import (
    BAR_AHEAD,
    DECORATIONS,
    NOTE,
    OLD_FIELD,
    SHORTHAND,
    TOKEN,
    is_chord_symbol,
    is_line_ends,
    is_note_like,
    jump_of,
)
from musicgen.notation.tune import Key, Mark, Meter

MAX_MULTI_REST = 100
MAX_GRACES = 16
_AT = TOKEN.groupindex
_NOTE, _REST, _TUPLET, _CHORD = _AT["note"], _AT["rest"], _AT["tuplet"], _AT["chord"]
_ENDING_AFTER_BAR = re.compile(r"(?:[ \t]*\[[ \t]*)?(\d{1,3}(?:[ \t]*[,\-][ \t]*\d{1,3}){0,16})")
_BLANK = re.compile(r"(?:\s|[!*\\$]+(?=\s))*")
_VOICE_AHEAD = re.compile(r"\[V:[^\]\n]{0,200}\]")


class BodyReader:
    """Reads lines of music into bars. Feed it lines and fields in order, then call `finish`."""

    def __init__(self, text: str, meter: Meter, unit: Fraction, key: Key, report: Report) -> None:
        self.text = text
        self.report = report
        self.unit = to_ticks(unit)
        self.pitches = PitchReader(key, report)
        self.symbols = dict(SHORTHAND)
        self.bars: list[BarDraft] = []
        self.dropped: set[int] = set()
        self.wanted_voice = ""
        self.is_silent = False
        self._set_meter(meter)
        self._bar = BarDraft()
        self._onset = 0
        self._last: NoteDraft | None = None
        self._owed = (1, 1)
        self._tuplet: tuple[int, int] = (1, 1)
        self._tuplet_left = 0
        self._chord_symbol = ""
        self._decorations: list[str] = []
        self._graces: list[tuple[int, int, tuple[int, int]]] = []
        self._part = ""
        self._tempo: Fraction | None = None
        self._ending: tuple[int, ...] = ()
        self._handlers = {
            name: getattr(self, f"_on_{name}") for name in TOKEN.groupindex if name != "space"
        }

    # What stands around the music

    def _set_meter(self, meter: Meter) -> None:
        self.meter = meter
        self._full_bar = to_ticks(meter.bar_quarters or Fraction(0))

    def read_field(self, letter: str, value: str, start: int, end: int) -> None:
        """Take in an information field of the body, on a line of its own or inline."""
        value = value[:200].strip()
        if letter == "V":
            self._on_voice(value, start, end)
        elif letter == "P" and not self.is_silent:
            self._begin_part(value, start)
        elif not self.is_silent:
            name = self._take(letter, value)
            if name:
                self.report(start, end, f"{value[:40]!r} is no {name}; the one before it stays.")

    def _take(self, letter: str, value: str) -> str:
        """Let a field work; the name of what it should have been where it makes no sense."""
        name = ""
        if letter == "M":
            meter = parse_meter(value)
            name = "" if meter else "meter"
            self._set_meter(meter or self.meter)
        elif letter == "L":
            unit = parse_unit_length(value)
            name = "" if unit else "unit note length"
            self.unit = to_ticks(unit) if unit else self.unit
        elif letter == "K":
            name = self._take_key(value)
        elif letter == "Q":
            self._tempo = parse_tempo(value, to_quarters(self.unit))
        elif letter == "U":
            self.define_symbol(value)
        elif letter == "I":
            self.read_instruction(value)
        return name

    def _take_key(self, value: str) -> str:
        shift = parse_shift(value)
        self.pitches.shift = self.pitches.shift if shift is None else shift
        if is_clef(value):
            return ""
        key = parse_key(value)
        if key is not None:
            self.pitches.set_key(key)
        return "" if key else "key"

    def define_symbol(self, value: str) -> None:
        """Take in a ``U:`` field, as in ``T = !trill!`` (ABC 2.1 §4.16)."""
        match = re.match(r"\s*([H-Yh-w~])\s*=\s*[!+]?([^!+\s]{1,30})", value)
        if match:
            self.symbols[match[1]] = match[2]

    def read_instruction(self, value: str) -> None:
        """Take in an ``I:`` field or ``%%`` directive; only one of them changes the notes."""
        match = re.match(r"\s*propagate-accidentals[\s:]+(not|octave|pitch)\b", value)
        if match:
            self.pitches.propagate = match[1]

    def _on_voice(self, value: str, start: int, end: int) -> None:
        name = value.split(maxsplit=1)[0] if value else ""
        was_silent = self.is_silent
        self.is_silent = bool(self.wanted_voice) and name != self.wanted_voice
        if self.is_silent and not was_silent:
            self.report(start, end, f"Voice {name!r} is left out: one voice is read at a time.")

    def _begin_part(self, value: str, at: int) -> None:
        letter = value[:1]
        if letter.isalpha():
            self._close_bar("", at)
            self._part, self._ending = letter, ()
            self._bar.part = letter
            self._bar.opens_section = True

    # Lines of music

    def read_line(self, start: int, end: int) -> None:
        """Read the music in ``text[start:end]``, one line of it without its line end."""
        text, match_at, handlers = self.text, TOKEN.match, self._handlers
        position = start
        while position < end:
            if self.is_silent:
                voice = _VOICE_AHEAD.search(text, position, end)
                if voice is None:
                    return
                position = voice.start()
            match = match_at(text, position, end)
            if match is None:  # never: the last alternative takes any character
                return
            position = match.end()
            name = str(match.lastgroup)
            if name == "note":
                self._on_note(match)
            elif name != "space":
                jump = handlers[name](match)
                if jump is not None:
                    position = jump

    def _drop(self, match: re.Match[str], message: str) -> None:
        """Report a token that is left out, and remember which."""
        self.report(*match.span(), message)
        self.dropped.add(match.start())

    def _on_note(self, match: re.Match[str]) -> None:
        accidental, letter, octaves, numerator, slashes, denominator, late = match.group(
            _NOTE + 1, _NOTE + 2, _NOTE + 3, _NOTE + 4, _NOTE + 5, _NOTE + 6, _NOTE + 7
        )
        start, end = match.span()
        if late:
            octaves += late
            self.report(start, end, "Octave marks belong before the length; read as if they did.")
        ticks = self._length(numerator, slashes, denominator, start, end)
        pitch = self.pitches.read(accidental, letter, octaves, start, end)
        self._add((pitch,), ticks, start, end, [(letter, octaves)])

    def _length(self, numerator: str, slashes: str, denominator: str, start: int, end: int) -> int:
        if not numerator and not slashes:
            return self.unit
        ticks, is_sane = read_length(self.unit, numerator, slashes, denominator)
        if not is_sane:
            self.report(start, end, "This length makes no sense; one unit note is assumed.")
        return ticks

    def _add(
        self,
        pitches: tuple[int, ...],
        ticks: int,
        start: int,
        end: int,
        letters: list[tuple[str, str]],
    ) -> NoteDraft:
        if self._tuplet_left:
            self._tuplet_left -= 1
            ticks = ticks * self._tuplet[1] // self._tuplet[0]
        if self._owed != (1, 1):
            ticks = ticks * self._owed[0] // self._owed[1]
            self._owed = (1, 1)
        note = NoteDraft(pitches, self._onset, ticks, start, end, letters)
        if self._decorations or self._chord_symbol or self._graces:
            self._adorn(note)
        self.pitches.release()
        self._onset += ticks
        self._last = note
        self._bar.notes.append(note)
        return note

    def _adorn(self, note: NoteDraft) -> None:
        note.chord_symbol, self._chord_symbol = self._chord_symbol, ""
        note.decorations, self._decorations = tuple(self._decorations), []
        if note.pitches:
            note.graces, self._graces = self._graces[:MAX_GRACES], []

    def _on_rest(self, match: re.Match[str]) -> None:
        sign, numerator, slashes, denominator = match.group(
            _REST + 1, _REST + 2, _REST + 3, _REST + 4
        )
        start, end = match.span()
        if sign == "y":
            return
        if sign not in "ZX":
            ticks = self._length(numerator, slashes, denominator, start, end)
            self._add((), ticks, start, end, [])
            return
        count = int(numerator) if 0 < len(numerator) <= 3 else 1
        if not 0 < count <= MAX_MULTI_REST or slashes or len(numerator) > 3:
            self.report(start, end, f"A rest lasts 1 to {MAX_MULTI_REST} bars; one is assumed.")
            count = 1
        self._bar.full_bars = count
        self._add((), count * (self._full_bar or 8 * self.unit), start, end, [])

    def _on_chord(self, match: re.Match[str]) -> None:
        start, end = match.span()
        inside, numerator, slashes, denominator = match.group(
            _CHORD + 1, _CHORD + 2, _CHORD + 3, _CHORD + 4
        )
        offset = match.start(_CHORD + 1)
        notes = list(NOTE.finditer(self.text, offset, offset + len(inside)))
        if not notes:
            self._drop(match, "There is no note in this chord; it is left out.")
            return
        ticks = self._length(notes[0][4], notes[0][5], notes[0][6], start, end)
        outer = self._length(numerator, slashes, denominator, start, end)
        ticks = max(MIN_NOTE_TICKS, min(MAX_NOTE_TICKS, ticks * outer // self.unit))
        self._read_chord_extras(inside)
        pitches, letters, tied = [], [], []
        for note in notes[:16]:
            pitch = self.pitches.read(note[1], note[2], note[3], *note.span())
            if pitch not in pitches:
                pitches.append(pitch)
                letters.append((note[2], note[3]))
                if self.text.startswith("-", note.end()):
                    tied.append(pitch)
        draft = self._add(tuple(pitches), ticks, start, end, letters)
        if tied:
            self._tie(draft, tuple(tied))

    def _read_chord_extras(self, inside: str) -> None:
        for words in re.findall(r'"([^"]*)"', inside):
            self._read_words(words)

    def _on_broken(self, match: re.Match[str]) -> None:
        count = match.end() - match.start()
        signs = match[0]
        if self._last is None or not self._bar.notes or count > 3 or len(set(signs)) > 1:
            self._drop(match, f"{signs[:8]!r} has no note to lengthen; left out.")
            return
        short, long = (1, 2**count), (2 ** (count + 1) - 1, 2**count)
        before, after = (long, short) if signs[0] == ">" else (short, long)
        changed = self._last.ticks * before[0] // before[1]
        self._onset += changed - self._last.ticks
        self._last.ticks = changed
        self._owed = after

    def _on_tuplet(self, match: re.Match[str]) -> None:
        count_text, time_text, number_text = match.group(_TUPLET + 1, _TUPLET + 2, _TUPLET + 3)
        if time_text is None and len(count_text) > 1:  # `(32c` is no tuplet of 32
            count_text = count_text[0]
        count = int(count_text)
        time = int(time_text) if time_text else self._tuplet_time(count)
        number = int(number_text) if number_text else count
        if not 2 <= count <= 32 or not 1 <= time <= 32 or not 1 <= number <= 64:
            self._drop(match, f"{match[0]!r} is no tuplet; its notes keep their length.")
            return
        if self._tuplet_left:
            self.report(*match.span(), "A tuplet begins inside another; the first ends here.")
        self._tuplet, self._tuplet_left = (count, time), number

    def _tuplet_time(self, count: int) -> int:
        """The time a tuplet takes when not written (ABC 2.1 §4.13)."""
        if count in (3, 6):
            return 2
        if count in (2, 4, 8):
            return 3
        return 3 if self.meter.numerator in (6, 9, 12) and self.meter.denominator >= 8 else 2

    def _on_tie(self, match: re.Match[str]) -> None:
        if self._last is None or not self._last.pitches:
            self._drop(match, "There is no note here to tie; the tie is left out.")
            return
        self._tie(self._last, self._last.pitches)

    def _tie(self, note: NoteDraft, pitches: tuple[int, ...]) -> None:
        note.tied_pitches = pitches
        self.pitches.hold(
            (letter, octaves, pitch)
            for (letter, octaves), pitch in zip(note.letters, note.pitches, strict=False)
            if pitch in pitches
        )

    # Bar lines, endings, parts

    def _on_bar(self, match: re.Match[str]) -> int | None:
        start, end = match.span()
        line = match[0].lstrip(".")
        if line == ":":
            return self._on_colon(start, end)
        self._close_bar(line, start)
        ending = _ENDING_AFTER_BAR.match(self.text, end)
        if ending is None:
            return None
        self._begin_ending(ending[1], end)
        return ending.end()

    def _on_colon(self, start: int, end: int) -> int | None:
        """A colon parted from its bar line by spaces, as in ``: |``; or nothing."""
        ahead = re.compile(r"[ \t]{1,8}\|[|\]:]*").match(self.text, end)
        if ahead:
            self._close_bar(":" + ahead[0].strip(), start)
            return ahead.end()
        if not self._bar.notes and self._bar.opening:
            self._bar.opening += ":"
            self._bar.opens_section = True
        else:
            self.report(start, end, "A colon without a bar line is left out.")
        return None

    def _close_bar(self, line: str, at: int) -> None:
        bar = self._bar
        if bar.notes:
            bar.start = self._first_of(bar)
            bar.end, bar.closing, bar.full_ticks = at, line, self._full_bar
            bar.ending = self._ending
            bar.starts_ending = bar.starts_ending and bool(self._ending)
            bar.part = self._part
            if self._tempo is not None:
                bar.tempo_qpm, self._tempo = self._tempo, None
            self.bars.append(bar)
            self._bar = BarDraft(start=at + len(line))
        elif line and self.bars and not bar.starts_ending and not bar.opens_section:
            self._merge_closing(line)
        if line:
            self.pitches.end_bar()
            self._after_line(line)

    def _first_of(self, bar: BarDraft) -> int:
        if bar.start < 0:
            first = bar.notes[0]
            return first.graces[0][2][0] - 1 if first.graces else first.start
        blank = _BLANK.match(self.text, bar.start)
        return blank.end() if blank else bar.start

    def _merge_closing(self, line: str) -> None:
        """Two bar lines with nothing between them are one: the one that says more."""
        last = self.bars[-1]
        if not count_repeats(last.closing) and len(line) > 1:
            last.closing = line

    def _after_line(self, line: str) -> None:
        if self._ending and (":" in line or is_double(line)):
            self._ending = ()
        self._bar.opening = line
        self._bar.opens_section = self._bar.opens_section or line.endswith(":")

    def _begin_ending(self, text: str, at: int) -> None:
        numbers = _read_numbers(text)
        if not numbers:
            self.report(at, at + len(text), f"{text!r} is no ending; left out.")
            return
        if self._bar.notes:
            self._close_bar("", at)
        self._ending = numbers
        self._bar.starts_ending = True

    def _on_ending(self, match: re.Match[str]) -> None:
        self._begin_ending(match[match.lastindex + 1 if match.lastindex else 0], match.start())

    def _on_textending(self, match: re.Match[str]) -> None:
        numbers = "".join(re.findall(r"\d{1,3}[,\-]?", match[0]))
        if numbers:
            self._begin_ending(numbers.strip(",-"), match.start())
        else:
            self._drop(match, "An ending without a number is always played.")

    # What stands between the notes

    def _on_quote(self, match: re.Match[str]) -> None:
        words = match[match.lastindex + 1 if match.lastindex else 0]
        if not match[0].endswith('"') or len(match[0]) < 2:
            self._drop(match, "The quotation mark is not closed; the line ends here.")
        self._read_words(words)

    def _read_words(self, words: str) -> None:
        if is_chord_symbol(words):
            self._chord_symbol = words
            return
        jump = jump_of(words)
        if jump:
            self._bar.marks.append(self._mark(jump))

    def _mark(self, kind: str) -> Mark:
        """Signs to leap to or from stand where they are written, ends at the end of their bar."""
        return Mark(kind, kind in ("segno", "coda", "tocoda") and not self._bar.notes)

    def _on_grace(self, match: re.Match[str]) -> None:
        offset = match.start() + 1
        for note in NOTE.finditer(self.text, offset, match.end()):
            pitch = self.pitches.read(note[1], note[2], note[3], *note.span())
            ticks = self._length(note[4], note[5], note[6], *note.span())
            if self._tuplet_left:
                ticks = ticks * self._tuplet[1] // self._tuplet[0]
            self._graces.append((pitch, ticks, note.span()))

    def _on_inline(self, match: re.Match[str]) -> None:
        letter, value = match[0][1], match[0][3:-1]
        self.read_field(letter, value, *match.span())

    def _on_field(self, match: re.Match[str]) -> int | None:
        """A field of the old style inside a line of music, as in ``M:3/4 egd| M:4/4 egdB``."""
        plain = OLD_FIELD.match(self.text, match.start())
        if plain is None:
            self._drop(match, f"{match[0]!r} without a value is left out.")
            return None
        letter = match[0][0]
        self.read_field(letter, plain[letter], plain.start(), plain.end())
        return plain.end()

    def _on_decoration(self, match: re.Match[str]) -> int | None:
        name = match[0][1:-1]
        if is_line_ends(match[0]):
            return match.start() + 1
        if name in DECORATIONS or jump_of(name) is not None:
            self._decorate(name)
        elif is_note_like(name):
            self._on_old_chord(match)
        else:
            self._drop(match, f"The decoration {name!r} is unknown; left out.")
        return None

    def _on_old_chord(self, match: re.Match[str]) -> None:
        """A chord as ABC 1.x wrote it, ``+CEG+``."""
        pitches = tuple(
            self.pitches.read(note[1], note[2], note[3], *note.span())
            for note in NOTE.finditer(self.text, match.start() + 1, match.end() - 1)
        )
        first = NOTE.search(match[0])
        ticks = self._length(first[4], first[5], first[6], *match.span()) if first else self.unit
        if pitches:
            self._add(tuple(dict.fromkeys(pitches)), ticks, *match.span(), [])

    def _decorate(self, name: str) -> None:
        jump = jump_of(name)
        if jump:
            self._bar.marks.append(self._mark(jump))
        elif len(self._decorations) < 16:
            self._decorations.append(name)

    def _on_shorthand(self, match: re.Match[str]) -> None:
        name = self.symbols.get(match[0])
        if name:
            self._decorate(name)
        else:
            self._drop(match, f"{match[0]!r} is no note and no sign; left out.")

    def _on_overlay(self, match: re.Match[str]) -> int:
        self.report(*match.span(), "A second voice in the same bar (&) is left out.")
        ahead = BAR_AHEAD.search(self.text, match.end())
        return ahead.start() if ahead else len(self.text)

    def _on_comment(self, match: re.Match[str]) -> int:
        end = self.text.find("\n", match.start())
        return end if end >= 0 else len(self.text)

    def _on_slur(self, match: re.Match[str]) -> None:
        """Slurs do not change when or what is played."""

    def _on_ignored(self, match: re.Match[str]) -> None:
        """Line ends of all styles, and the back quotes that part beamed notes."""

    def _on_accidental(self, match: re.Match[str]) -> None:
        self._drop(match, "An accidental without a note is left out.")

    def _on_digits(self, match: re.Match[str]) -> None:
        self._drop(match, "A number that belongs to no note is left out.")

    def _on_stray(self, match: re.Match[str]) -> None:
        if match[0].isspace():
            return
        if match[0] == "]":
            self._close_bar("|]" if self._bar.notes else "", match.start())
            return
        self._drop(match, f"{match[0]!r} means nothing here; left out.")

    def finish(self, end: int) -> None:
        """Close what is still open at the end of the tune."""
        self._close_bar("", end)


def _read_numbers(text: str) -> tuple[int, ...]:
    """Passes of an ending list such as ``1,3`` or ``1-3``, each 1..12; empty if none is."""
    numbers: list[int] = []
    for part in text.replace(" ", "").replace("\t", "").split(","):
        low, _, high = part.partition("-")
        first, last = int(low), int(high or low)
        numbers.extend(range(first, min(last, 12) + 1))
    return tuple(sorted({number for number in numbers if 1 <= number <= 12}))
