"""What a transposition of a text changes: its notes, keys and chord symbols, of all voices."""

import re
from collections.abc import Iterator

from musicgen.notation.analysis.chord_symbols import is_chord_symbol
from musicgen.notation.parsing.characters import plain_lines, plain_music
from musicgen.notation.parsing.fields import is_clef
from musicgen.notation.parsing.quoted_printable import undo_mail_encoding
from musicgen.notation.parsing.reader import left_out, read_tune, span_of_tune
from musicgen.notation.parsing.tokens import FIELD_LINE, OLD_FIELD, TOKEN, is_line_ends, opens_music
from musicgen.notation.parsing.voices import music_of_voice_line

Span = tuple[int, int]

_INLINE_KEY = re.compile(r"\[K:(?![|:])([^\]|]*)|(?<=[ |])K:(?![|:])")
_QUOTED = re.compile(r'"([^"\n]*)"')


class MovableText:
    """A text and its first tune, as far as a transposition is concerned with them.

    `text` has line feeds as line ends, `written` those that it came with, at the same places;
    `key_fields` are spans and values of its ``K:`` fields; those of other tunes are none of them.
    """

    def __init__(self, text: str) -> None:
        self.written = plain_music(undo_mail_encoding(text))
        self.text = plain_lines(text)
        self.tune, _ = read_tune(text)
        self.start, self.end = span_of_tune(text)
        self._dropped_lines = left_out(text).lines
        self.key_fields = list(self._find_keys())

    def _find_keys(self) -> Iterator[tuple[Span, str]]:
        position = self.start
        for line in self.text[self.start : self.end].split("\n"):
            for start, end in _keys_of(line):
                value = line[start:end].strip()
                at = position + end - len(line[start:end].lstrip())
                if value:
                    yield (at, at + len(value)), value
            position += len(line) + 1

    @property
    def keys(self) -> list[str]:
        """Values of the fields that name a key, in order; first that of no key if none is."""
        values = [value for _, value in self.key_fields if not is_clef(value)]
        return values if self._names_key() else ["none", *values]

    def _names_key(self) -> bool:
        return any(
            span[0] < self.tune.body_start and not is_clef(value) for span, value in self.key_fields
        )

    @property
    def place_of_key(self) -> tuple[int, str, str]:
        """Where a key belongs in a tune that names none, and what stands before and behind it."""
        for (start, _), _ in self.key_fields:
            if start < self.tune.body_start:  # a clef alone, which goes on behind the key
                return start, "", " "
        at = self.tune.body_start
        is_apart = not at or self.text[at - 1] == "\n"
        return at, "K:" if is_apart else "\nK:", "\n"

    @property
    def needs_key(self) -> bool:
        """Whether the tune begins without a key."""
        return not self._names_key()

    def note_spans(self) -> Iterator[Span]:
        """Where notes, chords, grace notes and old chords stand, of all voices and overlays."""
        for note in self.tune.notes:
            yield from note.grace_spans
            if note.pitches:
                yield note.start, note.end
        is_quoting = False
        position = self.tune.body_start
        for line in self.text[position : self.end].split("\n"):
            is_quoting = (is_quoting or line.startswith("%%begin")) and not line.startswith("%%end")
            start = None if is_quoting or position in self._dropped_lines else _music_start(line)
            if start is not None:
                yield from self._spans_in(position + start, position + len(line))
            position += len(line) + 1

    def _spans_in(self, start: int, end: int) -> Iterator[Span]:
        while start < end:
            token = TOKEN.match(self.text, start, end)
            if token is None or token.lastgroup == "comment":
                return
            start = token.end()
            if token.lastgroup == "field":
                field = OLD_FIELD.match(self.text, token.start(), end)
                start = field.end() if field else start
            elif token.lastgroup == "decoration" and is_line_ends(token[0]):
                start = token.start() + 1
            elif token.lastgroup in ("note", "chord", "grace", "oldchord"):
                yield token.span()

    def symbol_spans(self) -> Iterator[Span]:
        """Where chord symbols stand."""
        for found in _QUOTED.finditer(self.text, self.tune.body_start, self.end):
            if is_chord_symbol(found[1]):
                yield found.span(1)


def _keys_of(line: str) -> Iterator[Span]:
    """Where in a line the values of its ``K:`` fields stand, those in comments left out."""
    music = line.split("%", maxsplit=1)[0]
    field = FIELD_LINE.match(music)
    if field is not None and not opens_music(field[1], field[2]):
        if field[1] == "K":
            yield field.span(2)
        return
    for found in _INLINE_KEY.finditer(music):
        old = OLD_FIELD.match(music, found.start()) if found[1] is None else None
        if old or found[1] is not None:
            yield old.span("K") if old else found.span(1)


def _music_start(line: str) -> int | None:
    """Where music begins in a line; None in a field."""
    field = FIELD_LINE.match(line)
    if field is None or opens_music(field[1], field[2]):
        return 0
    music = music_of_voice_line(field[1], field[2])
    return None if music is None else field.start(2) + music
