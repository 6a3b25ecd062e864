"""A whole tunebook as one ZIP file, and back: nothing is lost on the way.

``tunebook.abc`` is for other programs; ``tunebook.json`` has the same tunes with tags, notes, how
composed ones came to be, and the sets. Only the latter is read back, and each tune is read anew
from its text: nothing of what a file says of a tune is taken on trust.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from musicgen.config import to_json
from musicgen.errors import CompositionError, NotationError, TunebookError
from musicgen.json_reading import parse_json
from musicgen.library.book_tune import BookSet, BookTune, SetTune, make_tune
from musicgen.library.serialization import check_values
from musicgen.library.tunebook import MAX_NOTE, MAX_SETS, MAX_TUNES, Tunebook
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import OF_ONE_TUNE
from musicgen.notation.parsing.tunebook import read_file_header, read_tunebook, require_tunes
from musicgen.notation.writing.abc_writer import write_tunes

ABC_NAME, JSON_NAME = "tunebook.abc", "tunebook.json"
MAX_ARCHIVE_BYTES = 100_000_000
"""Of the JSON in an archive."""

_FORMAT, _VERSION = "musicgen tunebook", 1
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same book gives the same bytes
_KEY_LENGTH = 16
KEPT_CHOICES = ("instrument", "fingering", "clef", "octave", "notation")
"""What a reader chose for all tunes; the rest of the choices belong to a computer."""

_MAX_CHOICE = 40


@dataclass(frozen=True, slots=True)
class Imported:
    """How many tunes and sets are new, and how many tunes were there already or have no notes.

    `keys` are those of new tunes that were read as ABC.
    """

    tunes: int
    sets: int
    known: int
    empty: int = 0
    keys: tuple[str, ...] = field(default=(), compare=False)


def write_abc_book(tunes: Sequence[BookTune]) -> str:
    """Tunes as one ABC tunebook, numbered from 1."""
    return write_tunes([tune.text for tune in tunes])


def write_archive(book: Tunebook) -> bytes:
    """The whole book as a ZIP file."""
    tunes = book.tunes()
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "tunes": [_to_json(tune, book.values(tune.key)) for tune in tunes],
        "sets": [
            {
                "name": one.name,
                "created": one.created,
                "tunes": [
                    {"key": part.key, "repeats": part.repeats, "transpose": part.transpose}
                    for part in one.tunes
                ],
            }
            for one in book.sets()
        ],
        "choices": {name: value for name in KEPT_CHOICES if (value := book.choice(name))},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ((ABC_NAME, write_abc_book(tunes)), (JSON_NAME, to_json(content))):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode("utf-8", "replace"))
    return buffer.getvalue()


def _to_json(tune: BookTune, values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "key": tune.key, "title": tune.title, "abc": tune.abc, "created": tune.created,
        "note": tune.note, "tags": list(tune.tags), "composition": values,
    }  # fmt: skip


def import_archive(book: Tunebook, data: bytes) -> Imported:
    """Adds the tunes and sets of an archive to a book; what is there already stays as it is.

    A set whose name is taken by another one gets a number behind it. One's instrument comes back
    where none is chosen here.

    Raises:
        TunebookError: the file is no such archive, or the book has no room.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(JSON_NAME).file_size > MAX_ARCHIVE_BYTES:
                raise _no_archive()
            with archive.open(JSON_NAME) as file:
                text = file.read(MAX_ARCHIVE_BYTES)
        content = parse_json(text, max_bytes=MAX_ARCHIVE_BYTES)
        tunes, recipes = _read_tunes(content)
        sets = list(_read_sets(content))
        choices = {
            name: _text(value)[:_MAX_CHOICE]
            for name, value in dict(content.get("choices", {})).items()
            if name in KEPT_CHOICES
        }
    except (
        zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, KeyError, TypeError,
        ValueError, NotationError, CompositionError,
    ) as error:  # fmt: skip
        raise _no_archive() from error
    new = book.add(tunes[::-1], recipes)  # a book shows first what was added last
    added = sum(_add_set(book, one) for one in sets)
    if not any(map(book.choice, KEPT_CHOICES)):
        for name, value in choices.items():
            book.choose(name, value)
    return Imported(len(new), added, len(tunes) - len(new))


def _no_archive() -> TunebookError:
    return TunebookError(
        "This file is no backup of a tunebook, or it is damaged. Choose a ZIP file that was "
        "exported here, or an ABC file."
    )


def _read_tunes(content: Any) -> tuple[list[BookTune], dict[str, str]]:
    import json

    if content["format"] != _FORMAT or content["version"] != _VERSION:
        raise ValueError(content["version"])
    tunes, recipes = [], {}
    for entry in content["tunes"][:MAX_TUNES]:
        key, title, abc, created, note = (
            _text(entry[name]) for name in ("key", "title", "abc", "created", "note")
        )
        if len(key) != _KEY_LENGTH or not key.isalnum():
            raise ValueError(key)
        values = entry.get("composition")
        if values is not None:
            check_values(values)
            recipes[key] = json.dumps(values, ensure_ascii=False)
        try:
            tune = make_tune(abc, title, key)
        except NotationError:
            tune = BookTune(key, title, abc)
        tags = tuple(_text(tag) for tag in entry["tags"])
        tunes.append(replace(tune, created=created[:40], note=note[:MAX_NOTE], tags=tags))
    return tunes, recipes


def _read_sets(content: Any) -> Iterator[BookSet]:
    for entry in content["sets"][:MAX_SETS]:
        parts = tuple(
            SetTune(_text(part["key"]), int(part["repeats"]), int(part["transpose"]))
            for part in entry["tunes"]
        )
        yield BookSet(_text(entry["name"]), parts, _text(entry["created"])[:40])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _add_set(book: Tunebook, wanted: BookSet) -> bool:
    """Adds a set under a name that is free; whether it is new."""
    known = {one.name: one.tunes for one in book.sets()}
    name, number = wanted.name, 1
    while name in known:
        if known[name] == wanted.tunes:
            return False
        number += 1
        name = f"{wanted.name} ({number})"
    book.put_set(replace(wanted, name=name))
    return True


def import_abc(book: Tunebook, text: str, tags: Sequence[str] = ()) -> Imported:
    """Adds the tunes of an ABC text to a book; those without notes are left out.

    Args:
        book: Where they go.
        text: A tunebook, or one tune.
        tags: What the new ones are tagged with.

    Raises:
        NotationError: there is no tune in the text.
        TunebookError: the book has no room.
    """
    require_tunes(text)
    fields = [one for one in read_file_header(text) if one[0] not in OF_ONE_TUNE]
    found, empty = [], 0
    for tune, _problems in read_tunebook(text):
        try:
            found.append(replace(make_tune(_whole(tune, fields)), tags=tuple(tags)))
        except NotationError:
            empty += 1
    if not found:
        raise NotationError("There is no tune in this text: it has no notes.")
    new = book.add(found)
    keys = tuple(new)
    return Imported(len(new), 0, len(found) - len(new), empty, keys)


def _whole(tune: Tune, fields: Sequence[tuple[str, str]]) -> str:
    """The text of a tune with those fields of its book's header that it lacks."""
    lines = tune.text.strip("\n").split("\n")
    own = {line[:1] for line in lines if line[1:2] == ":"}
    missing = [f"{letter}:{value}" for letter, value in fields if letter not in own]
    place = next((at for at, line in enumerate(lines) if line.startswith("K:")), len(lines))
    return "\n".join([*lines[:place], *missing, *lines[place:]]) + "\n"
