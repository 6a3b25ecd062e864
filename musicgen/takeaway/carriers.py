"""Files that carry where they come from: all that a stranger's file says of itself, as text.

What a file is shows in its first bytes, not in its name. Nothing in it is run, unpacked to disk or
fetched, and of no file is more read than `MAX_BYTES`.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from musicgen.errors import MusicgenError, ProvenanceError
from musicgen.notation.tunebook import decode_text
from musicgen.sampling.provenance import MARK, MAX_LINE, Recipe, find_recipes

MAX_BYTES = 200_000_000
"""Of a file, or of all files of an archive together."""

MAX_ENTRIES = 1_000
"""Files in an archive that are looked at."""

_OLD_TAG = 128  # bytes, at the end
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK\x03\x04"
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!DOCTYPE|svg|score-partwise)")
_BINARY = (b"MThd", b"RIFF", b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def read_recipes(path: Path) -> list[Recipe]:
    """How the tunes in a file were made, each tune once, in order.

    Raises:
        ProvenanceError: it cannot be read, does not say, or asks for what this version does not
            know.
    """
    recipes: list[Recipe] = []
    for text in _texts(_read(path), path.name):
        for recipe in find_recipes(text):
            if recipe not in recipes:
                recipes.append(recipe)
    if not recipes:
        raise ProvenanceError(
            "{name} does not say how it was made. Take a file that this program wrote, as it was.",
            name=path.name,
        )
    return recipes


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
    elif _XML.match(data):
        yield from _xml_texts(data, name)
    elif data.startswith(_BINARY):
        yield from _binary_texts(data)
    elif data.startswith(_BOMS) or b"\0" not in data[:1_000]:
        yield decode_text(data)


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
            end = start + 2 * MAX_LINE if following < 0 else following
            yield data[start:end].decode(encoding, errors="replace")
            start = following


def _xml_texts(data: bytes, name: str) -> Iterator[str]:
    """All text of an XML file; one that defines words of its own could make itself endless."""
    if b"<!ENTITY" in data:
        raise _damaged(name)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - it defines no entities
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _damaged(name) from error
    for element in root.iter():
        if element.text and MARK in element.text:
            yield element.text


def _pdf_text(data: bytes, name: str) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        information = PdfReader(io.BytesIO(data)).metadata
        return str(information.keywords or "") if information else ""
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(name) from error


def _zip_texts(data: bytes, name: str) -> Iterator[str]:
    """What an archive says of its tunes, else what its files say of themselves."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            entries.sort(key=lambda entry: not entry.filename.lower().endswith("readme.txt"))
            left = MAX_BYTES
            for entry in entries[:MAX_ENTRIES]:
                with archive.open(entry) as file:
                    content = file.read(left)
                left -= len(content)
                texts = list(_file_texts(content, entry.filename))
                yield from texts
                if entry is entries[0] and any(MARK in text for text in texts):
                    return
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise _damaged(name) from error


def _damaged(name: str) -> MusicgenError:
    return ProvenanceError("{name} is damaged or not what it seems: it cannot be read.", name=name)
