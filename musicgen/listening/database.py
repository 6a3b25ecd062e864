"""The one SQLite file of studies, ballots and thumbs: connections, transactions, migrations.

Several processes and threads write at once. Readers never wait (write-ahead log), writers wait for
one another up to `BUSY_S`. A transaction is on the disk when `writing` ends (``synchronous=FULL``):
what a caller was told is kept stays, whenever the process is killed.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from musicgen.errors import StudyError
from musicgen.storage import storing

FILE_NAME = "listening.sqlite3"

BUSY_S = 20.0
"""Seconds that a writer waits for others."""

_WRITERS = threading.Lock()
"""Threads of one process write in turn: SQLite's own waiting is a sleep that may last longer."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """create table study (
            id text primary key,
            created text not null,
            title text not null,
            plan text not null,
            is_open integer not null default 1
        )""",
        """create table tune (
            study text not null references study (id) on delete cascade,
            slot integer not null,
            version integer not null,
            abc text not null,
            provenance text not null,
            sound blob not null,
            primary key (study, slot, version)
        )""",
        """create table listener (
            id text primary key,
            study text not null references study (id) on delete cascade,
            number integer not null,
            created text not null,
            years integer,
            language text not null,
            code text not null,
            unique (study, number)
        )""",
        """create table trial (
            listener text not null references listener (id) on delete cascade,
            position integer not null,
            kind text not null,
            slot integer not null,
            version_left integer not null,
            version_right integer not null,
            primary key (listener, position)
        )""",
        """create table ballot (
            listener text not null,
            position integer not null,
            answer text not null,
            duration_ms integer not null,
            at text not null,
            primary key (listener, position),
            foreign key (listener, position) references trial (listener, position)
                on delete cascade
        )""",
        "create index listener_of_study on listener (study)",
    ),
    (
        """create table thumb (
            tune text not null,
            visit text not null,
            model text not null,
            fingerprint text not null,
            abc text not null,
            is_up integer not null,
            at text not null,
            primary key (tune, visit)
        )""",
        "create index thumb_of_model on thumb (model)",
    ),
    ("alter table tune add column raw text not null default ''",),
    ("alter table study add column is_final integer not null default 0",),
)
"""The statements that lead from each version of the file to the next; only ever added to."""


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection to read with; the file is made, or brought up to date, if need be.

    Raises:
        StudyError: the file is damaged, of a newer program, or others keep it for too long.
    """
    path = folder / FILE_NAME
    with storing(path):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.closing(_open(path)) as connection:
            _migrate(connection)
            yield connection
    except sqlite3.Error as error:
        raise StudyError(
            "The file of studies, {name}, cannot be used: {reason}.", name=FILE_NAME, reason=error
        ) from error


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection within one transaction: all of it is kept, or, on an error, nothing.

    Raises:
        StudyError: as of `reading`.
    """
    with _WRITERS, reading(folder) as connection, _transaction(connection):
        yield connection


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
        connection.execute(f"pragma {pragma}")
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == len(MIGRATIONS):
        return
    with _transaction(connection):
        version = _version(connection)  # another process may have been faster
        if version > len(MIGRATIONS):
            raise StudyError(
                "The studies here were made by a newer version of the program. Update the program."
            )
        for statement in (one for step in MIGRATIONS[version:] for one in step):
            connection.execute(statement)
        connection.execute(f"pragma user_version = {len(MIGRATIONS)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])
