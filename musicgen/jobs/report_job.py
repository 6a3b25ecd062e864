"""A report in the background: start, cancel, go on, and a snapshot for whoever watches.

The thread never touches a screen. One report is made at a time in a process.
"""

import dataclasses
import logging
import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from musicgen.config import Paths
from musicgen.errors import MusicgenError, ReportError
from musicgen.evaluation.report.builder import Hooks, ReportStopped, make_report
from musicgen.evaluation.report.novelty_scorer import find_judge
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.reference import find_reference
from musicgen.evaluation.report.store import ReportStore, being_made_error
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint

logger = logging.getLogger(__name__)

_TIMED_SHARE = 0.02
"""Share of the work after which the time left is told."""


class ReportStatus(StrEnum):
    """What a report is doing."""

    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in (ReportStatus.STOPPED, ReportStatus.FINISHED, ReportStatus.FAILED)


@dataclass(frozen=True, slots=True)
class ReportSnapshot:
    """A report at one instant.

    `share` of it is done, 0..1; `cell` is the set that is composed now, None while it measures;
    `time_left_s` is None until something was timed; `error` is what ended it.
    """

    report_id: str
    plan: ReportPlan
    status: ReportStatus
    share: float
    cell: Cell | None
    time_left_s: float | None
    error: MusicgenError | None = None


class ReportDesk:
    """The reports of this process: one is made at a time.

    Args:
        store: Where they are kept.
        paths: Where checkpoints and corpora are found.
    """

    def __init__(self, store: ReportStore, paths: Paths) -> None:
        self.store = store
        self._paths = paths
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._now: ReportSnapshot | None = None
        self._first: tuple[float, float] | None = None  # share and time when it began to compose

    def start(self, plan: ReportPlan) -> str:
        """Begins a new report in the background, and gives its id.

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
            self._launch(report_id, plan)
        return report_id

    def resume(self, report_id: str) -> None:
        """Goes on with a report that was ended early.

        Raises:
            ReportError: another one is being made, or there is none of that name.
        """
        with self._lock:
            self._check_free()
            self._launch(report_id, self.store.read_plan(report_id))

    def cancel(self) -> None:
        """Asks the report to end; what was composed is kept. Returns at once."""
        with self._lock:
            self._stop.set()
            if self._now and not self._now.status.is_final:
                self._change(status=ReportStatus.STOPPING)

    def delete(self, report_id: str) -> None:
        """Removes a report for good.

        Raises:
            ReportError: it is being made, or there is none of that name.
            StorageError: it cannot be removed.
        """
        with self._lock:
            if self._is_busy() and self._now and self._now.report_id == report_id:
                raise being_made_error()
            self.store.delete(report_id)

    def snapshot(self) -> ReportSnapshot | None:
        """The report being made, else the latest of this process, else None."""
        with self._lock:
            return self._now

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True if it came in time."""
        thread = self._thread
        if thread:
            thread.join(timeout_s)
        return not (thread and thread.is_alive())

    def _is_busy(self) -> bool:
        return self._now is not None and not self._now.status.is_final

    def _check_free(self) -> None:
        if self._is_busy():
            raise being_made_error()

    def _launch(self, report_id: str, plan: ReportPlan) -> None:
        self._stop.clear()
        self._first = None
        self._now = ReportSnapshot(report_id, plan, ReportStatus.PREPARING, 0.0, None, None)
        self._thread = threading.Thread(
            target=self._work, args=(report_id, plan), name=f"report-{report_id}", daemon=True
        )
        self._thread.start()

    def _work(self, report_id: str, plan: ReportPlan) -> None:
        try:
            with self.store.locked(report_id):
                self._make(report_id, plan)
            self._finish(ReportStatus.FINISHED)
        except ReportStopped:
            self._finish(ReportStatus.STOPPED)
        except MusicgenError as error:
            self._finish(ReportStatus.FAILED, error)
        except Exception:  # a thread has no caller: log it all, and tell the watcher in a sentence
            logger.exception("report %s failed", report_id)
            failure = ReportError("The report failed. The server's log says where.")
            self._finish(ReportStatus.FAILED, failure)

    def _make(self, report_id: str, plan: ReportPlan) -> None:
        checkpoints = [
            load_checkpoint(find_checkpoint(name, self._paths).path) for name in plan.checkpoints
        ]
        metadata = [checkpoint.metadata for checkpoint in checkpoints]
        reference = find_reference(metadata, plan.side, self._paths)
        hooks = Hooks(
            self._on_progress,
            self._stop.is_set,
            lambda cell, print_: self.store.read_drawn(report_id, cell, print_),
            lambda cell, print_, tunes: self.store.write_drawn(report_id, cell, print_, tunes),
            lambda checkpoint: find_judge(
                checkpoint, self._paths, bool(plan.count), self._stop_if_asked
            ),
        )
        self.store.write(report_id, make_report(plan, checkpoints, reference, hooks))

    def _stop_if_asked(self, _tunes: int) -> None:
        if self._stop.is_set():
            raise ReportStopped

    def _on_progress(self, share: float, cell: Cell | None) -> None:
        now = time.monotonic()
        with self._lock:
            if self._now is None:
                return
            if self._first is None:
                self._first = share, now
            done = share - self._first[0]
            left = (now - self._first[1]) * (1 - share) / done if done > _TIMED_SHARE else None
            is_stopping = self._now.status is ReportStatus.STOPPING
            status = ReportStatus.STOPPING if is_stopping else ReportStatus.RUNNING
            share = max(share, self._now.share)
            self._change(status=status, share=share, cell=cell, time_left_s=left)

    def _finish(self, status: ReportStatus, error: MusicgenError | None = None) -> None:
        with self._lock:
            self._change(status=status, cell=None, time_left_s=None, error=error)

    def _change(self, **values: object) -> None:
        if self._now is not None:
            self._now = dataclasses.replace(self._now, **values)  # type: ignore[arg-type]
