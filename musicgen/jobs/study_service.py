"""A listening study that is made in the background: its tunes are composed and rendered.

One is made at a time in a process.
"""

import threading
from dataclasses import dataclass

from musicgen.config import Paths
from musicgen.errors import MusicgenError, StudyError
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus
from musicgen.jobs.fair_turn import Ticket
from musicgen.jobs.seat import Seat
from musicgen.listening.plan import REAL, StudyPlan
from musicgen.listening.store import StudyStore
from musicgen.listening.tunes import make_tunes
from musicgen.models.checkpoint import find_checkpoint


@dataclass(frozen=True, slots=True)
class StudySnapshot:
    """A study that is made, at one instant.

    `share` of it is done, 0..1; `study` is its id once it is whole, else empty; `error` is what
    ended it.
    """

    number: int
    plan: StudyPlan
    status: TaskStatus
    share: float
    study: str
    error: MusicgenError | None = None


class _StudyTask(BackgroundTask):
    """Makes one study."""

    def __init__(
        self,
        number: int,
        plan: StudyPlan,
        store: StudyStore,
        paths: Paths,
        turn: Ticket | None = None,
    ) -> None:
        super().__init__(
            f"study-{number}",
            self._make,
            StudyError("The study could not be made. The server's log says where it failed."),
            turn,
        )
        self._number = number
        self._plan = plan
        self._store = store
        self._paths = paths
        self._study = ""

    def snapshot(self) -> StudySnapshot:
        """The study at this instant."""
        now = self.state
        return StudySnapshot(
            self._number, self._plan, now.status, now.progress, self._study, now.error
        )

    def _make(self) -> None:
        tunes = make_tunes(self._plan, self._paths, self._on_progress)
        self._study = self._store.add(self._plan, tunes)

    def _on_progress(self, done: int, total: int) -> None:
        if self.must_end():
            raise TaskCancelled
        self.show_progress(done / total)


class StudyService:
    """The studies of this process: one is made at a time.

    Args:
        store: Where they are kept.
        paths: Where models and corpora are.
        seat: The person's, where several share the machine.
    """

    def __init__(self, store: StudyStore, paths: Paths, seat: Seat | None = None) -> None:
        self.store = store
        self._seat = seat
        self._paths = paths
        self._lock = threading.Lock()
        self._task: _StudyTask | None = None
        self._count = 0

    def start(self, plan: StudyPlan) -> None:
        """Begins to make a study in the background.

        Raises:
            StudyError: another one is being made.
            CheckpointError: there is no such model.
        """
        for version in plan.versions:
            if version.model != REAL:
                find_checkpoint(version.model, self._paths)
        with self._lock:
            if self._task and not self._task.is_over:
                raise StudyError("Another study is being made. Wait for it, or cancel it.")
            self._count += 1
            turn = self._seat.other_ticket(f"study-{self._count}") if self._seat else None
            self._task = _StudyTask(self._count, plan, self.store, self._paths, turn)
            self._task.start()

    def cancel(self) -> None:
        """Asks the study that is made to end; nothing of it is kept. Returns at once."""
        if task := self._task:
            task.cancel()

    def snapshot(self) -> StudySnapshot | None:
        """The study being made, else the latest of this process, else None."""
        task = self._task
        return task.snapshot() if task else None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True if it came in time."""
        task = self._task
        return task is None or task.wait(timeout_s)
