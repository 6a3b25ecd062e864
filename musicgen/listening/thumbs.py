"""Thumbs up and down for tunes of Play and Endless: who was shown a tune says whether it is good.

One visit has one thumb for a tune, the last one it gave.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from musicgen.errors import StudyError
from musicgen.listening.database import FILE_NAME, reading, writing
from musicgen.sampling.composer import Composition
from musicgen.storage import is_file

MOST_THUMBS = 50_000


@dataclass(frozen=True, slots=True)
class Thumb:
    """A thumb: `abc` is the text as the network wrote it, `tune` a name for that very tune."""

    tune: str
    model: str
    fingerprint: str
    abc: str
    is_up: bool


class ThumbStore:
    """The thumbs in the file of studies.

    Args:
        folder: Where the file lies; made when it is first used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def give(self, composition: Composition, visit: str, is_up: bool | None) -> None:
        """Keeps a thumb in the place of the one before; None takes it back.

        Raises:
            StudyError: there are too many.
        """
        tune = tune_key(composition)
        with writing(self._folder) as connection:
            if is_up is None:
                connection.execute("delete from thumb where tune = ? and visit = ?", (tune, visit))
                return
            (count,) = connection.execute("select count(*) from thumb").fetchone()
            if count >= MOST_THUMBS:
                raise StudyError("There are {count:,} thumbs already.", count=count)
            connection.execute(
                "insert or replace into thumb values (?, ?, ?, ?, ?, ?, ?)",
                (
                    tune, visit, composition.checkpoint, composition.fingerprint, composition.abc,
                    is_up, datetime.now(UTC).isoformat(timespec="milliseconds"),
                ),
            )  # fmt: skip

    def find(self, composition: Composition, visit: str) -> bool | None:
        """The thumb that a visit gave a tune; None for none."""
        if not is_file(self._folder / FILE_NAME):
            return None
        with reading(self._folder) as connection:
            row = connection.execute(
                "select is_up from thumb where tune = ? and visit = ?",
                (tune_key(composition), visit),
            ).fetchone()
        return bool(row[0]) if row else None

    def list(self) -> list[Thumb]:
        """All thumbs, the oldest first."""
        with reading(self._folder) as connection:
            rows = connection.execute(
                "select tune, model, fingerprint, abc, is_up from thumb order by at, tune, visit"
            ).fetchall()
        return [Thumb(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]


def tune_key(composition: Composition) -> str:
    """A name for a tune, the same wherever the same network wrote the same text."""
    identity = f"{composition.fingerprint}\0{composition.abc}"
    return hashlib.sha256(identity.encode("utf-8")).hexdigest()[:24]
