"""A report in the background: start, cancel, resume, and snapshots of it.

One report is made at a time in a process.
"""

import threading
import time
from dataclasses import dataclass

from musicgen.config import Paths
from musicgen.errors import MusicgenError, ReportError
from musicgen.evaluation.report.builder import Hooks, ReportStopped
from musicgen.evaluation.report.novelty_scorer import find_novelty_scorer
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.reference import find_reference
from musicgen.evaluation.report.store import ReportStore, being_made_error
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus
from musicgen.jobs.fair_turn import Ticket
from musicgen.jobs.seat import Seat
from musicgen.models.checkpoint import find_checkpoint, read_metadata
from musicgen.places.place import LOCAL, Place

_TIMED_SHARE = 0.02
"""Share of the work after which the time left is estimated."""


@dataclass(frozen=True, slots=True)
class ReportSnapshot:
    """A report at one instant.

    `share` of it is done, 0..1; `cell` is the set that is composed now, None while it measures;
    `time_left_s` is None until something was timed; `error` is what ended it.
    """

    report_id: str
    plan: ReportPlan
    status: TaskStatus
    share: float
    cell: Cell | None
    time_left_s: float | None
    error: MusicgenError | None = None


class _ReportTask(BackgroundTask):
    """Makes one report."""

    def __init__(
        self,
        report_id: str,
        plan: ReportPlan,
        store: ReportStore,
        paths: Paths,
        place: Place,
        turn: Ticket | None = None,
    ) -> None:
        super().__init__(
            f"report-{report_id}",
            self._make,
            ReportError("The report failed. The server's log says where."),
            turn,
        )
        self.report_id = report_id
        self._plan = plan
        self._store = store
        self._paths = paths
        self._place = place
        self._first: tuple[float, float] | None = None  # share and time when it began to compose
        self._now: tuple[Cell | None, float | None] = None, None

    def snapshot(self) -> ReportSnapshot:
        """The report at this instant."""
        now, (cell, left_s) = self.state, self._now
        if now.status.is_final:
            cell, left_s = None, None
        return ReportSnapshot(
            self.report_id, self._plan, now.status, now.progress, cell, left_s, now.error
        )

    def _make(self) -> None:
        with self._store.locked(self.report_id):
            try:
                self._make_held()
            except ReportStopped as stopped:
                raise TaskCancelled from stopped

    def _make_held(self) -> None:
        plan, store, report_id = self._plan, self._store, self.report_id
        folders = [find_checkpoint(name, self._paths).path for name in plan.checkpoints]
        metadata = [read_metadata(folder) for folder in folders]
        reference = find_reference(metadata, plan.side, self._paths)
        hooks = Hooks(
            self._on_progress,
            self.must_end,
            lambda cell, print_: store.read_drawn(report_id, cell, print_),
            lambda cell, print_, tunes: store.write_drawn(report_id, cell, print_, tunes),
            lambda checkpoint: find_novelty_scorer(
                checkpoint, self._paths, bool(plan.count), self._stop_if_asked
            ),
        )
        store.write(report_id, self._place.make_report(plan, folders, reference, hooks))

    def _stop_if_asked(self, _tunes: int) -> None:
        if self.is_cancelled:
            raise ReportStopped

    def _on_progress(self, share: float, cell: Cell | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = share, now
        done = share - self._first[0]
        left_s = (now - self._first[1]) * (1 - share) / done if done > _TIMED_SHARE else None
        self._now = cell, left_s
        self.show_progress(max(share, self.state.progress))


class ReportService:
    """The reports of this process: one is made at a time.

    Args:
        store: Where they are kept.
        paths: Where checkpoints and corpora are found.
        seat: The person's, where several share the machine.
    """

    def __init__(self, store: ReportStore, paths: Paths, seat: Seat | None = None) -> None:
        self.store = store
        self._seat = seat
        self._paths = paths
        self._lock = threading.Lock()
        self._task: _ReportTask | None = None

    def start(self, plan: ReportPlan, place: Place = LOCAL) -> str:
        """Begins a new report in the background, and gives its id.

        Args:
            plan: What it is asked for.
            place: Where it is made.

        Raises:
            ReportError: another one is being made.
            CheckpointError: there is no such checkpoint.
            StorageError: it cannot be written.
        """
        for name in plan.checkpoints:
            find_checkpoint(name, self._paths)
        with self._lock:
            self._check_free()
            report_id = self.store.create(plan)
            self._launch(report_id, plan, place)
        return report_id

    def resume(self, report_id: str, place: Place = LOCAL) -> None:
        """Goes on with a report that was ended early.

        Args:
            report_id: Its id.
            place: Where the rest is made.

        Raises:
            ReportError: another one is being made, or there is none of that name.
        """
        with self._lock:
            self._check_free()
            self._launch(report_id, self.store.read_plan(report_id), place)

    def cancel(self) -> None:
        """Asks the report to end; what was composed is kept. Returns at once."""
        task = self._task
        if task:
            task.cancel()

    def delete(self, report_id: str) -> None:
        """Removes a report for good.

        Raises:
            ReportError: it is being made, or there is none of that name.
            StorageError: it cannot be removed.
        """
        with self._lock:
            task = self._task
            if task and not task.is_over and task.report_id == report_id:
                raise being_made_error()
            self.store.delete(report_id)

    def snapshot(self) -> ReportSnapshot | None:
        """The report being made, else the latest of this process, else None."""
        task = self._task
        return task.snapshot() if task else None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True if it came in time."""
        task = self._task
        return task is None or task.wait(timeout_s)

    def _check_free(self) -> None:
        if self._task and not self._task.is_over:
            raise being_made_error()

    def _launch(self, report_id: str, plan: ReportPlan, place: Place) -> None:
        turn = self._seat.other_ticket(report_id) if self._seat and place.is_here else None
        task = _ReportTask(report_id, plan, self.store, self._paths, place, turn)
        task.start()
        self._task = task
