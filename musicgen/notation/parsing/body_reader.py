"""The body of a tune, token by token: who reads what, and what lies between the notes."""

import re
from fractions import Fraction

from musicgen.notation.model import Key, Meter, ProblemKind
from musicgen.notation.parsing.note_reader import NoteReader
from musicgen.notation.parsing.pitches import ReportProblem
from musicgen.notation.parsing.tokens import OLD_FIELD, TOKEN, is_line_ends
from musicgen.notation.parsing.voices import VOICE_AHEAD
from musicgen.translatable import Sentence

_LINE_OF_COLON = re.compile(r":?[ \t]{0,8}\|")
_TO_SIGN = -1


class BodyReader(NoteReader):
    """Reads lines of music into bars. Feed it lines and fields in order, then call `finish`."""

    def __init__(
        self, text: str, meter: Meter, unit: Fraction, key: Key, report: ReportProblem
    ) -> None:
        super().__init__(text, meter, unit, key, report)
        self._handlers = {
            name: getattr(self, f"_on_{name}") for name in TOKEN.groupindex if name != "space"
        }
        self._overlay = 0
        self._is_split = False

    # Lines of music

    def read_line(self, start: int, end: int) -> None:
        """Read the music in ``text[start:end]``, one line of it without its line end."""
        text, match_at, handlers = self.text, TOKEN.match, self._handlers
        position = start
        while position < end:
            if self.is_silent or self._overlay:
                position = self._pass_music(position, end)
                if position >= end:
                    return
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

    def _on_voice(self, value: str, start: int, end: int) -> None:
        self._overlay, self._is_split = 0, False
        super()._on_voice(value, start, end)

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
        if is_line_ends(match[0]):
            return match.start() + 1
        self._read_decoration(match)
        return None

    def _on_shorthand(self, match: re.Match[str]) -> None:
        name = self.symbols.get(match[0])
        if name:
            self._decorate(name)
        else:
            self._drop(match, Sentence("{text!r} is no note and no sign; left out.", text=match[0]))

    def _on_overlay(self, match: re.Match[str]) -> None:
        """Voices beside the one that is read (ABC 2.1 §7.4): as many bars as there are signs.

        Some programs enclose longer ones: ``(&``, the voice, ``&``, the one beside it, ``&)``.
        """
        if self.text[max(0, match.start() - 1)] == "(" and not self._is_split:
            self._is_split = True
            return
        self.report(
            *match.span(),
            Sentence("A second voice in the same bar (&) is left out."),
            ProblemKind.LEFT_OUT,
        )
        self._overlay = _TO_SIGN if self._is_split else match.end() - match.start()
        self.pass_over(*match.span())

    # What is passed over

    def _pass_music(self, start: int, end: int) -> int:
        """Where the tune goes on in a line: behind what other voices have there."""
        if self.is_silent:
            voice = VOICE_AHEAD.search(self.text, start, end)
            stop = voice.start() if voice else end
        else:
            stop = self._end_of_overlay(start, end)
        self.pass_over(start, stop)
        return stop

    def _end_of_overlay(self, start: int, end: int) -> int:
        position = start
        while position < end:
            match = TOKEN.match(self.text, position, end)
            if match is None:
                break
            position = match.end()
            if match.lastgroup == "comment":
                return end
            if match[0].startswith("[V:"):  # the voice, when it is taken in, ends this one
                return match.start()
            if match.lastgroup == "overlay" and self._goes_on(match):
                return position + 1
            if match.lastgroup == "bar" and self._is_last_line(match):
                return match.start()
        return end

    def _goes_on(self, match: re.Match[str]) -> bool:
        """Whether the tune goes on behind an ``&``: else it begins one more voice beside it."""
        if self._overlay != _TO_SIGN:
            self._overlay = match.end() - match.start()
            return False
        if not self.text.startswith(")", match.end()):
            return False
        self._overlay, self._is_split = 0, False
        return True

    def _is_last_line(self, match: re.Match[str]) -> bool:
        """Whether a bar line ends the last bar that other voices have for themselves."""
        is_line = match[0] != ":" or _LINE_OF_COLON.match(self.text, match.start()) is not None
        if self._overlay != _TO_SIGN and is_line:
            self._overlay -= 1
        return not self._overlay

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
