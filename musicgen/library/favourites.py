"""Favourites: one small JSON file for each tune, with its text and how it was composed."""

import hashlib
import json
import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from musicgen.config import to_json
from musicgen.errors import CompositionError, FavouriteError
from musicgen.json_reading import read_json
from musicgen.library.serialization import (
    Values,
    check_values,
    from_values,
    header_field,
    to_values,
)
from musicgen.sampling.composer import Composition
from musicgen.storage import is_file, list_folder, storing, write_file

MAX_FAVOURITES = 200
MAX_FAVOURITE_NAME = 80
"""Characters of a name."""

MAX_BYTES = 1_000_000
"""Of a file: a tune of the greatest length has less."""

_VERSION = 1
_KEY = re.compile(r"[0-9a-f]{16}")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Favourite:
    """A tune that is kept. `key` is made from what it is; `created` is a moment as ISO 8601 has it.

    `values` is the composition, to be had by `composition`.
    """

    key: str
    name: str
    created: str
    values: Values

    @property
    def composition(self) -> Composition:
        """The tune itself.

        Raises:
            CompositionError: its values do not hold.
        """
        return from_values(self.values)


class FavouriteStore:
    """The favourites in a folder. Files of other kinds, or damaged ones, are passed over.

    Args:
        folder: Where they lie; made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def count(self) -> int:
        """How many files there are."""
        return len(self._files())

    def list(self) -> list[Favourite]:
        """All that can be read, the newest first."""
        read = filter(None, map(_read, self._files()[:MAX_FAVOURITES]))
        return sorted(read, key=lambda one: (one.created, one.key), reverse=True)

    def has(self, composition: Composition) -> bool:
        """Whether this very tune is kept."""
        return is_file(self._path(favourite_key(to_values(composition))))

    def add(self, composition: Composition, name: str = "") -> Favourite:
        """Keeps a tune, by its own title if no name is given; one kept already stays as it is.

        Raises:
            FavouriteError: there are too many.
            StorageError: it cannot be written.
        """
        values = to_values(composition)
        key = favourite_key(values)
        name = clean_name(name or composition.title or header_field(composition.abc, "T"))
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        return _read(self._path(key)) or self.restore(Favourite(key, name, created, values))

    def restore(self, favourite: Favourite) -> Favourite:
        """Puts one back that was removed.

        Raises:
            FavouriteError: there are too many.
            StorageError: it cannot be written.
        """
        if not is_file(self._path(favourite.key)) and self.count() >= MAX_FAVOURITES:
            raise FavouriteError(
                "There are {count} favourites already. Delete one that you can do without.",
                count=MAX_FAVOURITES,
            )
        self._write(favourite)
        return favourite

    def count_damaged(self) -> int:
        """How many files there are that cannot be read: they take the place of tunes."""
        return sum(_read(path) is None and is_file(path) for path in self._files())

    def remove_damaged(self) -> None:
        """Removes all files that cannot be read.

        Raises:
            StorageError: one cannot be removed.
        """
        for path in self._files():
            if _read(path) is None:
                with storing(path):
                    path.unlink(missing_ok=True)

    def rename(self, key: str, name: str) -> Favourite:
        """Gives one another name.

        Raises:
            FavouriteError: it is gone.
            StorageError: it cannot be written.
        """
        renamed = replace(self._get(key), name=clean_name(name))
        self._write(renamed)
        return renamed

    def remove(self, key: str) -> Favourite:
        """Takes one away, and gives it back so that it can be restored.

        Raises:
            FavouriteError: it is gone.
            StorageError: its file cannot be removed.
        """
        favourite = self._get(key)
        path = self._path(key)
        with storing(path):
            path.unlink(missing_ok=True)
        return favourite

    def _get(self, key: str) -> Favourite:
        found = _read(self._path(key)) if _KEY.fullmatch(key) else None
        if found is None:
            raise FavouriteError("This favourite is gone.")
        return found

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _files(self) -> Sequence[Path]:
        found = list_folder(self._folder)
        return sorted(p for p in found if p.suffix == ".json" and _KEY.fullmatch(p.stem))

    def _write(self, favourite: Favourite) -> None:
        content = {
            "version": _VERSION,
            "name": favourite.name,
            "created": favourite.created,
            "tune": dict(favourite.values),
        }
        write_file(self._path(favourite.key), to_json(content).encode("utf-8"))


def favourite_key(values: Values) -> str:
    """16 hexadecimal digits that say which tune it is: the same for the same text and settings."""
    told = {name: value for name, value in values.items() if name != "char_probs"}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def clean_name(text: str) -> str:
    """A name of one line without control characters; ``–`` if nothing is left."""
    seen = "".join(
        " " if unicodedata.category(c)[0] in "CZ" else c for c in text[: 10 * MAX_FAVOURITE_NAME]
    )
    return " ".join(seen.split())[:MAX_FAVOURITE_NAME].strip() or "–"


def to_file_name(name: str) -> str:
    """A name for a file: letters and digits of the favourite's own, with hyphens between."""
    kept = "".join(c if c.isalnum() else "-" for c in name)
    return "-".join(filter(None, kept.split("-")))[:60] or "tune"


def _read(path: Path) -> Favourite | None:
    """The favourite in a file; None where there is none that holds."""
    try:
        return _parse(path.stem, read_json(path, max_bytes=MAX_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, CompositionError) as error:
        _log.warning("%s is passed over: %s", path.name, error)
        return None


def _parse(key: str, content: Any) -> Favourite | None:
    if not isinstance(content, Mapping) or content.get("version") != _VERSION:
        return None
    name, created, values = (content.get(part) for part in ("name", "created", "tune"))
    if not (isinstance(name, str) and isinstance(created, str) and isinstance(values, dict)):
        return None
    check_values(values)
    return Favourite(key, clean_name(name), created[:40], values)
