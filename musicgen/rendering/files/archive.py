"""All takes in one ZIP file, with a page that says what they are and how to make them again."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from musicgen.rendering.files.formats import FORMATS, ExportTune, Made, make_all

README = "README.txt"
DEFAULT_FORMATS = ("abc", "midi", "mp3", "musicxml", "pdf")
"""What an archive holds when nothing else is asked for."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same tunes give the same bytes


@dataclass(frozen=True, slots=True)
class ArchivedTune:
    """A tune of the archive: its name in it, and its files."""

    stem: str
    piece: ExportTune
    made: Made


def write_zip(pieces: Sequence[ExportTune], names: Sequence[str]) -> bytes:
    """A ZIP file with every tune in every format of `names` in which it can be made."""
    stems = different([piece.stem for piece in pieces])
    takes = [
        ArchivedTune(stem, piece, make_all(piece, names))
        for stem, piece in zip(stems, pieces, strict=True)
    ]
    return pack(takes)


def pack(takes: Sequence[ArchivedTune]) -> bytes:
    """A ZIP file of takes whose files have been made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, README, describe_takes(takes).encode(), is_packed=True)
        for take in takes:
            for name, data in take.made.files.items():
                kind = FORMATS[name]
                _add(archive, f"{take.stem}.{kind.suffix}", data, is_packed=kind.is_packed)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, path: str, data: bytes, *, is_packed: bool) -> None:
    entry = zipfile.ZipInfo(path, _EPOCH)
    entry.external_attr = 0o644 << 16
    kind = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
    archive.writestr(entry, data, kind)


def describe_takes(takes: Sequence[ArchivedTune]) -> str:
    """The text of the file `README`."""
    return "\n".join(["Tunes from musicgen", "", *map(_describe, takes), _ADVICE])


_ADVICE = """Each file says in itself which model, settings and seed made it.
To make these tunes again:

    python -m musicgen compose --from FILE

where FILE is this archive or any file of it.
"""


def _describe(take: ArchivedTune) -> str:
    piece = take.piece
    files = ", ".join(f"{take.stem}.{FORMATS[name].suffix}" for name in take.made.files)
    lines = [piece.tune.title or "Without title", f"  Files: {files}"]
    lines += [f"  No {FORMATS[name].label}: {reason}" for name, reason in take.made.missing.items()]
    lines += [f"  {FORMATS[name].label}: {said}" for name, said in take.made.remarks.items()]
    if piece.comment:
        lines.append(f"  {piece.comment}")
    return "\n".join([*lines, ""])


def different(stems: Sequence[str]) -> list[str]:
    """The names, with a number behind those that were there before."""
    found: list[str] = []
    for stem in stems:
        name, number = stem, 1
        while name in found:
            number += 1
            name = f"{stem}-{number}"
        found.append(name)
    return found
