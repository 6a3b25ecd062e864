"""Reports on the disk, so many and no more: each goes on where it ended, and can be opened again.

::

    reports/<id>/
      plan.json              what was asked for
      tunes-<number>.json    the tunes composed so far for that cell of the plan, and by whom
      report.json            what was found; missing until the report is whole
      .lock, .holder         held by the process that makes the report, and which one that is
"""

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock

from musicgen.config import to_json
from musicgen.errors import MusicgenError, ReportError, StorageError
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.result import DrawnTune, Report
from musicgen.json_reading import is_count, is_number, read_json
from musicgen.storage import delete_folder, is_file, is_folder, list_folder, storing, write_file
from musicgen.work_lock import holding, is_held

MAX_REPORTS = 20
MAX_REPORT_BYTES = 50_000_000
_LONGEST_TUNE = 50_000
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_PLAN, _REPORT = "plan.json", "report.json"


@dataclass(frozen=True, slots=True)
class ReportInfo:
    """One line about a report; `id` begins with when it was asked for, in UTC."""

    id: str
    plan: ReportPlan
    is_done: bool


def being_made_error() -> ReportError:
    """The error that says that a report is being made now and must be left alone."""
    return ReportError("A report is being made. Cancel it first, or wait for its end.")


def report_file_name(report_id: str, ending: str) -> str:
    """What a report is called as a file, with an ending such as ``html``."""
    return f"report-{report_id}.{ending}"


