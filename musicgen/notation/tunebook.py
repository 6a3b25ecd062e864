"""Tunebooks: bytes to text, text to tunes. A tune goes from its ``X:`` to the next."""

import re
from dataclasses import dataclass

from musicgen.errors import NotationError
from musicgen.notation.reader import file_field, read_tune
from musicgen.notation.tune import Problem, Tune

_REFERENCE = re.compile(r"(?:(?<=\n)|(?<=\r)|^)[ \t\ufeff]*X:(?![|:])")
_KEY_LINE = re.compile(r"^[ \t]*K:(?![|:])", re.MULTILINE)
_NOTE = re.compile(r"[A-Ga-g]")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class TuneText:
    """The text of one tune in a tunebook: where it begins, as line (from 1) and as offset."""

    text: str
    start_line: int
    offset: int


def split_tunebook(text: str) -> list[TuneText]:
    """The tunes of a tunebook, each from its ``X:`` to the next, empty lines at its end dropped.

    Empty lines inside a tune do not cut it. A text without any ``X:`` that holds music is one tune;
    one without music is none. Line ends may be of any kind.
    """
    starts = [match.start() for match in _REFERENCE.finditer(text)]
    if not starts:
        return [TuneText(text, 1, 0)] if _NOTE.search(text) and "|" in text else []
    tunes, line, counted = [], 1, 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line += _count_lines(text[counted:start])
        counted = start
        tunes.append(TuneText(text[start:end].rstrip(), line, start))
    return tunes


def _count_lines(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def read_tunebook(text: str) -> list[tuple[Tune, tuple[Problem, ...]]]:
    """Every tune of a tunebook with its own problems; offsets count from the tune's own text.

    Fields before the first ``X:`` are the tunebook's header and hold for every tune.
    """
    fields = read_file_header(text)
    return [read_tune(tune.text, defaults=fields) for tune in split_tunebook(text)]


def read_file_header(text: str) -> tuple[tuple[str, str], ...]:
    """Fields before the first ``X:`` of a tunebook, which hold for all its tunes (§2.2.2).

    None where that text is itself a tune, or there is no ``X:``.
    """
    first = _REFERENCE.search(text)
    before = text[: first.start()] if first else ""
    if "|" in before or _KEY_LINE.search(before):
        return ()
    fields = (file_field(line) for line in before.splitlines())
    return tuple(field for field in fields if field)


def require_tunes(text: str) -> list[TuneText]:
    """The tunes of a text that is meant to be a tunebook.

    Raises:
        NotationError: there is none.
    """
    tunes = split_tunebook(text)
    if not tunes:
        raise NotationError(
            "No tune was found in this text. A tune in ABC notation begins with a line such as "
            "X:1, names its key in a line such as K:D, and has bar lines (|) between its notes."
        )
    return tunes


def decode_text(data: bytes) -> str:
    """Text of a file in the encodings tunebooks come in: UTF-8, -16 or -32, cp1252, Latin-1."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
