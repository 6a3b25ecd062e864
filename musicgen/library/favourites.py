"""Favourites: the composed tunes of the tunebook, and those that earlier versions kept as files.

Before there was a tunebook, each favourite was a small JSON file in a folder. Whoever opens the
favourites takes such files over: they are added to the book in one transaction, and removed when
that is on the disk.
"""

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from musicgen.errors import CompositionError, FavouriteError, MusicgenError, TunebookError
from musicgen.json_reading import read_json
from musicgen.library.book_tune import BookSet, BookTune, SetTune, clean_title, make_tune
from musicgen.library.serialization import (
    Values,
    check_values,
    from_values,
    header_field,
    to_values,
)
from musicgen.library.tunebook import Removed, Tunebook
from musicgen.sampling.composer import Composition
from musicgen.storage import is_file, list_folder, storing

MAX_FAVOURITES = 1_000

MAX_BYTES = 1_000_000
"""Of a file: a tune of the greatest length has less."""

BOOK_NAME = "tunebook.sqlite"
"""The file of the tunebook, next to the folder of old favourites."""

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
        """The tune itself, by the name that it has here.

        Raises:
            CompositionError: its values do not hold.
        """
        found = from_values(self.values)
        own = found.name or found.title or header_field(found.abc, "T")
        return found if clean_title(own) == self.name else replace(found, name=self.name)


class FavouriteStore:
    """The composed tunes of a tunebook.

    Args:
        folder: Where old ones lie, if there are any; the tunebook is next to it.

    Raises:
        TunebookError: in every method, the tunebook cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = Tunebook(folder.parent / BOOK_NAME)

    @property
    def book(self) -> Tunebook:
        """The tunebook, with all old favourites in it that can be read."""
        self._take_over()
        return self._own

    def count(self) -> int:
        """How many there are, damaged files included."""
        composed = sum(tune.is_composed for tune in self.book.tunes())
        return composed + len(self._files())

    def list(self) -> list[Favourite]:
        """All that can be read, the newest first."""
        return [
            Favourite(tune.key, tune.title, tune.created, values)
            for tune, values in self.book.composed()
        ]

    def has(self, composition: Composition) -> bool:
        """Whether this very tune is kept; none is where the tunebook cannot be read."""
        try:
            return self.book.has(favourite_key(to_values(composition)))
        except TunebookError as error:
            _log.warning("%s", error)
            return False

    def add(self, composition: Composition, name: str = "") -> Favourite:
        """Keeps a tune, by its own title if no name is given; one kept already stays as it is.

        Raises:
            FavouriteError: there are too many.
            StorageError: it cannot be written.
        """
        values = to_values(composition)
        key = favourite_key(values)
        known = composition.name or composition.title or header_field(composition.abc, "T")
        name = clean_title(name or known)
        created = datetime.now(UTC).isoformat(timespec="microseconds")
        kept = Favourite(key, name, created, values)
        if self.book.has(key):
            return self._get(key)
        if self.count() >= MAX_FAVOURITES:
            raise FavouriteError(
                "There are {count} favourites already. Delete one that you can do without.",
                count=MAX_FAVOURITES,
            )
        self._own.add([_to_tune(kept, composition)], {key: _write(values)})
        return kept

    def add_set(self, name: str, tunes: Sequence[Composition], first: str = "") -> str:
        """Keeps composed tunes as a set of the tunebook, in place of one of that name.

        Args:
            name: Of the set.
            tunes: In the order in which they are played.
            first: The key of a tune of the book that is played before them; empty for none.

        Returns:
            The name, as the tunebook writes it.

        Raises:
            FavouriteError: there are too many favourites.
            TunebookError: the first tune is gone, or there are too many tunes or sets.
            StorageError: it cannot be written.
        """
        keys = [first] if first else []
        keys += [self.add(tune).key for tune in tunes]
        wanted = BookSet(clean_title(name), tuple(map(SetTune, keys)))
        self.book.put_set(wanted)
        return wanted.name

    def restore(self, removed: Removed) -> None:
        """Puts one back that was removed.

        Raises:
            StorageError: it cannot be written.
        """
        self.book.restore(removed)

    def count_damaged(self) -> int:
        """How many old files there are that cannot be read: they take the place of tunes."""
        self._take_over()
        return sum(_read(path) is None and is_file(path) for path in self._files())

    def remove_damaged(self) -> None:
        """Removes all old files that cannot be read.

        Raises:
            StorageError: one cannot be removed.
        """
        self._take_over()
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
        self._get(key)
        self._own.change(key, title=name)
        return self._get(key)

    def remove(self, key: str) -> Removed:
        """Takes one away, and gives back what `restore` needs.

        Raises:
            FavouriteError: it is gone.
            StorageError: it cannot be removed.
        """
        self._get(key)
        return self._own.remove(key)

    def _get(self, key: str) -> Favourite:
        values = self.book.values(key)
        if values is None:
            raise FavouriteError("This favourite is gone.")
        tune = self._own.get(key)
        return Favourite(key, tune.title, tune.created, values)

    def _files(self) -> Sequence[Path]:
        found = list_folder(self._folder)
        return sorted(p for p in found if p.suffix == ".json" and _KEY.fullmatch(p.stem))

    def _take_over(self) -> None:
        """Adds what lies in old files to the book; they are removed when it is on the disk."""
        found = {path: one for path in self._files() if (one := _read(path))}
        if not found:
            return
        try:
            self._own.add(
                [_to_tune(one, one.composition) for one in found.values()],
                {one.key: _write(one.values) for one in found.values()},
            )
            for path in found:
                with storing(path):
                    path.unlink(missing_ok=True)
        except MusicgenError as error:
            _log.warning("Old favourites stay in their files: %s", error)


def favourite_key(values: Values) -> str:
    """16 hexadecimal digits that say which tune it is: the same for the same text and settings.

    What somebody calls it makes no other tune of it.
    """
    told = {name: value for name, value in values.items() if name not in ("char_probs", "name")}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _to_tune(favourite: Favourite, composition: Composition) -> BookTune:
    """What the tunebook keeps of a favourite.

    A composed text without notes, which none but a free network writes, is kept as well.
    """
    abc = composition.to_abc()
    try:
        tune = make_tune(abc, favourite.name, favourite.key)
    except MusicgenError:
        return BookTune(favourite.key, favourite.name, abc, favourite.created)
    return replace(tune, created=favourite.created)


def _write(values: Values) -> str:
    return json.dumps(dict(values), ensure_ascii=False, allow_nan=False)


def _read(path: Path) -> Favourite | None:
    """The favourite in an old file; None where there is none that holds."""
    try:
        found = _parse(path.stem, read_json(path, max_bytes=MAX_BYTES))
        if found is not None:
            found.composition.to_abc()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, CompositionError) as error:
        _log.warning("%s is passed over: %s", path.name, error)
        return None
    return found


def _parse(key: str, content: Any) -> Favourite | None:
    if not isinstance(content, Mapping) or content.get("version") != _VERSION:
        return None
    name, created, values = (content.get(part) for part in ("name", "created", "tune"))
    if not (isinstance(name, str) and isinstance(created, str) and isinstance(values, dict)):
        return None
    check_values(values)
    return Favourite(key, clean_title(name), created[:40], values)
