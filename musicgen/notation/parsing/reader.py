"""The one reader of ABC: any text in, a tune and its problems out. It never raises.

Follows the ABC standard 2.1; where tunebooks depart from it, the custom of tunebooks. Time and
memory are linear in the length of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from musicgen.notation.model import Bar, Key, Meter, Problem, ProblemKind, Tune
from musicgen.notation.parsing.barlines import count_repeats
from musicgen.notation.parsing.body_reader import BodyReader
from musicgen.notation.parsing.builders import BarDraft
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.fields import (
    FREE_METER,
    NO_KEY,
    default_unit_length,
    has_quarter_tones,
    is_tempo_nonsense,
    parse_key,
    parse_meter,
    parse_tempo,
    parse_unit_length,
)
from musicgen.notation.parsing.prose import is_music, is_prose
from musicgen.notation.parsing.starts import find_starts
from musicgen.notation.parsing.text_strings import TEXT_FIELDS, decode_text_string, without_comment
from musicgen.notation.parsing.tokens import FIELD_LINE, opens_music
from musicgen.notation.parsing.voices import find_voices, implicit_voice, parse_voice, score_order
from musicgen.notation.playback import (
    bounded_play_order,
    expand_parts,
    find_unplayed,
    is_part_order,
)
from musicgen.translatable import Sentence

T = TypeVar("T")

MAX_PROBLEMS = 200

NO_MUSIC = Sentence("This line is no music; passed over.")
"""The message of the problem that spans a line of prose."""

AFTER_THE_END = Sentence("This music stands behind the end of the tune; it is not read.")
"""The message of the problem that spans a line of music behind words that end the tune."""

_KEY_LINE = re.compile(r"^[ \t]*K:(?![|:])", re.MULTILINE)
OF_ONE_TUNE = frozenset("XTKPVWw+")
"""Letters of fields that hold for one tune alone, not for a tunebook (ABC 2.1 §2.2.2)."""

_OF_THE_BEGINNING = frozenset("MLQ")
_LEFT_OUT = ProblemKind.LEFT_OUT


def read_tune(
    text: str, voice: str = "", defaults: Iterable[tuple[str, str]] = ()
) -> tuple[Tune, tuple[Problem, ...]]:
    """The first tune of a text, and everything in the text that could not be taken as it stands.

    Args:
        text: anything; offsets in the answer count characters of exactly this text.
        voice: the voice to read where a tune has several; empty for the first.
        defaults: fields that hold where the tune has none of its own, as `(letter, value)`: those
            of the header of its tunebook.
    """
    return _TuneReader(text, voice, defaults).read()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What reading a tune passes over: where single signs stand, and stretches of music.

    The stretches, ``[start, end)`` in ascending order, are other voices and words; `lines` are
    where lines of words begin. `staff` is what the ``V:`` field of the voice that is read says of
    its staff, as a ``K:`` field would say it.
    """

    signs: frozenset[int]
    stretches: tuple[tuple[int, int], ...]
    lines: frozenset[int]
    staff: str = ""


def left_out(text: str, voice: str = "", defaults: Iterable[tuple[str, str]] = ()) -> LeftOut:
    """What reading the first tune of a text passes over."""
    reading = _TuneReader(text, voice, defaults)
    reading.read()
    body = reading.body
    if body is None:
        return LeftOut(frozenset(), (), frozenset())
    return LeftOut(
        frozenset(body.dropped),
        tuple(body.passed),
        frozenset(body.dropped_lines),
        body.staff(reading.staff),
    )


def span_of_tune(text: str) -> tuple[int, int]:
    """Where the first tune of a text begins and ends."""
    return _TuneReader(text, "", ())._find_tune()


