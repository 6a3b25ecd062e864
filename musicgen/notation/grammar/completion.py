"""Completion: from every state one character that leads to the end of the tune.

It is the proof that no state is a dead end, and its length is what a tune still needs when the room
for characters runs out: with at least that many left a tune can always be finished.
"""

from collections.abc import Iterable

from musicgen.errors import GrammarError
from musicgen.notation.grammar.alphabet import TUPLETS, Script
from musicgen.notation.grammar.header import choices, feed_header, next_fields
from musicgen.notation.grammar.music import (
    INDENT,
    feed_music,
    fits,
    is_pitch_right,
    settle,
    split_pitch,
    which_follow_music,
)
from musicgen.notation.grammar.sections import (
    BOTH,
    FINAL,
    FIRST,
    OPENING,
    PLAIN,
    REPEAT,
    SECOND,
    is_right_line,
)
from musicgen.notation.grammar.states import END, OWED, End, GrammarState, Header, Music

_LINES = (*SECOND, REPEAT, *FINAL, PLAIN, "[2", *FIRST, "[1", OPENING, *BOTH)
MAX_KNOWN = 200_000
_FIELD_ORDER = "XRMKLTZ"


def feed_state(script: Script, state: GrammarState, character: str) -> GrammarState | None:
    """The state after a character, None where it may not stand."""
    if isinstance(state, Music):
        return feed_music(script, state, character)
    if isinstance(state, Header):
        return feed_header(script, state, character)
    return None


def which_follow_state(
    script: Script, state: GrammarState, characters: Iterable[str]
) -> list[bool]:
    """Whether each of the characters may stand next."""
    if isinstance(state, Music):
        return which_follow_music(script, state, characters)
    return [feed_state(script, state, character) is not None for character in characters]


def completing_character(script: Script, state: GrammarState) -> str:
    """The next character on the way to a complete tune; the empty text at the end."""
    if isinstance(state, End):
        return ""
    if isinstance(state, Header):
        return _next_in_header(script, state)
    return _WAYS[state.kind](script, state)


class Completion:
    """How many characters a tune still needs, remembered for each state up to a bound."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._known: dict[GrammarState, int] = {END: 0}

    def __call__(self, state: GrammarState) -> int:
        """Characters from a state to the end, the blank line included.

        Raises:
            GrammarError: there is no way; this would be a mistake in the grammar.
        """
        path: list[GrammarState] = []
        if len(self._known) > MAX_KNOWN:
            self._known = {END: 0}
        while (rest := self._known.get(state)) is None:
            path.append(state)
            following = feed_state(self._script, state, completing_character(self._script, state))
            if following is None or len(path) > 100_000:
                raise GrammarError("The tune cannot be finished from here: {state}.", state=state)
            state = following
        for passed in reversed(path):
            rest += 1
            self._known[passed] = rest
        return rest


def _next_in_header(script: Script, header: Header) -> str:
    if not header.field:
        letters = next_fields(script, header)
        return min(letters, key=_FIELD_ORDER.index)
    if not header.has_colon:
        return ":"
    if header.field == "X":
        return "\n" if header.text else "1"
    if header.field in "TZ":
        return "\n" if header.text.strip() else _any_letter(script)
    return _shortest(choices(script, header), header.text.removeprefix(" "), "\n")


def _any_letter(script: Script) -> str:
    return script.letters[0]


def _shortest(texts: tuple[str, ...], prefix: str, end: str) -> str:
    """The next character of the shortest text that begins like this, `end` where it is whole."""
    text = min((text for text in texts if text.startswith(prefix)), key=len)
    return text[len(prefix)] if len(text) > len(prefix) else end


def _from_between(script: Script, music: Music) -> str:
    plan = music.plan
    if music.after == "!":
        return "\n"
    is_free = not (music.left or music.owed or music.is_bound)
    if is_free and music.fill == 0:
        if plan.may_end and music.after != INDENT:
            return "\n"
        if plan.ending == OWED:
            return "["
    if is_free and not music.tie and music.fill == plan.closing:
        return _line(script, music, "")[0]
    if is_free and music.fill == plan.limit:
        return _line(script, music, "")[0]
    return _note(script, music)


def _line(script: Script, music: Music, prefix: str) -> str:
    """The bar line to write, one that closes the section where it may."""
    return next(
        line
        for line in _LINES
        if line in script.bar_lines
        and line.startswith(prefix)
        and is_right_line(music.plan, music.fill, line, bool(music.tie))
    )


def _note(script: Script, music: Music) -> str:
    """The first letter of a note that may stand here."""
    if music.tie:
        return music.tie[0]
    return next(
        letter for letter in script.letters if feed_music(script, music, letter) is not None
    )


def _from_note(script: Script, music: Music) -> str:
    if not is_pitch_right(script, music):
        return "," if split_pitch(music.part)[1].isupper() else "'"
    length = script.longest(music.length, lambda ticks: fits(script, music, ticks))
    if length is not None and length != music.length:
        return length[len(music.length)]
    return completing_character(script, _settled(script, music))


def _from_line(script: Script, music: Music) -> str:
    line = _line(script, music, music.part)
    if line != music.part:
        return line[len(music.part)]
    return completing_character(script, _settled(script, music))


def _settled(script: Script, music: Music) -> Music:
    done = settle(script, music)
    if done is None:
        raise GrammarError("{part!r} cannot be settled.", part=music.part)
    return done


def _from_accidental(script: Script, music: Music) -> str:
    return _note(script, music)


def _from_tuplet(script: Script, music: Music) -> str:
    return next(
        str(count) for count in TUPLETS if feed_music(script, music, str(count)) is not None
    )


def _from_symbol(script: Script, music: Music) -> str:
    return _shortest(script.chords, music.part, "")


def _from_graces(script: Script, music: Music) -> str:
    return "}" if len(music.part) > 1 else _note(script, music)


def _from_key(script: Script, music: Music) -> str:
    if music.part == "K":
        return ":"
    return _shortest(script.keys, music.part.removeprefix("K:").removeprefix(" "), "\n")


_WAYS = {
    "": _from_between,
    "a": _from_accidental,
    "n": _from_note,
    "t": _from_tuplet,
    "b": _from_line,
    "s": _from_symbol,
    "g": _from_graces,
    "k": _from_key,
}
