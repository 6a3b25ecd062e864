"""The tunebook of this computer: tunes with tags and notes, and sets of them, in one SQLite file.

Each change is one transaction, written through to the disk before a method returns (journal mode
WAL, ``synchronous=FULL``): a process that is killed leaves the book before the change or after it.
A connection is opened for each method and closed at its end, so that any thread and any process of
this computer may use the same file. `PRAGMA user_version` is the version of the tables.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from musicgen.errors import CompositionError, NotationError, TunebookError
from musicgen.library.book_tune import (
    BookSet,
    BookTune,
    SetTune,
    clean_tags,
    clean_title,
    make_tune,
    parse_melody,
    write_melody,
)
from musicgen.library.melody_search import find_least, find_melody
from musicgen.library.serialization import check_values
from musicgen.library.word_search import Naming, find_words
from musicgen.notation.analysis.incipit import MelodyQuery
from musicgen.storage import is_file, storing

MAX_TUNES = 5_000
MAX_SETS = 500
MAX_SET_TUNES = 30
MAX_NOTE = 2_000
"""Characters of a note on a tune."""

VERSION = 1
_TIMEOUT_S = 20.0

_TABLES = """
CREATE TABLE tunes (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, title TEXT NOT NULL, abc TEXT NOT NULL,
    created TEXT NOT NULL, rhythm TEXT NOT NULL, meter TEXT NOT NULL, music_key TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '', recipe TEXT, melody TEXT NOT NULL
) STRICT;
CREATE TABLE tags (
    tune INTEGER NOT NULL REFERENCES tunes ON DELETE CASCADE, tag TEXT NOT NULL,
    PRIMARY KEY (tune, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE sets (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created TEXT NOT NULL
) STRICT;
CREATE TABLE set_tunes (
    in_set INTEGER NOT NULL REFERENCES sets ON DELETE CASCADE, place INTEGER NOT NULL,
    tune INTEGER NOT NULL REFERENCES tunes ON DELETE CASCADE, repeats INTEGER NOT NULL,
    transpose INTEGER NOT NULL, PRIMARY KEY (in_set, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE choices (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_TUNE = "id, key, title, abc, created, rhythm, meter, music_key, note, recipe IS NOT NULL"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What tunes are looked for by; what is empty asks for nothing.

    `words` must all be there, whatever their case (`library.word_search`). `music_key` is a key as
    `BookTune.music_key` has it, or its tonic alone.
    """

    words: str = ""
    rhythm: str = ""
    music_key: str = ""
    meter: str = ""
    tag: str = ""
    melody: MelodyQuery | None = None


class Tunebook:
    """The book in a file, which is made with the first tune.

    Raises:
        TunebookError: in every method, the file is damaged, of a newer version, or in use for long.
        StorageError: in those that change something, it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    # Tunes

    def tunes(
        self, question: Question = Question(), naming: Naming | None = None
    ) -> list[BookTune]:
        """The tunes that fit, the newest first; by likeness where a melody is asked for.

        Args:
            question: What they are looked for by.
            naming: What else their dances and keys are called, to be found by words.
        """
        with self._reading() as db:
            tunes = _read_tunes(db, "") if db else []
            found = [tune for tune in tunes if _fits(tune, question)]
            found = find_words(found, question.words, naming)
            if question.melody is None or db is None:
                return found
            return _by_melody(db, found, question.melody)

    def get(self, key: str) -> BookTune:
        """The tune of a key.

        Raises:
            TunebookError: it is gone.
        """
        with self._reading() as db:
            found = _read_tunes(db, "WHERE key = ?", (key,)) if db else []
        if not found:
            raise TunebookError("This tune is no longer in the tunebook.")
        return found[0]

    def find(self, beginning: str) -> BookTune:
        """The tune whose key begins so, or that has this title.

        Raises:
            TunebookError: there is none, or several.
        """
        tunes = self.tunes()
        asked = beginning.strip().casefold()
        found = [tune for tune in tunes if tune.title.casefold() == asked] or [
            tune for tune in tunes if asked and tune.key.startswith(asked)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise TunebookError(
                "Several tunes are called {name!r}. Give the beginning of the key of one: {keys}.",
                name=beginning[:80],
                keys=", ".join(tune.key[:8] for tune in found[:5]),
            )
        raise TunebookError(
            "There is no tune {name!r} in the tunebook. Their titles and keys: python -m musicgen "
            "tunebook list",
            name=beginning[:80],
        )

    def count(self) -> int:
        """How many tunes there are."""
        with self._reading() as db:
            return int(db.execute("SELECT count(*) FROM tunes").fetchone()[0]) if db else 0

    def has(self, key: str) -> bool:
        """Whether there is a tune of this key."""
        with self._reading() as db:
            asked = "SELECT 1 FROM tunes WHERE key = ?"
            return bool(db and db.execute(asked, (key,)).fetchone())

    def add(self, tunes: Iterable[BookTune], recipes: Mapping[str, str] | None = None) -> list[str]:
        """Adds tunes, all or none; those that are there already stay as they are.

        Args:
            tunes: What is added.
            recipes: How composed ones came to be, by key, as JSON.

        Returns:
            The keys of those that are new.

        Raises:
            TunebookError: there are too many.
        """
        with self._changing() as db:
            new = [tune.key for tune in tunes if _insert(db, tune, (recipes or {}).get(tune.key))]
            if db.execute("SELECT count(*) FROM tunes").fetchone()[0] > MAX_TUNES:
                raise TunebookError(
                    "A tunebook has at most {count:,} tunes. Remove some first.", count=MAX_TUNES
                )
        return new

    def change(
        self,
        key: str,
        *,
        title: str | None = None,
        tags: Sequence[str] | None = None,
        note: str | None = None,
    ) -> BookTune:
        """The tune with another title, other tags or another note; None leaves each as it is.

        Raises:
            TunebookError: it is gone.
        """
        with self._changing() as db:
            number = _number_of(db, key)
            if title is not None:
                db.execute("UPDATE tunes SET title = ? WHERE id = ?", (clean_title(title), number))
            if note is not None:
                db.execute("UPDATE tunes SET note = ? WHERE id = ?", (note[:MAX_NOTE], number))
            if tags is not None:
                _write_tags(db, number, tags)
        return self.get(key)

    def rewrite(self, key: str, abc: str, recipe: str = "") -> BookTune:
        """The tune with another text, which is then its own and no longer what a model composed.

        Args:
            key: Of the tune.
            abc: The text.
            recipe: Of the text, where it is again the one that was composed (`recipe`).

        Raises:
            NotationError: there is no tune in the text.
            TunebookError: it is gone.
        """
        old = self.get(key)
        made = replace(make_tune(abc, old.title), key=key)
        with self._changing() as db:
            number = _number_of(db, key)
            db.execute(
                "UPDATE tunes SET title = ?, abc = ?, rhythm = ?, meter = ?, music_key = ?, "
                "melody = ?, recipe = ? WHERE id = ?",
                (made.title, made.abc, made.rhythm, made.meter, made.music_key,
                 made.melody, recipe or None, number),
            )  # fmt: skip
        return self.get(key)

    def remove(self, key: str) -> "Removed":
        """Takes a tune away, out of all sets too, and gives back what `restore` needs.

        Raises:
            TunebookError: it is gone.
        """
        tune, recipe = self.get(key), self.recipe(key)
        sets = tuple(one for one in self.sets() if any(key == part.key for part in one.tunes))
        with self._changing() as db:
            db.execute("DELETE FROM tunes WHERE key = ?", (key,))
        return Removed(tune, recipe, sets)

    def restore(self, removed: "Removed") -> None:
        """Puts a tune back, into the sets as well that it was in."""
        tune = removed.tune
        self.add([tune], {tune.key: removed.recipe} if removed.recipe else None)
        for one in removed.sets:
            if all(self.has(part.key) for part in one.tunes):
                self.put_set(one)

    def recipe(self, key: str) -> str:
        """How a composed tune came to be, as JSON; empty for one that was brought."""
        with self._reading() as db:
            asked = "SELECT recipe FROM tunes WHERE key = ?"
            row = db.execute(asked, (key,)).fetchone() if db else None
        return str(row[0]) if row and row[0] else ""

    def values(self, key: str) -> dict[str, Any] | None:
        """The values of a composed tune (`library.serialization`); None where none hold."""
        text = self.recipe(key)
        if not text:
            return None
        try:
            values: dict[str, Any] = json.loads(text)
            check_values(values)
        except (ValueError, RecursionError, CompositionError) as error:
            _log.warning("The recipe of tune %s is passed over: %s", key, error)
            return None
        return values

    def composed(self) -> list[tuple[BookTune, dict[str, Any]]]:
        """All tunes whose composition holds, with its values, the newest first."""
        found = ((tune, self.values(tune.key)) for tune in self.tunes() if tune.is_composed)
        return [(tune, values) for tune, values in found if values]

    def tags(self) -> list[str]:
        """All tags that tunes have, by the alphabet."""
        with self._reading() as db:
            rows = db.execute("SELECT DISTINCT tag FROM tags ORDER BY tag") if db else ()
            return [str(row[0]) for row in rows]

    # Sets

    def sets(self) -> list[BookSet]:
        """All sets, by their names."""
        with self._reading() as db:
            return _read_sets(db) if db else []

    def get_set(self, name: str) -> BookSet:
        """The set of a name, whatever its case.

        Raises:
            TunebookError: there is none.
        """
        asked = clean_title(name).casefold()
        for one in self.sets():
            if one.name.casefold() == asked:
                return one
        raise TunebookError("There is no set named {name!r}.", name=name[:80])

    def put_set(self, wanted: BookSet) -> None:
        """Writes a set down, in place of one of the same name.

        Raises:
            TunebookError: a tune is gone, or there is none or too many.
        """
        if not 1 <= len(wanted.tunes) <= MAX_SET_TUNES:
            raise TunebookError("A set has 1 to {most} tunes.", most=MAX_SET_TUNES)
        name = clean_title(wanted.name)
        with self._changing() as db:
            db.execute("DELETE FROM sets WHERE name = ?", (name,))
            made = wanted.created or _now()
            found = db.execute("INSERT INTO sets (name, created) VALUES (?, ?)", (name, made))
            for place, part in enumerate(wanted.tunes):
                db.execute(
                    "INSERT INTO set_tunes VALUES (?, ?, ?, ?, ?)",
                    (found.lastrowid, place, _number_of(db, part.key), part.repeats,
                     part.transpose),
                )  # fmt: skip
            if db.execute("SELECT count(*) FROM sets").fetchone()[0] > MAX_SETS:
                raise TunebookError(
                    "A tunebook has at most {count:,} sets. Remove some first.", count=MAX_SETS
                )

    def remove_set(self, name: str) -> None:
        """Takes a set away; its tunes stay.

        Raises:
            TunebookError: there is none.
        """
        found = self.get_set(name)
        with self._changing() as db:
            db.execute("DELETE FROM sets WHERE name = ?", (found.name,))

    # Choices that are remembered

    def choice(self, name: str) -> str:
        """What was chosen under a name; empty for nothing."""
        with self._reading() as db:
            asked = "SELECT value FROM choices WHERE name = ?"
            row = db.execute(asked, (name,)).fetchone() if db else None
        return str(row[0]) if row else ""

    def choose(self, name: str, value: str) -> None:
        """Remembers a choice."""
        with self._changing() as db:
            db.execute("INSERT OR REPLACE INTO choices VALUES (?, ?)", (name, value))

    # The file

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to read by; None where there is no book yet."""
        if not is_file(self.path):
            yield None
            return
        with self._open() as db:
            yield db

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is committed at the end, or undone by an error."""
        with storing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self.path, timeout=_TIMEOUT_S, isolation_level=None)
            with contextlib.closing(db):
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA trusted_schema = OFF")
                db.execute("PRAGMA synchronous = FULL")
                _prepare(db)
                yield db
        except sqlite3.Error as error:
            raise _explain(self.path, error) from error


@dataclass(frozen=True, slots=True)
class Removed:
    """A tune that was taken away, how it was composed, and the sets that it was in."""

    tune: BookTune
    recipe: str = ""
    sets: tuple[BookSet, ...] = ()


def _prepare(db: sqlite3.Connection) -> None:
    """Makes the tables where there are none.

    Raises:
        TunebookError: they are of a newer version.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise TunebookError(
            "The tunebook was written by a newer version of the program. Update the program."
        )
    if version == VERSION:
        return
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:  # nobody was faster
            for statement in filter(str.strip, _TABLES.split(";")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _explain(path: Path, error: sqlite3.Error) -> TunebookError:
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TunebookError("Another program holds the tunebook. Try again in a moment.")
    if code.startswith("SQLITE_FULL"):
        return TunebookError("The disk is full: the tunebook is as it was. Free some space.")
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return TunebookError(
            "The tunebook {name} cannot be written: its folder {folder} is not writable.",
            name=path.name,
            folder=path.parent,
        )
    return TunebookError(
        "The tunebook {name} in {folder} is damaged: {reason}. Move the file away, and import your "
        "last backup.",
        name=path.name,
        folder=path.parent,
        reason=error,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _read_tunes(
    db: sqlite3.Connection, where: str, values: Sequence[object] = ()
) -> list[BookTune]:
    """Tunes by a condition, which is one of our own texts."""
    tags: dict[int, list[str]] = {}
    for number, tag in db.execute("SELECT tune, tag FROM tags ORDER BY tag"):
        tags.setdefault(number, []).append(tag)
    asked = f"SELECT {_TUNE} FROM tunes {where} ORDER BY created DESC, id DESC"  # noqa: S608
    return [_to_tune(row, tags.get(row[0], ())) for row in db.execute(asked, values)]


def _to_tune(row: Sequence[Any], tags: Sequence[str]) -> BookTune:
    _number, key, title, abc, created, rhythm, meter, music_key, note, is_composed = row
    return BookTune(
        key, title, abc, created, rhythm, meter, music_key, note, tuple(tags), bool(is_composed)
    )


def _read_sets(db: sqlite3.Connection) -> list[BookSet]:
    found = []
    for number, name, created in db.execute("SELECT id, name, created FROM sets ORDER BY name"):
        asked = (
            "SELECT key, repeats, set_tunes.transpose FROM set_tunes JOIN tunes "
            "ON tunes.id = tune WHERE in_set = ? ORDER BY place"
        )
        parts = tuple(SetTune(*row) for row in db.execute(asked, (number,)))
        found.append(BookSet(name, parts, created))
    return [one for one in found if one.tunes]


def _number_of(db: sqlite3.Connection, key: str) -> int:
    row = db.execute("SELECT id FROM tunes WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise TunebookError("This tune is no longer in the tunebook.")
    return int(row[0])


def _insert(db: sqlite3.Connection, tune: BookTune, recipe: str | None) -> bool:
    """Adds a tune; whether it is new."""
    done = db.execute(
        "INSERT OR IGNORE INTO tunes (key, title, abc, created, rhythm, meter, music_key, note, "
        "recipe, melody) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (tune.key, tune.title, tune.abc, tune.created or _now(), tune.rhythm, tune.meter,
         tune.music_key, tune.note[:MAX_NOTE], recipe, tune.melody or write_melody(tune.tune)),
    )  # fmt: skip
    if done.rowcount < 1:
        return False
    _write_tags(db, _number_of(db, tune.key), tune.tags)
    return True


def _write_tags(db: sqlite3.Connection, number: int, tags: Sequence[str]) -> None:
    db.execute("DELETE FROM tags WHERE tune = ?", (number,))
    rows = [(number, tag) for tag in clean_tags(tags)]
    db.executemany("INSERT INTO tags VALUES (?, ?)", rows)


def _fits(tune: BookTune, question: Question) -> bool:
    checks: tuple[tuple[str, Callable[[str], bool]], ...] = (
        (question.rhythm, lambda asked: asked == tune.rhythm.casefold()),
        (question.meter, lambda asked: asked == tune.meter.casefold()),
        (question.tag, lambda asked: asked in map(str.casefold, tune.tags)),
        (question.music_key, lambda asked: _is_in_key(asked, tune.music_key.casefold())),
    )
    return all(not asked.strip() or check(asked.strip().casefold()) for asked, check in checks)


def _is_in_key(asked: str, key: str) -> bool:
    return key == asked or key.split(" ", maxsplit=1)[0] == asked


def _by_melody(
    db: sqlite3.Connection, tunes: Sequence[BookTune], query: MelodyQuery
) -> list[BookTune]:
    """The tunes that may have that melody, the likest first, those that begin so before others."""
    kept = dict(db.execute("SELECT key, melody FROM tunes").fetchall())
    try:
        melodies = [parse_melody(kept[tune.key]) for tune in tunes]
    except ValueError as error:
        raise NotationError("The melodies of the tunebook are damaged.") from error
    likenesses = find_melody(query, melodies)
    least = find_least(query, likenesses)
    found = [
        (likeness, replace(tune, likeness=likeness.share))
        for likeness, tune in zip(likenesses, tunes, strict=True)
        if likeness.share >= least
    ]
    found.sort(key=lambda one: (-one[0].share, one[0].end, one[1].title.casefold()))
    return [tune for _likeness, tune in found]
