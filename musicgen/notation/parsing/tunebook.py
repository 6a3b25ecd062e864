"""Tunebooks: bytes to text, text to tunes. A tune goes from its ``X:`` to the next."""

import codecs
import re
from dataclasses import dataclass

from musicgen.errors import NotationError
from musicgen.notation.model import Problem, Tune
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.reader import file_field, read_tune
from musicgen.notation.parsing.starts import find_end, find_starts

_REFERENCE = re.compile(r"^[ \t]*X:(?![|:])", re.MULTILINE)
_KEY_LINE = re.compile(r"^[ \t]*K:(?![|:])", re.MULTILINE)
_CHARSET = re.compile(
    rb"^(?:%%|I:[ \t]*)(?:abc-charset|encoding)[ \t]+"
    rb"((?:iso-?8859-?|latin-?|windows-|cp|koi8-|mac-|utf-?|us-)[A-Za-z0-9]{1,8}"
    rb"|gb-?2312|gbk|gb-?18030|big-?5(?:-?hkscs)?|shift[-_]?jis|s-?jis|euc[-_]?(?:jp|kr))"
    rb"[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
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
    """The tunes of a tunebook, each from where it begins to its last line.

    Empty lines inside a tune do not cut it. Free text behind an empty line belongs to no tune
    (ABC 2.1 §2.2.1). A text without any ``X:`` that holds music is one tune; one without music is
    none. Line ends may be of any kind.
    """
    plain = plain_lines(text)
    starts = find_starts(plain)
    if not starts:
        return [TuneText(text, 1, 0)] if _NOTE.search(plain) and "|" in plain else []
    tunes, line, counted = [], 1, 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line += plain.count("\n", counted, start)
        counted = start
        last = start + find_end(plain[start:end])
        tunes.append(TuneText(text[start:last].rstrip(), line, start))
    return tunes


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
    plain = plain_lines(text)
    first = _REFERENCE.search(plain)
    before = plain[: first.start()] if first else ""
    if "|" in before or _KEY_LINE.search(before):
        return ()
    fields = (file_field(line) for line in before.split("\n"))
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
    """Text of a file in the encodings tunebooks come in.

    These are UTF-16 and -32, with a byte order mark or seen by their zeros; else, line by line,
    UTF-8, what the file names (``%%abc-charset iso-8859-2``, ABC 2.1 §2.1), cp1252 or Latin-1.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    if encoding := _wide_encoding(data):
        return data.decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        encodings = ("utf-8", *_named_encoding(data), "cp1252")
        return "".join(_decode_line(line, encodings) for line in data.splitlines(keepends=True))


def _decode_line(line: bytes, encodings: tuple[str, ...]) -> str:
    """Books are put together from files of different encodings, so each line has its own."""
    for encoding in encodings:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _named_encoding(data: bytes) -> tuple[str, ...]:
    found = _CHARSET.search(data)
    if found is None:
        return ()
    name = found[1].decode("ascii").lower()
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        return ()
    return ("cp1252",) if encoding == "iso8859-1" else (encoding,)


def _wide_encoding(data: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of plain text is zero. Else empty."""
    start = data[:2000]
    half = len(start) // 2
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if half and zeros.count(0) > 0.7 * half and start.count(0) < 1.1 * half:
            return encoding
    return ""
