"""Bars as they fill and close: bar lines, endings, parts, and the fields that stand around them."""

import re
from collections.abc import Container
from fractions import Fraction

from musicgen.notation.model import Key, Mark, Meter, ProblemKind
from musicgen.notation.parsing.barlines import count_repeats, is_double
from musicgen.notation.parsing.builders import BarDraft, NoteDraft
from musicgen.notation.parsing.fields import (
    add_shifts,
    find_clef,
    has_quarter_tones,
    is_clef,
    is_tempo_nonsense,
    parse_key,
    parse_meter,
    parse_shifts,
    parse_tempo,
    parse_unit_length,
)
from musicgen.notation.parsing.lengths import to_quarters, to_ticks
from musicgen.notation.parsing.pitches import PitchReader, ReportProblem
from musicgen.notation.parsing.tokens import SHORTHAND, find_adorned
from musicgen.notation.parsing.voices import parse_voice
from musicgen.translatable import Sentence

_ENDING_AFTER_BAR = re.compile(r"(?:[ \t]*\[[ \t]*)?(\d{1,3}(?:[ \t]*[,\-][ \t]*\d{1,3}){0,16})")
_LINE_AHEAD = re.compile(r"[ \t]{1,8}\|[|\]:]*")
_MIDI_SHIFT = re.compile(r"\s*MIDI\s+(r?)transpose\s+([+-]?\d{1,2})\b", re.IGNORECASE)
_END_MARKS = frozenset({"fine", "D.C.", "D.S."})
_ALL_MARKS = _END_MARKS | {"segno", "coda", "tocoda"}
_PART = re.compile(r"[A-Z](?![A-Za-z])|[a-z]$")
_BLANK = re.compile(r"(?:\s|[!*\\$]+(?=\s))*")


