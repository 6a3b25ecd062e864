"""The body of a tune, token by token: who reads what, and what lies between the notes."""

import re
from fractions import Fraction

from musicgen.notation.notes import NoteReader
from musicgen.notation.pitches import Report
from musicgen.notation.tokens import (
    BAR_AHEAD,
    DECORATIONS,
    OLD_FIELD,
    TOKEN,
    is_line_ends,
    is_note_like,
    jump_of,
)
from musicgen.notation.tune import Key, Meter
from musicgen.sentences import Sentence

_VOICE_AHEAD = re.compile(r"\[V:[^\]\n]{0,200}\]")


class BodyReader(NoteReader):
    """Reads lines of music into bars. Feed it lines and fields in order, then call `finish`."""

    def __init__(self, text: str, meter: Meter, unit: Fraction, key: Key, report: Report) -> None:
        super().__init__(text, meter, unit, key, report)
        self._handlers = {
            name: getattr(self, f"_on_{name}") for name in TOKEN.groupindex if name != "space"
        }

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
        self.give_back_marks()

    # What stands between the notes

    def _on_quote(self, match: re.Match[str]) -> None:
        words = match[match.lastindex + 1 if match.lastindex else 0]
        if not match[0].endswith('"') or len(match[0]) < 2:
            self._drop(match, Sentence("The quotation mark is not closed; the line ends here."))
        self._read_words(words)

    def _on_inline(self, match: re.Match[str]) -> None:
        letter, value = match[0][1], match[0][3:-1]
        self.read_field(letter, value, *match.span())

    def _on_field(self, match: re.Match[str]) -> int | None:
        """A field of the old style inside a line of music, as in ``M:3/4 egd| M:4/4 egdB``."""
        plain = OLD_FIELD.match(self.text, match.start())
        if plain is None:
            self._drop(match, Sentence("{text!r} without a value is left out.", text=match[0]))
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
            self._drop(match, Sentence("The decoration {name!r} is unknown; left out.", name=name))
        return None

    def _on_shorthand(self, match: re.Match[str]) -> None:
        name = self.symbols.get(match[0])
        if name:
            self._decorate(name)
        else:
            self._drop(match, Sentence("{text!r} is no note and no sign; left out.", text=match[0]))

    def _on_overlay(self, match: re.Match[str]) -> int:
        self.report(*match.span(), Sentence("A second voice in the same bar (&) is left out."))
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
        self._drop(match, Sentence("An accidental without a note is left out."))

    def _on_digits(self, match: re.Match[str]) -> None:
        self._drop(match, Sentence("A number that belongs to no note is left out."))

    def _on_stray(self, match: re.Match[str]) -> None:
        if match[0].isspace():
            return
        if match[0] == "]":
            self._close_bar("|]" if self._bar.notes else "", match.start())
            return
        self._drop(match, Sentence("{text!r} means nothing here; left out.", text=match[0]))
