r"""ABC for an engraver: a number of bars a line, the same notes, and where each of them went.

Line ends of the old style (``!``, ``\\``, ``*``), comments, lyrics, other voices and what could not
be read are left out; fields on lines of their own become inline fields. What remains sounds exactly
as the tune does.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.barlines import canonical, is_closing, opens_repeat
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.reader import LeftOut, left_out
from musicgen.notation.parsing.text_strings import TEXT_FIELDS, encode_text_string
from musicgen.notation.parsing.tokens import (
    BEFORE_NOTE,
    FIELD_LINE,
    OLD_FIELD,
    TOKEN,
    is_line_ends,
    opens_music,
)
from musicgen.notation.parsing.voices import music_of_voice_line

MAX_KNOWN = 16
"""Texts of which it is known what is left out: a tune is laid out for several widths, and again."""

LONGEST_BAR = 48
"""Notes of a bar that are drawn on one line. More come of networks that lost count, or of music
without bar lines: such a bar goes on over several lines."""

NOTES_OF_A_BAR = 12
"""That a line has room for where bars are longer."""

KEPT_FIELDS = "XTCORMLQKPU"
_LINE_END = re.compile(r"[|:\]\[ \t]*(?:%[^\n]*)?\n")
_INLINE_FIELDS = "KMLQP"
_DROPPED = frozenset(
    {"ignored", "comment", "stray", "accidental", "digits", "textending", "bar", "ending"}
    | {"overlay"}
)
_SHORTHAND = frozenset("~.HLMOPSTuvJ")
_SOUNDING = frozenset({"note", "rest", "chord", "oldchord"})


@dataclass(frozen=True, slots=True)
class LaidOut:
    """ABC text for an engraver.

    `spans` maps the start of every note, chord and rest in the tune's text to its ``(start, end)``
    in this text, chord symbols and ornaments before it included, as abcjs counts its elements.
    """

    text: str
    spans: Mapping[int, tuple[int, int]]


def break_lines(tune: Tune, bars_per_line: int = 4) -> LaidOut:
    """The tune with that many full bars a line, at least one; pickups do not count as bars.

    A bar of more than `LONGEST_BAR` notes is itself broken.
    """
    count = max(1, bars_per_line)
    writer = _Writer(tune, count * NOTES_OF_A_BAR)
    writer.write_header()
    for line in group_lines(tune.bars, count):
        for bar in line:
            writer.write_bar(bar)
        writer.end_line()
        writer.room = None
    return LaidOut("".join(writer.pieces), MappingProxyType(writer.spans))


def group_lines(bars: Sequence[Bar], bars_per_line: int) -> Iterator[list[Bar]]:
    """Bars line by line: a number of full ones, fewer where a section ends.

    A bar that would be left alone there takes one with it: four bars are two and two where three
    have room, not three and one, stretched from margin to margin.
    """
    before: list[Bar] = []
    for line in _fill_lines(bars, bars_per_line):
        if _is_left_alone(line, before, bars):
            line.insert(0, before.pop())
        if before:
            yield before
        before = line
    if before:
        yield before


def _is_left_alone(line: list[Bar], before: list[Bar], bars: Sequence[Bar]) -> bool:
    """Whether a line is one bar of the section before it, which has bars enough to give one up."""
    if len(line) != 1 or not before or is_closing(before[-1].closing):
        return False
    is_enough = len(before) - _is_pickup(before[0], before) >= 3
    return is_enough and bool(before[-2].closing) and not _is_glued(before[-2], bars)


def _fill_lines(bars: Sequence[Bar], bars_per_line: int) -> Iterator[list[Bar]]:
    """Bars line by line, each as full as it may be."""
    line: list[Bar] = []
    count = 0
    for bar in bars:
        following = bars[bar.index + 1] if bar.index + 1 < len(bars) else None
        line.append(bar)
        if not bar.closing:
            continue
        count += not _is_pickup(bar, line)
        is_over = is_closing(bar.closing) and not _is_short_ending(bars, bar.index + 1)
        is_full = count >= bars_per_line and not _is_glued(bar, bars)
        if is_full and not is_over and _is_left_over(following, bars, bars_per_line):
            continue
        if following is None or is_over or is_full:
            yield line
            line, count = [], 0
    if line:
        yield line


def _is_pickup(bar: Bar, line: list[Bar]) -> bool:
    return bar is line[0] and bar.expected is not None and bar.actual * 2 <= bar.expected


def _is_left_over(bar: Bar | None, bars: Sequence[Bar], bars_per_line: int) -> bool:
    """Whether a bar would stand alone on a line of its own, stretched from margin to margin.

    On narrow lines only a short bar is joined to the line before: a full one has no room there.
    """
    if bar is None or not (is_closing(bar.closing) or bar.index == len(bars) - 1):
        return False
    is_short = bar.expected is not None and bar.actual < bar.expected
    return (is_short or bars_per_line >= 4) and not bar.starts_ending


def _is_glued(bar: Bar, bars: Sequence[Bar]) -> bool:
    """Whether a line must not end here: a short ending stays beside the one before it."""
    return is_closing(bar.closing) and _is_short_ending(bars, bar.index + 1)


def _is_short_ending(bars: Sequence[Bar], at: int) -> bool:
    """Whether a later ending of at most two bars begins at a bar."""
    if not 0 < at < len(bars) or not bars[at].starts_ending or not bars[at - 1].ending:
        return False
    return at + 2 >= len(bars) or bars[at + 2].ending != bars[at].ending


@lru_cache(maxsize=MAX_KNOWN)
def _read_left_out(text: str, fields: tuple[tuple[str, str], ...]) -> LeftOut:
    return left_out(text, defaults=fields)


class _Writer:
    """Copies the music of bars piece by piece, and remembers where each note went."""

    def __init__(self, tune: Tune, notes_per_line: int) -> None:
        self.tune = tune
        self.notes_per_line = notes_per_line
        self.room: int | None = None  # notes until a line with a long bar is full
        self.of_tuplet = 0  # notes that a tuplet still takes
        self.source = plain_lines(tune.text)
        self.pieces: list[str] = []
        self.length = 0
        self.spans: dict[int, tuple[int, int]] = {}
        self.left_out = _read_left_out(tune.text, tune.fields)
        self.passed = 0
        self.starts = {note.start for note in tune.notes}
        self.at = tune.body_start
        self.adorned: int | None = None
        self.is_bracketed = False

    def write(self, piece: str) -> None:
        self.pieces.append(piece)
        self.length += len(piece)

    def write_header(self) -> None:
        tune = self.tune
        fields = [(letter, value) for letter, value in tune.fields if letter in KEPT_FIELDS]
        letters = {letter for letter, _ in fields}
        if "X" not in letters:
            fields.insert(0, ("X", "1"))
        missing = [
            ("M", tune.meter.text),
            ("L", f"1/{4 / tune.unit_quarters}"),
        ]
        body = [field for field in fields if field[0] != "K"]
        body += [field for field in missing if field[0] not in letters]
        keys = [value for letter, value in fields if letter == "K"]
        key = keys[-1] if keys and tune.key.text else "none"
        for letter, value in [*body, ("K", f"{key} {self.left_out.staff}".rstrip())]:
            words = encode_text_string(value) if letter in TEXT_FIELDS else value
            self.write(f"{letter}:{words}\n")

    def write_bar(self, bar: Bar) -> None:
        """Copy what stands between the bar lines of a bar; the lines themselves come from it."""
        bars = self.tune.bars
        before = bars[bar.index - 1].closing if bar.index else ""
        if bar.opening or bar.starts_ending:
            self._copy_fields()
        if opens_repeat(bar.opening) and not opens_repeat(before):
            self.write("|:")
        if bar.starts_ending:
            self.write("[" + ",".join(map(str, bar.ending)))
        if self.room is None and len(bar.notes) > LONGEST_BAR:
            self.room = self.notes_per_line
        self._copy_lines(bar.end)
        self.adorned = None
        if bar.closing:
            self._drop_space()
            self.write(canonical(bar.closing))

    def _copy_fields(self) -> None:
        """Copy the fields on lines of their own before a bar: they stand before its bar line.

        So a new key is the signature of the line that begins there, not a change behind ``|:``.
        """
        start = self.at if self.at == self.tune.body_start else self._next_line(self.at)
        while start is not None and self._field_at(start) is not None:
            if self._behind_other_voices(start) > start:
                return
            following = self._next_line(self.source.find("\n", start))
            if following is None:
                return
            self._write_line(self.source[start : following - 1], start, is_whole=True)
            self.at = start = following

    def _next_line(self, position: int) -> int | None:
        """Where the next line begins, if only a bar line and a comment are before it."""
        found = _LINE_END.match(self.source, position) if position >= 0 else None
        return found.end() if found else None

    def _copy_lines(self, end: int) -> None:
        line_start = self.at == self.tune.body_start or self.source[self.at - 1 : self.at] == "\n"
        for number, line in enumerate(self.source[self.at : end].split("\n")):
            self._write_line(line, self.at, is_whole=line_start or number > 0)
            self.at += len(line) + 1
        self.at = end

    def _write_line(self, line: str, start: int, is_whole: bool) -> None:
        field = self._field_at(start) if is_whole else None
        if field is not None:
            if self._behind_other_voices(start) > start:
                return
            if field[1] in _INLINE_FIELDS and field[2].strip():
                self.write(f"[{field[1]}:{field[2].strip()}]")
        elif not line.lstrip().startswith("%"):
            self._copy_music(self._music_start(line, start, is_whole), start + len(line))
            self._space()

    def _music_start(self, line: str, start: int, is_whole: bool) -> int:
        """Where music begins in a line: old programs wrote it behind the name of a voice."""
        field = FIELD_LINE.match(line) if is_whole else None
        music = music_of_voice_line(field[1], field[2]) if field else None
        return start if field is None or music is None else start + field.start(2) + music

    def _field_at(self, start: int) -> re.Match[str] | None:
        """The field that takes up the whole line beginning here, else None."""
        field = FIELD_LINE.match(self.source, start)
        if field is None or opens_music(field[1], field[2]):
            return None
        return field if music_of_voice_line(field[1], field[2]) is None else None

    def _copy_music(self, start: int, end: int) -> None:
        position = start
        while (position := self._behind_other_voices(position)) < end:
            match = TOKEN.match(self.source, position, end)
            if match is None:
                return
            kind = str(match.lastgroup)
            position = self._copy_token(match, kind, end)

    def _behind_other_voices(self, position: int) -> int:
        """Where the tune goes on, if another voice stands at a place."""
        stretches = self.left_out.stretches
        while self.passed < len(stretches) and stretches[self.passed][1] <= position:
            self.passed += 1
        if self.passed < len(stretches) and stretches[self.passed][0] <= position:
            return stretches[self.passed][1]
        return position

    def _copy_token(self, match: re.Match[str], kind: str, end: int) -> int:
        start = match.start()
        if kind == "comment":
            return end
        if kind == "field":
            return self._copy_old_field(match)
        if kind == "decoration" and is_line_ends(match[0]):
            return start + 1
        if kind == "space":
            self._space()
        elif self._is_kept(match[0], kind, start):
            self._copy(match[0], kind, start)
        return match.end()

    def _is_kept(self, piece: str, kind: str, start: int) -> bool:
        if start in self.left_out.signs:
            return False
        if kind == "shorthand":
            return piece in _SHORTHAND
        if kind in _SOUNDING:
            return start in self.starts or piece[0] == "y"
        return kind not in _DROPPED

    def _copy(self, piece: str, kind: str, start: int) -> None:
        if self.room is not None:
            self._break_bar(piece, kind, self.room)
        self._note_prefix(kind, piece)
        written = self.length
        self.write(re.sub(r"\+(.*)\+", r"[\1]", piece) if kind == "oldchord" else piece)
        if start in self.starts:
            first = written if self.adorned is None else self.adorned
            self.spans[start] = (first, self.length)
        if kind in _SOUNDING or kind == "inline":
            self.adorned = None

    def _break_bar(self, piece: str, kind: str, room: int) -> None:
        """Ends the line before a note, where it is full and nothing goes over its end."""
        begins = kind in _SOUNDING or (kind in BEFORE_NOTE and piece != ")")
        is_bound = self.of_tuplet > 0 or self.adorned is not None or self.pieces[-1][0] in "<>-"
        if begins and room <= 0 and not is_bound:
            self.end_line()
            room = self.notes_per_line
        self.room = room - (kind in _SOUNDING)
        if kind == "tuplet":
            self.of_tuplet = int(re.findall(r"\d+", piece)[-1])
        elif kind in _SOUNDING:
            self.of_tuplet = max(0, self.of_tuplet - 1)

    def _note_prefix(self, kind: str, piece: str) -> None:
        """Remember where the element of the next note begins for abcjs.

        It takes in ornaments and then slurs and tuplets, and begins anew where an ornament follows.
        """
        is_bracket = kind in ("slur", "tuplet")
        if kind not in BEFORE_NOTE or piece == ")":
            return
        if self.adorned is None or (self.is_bracketed and not is_bracket):
            self.adorned = self.length
        self.is_bracketed = is_bracket

    def _space(self) -> None:
        """One space between beamed groups; none after a bar line, where abcjs counts it in."""
        last = self.pieces[-1]
        if last[-1] not in " \n|:" and not re.fullmatch(r"\[[\d,]+|.*\]", last):
            self.write(" ")

    def _drop_space(self) -> None:
        while self.pieces[-1] == " ":
            self.pieces.pop()
            self.length -= 1

    def _copy_old_field(self, match: re.Match[str]) -> int:
        field = OLD_FIELD.match(self.source, match.start())
        if field is None:
            return match.end()
        letter = match[0][0]
        self.write(f"[{letter}:{field[letter].strip()}]")
        return field.end()

    def end_line(self) -> None:
        self._drop_space()
        self.write("\n")
        self.adorned = None


def original_offsets(laid_out: LaidOut) -> dict[int, int]:
    """The way back: where an element of the laid-out text stands in the tune's own text."""
    return {start: original for original, (start, _) in laid_out.spans.items()}


def lay_out_spans(
    laid_out: LaidOut, spans: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """Spans of a tune's own text as spans of its laid-out text, from first to last note in them.

    Spans without a note are left out.
    """
    starts = sorted(laid_out.spans)
    found = []
    for start, end in spans:
        notes = [
            laid_out.spans[at]
            for at in starts[bisect_left(starts, start) : bisect_left(starts, end)]
        ]
        if notes:
            found.append((notes[0][0], notes[-1][1]))
    return tuple(found)