class MeasureReader:
    """Collects notes into bars, and knows meter, unit note length, key, part and ending."""

    def __init__(
        self, text: str, meter: Meter, unit: Fraction, key: Key, report: ReportProblem
    ) -> None:
        self.text = text
        self.report = report
        self.unit = to_ticks(unit)
        self.pitches = PitchReader(key, report)
        self.symbols = dict(SHORTHAND)
        self.bars: list[BarDraft] = []
        self.dropped: set[int] = set()
        self.dropped_lines: set[int] = set()
        self.passed: list[tuple[int, int]] = []
        self.wanted_voice: str | None = None
        self.is_silent = False
        self.silenced: set[str] = set()
        self._shifts: dict[str, int] = {}
        self._first_shifts: dict[str, int] = {}
        self._properties = ""
        self.set_meter(meter)
        self._bar = BarDraft()
        self._last: NoteDraft | None = None
        self._part = ""
        self._tempo: Fraction | None = None
        self._ending: tuple[int, ...] = ()

    def _drop(
        self, match: re.Match[str], message: str, kind: ProblemKind = ProblemKind.NOT_READ
    ) -> None:
        """Report a token that is left out, and remember which."""
        self.report(*match.span(), message, kind)
        self.dropped.add(match.start())

    def pass_over(self, start: int, end: int) -> None:
        """Remember a stretch of music that is not of the tune that is read."""
        if start < end:
            self.passed.append((start, end))

    def shift(self, properties: str) -> None:
        """Let notes sound higher or lower than written, as a ``K:`` or ``V:`` field says."""
        self._set_shifts(parse_shifts(properties))

    def _set_shifts(self, shifts: dict[str, int]) -> None:
        if shifts:
            self._shifts |= shifts
            self.pitches.shift = add_shifts(self._shifts)

    # What stands around the music

    @property
    def has_notes(self) -> bool:
        """Whether a note or rest was read."""
        return bool(self.bars or self._bar.notes)

    def set_unit(self, unit: Fraction) -> None:
        """Change the unit note length, in quarter notes."""
        self.unit = to_ticks(unit)

    def set_meter(self, meter: Meter) -> None:
        """Change the meter."""
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
            if letter == "K" and has_quarter_tones(value):
                self.report(
                    start, end, Sentence("Quarter tones are not played; the nearest semitone is.")
                )
            if name:
                self.report(
                    start,
                    end,
                    Sentence(
                        "{text!r} is no {name}; the one before it stays.",
                        text=value[:40],
                        name=name,
                    ),
                )

    def _take(self, letter: str, value: str) -> str:
        """Let a field work; the name of what it should have been where it makes no sense."""
        name = ""
        if letter == "M":
            meter = parse_meter(value)
            name = "" if meter else Sentence("meter")
            self.set_meter(meter or self.meter)
        elif letter == "L":
            unit = parse_unit_length(value)
            name = "" if unit else Sentence("unit note length")
            self.unit = to_ticks(unit) if unit else self.unit
        elif letter == "K":
            name = self._take_key(value)
        elif letter == "Q":
            unit_quarters = to_quarters(self.unit)
            name = Sentence("tempo") if is_tempo_nonsense(value, unit_quarters) else ""
            self._tempo = parse_tempo(value, unit_quarters)
        elif letter == "U":
            self.define_symbol(value)
        elif letter == "I":
            self.read_instruction(value)
        return name

    def _take_key(self, value: str) -> str:
        self.shift(value)
        if is_clef(value):
            return ""
        key = parse_key(value)
        if key is not None:
            self.pitches.set_key(key)
        return "" if key else Sentence("key")

    def define_symbol(self, value: str) -> None:
        """Take in a ``U:`` field, as in ``T = !trill!`` (ABC 2.1 §4.16)."""
        match = re.match(r"\s*([H-Yh-w~])\s*=\s*[!+]?([^!+\s]{1,30})", value)
        if match:
            self.symbols[match[1]] = match[2]

    def read_instruction(self, value: str) -> None:
        """Take in an ``I:`` field or ``%%`` directive; only these two change the notes."""
        match = re.match(r"\s*propagate-accidentals[\s:]+(not|octave|pitch)\b", value)
        if match:
            self.pitches.propagate = match[1]
        shift = None if self.is_silent else _MIDI_SHIFT.match(value)
        if shift:
            before = self._shifts.get("MIDI", 0) if shift[1] else 0
            self._set_shifts({"MIDI": before + int(shift[2])})

    def _on_voice(self, value: str, start: int, end: int) -> None:
        voice = parse_voice(value)
        if self.wanted_voice is None or not voice.name:
            self.take_properties(voice.properties)
            return
        self.is_silent = voice.name != self.wanted_voice
        if not self.is_silent:
            self.take_properties(voice.properties)
        else:
            self.silence(voice.name, start, end)

    def take_properties(self, properties: str) -> None:
        """Take in what a ``V:`` field says of the voice that is read."""
        self.shift(properties)
        if not self.has_notes:
            self._properties += f" {properties}"

    def staff(self, key: str) -> str:
        """What a ``K:`` field must say besides, so that the tune sounds and looks as its voice.

        Args:
            key: the value of the ``K:`` field of the header.
        """
        clef = find_clef(self._properties)
        own = parse_shifts(f"{key} {clef}")
        missing = add_shifts(self._first_shifts) - add_shifts(own)
        shift = f"transpose={own.get('transpose', 0) + missing}" if missing else ""
        return f"{clef} {shift}".strip()

    def silence(self, name: str, start: int, end: int) -> None:
        """Report, once, that a voice is left out."""
        if name not in self.silenced:
            self.silenced.add(name)
            self.report(
                start,
                end,
                Sentence("Voice {name!r} is left out: one voice is read at a time.", name=name),
                ProblemKind.LEFT_OUT,
            )

    def _begin_part(self, value: str, at: int) -> None:
        """Take in a ``P:`` of the body: a letter names a part, words do not (ABC 2.1 §3.1.9)."""
        letter = _PART.match(value)
        self.give_back_marks()
        if letter and letter[0] != self._part:
            self._close_bar("", at)
            self._part, self._ending = letter[0], ()
            self._bar.part = letter[0]
            self._bar.follows_part = True
        elif not self._bar.notes:
            self._bar.heading = value

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
        ahead = _LINE_AHEAD.match(self.text, end)
        if ahead:
            self._close_bar(":" + ahead[0].strip(), start)
            return ahead.end()
        if not self._bar.notes and self._bar.opening:
            self._bar.opening += ":"
            self._bar.opens_section = True
            self._ending = self._ending if self._bar.starts_ending else ()
        else:
            self.report(start, end, Sentence("A colon without a bar line is left out."))
        return None

    def _close_bar(self, line: str, at: int) -> None:
        bar = self._bar
        if bar.notes:
            self._first_shifts = self._first_shifts if self.bars else dict(self._shifts)
            bar.start = self._first_of(bar)
            bar.end, bar.closing = at, line
            self._settle_meter(bar)
            bar.ending = self._ending
            bar.starts_ending = bar.starts_ending and bool(self._ending)
            bar.part = self._part
            self.bars.append(bar)
            self._bar = BarDraft(start=at + len(line))
        elif line and self.bars and bar.starts_ending and not self.bars[-1].closing:
            self.bars[-1].closing = line
        elif line and self.bars and not bar.starts_ending and not bar.opens_section:
            self._merge_closing(line, is_same_part=not bar.follows_part)
        if line:
            self.give_back_marks()
            self.pitches.end_bar()
            self._after_line(line)

    def _hold_from(self, note: NoteDraft) -> None:
        """What was written before a note holds from there: meter, key and tempo."""
        bar, key = self._bar, self.pitches.key
        tempo, self._tempo = self._tempo, None
        if not bar.notes:
            bar.meter, bar.full_ticks = self.meter, self._full_bar
            bar.key, bar.tempo_qpm = key, tempo
        else:
            note.tempo_qpm = tempo
        note.key = key

    def _settle_meter(self, bar: BarDraft) -> None:
        """A bar keeps the meter it began in, unless it fills one that begins inside it."""
        if self.meter is bar.meter:
            return
        ticks = bar.notes[-1].onset + bar.notes[-1].ticks - bar.notes[0].onset
        if ticks == self._full_bar != bar.full_ticks * bar.full_bars != ticks:
            bar.meter, bar.full_ticks, bar.full_bars = self.meter, self._full_bar, 1

    def _first_of(self, bar: BarDraft) -> int:
        if bar.start < 0:
            return find_adorned(self.text, bar.notes[0].start)
        blank = _BLANK.match(self.text, bar.start)
        return blank.end() if blank else bar.start

    def give_back_marks(self, kinds: Container[str] = _END_MARKS) -> None:
        """Words such as "D.C." behind a bar line, before anything else, belong to the bar before.

        Args:
            kinds: kinds of marks that are meant.
        """
        bar = self._bar
        if bar.marks and not bar.notes and self.bars:
            self.bars[-1].marks += [Mark(mark.kind, False) for mark in bar.marks
                                    if mark.kind in kinds]  # fmt: skip
            bar.marks = [mark for mark in bar.marks if mark.kind not in kinds]

    def _merge_closing(self, line: str, *, is_same_part: bool) -> None:
        """Two bar lines with nothing between them are one: the one that says more.

        Of a line behind the name of a part, only what it says of the music before it counts.
        """
        last = self.bars[-1]
        says_more = len(line) > 1 and (is_same_part or count_repeats(line))
        if not last.closing or (says_more and not count_repeats(last.closing)):
            last.closing = line

    def _after_line(self, line: str) -> None:
        if self._ending and (":" in line or is_double(line)):
            self._ending = ()
        bar = self._bar
        bar.opening = line
        bar.opens_section = bar.opens_section or bar.follows_part or line.endswith(":")

    def _begin_ending(self, text: str, at: int) -> None:
        numbers = _read_numbers(text)
        if not numbers:
            self.report(at, at + len(text), Sentence("{text!r} is no ending; left out.", text=text))
            return
        if self._bar.notes:
            self._close_bar("", at)
        if 1 not in numbers:
            self._go_on_with_endings()
        self._ending = numbers
        self._bar.starts_ending = True

    def _go_on_with_endings(self) -> None:
        """A later ending opens no repeat: ``::2`` is ``:|2``."""
        line = self._bar.opening
        if line.endswith(":") and self.bars and self.bars[-1].closing == line:
            plain = ":" * max(1, count_repeats(line)) + "|"
            self.bars[-1].closing = self._bar.opening = plain

    def _on_ending(self, match: re.Match[str]) -> None:
        self._begin_ending(match[match.lastindex + 1 if match.lastindex else 0], match.start())

    def _on_textending(self, match: re.Match[str]) -> None:
        numbers = "".join(re.findall(r"\d{1,3}[,\-]?", match[0]))
        if numbers:
            self._begin_ending(numbers.strip(",-"), match.start())
        else:
            self._drop(match, Sentence("An ending without a number is always played."))

    def finish(self, end: int) -> None:
        """Close what is still open at the end of the tune."""
        self.give_back_marks(_ALL_MARKS)
        self._close_bar("", end)


def _read_numbers(text: str) -> tuple[int, ...]:
    """Passes of an ending list such as ``1,3`` or ``1-3``, each 1..12; empty if none is."""
    numbers: list[int] = []
    for part in text.replace(" ", "").replace("\t", "").split(","):
        low, _, high = part.partition("-")
        first, last = int(low), int(high or low)
        numbers.extend(range(first, min(last, 12) + 1))
    return tuple(sorted({number for number in numbers if 1 <= number <= 12}))