class ReportStore:
    """All reports below one folder.

    Args:
        root: The folder; made when the first report is.
        limit: Reports kept; the oldest go when there are more.
    """

    def __init__(self, root: Path, limit: int = MAX_REPORTS) -> None:
        self.root = root
        self._limit = limit

    def create(self, plan: ReportPlan) -> str:
        """A place for a new report, and its id.

        Raises:
            StorageError: it cannot be written.
        """
        report_id = self._free_id()
        write_file(self.root / report_id / _PLAN, to_json(plan.to_dict()).encode())
        for old in self.list()[self._limit :]:
            if old.id != report_id and not self.is_busy(old.id):
                self.delete(old.id)
        return report_id

    def add(self, report: Report) -> str:
        """Keeps a report that is whole already, and gives its id.

        Raises:
            StorageError: it cannot be written.
        """
        report_id = self.create(report.plan)
        self.write(report_id, report)
        return report_id

    def list(self) -> list[ReportInfo]:
        """The reports there are, the newest first; damaged ones are passed over."""
        found = []
        for name in self._names():
            try:
                is_done = is_file(self.root / name / _REPORT)
                found.append(ReportInfo(name, self.read_plan(name), is_done))
            except ReportError:
                continue
        return found

    def list_damaged(self) -> Sequence[str]:
        """The ids of reports of which nothing can be read: all one can do is delete them."""
        readable = {info.id for info in self.list()}
        there = (name for name in self._names() if is_folder(self.root / name))
        return [name for name in there if name not in readable]

    def _free_id(self) -> str:
        """The moment, to the microsecond: the order of names is the order of their making."""
        while True:
            report_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
            with storing(self.root), contextlib.suppress(FileExistsError):
                (self.root / report_id).mkdir(parents=True)
                return report_id

    def _names(self) -> Sequence[str]:
        """Of all folders that could be reports, the newest first."""
        folders = list_folder(self.root)
        return sorted((item.name for item in folders if _ID.fullmatch(item.name)), reverse=True)

    def read_plan(self, report_id: str) -> ReportPlan:
        """What a report was asked for.

        Raises:
            ReportError: there is none of that name, or it is damaged.
        """
        try:
            return ReportPlan.from_dict(self._read(report_id, _PLAN))
        except (LookupError, TypeError, ValueError, ArithmeticError, MusicgenError) as error:
            raise ReportError("There is no report named {name!r}.", name=report_id) from error

    def read(self, report_id: str) -> Report:
        """A whole report.

        Raises:
            ReportError: there is none of that name, it is not whole yet, or it is damaged.
        """
        values = self._read(report_id, _REPORT)
        if not isinstance(values, dict):
            raise ReportError("This is no report that this program can read.")
        return Report.from_dict(values)

    def write(self, report_id: str, report: Report) -> None:
        """Keeps a whole report.

        Raises:
            StorageError: it cannot be written.
        """
        write_file(self._folder(report_id) / _REPORT, to_json(report.to_dict()).encode())

    def read_drawn(self, report_id: str, cell: Cell, fingerprint: str) -> Sequence[DrawnTune]:
        """The tunes composed so far for a cell; none if another network did, or of a torn file."""
        try:
            values = self._read(report_id, self._tunes_file(report_id, cell), allow_nan=True)
            if values["fingerprint"] != fingerprint:
                return []
            return [_drawn(tune) for tune in values["tunes"]]
        except (ReportError, LookupError, TypeError, ValueError):
            return []

    def write_drawn(
        self, report_id: str, cell: Cell, fingerprint: str, tunes: Sequence[DrawnTune]
    ) -> None:
        """Keeps the tunes composed so far for a cell.

        Raises:
            StorageError: they cannot be written.
        """
        values = {"fingerprint": fingerprint, "tunes": [asdict(tune) for tune in tunes]}
        path = self._folder(report_id) / self._tunes_file(report_id, cell)
        write_file(path, json.dumps(values, ensure_ascii=False).encode())

    @contextmanager
    def locked(self, report_id: str) -> Iterator[None]:
        """Holds a report for the one who makes it.

        Raises:
            ReportError: another process makes it, or there is none of that name.
            StorageError: its folder cannot be written.
        """
        folder = self._existing(report_id)
        try:
            with holding(folder):
                yield
        except filelock.Timeout as error:
            raise being_made_error() from error

    def is_busy(self, report_id: str) -> bool:
        """Whether some process makes it right now. Leaves its lock alone, so ask at any time.

        Raises:
            ReportError: no report can have that name.
        """
        return is_held(self._folder(report_id))

    def delete(self, report_id: str) -> None:
        """Removes a report for good.

        Raises:
            ReportError: there is none of that name, or it is being made.
            StorageError: it cannot be removed.
        """
        with contextlib.suppress(StorageError), self.locked(report_id):
            pass  # nobody makes it; where nothing can be written nobody can
        delete_folder(self._existing(report_id))

    def _tunes_file(self, report_id: str, cell: Cell) -> str:
        return f"tunes-{self.read_plan(report_id).cells().index(cell)}.json"

    def _folder(self, report_id: str) -> Path:
        """The folder of a report; an id that is none leads nowhere."""
        if not _ID.fullmatch(report_id):
            raise ReportError("There is no report named {name!r}.", name=report_id)
        return self.root / report_id

    def _existing(self, report_id: str) -> Path:
        folder = self._folder(report_id)
        if not is_folder(folder):
            raise ReportError("There is no report named {name!r}.", name=report_id)
        return folder

    def _read(self, report_id: str, name: str, *, allow_nan: bool = False) -> dict[str, Any]:
        path = self._folder(report_id) / name
        try:
            values: dict[str, Any] = read_json(
                path, max_bytes=MAX_REPORT_BYTES, allow_nan=allow_nan
            )
        except ValueError as error:
            raise ReportError("This is no report that this program can read.") from error
        except OSError as error:
            raise ReportError("There is no report named {name!r}.", name=report_id) from error
        return values


def _drawn(tune: dict[str, Any]) -> DrawnTune:
    """A composed tune out of a file; how it was composed may be NaN, where nothing was drawn.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    drawn = DrawnTune(tune["abc"], tune["seed"], tune["surprise"], tune["grammar_share"])
    figures = (drawn.surprise, drawn.grammar_share)
    is_right = (
        isinstance(tune["abc"], str)
        and len(drawn.abc) <= _LONGEST_TUNE
        and is_count(drawn.seed)
        and all(value != value or is_number(value, 0.0) for value in figures)
    )
    if not is_right:
        raise ValueError("no composed tune")
    return drawn
