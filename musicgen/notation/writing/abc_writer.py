"""From a tune back to ABC: one plain spelling for whatever the tune was written in.

Every repeat has both its signs, every ending its bracket, every length its shortest form, and four
bars stand in a line. Reading the text again gives the same tune.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from musicgen.notation.display.layout import group_lines
from musicgen.notation.model import Bar, Meter, Note, Tune
from musicgen.notation.parsing.barlines import is_closing
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.fields import (
    parse_tempo,
    same_key,
    same_meter,
    write_key,
    write_meter,
    write_tempo,
)
from musicgen.notation.parsing.text_strings import TEXT_FIELDS, encode_text_string
from musicgen.notation.playback import play_order
from musicgen.notation.writing.note_writer import NoteWriter, broken_signs, tuplet_signs
from musicgen.notation.writing.repeat_signs import part_order, play_out, with_repeat_signs

ABC_VERSION = "%abc-2.1"
BARS_PER_LINE = 4
_WORDS = "CORABDFGHNSZ"
_MARKS = {
    "segno": "!segno!",
    "coda": "!coda!",
    "tocoda": "!dacoda!",
    "fine": "!fine!",
    "D.C.": "!D.C.!",
    "D.S.": "!D.S.!",
}
_VERSION = re.compile(r"%abc(-\d+\.\d+)?\s*$")
_MODERN_TEMPO = re.compile(r"\d+/\d+\s*=\s*\d")


def write_abc(tune: Tune) -> str:
    """A tune as normalised ABC 2.1: a file of its own, with its version in the first line.

    Read again it has the same bars, keys and meters and sounds the same. Slurs, words and
    directives, which are not part of a tune here, are left out. Where no signs can give the order
    in which the tune is played, its bars are written in that order, without repeats.
    """
    bars = with_repeat_signs(tune)
    parts = part_order(tune)
    if play_order(bars, parts) != tune.play_order:
        bars, parts = play_out(tune), ""
    lines = [ABC_VERSION, *_header(tune, parts), *_BodyWriter(tune, bars).lines()]
    return "".join(f"{line}\n" for line in lines)


def write_tunes(texts: Sequence[str]) -> str:
    """Texts of tunes as one file: its version once, in its first line, and the tunes from 1 on.

    Empty lines would end a tune for other programs (ABC 2.1 §2.2), so that those within are left
    out; one stands between two tunes.
    """
    found = [ABC_VERSION, ""]
    for number, text in enumerate(texts, 1):
        lines = [line for line in text.split("\n") if line.strip()]
        kept = [line for line in lines if not (line.startswith("X:") or _VERSION.match(line))]
        found += [f"X:{number}", *kept, ""]
    return "\n".join(found)


def _header(tune: Tune, parts: str) -> Iterator[str]:
    yield _field("X", tune.reference or "1")
    yield from (_field("T", title) for title in tune.titles if title)
    for wanted in _WORDS:
        yield from (
            _field(letter, value) for letter, value in tune.fields if letter == wanted and value
        )
    if parts:
        yield _field("P", parts)
    yield f"M:{write_meter(tune.meter)}"
    yield f"L:{tune.unit_quarters / 4}" if tune.unit_quarters != 4 else "L:1/1"
    tempo = next((value for letter, value in reversed(tune.fields) if letter == "Q" and value), "")
    if tempo:
        yield _field("Q", _tempo(tempo, tune))
    yield f"K:{write_key(tune.key)}"


def _field(letter: str, value: str) -> str:
    if letter in TEXT_FIELDS:
        value = encode_text_string(value)
    return f"{letter}: {value}" if value[0] in "|:" else f"{letter}:{value}"


def _tempo(text: str, tune: Tune) -> str:
    """The tempo as it was written, unless in one of the old forms."""
    qpm = parse_tempo(text, tune.unit_quarters)
    return text if qpm is None or _MODERN_TEMPO.search(text) else write_tempo(qpm, tune.meter)


class _BodyWriter:
    """Writes bars, and fields between them where meter, key, tempo or part change."""

    def __init__(self, tune: Tune, bars: Sequence[Bar]) -> None:
        self.unit = tune.unit_quarters
        self.bars = bars
        self.meter = tune.meter
        self.part = ""
        self.writer = NoteWriter(plain_lines(tune.text), tune.unit_quarters, tune.key)
        notes = [note for bar in bars for note in bar.notes]
        meters = [bar.meter or tune.meter for bar in bars for _ in bar.notes]
        self.tuplets = tuplet_signs(notes, meters)
        self.count = 0

    def lines(self) -> Iterator[str]:
        for group in group_lines(self.bars, BARS_PER_LINE):
            line = ""
            for bar in group:
                fields = self._fields(bar)
                if fields and line:
                    yield line
                    line = ""
                yield from fields
                if bar.opening and line.endswith("|") and not line.endswith((":|", "||")):
                    line = line[:-1]
                line += self._bar(bar)
            yield line

    def _bar(self, bar: Bar) -> str:
        passes = "[" + ",".join(map(str, bar.ending)) if bar.starts_ending else ""
        if passes and not (bar.index and self.bars[bar.index - 1].closing):
            passes = f" {passes}"
        opening = bar.opening + passes + self._tempo(bar)
        if opening and opening[-1].isdigit():
            opening += " "
        if bar.opening:  # the sign ends a bar for readers of the text
            self.writer.end_bar()
        before = [_MARKS[mark.kind] for mark in bar.marks if mark.is_before]
        after = [_MARKS[mark.kind] for mark in bar.marks if not mark.is_before]
        music = "".join(before) + self._music(bar) + "".join(after)
        if bar.closing:
            self.writer.end_bar()
        return opening + music + bar.closing

    def _fields(self, bar: Bar) -> list[str]:
        """What changes with a bar, as lines of their own: some readers pass over inline keys."""
        changed = []
        if bar.part != self.part:
            self.part = bar.part
            changed.append(f"P:{bar.part}")
        if bar.heading:
            changed.append(_field("P", bar.heading))
        if bar.meter is not None and not same_meter(bar.meter, self.meter):
            self.meter = bar.meter
            changed.append(f"M:{write_meter(bar.meter)}")
        if bar.key is not None and not same_key(bar.key, self.writer.key):
            self.writer.set_key(bar.key)
            changed.append(f"K:{write_key(bar.key)}")
        return changed

    def _tempo(self, bar: Bar) -> str:
        if bar.tempo_qpm is None:
            return ""
        return f"[Q:{write_tempo(bar.tempo_qpm, bar.meter or self.meter)}]"

    def _changes(self, note: Note) -> str:
        """Inline fields where key or tempo change inside a bar."""
        fields = ""
        if note.key is not None and not same_key(note.key, self.writer.key):
            self.writer.set_key(note.key)
            fields = f"[K:{write_key(note.key)}]"
        if note.tempo_qpm is not None:
            fields += f"[Q:{write_tempo(note.tempo_qpm, self.meter)}]"
        return fields

    def _music(self, bar: Bar) -> str:
        signs = broken_signs(bar.notes, self.unit)
        group = beat_group(bar.meter or self.meter)
        shift = missing_before(bar, self.bars[bar.index - 1] if bar.index else None)
        written, beat = "", None
        for index, note in enumerate(bar.notes):
            here = (note.onset - bar.onset + shift) // group
            if beat not in (None, here) and index - 1 not in signs:
                written += " "
            beat = here
            tuplet = self.tuplets.get(self.count, "")
            self.count += 1
            is_broken = index in signs or index - 1 in signs
            broken = signs.get(index, "")
            written += self._changes(note) if index else ""
            written += self.writer.write(note, bar, tuplet, broken, is_broken=is_broken)
        return written


def beat_group(meter: Meter) -> Fraction:
    """How many quarter notes are beamed together: 3/2 in 6/8, 2 in common time, else 1."""
    if meter.denominator >= 8 and meter.numerator and not meter.numerator % 3:
        return Fraction(12, meter.denominator)
    return Fraction(2 if meter.bar_quarters in (4, 8) or meter.denominator == 2 else 1)


def missing_before(bar: Bar, previous: Bar | None) -> Fraction:
    """Quarter notes missing before the first note of a pickup; 0 for other bars.

    Its beats fall as those of the end of a full bar do.
    """
    if bar.expected is None or bar.actual >= bar.expected:
        return Fraction(0)
    is_first = previous is None or is_closing(previous.closing) or bool(bar.opening)
    return bar.expected - bar.actual if is_first else Fraction(0)
