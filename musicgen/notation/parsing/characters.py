"""Characters as a reader of music takes them, each in its place: the text keeps its length.

Word processors, web pages and mail leave traces in tunes: typographic quotes and apostrophes,
blanks that do not break, marks without width, line ends of other systems. None of them means
anything in music but the plain character it stands for.
"""

import re

from musicgen.notation.parsing.quoted_printable import undo_mail_encoding

INVISIBLE = "\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
"""Characters without width, and control characters, as the inside of a regular expression's set."""

_WORDS = frozenset("ABCDFGHNORSTWZrw+")
"""Fields whose values are words: only what stands before the colon is made plain."""

_RARE = re.compile(r"[^\t\n\x20-\x7e]")
_LINE_ENDS = re.compile(r"[\v\f]{0,4}(?:\r{1,3}\n|\n|\r)[\v\f]{0,4}|[\v\f\u2028\u2029]{1,4}")
_FIELD = re.compile(rf"([ \t{INVISIBLE}]*)([A-Za-z+\uff21-\uff3a])([:\uff1a])(?![|:])")
_MARGIN = re.compile(rf"[\s{INVISIBLE}]+")
_HIDDEN = re.compile(f"[{INVISIBLE}]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_FEW = 8
_BINARY_SHARE = 0.02
_PIECE = re.compile(
    r"\"[^\"]*\"|![^!\s]*!|\([\d:\0]+|[|:\0\]\[]+\d?|[\^_=\0]*[A-Ga-gzxZXy][,'\d/\0]*"
)
_ACCIDENTAL = re.compile("[\u266d\u266e\u266f](?=[A-Ga-g])")
_ACCIDENTALS = {"\u266d": "_", "\u266e": "=", "\u266f": "^"}
_OPENING = re.compile("[\"\u201c\u201d\u201e\u201f\u00ab\u00bb]|(?<![A-Ga-g',])\u2033")
_CLOSING = re.compile('["\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033]')
_CURLY = re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033]")
_ENDS_ALWAYS = frozenset("\u201d\u00bb")


def _plain_signs() -> dict[int, str]:
    signs = {
        "'": "\u2018\u2019\u2032\u02bc\u02b9\u00b4",
        ",": "\u201a",
        "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
        "/": "\u2044\u2215",
        "|": "\u00a6\u2223\u2502\u2503",
        " ": "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))),
    }
    table = {ord(sign): plain for plain, all_signs in signs.items() for sign in all_signs}
    table |= {0xFF01 + number: chr(0x21 + number) for number in range(94)}
    return table


_SIGNS = _plain_signs()


def plain_lines(text: str) -> str:
    """The text as it is read, as long as it was: line feeds only, plain characters in music."""
    if _RARE.search(text):
        text = _plain_line_ends(text)
        text = "\n".join(map(_plain_line, text.split("\n")))
    return undo_mail_encoding(text)


def plain_music(text: str) -> str:
    """The text with plain characters in its music, and its own line ends."""
    if not _RARE.search(text.replace("\r", "")):
        return text
    lines = re.split(r"(\r\n|\r|\n)", text)
    lines[::2] = map(_plain_line, lines[::2])
    return "".join(lines)


def one_line_end(text: str) -> str:
    r"""The text with ``\n`` for line ends of all kinds; form feeds are line ends too."""
    return _LINE_ENDS.sub("\n", text)


def is_binary(text: str) -> bool:
    """Whether a decoded file is no text: control characters are rare in one.

    A stray one, or a few in a long book, do no harm. In a binary file one in ten is one.
    """
    count = sum(1 for _ in _CONTROL.finditer(text))
    return count > max(_FEW, _BINARY_SHARE * len(text))


def without_invisible(text: str) -> str:
    """The text without control characters and characters of no width; line ends stay."""
    return _HIDDEN.sub("", text)


def _plain_line_ends(text: str) -> str:
    """One line feed for every line end, blanks for the rest of it."""
    return _LINE_ENDS.sub(_padded, text)


def _padded(found: re.Match[str]) -> str:
    """A line end with a line feed where its last one stands, so that offsets stay."""
    signs = found[0]
    at = max(signs.rfind("\n"), signs.rfind("\r"), 0) if signs.strip("\v\f") else 0
    return " " * at + "\n" + " " * (len(signs) - at - 1)


def _plain_line(line: str) -> str:
    if not _RARE.search(line):
        return line
    margin = _MARGIN.match(line)
    if margin:
        line = " " * margin.end() + line[margin.end() :]
    field = _FIELD.match(line)
    if field:
        head = f"{field[1]}{field[2].translate(_SIGNS)}:"
        value = line[field.end() :]
        is_words = head[-2] in _WORDS
        return head + (value if is_words else _HIDDEN.sub(" ", value.translate(_SIGNS)))
    if line.lstrip().startswith("%"):
        return line
    return _plain_music_line(line)


def _plain_music_line(line: str) -> str:
    line = line.translate(_SIGNS)
    if _CURLY.search(line):
        line = _straight_quotes(line)
    line = _ACCIDENTAL.sub(lambda found: _ACCIDENTALS[found[0]], line)
    if _HIDDEN.search(line):
        line = _PIECE.sub(_closed_up, _HIDDEN.sub("\0", line)).replace("\0", " ")
    return line


def _closed_up(found: re.Match[str]) -> str:
    """A piece of music without the invisible signs in it; blanks behind it make up for them."""
    piece = found[0]
    if "\0" not in piece:
        return piece
    rest = piece.lstrip("\0")
    before = " " * (len(piece) - len(rest))
    closed = rest.replace("\0", "")
    blanks = " " * (len(rest) - len(closed))
    if closed.startswith('"') and len(closed) > 1:
        return f'{before}{closed[:-1]}{blanks}"'
    return before + closed + blanks


def _straight_quotes(line: str) -> str:
    """The line with plain quotes where typographic ones enclose a text above the music.

    Inside of plain quotes a pair of typographic ones is part of the text.
    """
    signs, position = list(line), 0
    while opening := _OPENING.search(line, position):
        start = opening.start()
        end = _closing(line, start)
        signs[start] = '"'
        if end < 0:
            break
        signs[end] = '"'
        position = end + 1
    return "".join(signs)


def _closing(line: str, start: int) -> int:
    """Where the quotes end that open at a place; -1 if nowhere."""
    found = _CLOSING.search(line, start + 1)
    if found is None:
        return -1
    if line[start] == '"' and found[0] != '"' and found[0] not in _ENDS_ALWAYS:
        plain = line.find('"', start + 1)
        return plain if plain >= 0 else found.start()
    return found.start()
