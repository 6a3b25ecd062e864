"""Files that carry where they come from: all that a stranger's file says of itself, as text.

What a file is shows in its first bytes, not in its name. Nothing in it is run, unpacked to disk or
fetched, and of no file is more read than `MAX_BYTES`. The libraries that read PDF and ZIP were
written for files that are whole: what they raise at others is no list that could be kept, so here,
and here alone, any of it means that the file is damaged.
"""

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from musicgen.errors import MusicgenError, ProvenanceError
from musicgen.library.provenance import MARK, MAX_RECIPE_LINE, Recipe, find_recipes
from musicgen.notation.parsing.tunebook import decode_text

MAX_BYTES = 200_000_000
"""Of a file, or of all files of an archive together."""

MAX_TEXT_BYTES = 20_000_000
"""Of a text, such as ABC, MusicXML or SVG; ours have some hundred thousand."""

MAX_PDF_BYTES = 2_000_000
"""Of a PDF that another program has written anew; ours have some hundred thousand."""

MAX_TUNES = 1_000
"""Tunes of a file that are made again: as many as `compose --count` makes at most."""

MAX_ENTRIES = 1_000
"""Files in an archive that are looked at."""

MAX_ENTRIES_LISTED = 20_000
"""Files that an archive may name."""

_XML_BLOCK = 1 << 16
_PDF_KEYWORDS = re.compile(rb"/Keywords\s{0,9}\((musicgen(?:[^()\\]|\\.){0,200000})\)", re.DOTALL)
_PDF_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_PDF_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f",
              b"\n": b"", b"\r": b"", b"\r\n": b""}  # fmt: skip
