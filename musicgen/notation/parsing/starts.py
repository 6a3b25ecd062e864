"""Where tunes begin and end in a text; what stands between them belongs to none (ABC 2.1 §2.2)."""

import re
from collections.abc import Iterator
from itertools import islice

from musicgen.notation.parsing.prose import is_music, is_prose
from musicgen.notation.parsing.tokens import FIELD_LINE, opens_music

_REFERENCE = re.compile(r"^[ \t]*X:(?![|:])", re.MULTILINE)
_KEY_LINE = re.compile(r"^[ \t]*K:(?![|:])", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n?")
_GAP = re.compile(r"\n[ \t]*\n")
_OF_HEADERS = frozenset("ABCDFGHIKLMNOPQRSTUVZr+")


def find_starts(text: str, most: int | None = None) -> list[int]:
    """Where tunes begin in a text with plain line ends, up to a largest number of places.

    A tune begins at its ``X:``; without one, at a title behind an empty line if its header has a
    key (``T:`` … ``K:``) and the tune before it has one already. A tune before the first ``X:``
    begins the text. There are none in a text that has neither.
    """
    return list(islice(_starts(text), most))


def find_end(text: str) -> int:
    """Where the first tune of a text ends that begins with it: before the free text behind it.

    Free text stands behind an empty line and is neither music nor a field.
    """
    if not _GAP.search(text):
        return len(text)
    end, has_music, is_apart, is_quoting = 0, False, False, False
    for line in _LINE.finditer(text):
        bare = line[0].strip()
        if not bare:
            is_apart = is_apart or has_music
        elif bare.startswith("%") or is_quoting:
            is_quoting = (is_quoting or bare.startswith("%%begin")) and not bare.startswith("%%end")
            end = end if is_apart else line.end()
        elif _belongs(line[0], is_apart=is_apart):
            field = FIELD_LINE.match(line[0])
            is_apart = False
            has_music = has_music or field is None or opens_music(field[1], field[2])
            end = line.end()
        elif not is_apart:
            end = line.end()
    return end


def _belongs(line: str, *, is_apart: bool) -> bool:
    if FIELD_LINE.match(line):
        return True
    return is_music(line) if is_apart else not is_prose(line)


def _starts(text: str) -> Iterator[int]:
    references = (match.start() for match in _REFERENCE.finditer(text))
    start = next(references, None)
    if start is None:
        titles = list(_titles(text, 0, len(text)))
        yield from [0, *titles] if titles else []
        return
    if _is_tune(text[:start]):
        yield 0
        yield from _titles(text, 0, start)
    while start is not None:
        following = next(references, None)
        yield start
        yield from _titles(text, start, len(text) if following is None else following)
        start = following


def _titles(text: str, start: int, end: int) -> Iterator[int]:
    """Where tunes without a number begin behind the one that begins at `start`."""
    if text.count("T:", start, end) < 2:
        return
    title, has_key, is_apart = -1, False, False
    for line in _LINE.finditer(text, start, end):
        bare = line[0].strip()
        if not bare:
            title, is_apart = -1, True
        elif not bare.startswith("%"):
            letter = _header_letter(line[0])
            if letter == "K":
                if title >= 0:
                    yield title
                title, has_key = -1, True
            elif letter == "T" and title < 0 and is_apart and has_key:
                title = line.start()
            elif not letter:
                title = -1
            is_apart = is_apart and not letter and not is_music(bare)


def _header_letter(line: str) -> str:
    """The letter of a field that headers have; empty for any other line."""
    field = FIELD_LINE.match(line)
    return field[1] if field and field[1] in _OF_HEADERS else ""


def _is_tune(text: str) -> bool:
    """Whether a text before the first ``X:`` is itself a tune."""
    has_key = _KEY_LINE.search(text) is not None
    lines = (line for line in text.split("\n") if not re.match(r"\s*(?:%|$)", line))
    return any(
        FIELD_LINE.match(line) is None and (is_music(line) or (has_key and not is_prose(line)))
        for line in lines
    )