class _TuneReader:
    """One reading of one text: the header's values, then the body."""

    def __init__(self, text: str, voice: str, defaults: Iterable[tuple[str, str]]) -> None:
        self.original = text
        self.text = plain_lines(text)
        self.inherited = list(defaults)
        self.voice = voice
        self.problems: list[tuple[int, int, str, ProblemKind]] = []
        self.fields: list[tuple[str, str]] = []
        self.instructions: list[str] = []
        self.meter: Meter | None = None
        self.unit: Fraction | None = None
        self.key: Key | None = None
        self.tempo_text: str | None = None
        self.tempo_span = (0, 0)
        self.parts = ""
        self.staff = ""
        self.voices: dict[str, str] = {}
        self.body: BodyReader | None = None
        self.body_start = 0
        self.end = len(text)
        self.late_fields: set[str] = set()
        self.has_gap = False
        self.is_quoting = False
        self.has_unit = False
        self.is_over = False

    def report(
        self, start: int, end: int, message: str, kind: ProblemKind = ProblemKind.NOT_READ, /
    ) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append((start, end, message, kind))
        elif len(self.problems) == MAX_PROBLEMS:
            more = Sentence("There are more problems; they are not listed.")
            self.problems.append((start, end, more, ProblemKind.NOT_READ))

    def read(self) -> tuple[Tune, tuple[Problem, ...]]:
        for letter, value in self.inherited:
            self._read_header_field(letter, value, 0, 0)
        start, self.end = self._find_tune()
        position, end = start, self.end
        for line in self.text[start:end].split("\n"):
            self._read_line(line, position)
            position += len(line) + 1
        body = self.body or self._begin_body(end)
        body.finish(start + len(self.text[start:end].rstrip()))
        return self._tune(body), self._problems()

    # Which part of the text

    def _find_tune(self) -> tuple[int, int]:
        """Span of the first tune: from its ``X:`` (or the beginning) to the next tune."""
        starts = find_starts(self.text, most=2)
        if not starts:
            return 0, len(self.text)
        self._read_file_header(self.text[: starts[0]])
        end = starts[1] if len(starts) > 1 else len(self.text)
        if len(starts) > 1:
            self.report(
                end,
                end + 2,
                Sentence("Another tune begins here; only the first is read."),
                _LEFT_OUT,
            )
        return starts[0], end

    def _read_file_header(self, before: str) -> None:
        """Fields before the first ``X:`` hold for every tune (ABC 2.1 §2.2.2)."""
        position = 0
        for line in before.split("\n"):
            field = file_field(line)
            if field:
                self._read_header_field(*field, position, position + len(line))
                self.inherited.append(field)
            elif line.strip() and not line.lstrip().startswith("%"):
                self.report(
                    position,
                    position + len(line),
                    Sentence("Text before the tune is passed over."),
                    _LEFT_OUT,
                )
            position += len(line) + 1

    # Lines

    def _read_line(self, line: str, start: int) -> None:
        bare = line.strip()
        if not bare:
            self.has_gap = self.has_gap or (self.body is not None and self.body.has_notes)
        elif self.is_quoting or bare.startswith("%"):
            self._read_directive(bare)
        elif self.body is None:
            self._read_header_line(line, start)
        else:
            self._read_body_line(self.body, line, start)

    def _read_directive(self, bare: str) -> None:
        words = bare.removeprefix("%%").strip()
        if bare.startswith("%%begin"):
            self.is_quoting = True
        elif bare.startswith("%%end"):
            self.is_quoting = False
        elif bare.startswith("%%") and self.body is not None:
            self.body.read_instruction(words)
        elif bare.startswith("%%"):
            self.instructions.append(words)

    def _read_header_line(self, line: str, start: int) -> None:
        field = FIELD_LINE.match(line)
        if field is None:
            is_header = bool(self.fields) and _KEY_LINE.search(self.text, start) is not None
            if is_prose(line) or is_header:
                self.report(
                    start,
                    start + len(line),
                    Sentence("This is neither a field nor music."),
                    ProblemKind.NOT_READ if "|" in line else _LEFT_OUT,
                )
                return
            self.report(
                start, start + len(line), Sentence("The music begins without a key; C is assumed.")
            )
            self._begin_body(start).read_line(start, start + len(line))
            return
        letter, value = field[1], field_value(field[1], field[2])
        self._add_field(letter, value)
        self._read_header_field(letter, value, start + field.start(), start + len(line))
        if letter == "K":
            self._begin_body(start + len(line) + 1)

    def _add_field(self, letter: str, value: str) -> None:
        """Keep a field; ``+:`` goes on with the words of the one before it (§3.3)."""
        if letter == "+" and self.fields and self.fields[-1][0] in TEXT_FIELDS:
            before, words = self.fields[-1]
            self.fields[-1] = (before, f"{words} {value}".strip())
        else:
            self.fields.append((letter, value))

    def _read_header_field(self, letter: str, value: str, start: int, end: int) -> None:
        value = value[:200]
        if letter == "M":
            self.meter = self._checked(
                parse_meter(value), Sentence("meter"), Sentence("none"), value, start, end
            )
        elif letter == "L":
            unit = parse_unit_length(value)
            name = Sentence("unit note length")
            self.unit = self._checked(unit, name, Sentence("the meter's own"), value, start, end)
        elif letter == "K":
            self.key = self._checked(
                parse_key(value), Sentence("key"), Sentence("C major"), value, start, end
            )
            self.staff = value
            if has_quarter_tones(value):
                self.report(
                    start, end, Sentence("Quarter tones are not played; the nearest semitone is.")
                )
        elif letter == "V":
            voice = parse_voice(value)
            known = self.voices.get(voice.name, "")
            self.voices[voice.name] = f"{known} {voice.properties}"
        elif letter == "Q":
            self.tempo_text, self.tempo_span = value, (start, end)
        elif letter == "m":
            self.report(
                start,
                end,
                Sentence("Macros are not played; {text!r} is left out.", text=value[:40]),
                _LEFT_OUT,
            )
        elif letter == "P":
            self.parts = value

    def _checked(
        self, value: T | None, name: str, instead: str, text: str, start: int, end: int
    ) -> T | None:
        if value is None:
            self._report_assumed(text, name, instead, start, end)
        return value

    def _report_assumed(
        self,
        text: str,
        name: str,
        instead: str,
        start: int,
        end: int,
        kind: ProblemKind = ProblemKind.NOT_READ,
        /,
    ) -> None:
        said = Sentence(
            "{text!r} is no {name}; {instead} is assumed.",
            text=text[:40],
            name=name,
            instead=instead,
        )
        self.report(start, end, said, kind)

    def _begin_body(self, start: int) -> BodyReader:
        self.body_start = min(start, len(self.text))
        self.meter = self.meter or FREE_METER
        self.has_unit = self.unit is not None
        self.unit = self.unit or default_unit_length(self.meter)
        body = BodyReader(self.text, self.meter, self.unit, self.key or NO_KEY, self.report)
        body.shift(self.staff)
        for letter, value in [*self.inherited, *self.fields]:
            if letter == "U":
                body.define_symbol(value)
            elif letter == "I":
                body.read_instruction(value)
        for words in self.instructions:
            body.read_instruction(words)
        self._choose_voice(body)
        self.body = body
        return body

    def _choose_voice(self, body: BodyReader) -> None:
        """The voice that was asked for, else the first with notes in it.

        A score (``%%score``) gives the order of voices, else the ``V:`` fields of the header do,
        else they come as the body has them.
        """
        first = implicit_voice(self.voices, self.text[self.body_start : self.end])
        has_voices = "V:" in self.text[self.body_start : self.end] or bool(self.voice)
        if has_voices:
            found = find_voices(self.text, self.body_start, self.end, first)
            score = [name for name in score_order(self.text[: self.end]) if name in found]
            declared = [name for name in self.voices if name in found]
            names = score or [*declared, *(name for name in found if name not in declared)]
            silent = [name for name in names if not found[name]]
            wanted = self.voice or next((name for name in names if found[name]), first)
            if silent and names.index(silent[0]) == 0 and wanted != silent[0] and not self.voice:
                self.report(
                    self.body_start,
                    self.body_start,
                    Sentence(
                        "Voice {name!r} has rests only; voice {other!r} is read.",
                        name=silent[0],
                        other=wanted,
                    ),
                    _LEFT_OUT,
                )
                body.silenced.add(silent[0])
            body.wanted_voice = wanted
            body.is_silent = wanted != first
            if body.is_silent and found.get(first):
                body.silence(first, self.body_start, self.body_start)
        if not body.is_silent:
            body.take_properties(self.voices.get(first, ""))

    def _read_body_line(self, body: BodyReader, line: str, start: int) -> None:
        end = start + len(line)
        field = FIELD_LINE.match(line)
        if field is not None and not self.is_over:
            self._read_body_field(body, field, start, end)
        elif field is None and self._is_passed_over(body, line):
            message = NO_MUSIC if not is_music(line) else AFTER_THE_END
            kind = _LEFT_OUT if message == NO_MUSIC else ProblemKind.NOT_READ
            self.report(start, end, message, kind)
            body.pass_over(start, end)
            body.dropped_lines.add(start)
            self.is_over = self.has_gap
        elif field is None:
            if self.has_gap:
                self.report(
                    start,
                    start,
                    Sentence("An empty line ends a tune; the music after it is kept."),
                    _LEFT_OUT,
                )
                self.has_gap = False
            body.read_line(start, end)

    def _is_passed_over(self, body: BodyReader, line: str) -> bool:
        """Whether a line is no music, or stands behind words that follow an empty line."""
        if self.is_over:
            return True
        if is_prose(line, body.symbols):
            return True
        return self.has_gap and not is_music(line)

    def _read_body_field(
        self, body: BodyReader, field: re.Match[str], start: int, end: int
    ) -> None:
        letter, value = field[1], field[2]
        if opens_music(letter, value):
            body.read_line(start, end)
            return
        if letter == "V":
            self._read_voice_line(body, field, start, end)
            return
        if body.is_silent:
            body.pass_over(start, end)
        value = field_value(letter, value)
        is_head = self._belongs_to_head(body, letter)
        if is_head:
            self.late_fields.add(letter)
            self._add_field(letter, value)
            self._read_header_field(letter, value, start, end)
        if is_head and letter == "M":
            self._begin_meter(body)
        elif is_head and letter == "L" and self.unit:
            body.set_unit(self.unit)
        elif not is_head:
            body.read_field(letter, value, start, end)

    def _read_voice_line(
        self, body: BodyReader, field: re.Match[str], start: int, end: int
    ) -> None:
        """A ``V:`` field, and the music behind it that old programs wrote on its line (§7.1)."""
        voice = parse_voice(field[2])
        body.read_field("V", field[2].split("%", maxsplit=1)[0], start, end)
        if voice.music is not None:
            body.read_line(start + field.start(2) + voice.music, end)
        elif voice.rest:
            self.report(
                start,
                end,
                Sentence("{text!r} behind the name of a voice is left out.", text=voice.rest[:40]),
                _LEFT_OUT,
            )

    def _belongs_to_head(self, body: BodyReader, letter: str) -> bool:
        """Whether a field behind ``K:`` is the tune's, since the header has none of its kind.

        Meter, unit note length and tempo are only before the first note. More fields of one kind
        may follow one another there.
        """
        if body.is_silent or (letter not in TEXT_FIELDS and letter not in _OF_THE_BEGINNING):
            return False
        is_new = all(own != letter for own, _ in self.fields)
        if body.has_notes or self.has_gap:
            return is_new and letter in TEXT_FIELDS and not self.has_gap
        return is_new or (letter in self.late_fields and letter in TEXT_FIELDS)

    def _begin_meter(self, body: BodyReader) -> None:
        """Let the tune begin in a meter, and its unit note length follow it if it is not given."""
        self.meter = self.meter or FREE_METER
        body.set_meter(self.meter)
        if not self.has_unit:
            self.unit = default_unit_length(self.meter)
            body.set_unit(self.unit)

    # The answer

    def _tune(self, body: BodyReader) -> Tune:
        meter, unit = self.meter or FREE_METER, self.unit or Fraction(1, 2)
        bars = tuple(draft.finish(index) for index, draft in enumerate(_mend(body.bars)))
        tempo = parse_tempo(self.tempo_text, unit) if self.tempo_text else None
        if self.tempo_text and is_tempo_nonsense(self.tempo_text, unit):
            name, instead = Sentence("tempo"), Sentence("that of its dance")
            self._report_assumed(self.tempo_text, name, instead, *self.tempo_span, _LEFT_OUT)
        if tempo is None and bars:
            tempo = bars[0].tempo_qpm
        order, is_cut_off = bounded_play_order(bars, self.parts)
        self._report_order(bars, order, is_cut_off=is_cut_off)
        return Tune(
            self.original,
            self._field("X"),
            tuple(value for letter, value in self.fields if letter == "T"),
            meter,
            unit,
            self.key or NO_KEY,
            tempo,
            self._field("R"),
            bars,
            order,
            self._all_fields(),
            self.body_start,
        )

    def _report_order(self, bars: Sequence[Bar], order: Sequence[int], *, is_cut_off: bool) -> None:
        """Say which notes are not in the order in which the tune is played."""
        if is_cut_off:
            self.report(
                len(self.text),
                len(self.text),
                Sentence("Only the first {count:,} bars are played.", count=len(order)),
            )
            return
        letters = set(expand_parts(self.parts)) if is_part_order(self.parts) else set()
        missing = sorted(letters - {bar.part for bar in bars})
        if missing:
            self.report(
                self.body_start,
                self.body_start,
                Sentence(
                    "There is no part {letter} for the order of parts (P:{order}); it is left out.",
                    letter=", ".join(missing),
                    order=self.parts[:40],
                ),
            )
        for first, last in find_unplayed(bars, order):
            self.report(
                first.start,
                last.end,
                Sentence(
                    "Nothing leads to this music (repeats, endings, parts); it is not played."
                ),
            )

    def _all_fields(self) -> tuple[tuple[str, str], ...]:
        """Fields of the header, and behind its ``X:`` those it inherits and does not change."""
        own = {letter for letter, _ in self.fields}
        inherited = [field for field in self.inherited if field[0] in "UI" or field[0] not in own]
        at = 1 if self.fields and self.fields[0][0] == "X" else 0
        return (*self.fields[:at], *inherited, *self.fields[at:])

    def _field(self, letter: str) -> str:
        return next((value for name, value in self._all_fields() if name == letter), "")

    def _problems(self) -> tuple[Problem, ...]:
        if not self.problems:
            return ()
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        found = []
        for start, end, message, kind in sorted(self.problems, key=lambda problem: problem[0]):
            line = bisect_right(starts, start)
            found.append(Problem(start, end, line, start - starts[line - 1] + 1, message, kind))
        return tuple(found)