_PACKING = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_OLD_TAG = 128  # bytes, at the end
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ZIP, _ZIP_ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!DOCTYPE|svg|score-partwise)")
_BINARY = (b"MThd", b"RIFF", b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def read_recipes(path: Path) -> list[Recipe]:
    """How the tunes in a file were made, each tune once, in order.

    Raises:
        ProvenanceError: it cannot be read, does not say, or asks for what this version does not
            know.
    """
    recipes: dict[str, Recipe] = {}
    for text in _texts(_read(path), path.name):
        for recipe in find_recipes(text):
            recipes.setdefault(_identify(recipe), recipe)
            if len(recipes) > MAX_TUNES:
                raise ProvenanceError(
                    "{name} speaks of more than {most:,} tunes. Split it into several files.",
                    name=path.name,
                    most=MAX_TUNES,
                )
    if not recipes:
        raise ProvenanceError(
            "{name} does not say how it was made. Take a file that this program wrote, as it was.",
            name=path.name,
        )
    return list(recipes.values())


def has_recipes(path: Path) -> bool:
    """Whether a file says of any tune how it was made.

    Raises:
        ProvenanceError: it cannot be read, or asks for what this version does not know.
    """
    texts = _texts(_read(path), path.name)
    return any(True for text in texts for _recipe in find_recipes(text))


def _identify(recipe: Recipe) -> str:
    """A text that two recipes have in common only if they are the same."""
    return repr(replace(recipe, playback={})) + json.dumps(recipe.playback, sort_keys=True)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProvenanceError(
                "{name} is too large to be a file of ours: more than {most} MB are not read.",
                name=path.name,
                most=MAX_BYTES // 1_000_000,
            )
        return path.read_bytes()
    except OSError as error:
        raise ProvenanceError(
            "{name} cannot be read: {reason}.", name=path, reason=error.strerror or error
        ) from error


def _texts(data: bytes, name: str) -> Iterator[str]:
    if data.startswith(_ZIP):
        yield from _zip_texts(data, name)
    else:
        yield from _file_texts(data, name)


def _file_texts(data: bytes, name: str) -> Iterator[str]:
    if data.startswith(b"%PDF-"):
        yield _pdf_text(data, name)
    elif data.startswith(_BINARY):
        yield from _binary_texts(data)
    elif _XML.match(data):
        _check_text_size(data, name)
        yield from _xml_texts(data, name)
    elif data.startswith(_BOMS) or b"\0" not in data[:1_000]:
        _check_text_size(data, name)
        yield decode_text(data)


def _check_text_size(data: bytes, name: str) -> None:
    if len(data) > MAX_TEXT_BYTES:
        raise ProvenanceError(
            "{name} is too large to be a text of ours: more than {most} MB are not read.",
            name=name,
            most=MAX_TEXT_BYTES // 1_000_000,
        )


def _binary_texts(data: bytes) -> Iterator[str]:
    """What stands between the bytes of MIDI and sound: all their formats store a comment whole.

    Some programs rewrite the tags of an MP3 in UTF-16; its old tag (ID3v1) holds 30 letters only.
    """
    if data[-_OLD_TAG:].startswith(b"TAG"):
        data = data[:-_OLD_TAG]
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        mark = MARK.encode(encoding)
        start = data.find(mark)
        while start >= 0:
            following = data.find(mark, start + len(mark))
            end = start + 2 * MAX_RECIPE_LINE if following < 0 else following
            yield data[start:end].decode(encoding, errors="replace")
            start = following


def _xml_texts(data: bytes, name: str) -> Iterator[str]:
    """All text of an XML file; one that defines words of its own could make itself endless."""
    found: list[str] = []
    words: list[str] = []

    def end_text(*_tag: object) -> None:
        text = "".join(words)
        words.clear()
        if MARK in text:
            found.append(text)

    def refuse(*_declaration: object) -> NoReturn:
        raise _damaged(name)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.CharacterDataHandler = words.append
    parser.StartElementHandler = end_text
    parser.EndElementHandler = end_text
    parser.EntityDeclHandler = refuse
    try:
        for start in range(0, len(data), _XML_BLOCK):
            parser.Parse(data[start : start + _XML_BLOCK], False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _damaged(name) from error
    yield from found


def _pdf_text(data: bytes, name: str) -> str:
    """What the document says for programs: as we write it, or as another program wrote it anew."""
    if plain := _PDF_KEYWORDS.search(data):
        return _PDF_ESCAPE.sub(_unescape, plain[1]).decode("latin-1")
    if len(data) > MAX_PDF_BYTES:
        raise ProvenanceError(
            "{name} is too large to be a PDF of ours: more than {most} MB are not read.",
            name=name,
            most=MAX_PDF_BYTES // 1_000_000,
        )
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong is said in our sentence
    try:
        information = PdfReader(io.BytesIO(data)).metadata
        return str(information.keywords or "") if information else ""
    except Exception as error:
        raise _damaged(name) from error


def _unescape(found: re.Match[bytes]) -> bytes:
    """A character of a literal string (ISO 32000-1, section 7.3.4.2)."""
    sign = found[1]
    if sign[:1].isdigit() and sign[0] < ord("8"):
        return bytes([int(sign, 8) & 0xFF])
    return _PDF_SIGNS.get(sign, sign)


def _zip_texts(data: bytes, name: str) -> Iterator[str]:
    """What an archive says of its tunes, else what its files say of themselves."""
    if data.count(_ZIP_ENTRY) > MAX_ENTRIES_LISTED:  # each takes a kilobyte before one is looked at
        raise _damaged(name)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except Exception as error:
        raise _damaged(name) from error
    entries.sort(key=lambda entry: not entry.filename.lower().endswith("readme.txt"))
    left = MAX_BYTES
    for entry in entries[:MAX_ENTRIES]:
        content = _unpack(archive, entry, left, name)
        left -= len(content)
        texts = list(_file_texts(content, entry.filename))
        yield from texts
        if entry is entries[0] and any(MARK in text for text in texts):
            return


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, name: str) -> bytes:
    if entry.compress_type not in _PACKING:  # others may ask for gigabytes before the first byte
        raise _damaged(name)
    try:
        with archive.open(entry) as file:
            return file.read(most)
    except Exception as error:
        raise _damaged(name) from error


def _damaged(name: str) -> MusicgenError:
    return ProvenanceError("{name} is damaged or not what it seems: it cannot be read.", name=name)
