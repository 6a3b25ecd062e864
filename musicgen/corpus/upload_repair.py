"""Prepares uploaded files for cleaning: text of any encoding, tunebooks of any layout.

Afterwards each tune is complete by itself: fields of the file header are written into it, and text
around it that is no music is left out.
"""

import re
from collections.abc import Iterator

from musicgen.corpus.cleaning import MAX_TUNE_CHARACTERS, Cleaner, RawTune
from musicgen.errors import NotationError
from musicgen.notation.parsing.characters import INVISIBLE, is_binary, one_line_end
from musicgen.notation.parsing.reader import NO_MUSIC, read_tune
from musicgen.notation.parsing.tunebook import decode_text, read_file_header, split_tunebook
from musicgen.notation.transcription.transcriber import transcribe
from musicgen.translatable import Sentence

ABC_ENDINGS = (".abc", ".txt")
MIDI_ENDINGS = (".mid", ".midi")

_CONTROL = re.compile(f"[{INVISIBLE}\ufffd]")
_INHERITED = "MLQRU"
_MAX_NAME = 120
_MAYBE_PROSE = re.compile(r"(?m)^(?![ \t]*(?:[A-Za-z+]:|%|$))(?:[^|\n]*$|[^\n]*[h-t]{2})")
"""A line that is no field and has no bar line, or letters that music does not use."""

_PROSE_LINE = re.compile(r"[ \t]*(?!%)\S")
"""A line between tunes that is no comment."""


def shown_name(name: str) -> str:
    """The last part of a file's name, fit to be shown: never used as a path."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(f"[\v\f{INVISIBLE}\ufffd]", "", last.replace("\n", " "))[:_MAX_NAME] or "?"


def read_upload(name: str, data: bytes, cleaner: Cleaner) -> Iterator[RawTune]:
    """The tunes of an uploaded file; what cannot be read is reported to the cleaner."""
    file = shown_name(name)
    ending = file[file.rfind(".") :].lower() if "." in file else ""
    if ending in MIDI_ENDINGS:
        yield from _read_midi(file, data, cleaner)
    elif ending in ABC_ENDINGS:
        yield from _read_abc(file, data, cleaner)
    else:
        cleaner.note("not known", file, 1)


def _read_midi(file: str, data: bytes, cleaner: Cleaner) -> Iterator[RawTune]:
    try:
        text = transcribe(data, file.rsplit(".", 1)[0])
    except NotationError as error:
        cleaner.note("not MIDI", file, 1, detail=Sentence(error.template, **error.values))
        return
    yield RawTune(file, 1, text, (("from MIDI", ""),))


def _read_abc(file: str, data: bytes, cleaner: Cleaner) -> Iterator[RawTune]:
    text = one_line_end(decode_text(data))
    signs = list(_CONTROL.finditer(text))
    if is_binary(text):
        cleaner.note("not text", file, 1)
        return
    lines = _lines_of(text, [sign.start() for sign in signs])
    text = _CONTROL.sub("", text)
    header = [field for field in read_file_header(text) if field[0] in _INHERITED]
    pieces = split_tunebook(text)
    if not pieces:
        cleaner.note("no tune", file, 1)
        return
    ends = [piece.offset for piece in pieces[1:]] + [len(text)]
    for number, (piece, end) in enumerate(zip(pieces, ends, strict=True), 1):
        last = piece.start_line + piece.text.count("\n")
        mended = [("characters", "")] if any(piece.start_line <= n <= last for n in lines) else []
        between = text[piece.offset + len(piece.text) : end]
        if any(_PROSE_LINE.match(line) for line in between.split("\n")):
            mended.append(("prose", ""))
        fit = piece.text.lstrip()
        if len(fit) <= MAX_TUNE_CHARACTERS:
            fit, more = _mend(fit, header, number)
            mended += [kind for kind in more if kind not in mended]
        yield RawTune(file, piece.start_line, fit, tuple(mended))


def _lines_of(text: str, places: list[int]) -> set[int]:
    """Numbers, from 1, of the lines in which places lie, given in ascending order."""
    lines, line, counted = set(), 1, 0
    for place in places:
        line += text.count("\n", counted, place)
        counted = place
        lines.add(line)
    return lines


def _mend(
    text: str, header: list[tuple[str, str]], number: int
) -> tuple[str, list[tuple[str, str]]]:
    mended = []
    text, is_shorter = _without_prose(text)
    if is_shorter:
        mended.append(("prose", ""))
    if not text.startswith("X:"):
        text = f"X:{number}\n{text}"
        mended.append(("numbered", ""))
    missing = [field for field in header if not _has(text, field)]
    if missing:
        first, _, rest = text.partition("\n")
        fields = "".join(f"{letter}:{value}\n" for letter, value in missing)
        text = f"{first}\n{fields}{rest}"
        mended.append(("fields", ""))
    return text, mended


def _has(text: str, field: tuple[str, str]) -> bool:
    """Whether a tune's own header has the field: of ``U:`` there may be several."""
    letter, value = field
    head = re.split(r"(?m)^[ \t]*K:", text, maxsplit=1)[0]
    wanted = re.escape(value) if letter == "U" else ""
    return re.search(rf"(?m)^[ \t]*{letter}:[ \t]*{wanted}", head) is not None


def _without_prose(text: str) -> tuple[str, bool]:
    """The text without lines in its body that are no music, and whether there were any."""
    if not _MAYBE_PROSE.search(text):
        return text.rstrip(), False
    _, problems = read_tune(text)
    spans = [(item.start, item.end) for item in problems if item.message == NO_MUSIC]
    for start, end in reversed(spans):
        text = text[:start] + text[end + 1 :]
    return text.rstrip(), bool(spans)