def field_value(letter: str, written: str) -> str:
    """The value of a field as it is written behind the colon: no comment, words as they read."""
    value = without_comment(written).strip()
    return decode_text_string(value) if letter in TEXT_FIELDS else value


def file_field(line: str) -> tuple[str, str] | None:
    """The field that a line of a tunebook's header sets for all its tunes (ABC 2.1 §2.2.2).

    A directive ``%%`` is the field ``I:`` (§3.1.10). Fields of one tune alone (``X:``, ``T:``,
    ``K:``, ``P:``, ``V:``, words) set nothing.
    """
    bare = plain_lines(line).strip()
    if bare.startswith("%%"):
        return ("I", bare[2:].strip())
    field = FIELD_LINE.match(bare)
    if field is None or field[1] in OF_ONE_TUNE:
        return None
    return field[1], field_value(field[1], field[2])


def _mend(bars: list[BarDraft]) -> list[BarDraft]:
    """Cut a last ending that runs on into the next section to the length of the first."""
    at = 0
    while at < len(bars):
        if not bars[at].ending:
            at += 1
            continue
        stop = at
        while stop < len(bars) and bars[stop].ending:
            stop += 1
        _cut_last_ending(bars[at:stop])
        at = stop
    return bars


def _cut_last_ending(group: list[BarDraft]) -> None:
    starts = [n for n, bar in enumerate(group) if bar.starts_ending]
    if len(starts) < 2 or not count_repeats(group[-1].closing):
        return
    for bar in group[starts[-1] + starts[1] - starts[0] :]:
        bar.ending = ()
