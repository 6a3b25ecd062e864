"""Removes credits, sources and numbers that a network invented from a text.

In ABC, ``Z:`` names who wrote a tune down, ``C:`` who composed it, ``S:``, ``B:`` and ``N:`` where
it is from, and ``X:`` its number in a book (ABC 2.1 §3.1). A network that learned from tunebooks
writes such fields too, and none of them is true of the tune it composes.
"""

import re
from fractions import Fraction

from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tokens import FIELD_LINE, hide_words, opens_music

REFERENCE = "1"
"""The number of a tune that is in no book: ABC asks for one (§3.1.1)."""

_KEPT = frozenset("TRMLQKPVUmIswW")
"""Fields that say how a tune goes and what it is called."""

_INLINE = re.compile(r"\[([A-Za-z]):[^\]\n]{0,200}\]")
_COMMENT = re.compile(r"(?<!\\)%")
_PLAYED_DIRECTIVE = re.compile(r"[ \t]*%%[ \t]*MIDI\b", re.IGNORECASE)


def without_attribution(text: str, start: int = 0) -> str:
    """A text without fields and remarks that name people, sources or numbers; the notes are kept.

    What sounds and how it is written stays, and so do titles. The reference number, which no tune
    may lack, becomes `REFERENCE`. Also for a text that is still being written.

    Args:
        text: One tune.
        start: Offset from which on the text is composed; all before it stays as it is.
    """
    return (
        text if _clean(text, start) == text else remove_attribution(read_tune(text)[0], start).text
    )


def remove_attribution(tune: Tune, start: int = 0) -> Tune:
    """A tune read without those fields and remarks; the same tune where its text has none.

    Args:
        tune: What was read of one text.
        start: As of `without_attribution`.
    """
    clean = _clean(tune.text, start)
    if clean == tune.text:
        return tune
    found = read_tune(clean)[0]
    # In a text that is hardly ABC a line less can make music of the next, or a header of it.
    return found if _notes(found) == _notes(tune) else read_tune(_emptied(tune.text, start))[0]


def _notes(tune: Tune) -> list[tuple[tuple[int, ...], Fraction]]:
    return [(note.pitches, note.duration) for note in tune.notes]


def _clean(text: str, start: int) -> str:
    lines, at, is_dropping, is_quoting = [], 0, False, False
    for line in text.split("\n"):
        bare = line.strip(" \t\ufeff")
        is_quoting = is_quoting or bare.startswith("%%begin")
        kept: str | None = line
        if at + len(line) > start:
            is_rest = is_dropping and bare.startswith("+:")  # of the line before (§3.3)
            kept = None if is_rest or is_quoting else _read_line(line, max(0, start - at))
        is_dropping = kept is None
        is_quoting = is_quoting and not bare.startswith("%%end")
        if kept is not None:
            lines.append(kept)
        at += len(line) + 1
    return "\n".join(lines)


def _emptied(text: str, start: int) -> str:
    """The text with nothing in its fields of people, sources and numbers; all else as it is."""
    lines, at = [], 0
    for line in text.split("\n"):
        field = FIELD_LINE.match(line)
        is_kept = field is None or len(field[1]) > 1 or field[1] in _KEPT
        value_start = len(line) if is_kept or field is None else field.start(2)
        lines.append(line[: max(value_start, start - at)])
        at += len(line) + 1
    return "\n".join(lines)


def _read_line(line: str, given: int) -> str | None:
    """What stays of a line whose first `given` characters were given; None for nothing."""
    field = FIELD_LINE.match(line)
    if field is None or len(field[1]) > 1 or opens_music(field[1], field[2]):
        return _read_music(line, given)
    if field[1] in _KEPT or field[1] == "+":
        return _without_comment(line, given)
    own = line[field.start(2) : given].strip()
    if own:  # its beginning was given: what the network added is removed
        return line[:given].rstrip()
    return f"{line[: field.start(2)]}{REFERENCE}" if field[1] == "X" else None


def _read_music(line: str, given: int) -> str | None:
    if not given and line.lstrip().startswith("%"):
        return line if _PLAYED_DIRECTIVE.match(line) else None
    line = _without_comment(line, given)
    return line[:given] + _INLINE.sub(_inline, line[given:])


def _inline(found: re.Match[str]) -> str:
    """A field within music; an empty remark (§3.1.20) keeps apart what stood on both sides."""
    return found[0] if found[1] in _KEPT else "[r:]"


def _without_comment(line: str, given: int) -> str:
    found = _COMMENT.search(hide_words(line), given)
    return line[: found.start()].rstrip() if found else line
