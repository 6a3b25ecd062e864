"""The one reader of ABC: any text in, a tune and its problems out. It never raises.

Follows the ABC standard 2.1; where tunebooks depart from it, the custom of tunebooks. Time and
memory are linear in the length of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from musicgen.notation.barlines import count_repeats
from musicgen.notation.body import BodyReader
from musicgen.notation.drafts import BarDraft
from musicgen.notation.fields import (
    FREE_METER,
    NO_KEY,
    default_unit_length,
    parse_key,
    parse_meter,
    parse_shift,
    parse_tempo,
    parse_unit_length,
)
from musicgen.notation.mail import undo_mail_encoding
from musicgen.notation.playback import (
    bounded_play_order,
    expand_parts,
    find_unplayed,
    is_part_order,
    perform,
)
from musicgen.notation.tokens import FIELD_LINE, opens_music
from musicgen.notation.tune import Bar, Key, Meter, Problem, Tune
from musicgen.sentences import Sentence

T = TypeVar("T")

MAX_PROBLEMS = 200

NO_MUSIC = Sentence("This line is no music; passed over.")
"""The message of the problem that spans a line of prose."""

_REFERENCE = re.compile(r"^[ \t\ufeff]*X:(?![|:])", re.MULTILINE)
_KEY_LINE = re.compile(r"^[ \t]*K:(?![|:])", re.MULTILINE)
_VOICES = re.compile(r"(?:^[ \t]*|\[)V:[ \t]*([^\s\]]{1,40})", re.MULTILINE)
_QUOTED = re.compile(r'"[^"]*"|![^!\s]{1,30}!|\[[A-Za-z]:[^\]]{0,200}\]')
OF_ONE_TUNE = frozenset("XTKPVWw+")
"""Letters of fields that hold for one tune alone, not for a tunebook (ABC 2.1 §2.2.2)."""

_NOT_MUSIC = re.compile(r"[i-lnqrstw]")


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
    return _Reading(text, voice, defaults).read()


def left_out(
    text: str, voice: str = "", defaults: Iterable[tuple[str, str]] = ()
) -> tuple[frozenset[int], frozenset[int]]:
    """Where in a text signs begin, and whole lines, that reading its first tune passes over."""
    reading = _Reading(text, voice, defaults)
    reading.read()
    body = reading.body
    return (frozenset(body.dropped), frozenset(body.dropped_lines)) if body else (frozenset(),) * 2


def span_of_tune(text: str) -> tuple[int, int]:
    """Where the first tune of a text begins and ends."""
    return _Reading(text, "", ())._find_tune()


class _Reading:
    """One reading of one text: the header's values, then the body."""

    def __init__(self, text: str, voice: str, defaults: Iterable[tuple[str, str]]) -> None:
        self.original = text
        self.text = plain_lines(text)
        self.inherited = list(defaults)
        self.voice = voice
        self.problems: list[tuple[int, int, str]] = []
        self.fields: list[tuple[str, str]] = []
        self.instructions: list[str] = []
        self.meter: Meter | None = None
        self.unit: Fraction | None = None
        self.key: Key | None = None
        self.tempo_text: str | None = None
        self.parts = ""
        self.shift = 0
        self.body: BodyReader | None = None
        self.body_start = 0
        self.has_gap = False
        self.is_quoting = False
        self.is_over = False

    def report(self, start: int, end: int, message: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append((start, end, message))
        elif len(self.problems) == MAX_PROBLEMS:
            self.problems.append((start, end, "There are more problems; they are not listed."))

    def read(self) -> tuple[Tune, tuple[Problem, ...]]:
        for letter, value in self.inherited:
            self._read_header_field(letter, value, 0, 0)
        start, end = self._find_tune()
        position = start
        for line in self.text[start:end].split("\n"):
            self._read_line(line, position)
            position += len(line) + 1
        body = self.body or self._begin_body(end)
        body.finish(start + len(self.text[start:end].rstrip()))
        return self._tune(body), self._problems()

    # Which part of the text

    def _find_tune(self) -> tuple[int, int]:
        """Span of the first tune: from its ``X:`` (or the beginning) to the next ``X:``."""
        references = [match.start() for match in _REFERENCE.finditer(self.text)][:2]
        if not references:
            return 0, len(self.text)
        before = self.text[: references[0]]
        if _KEY_LINE.search(before) or "|" in before:
            references.insert(0, 0)
        else:
            self._read_file_header(before)
        end = references[1] if len(references) > 1 else len(self.text)
        if len(references) > 1:
            self.report(end, end + 2, Sentence("Another tune begins here; only the first is read."))
        return references[0], end

    def _read_file_header(self, before: str) -> None:
        """Fields before the first ``X:`` hold for every tune (ABC 2.1 §2.2.2)."""
        position = 0
        for line in before.split("\n"):
            field = file_field(line)
            if field:
                self._read_header_field(*field, position, position + len(line))
                self.inherited.append(field)
            elif line.strip(" \t\ufeff") and not line.lstrip().startswith("%"):
                self.report(
                    position, position + len(line), Sentence("Text before the tune is passed over.")
                )
            position += len(line) + 1

    # Lines

    def _read_line(self, line: str, start: int) -> None:
        bare = line.strip(" \t\ufeff")
        if not bare:
            self.has_gap = self.has_gap or self.body is not None
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
        field = FIELD_LINE.match(line.replace("\ufeff", " "))
        if field is None:
            is_header = bool(self.fields) and _KEY_LINE.search(self.text, start) is not None
            if _is_prose(line) or is_header:
                self.report(
                    start, start + len(line), Sentence("This is neither a field nor music.")
                )
                return
            self.report(
                start, start + len(line), Sentence("The music begins without a key; C is assumed.")
            )
            self._begin_body(start).read_line(start, start + len(line))
            return
        value = field[2].split("%")[0].strip()
        self.fields.append((field[1], value))
        self._read_header_field(field[1], value, start + field.start(), start + len(line))
        if field[1] == "K":
            self._begin_body(start + len(line) + 1)

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
            self.shift = parse_shift(value) or 0
        elif letter == "Q":
            self.tempo_text = value
        elif letter == "P":
            self.parts = value

    def _checked(
        self, value: T | None, name: str, instead: str, text: str, start: int, end: int
    ) -> T | None:
        if value is None:
            self.report(
                start,
                end,
                Sentence(
                    "{text!r} is no {name}; {instead} is assumed.",
                    text=text[:40],
                    name=name,
                    instead=instead,
                ),
            )
        return value

    def _begin_body(self, start: int) -> BodyReader:
        self.body_start = min(start, len(self.text))
        self.meter = self.meter or FREE_METER
        self.unit = self.unit or default_unit_length(self.meter)
        body = BodyReader(self.text, self.meter, self.unit, self.key or NO_KEY, self.report)
        body.pitches.shift = self.shift
        for letter, value in [*self.inherited, *self.fields]:
            if letter == "U":
                body.define_symbol(value)
            elif letter == "I":
                body.read_instruction(value)
        for words in self.instructions:
            body.read_instruction(words)
        body.wanted_voice = self.voice or self._first_voice()
        self.body = body
        return body

    def _first_voice(self) -> str:
        voices = _VOICES.search(self.text, self.body_start) if "V:" in self.text else None
        return voices[1] if voices else ""

    def _read_body_line(self, body: BodyReader, line: str, start: int) -> None:
        end = start + len(line)
        field = FIELD_LINE.match(line)
        if field is not None and not self.is_over:
            self._read_body_field(body, field, start, end)
        elif field is None:
            if self.is_over or _is_prose(line):
                self.report(start, end, NO_MUSIC)
                body.dropped_lines.add(start)
                self.is_over = self.has_gap
                return
            if self.has_gap and not self.is_over:
                self.report(
                    start, start, Sentence("An empty line ends a tune; the music after it is kept.")
                )
                self.has_gap = False
            body.read_line(start, end)

    def _read_body_field(
        self, body: BodyReader, field: re.Match[str], start: int, end: int
    ) -> None:
        letter, value = field[1], field[2]
        if opens_music(letter, value):
            body.read_line(start, end)
        else:
            body.read_field(letter, value.split("%", maxsplit=1)[0], start, end)

    # The answer

    def _tune(self, body: BodyReader) -> Tune:
        meter, unit = self.meter or FREE_METER, self.unit or Fraction(1, 2)
        bars = tuple(draft.finish(index) for index, draft in enumerate(_mend(body.bars)))
        tempo = parse_tempo(self.tempo_text, unit) if self.tempo_text else None
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
            perform(bars, order),
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
        for start, end, message in sorted(self.problems, key=lambda problem: problem[0]):
            line = bisect_right(starts, start)
            found.append(Problem(start, end, line, start - starts[line - 1] + 1, message))
        return tuple(found)


def plain_lines(text: str) -> str:
    """The text as it is read, as long as it was: line feeds only, and no codes of mail."""
    return undo_mail_encoding(text.replace("\r\n", " \n").replace("\r", "\n"))


def file_field(line: str) -> tuple[str, str] | None:
    """The field that a line of a tunebook's header sets for all its tunes (ABC 2.1 §2.2.2).

    A directive ``%%`` is the field ``I:`` (§3.1.10). Fields of one tune alone (``X:``, ``T:``,
    ``K:``, ``P:``, ``V:``, words) set nothing.
    """
    bare = line.strip(" \t\ufeff")
    if bare.startswith("%%"):
        return ("I", bare[2:].strip())
    field = FIELD_LINE.match(bare)
    if field is None or field[1] in OF_ONE_TUNE:
        return None
    return field[1], field[2].split("%")[0].strip()


def _is_prose(line: str) -> bool:
    """Whether a line without a bar line has too many letters that music does not use."""
    if "|" in line:
        return False
    bare = _QUOTED.sub("", line.split("%", maxsplit=1)[0])
    return len(_NOT_MUSIC.findall(bare)) >= 3


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
