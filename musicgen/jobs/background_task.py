"""Work in a thread of its own: started, paused, cancelled and waited for in one way.

Training, report, sweep, novelty index and tune queue run on this. Those that show it poll
`BackgroundTask.state`: a few values, whatever the task has made so far. The thread never calls
Streamlit.
"""

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from musicgen.errors import MusicgenError
from musicgen.jobs.fair_turn import Ticket

logger = logging.getLogger(__name__)


class TaskStatus(StrEnum):
    """What a task is doing. The values of trainings are in the files of runs: they stay."""

    WAITING = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "stopping"
    CANCELLED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    PRUNED = "pruned"
    """Of a run only: a sweep ended it early, for others were ahead of it."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in (
            TaskStatus.CANCELLED, TaskStatus.FINISHED, TaskStatus.FAILED, TaskStatus.PRUNED,
        )  # fmt: skip


class TaskCancelled(Exception):
    """Raised by the work of a task that was cut short."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task at one instant.

    `progress` is the share that is done, 0..1; `error` is what ended the task, None unless it
    failed.
    """

    status: TaskStatus
    progress: float = 0.0
    error: MusicgenError | None = None


class BackgroundTask:
    """One piece of work in a thread.

    The work calls `must_end` now and then, and raises `TaskCancelled` when the answer is yes. If it
    raises a `MusicgenError`, that is the error of the task. All else is logged, and the error is
    `failure`.

    Args:
        name: Of the thread; in the log.
        work: What is done.
        failure: The sentence for a fault of the program.
        turn: Held while working, so that tasks with the same one follow one another. A ticket is
            given up when the task is cancelled.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], None],
        failure: MusicgenError,
        turn: "threading.Lock | Ticket | None" = None,
    ) -> None:
        self._work = work
        self._failure = failure
        self._turn = turn
        self._changing = threading.Lock()
        self._awake = threading.Event()
        self._awake.set()
        self._cancelled = threading.Event()
        self._state = TaskState(TaskStatus.WAITING if turn else TaskStatus.PREPARING)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def state(self) -> TaskState:
        """How the task is now, safe to keep and to read from any thread."""
        return self._state

    @property
    def status(self) -> TaskStatus:
        """What it is doing."""
        return self._state.status

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self._state.status.is_final

    def start(self) -> None:
        """Starts the thread; returns at once."""
        self._thread.start()

    def pause(self) -> None:
        """Holds the work where it next calls `must_end`; no effect unless it is under way."""
        with self._changing:
            if self.status in (TaskStatus.PREPARING, TaskStatus.RUNNING):
                self._awake.clear()
                self._change(TaskStatus.PAUSED)

    def resume(self) -> None:
        """Goes on after a pause."""
        with self._changing:
            if self.status is TaskStatus.PAUSED:
                self._change(TaskStatus.RUNNING)
                self._awake.set()

    def cancel(self) -> None:
        """Asks the work to end; what was made so far is kept. Returns at once."""
        with self._changing:
            if not self.is_over:
                self._change(TaskStatus.CANCELLING)
            self._cancelled.set()
            self._awake.set()
        if isinstance(self._turn, Ticket):
            self._turn.give_up()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True if it came in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._cancelled.is_set()

    def must_end(self) -> bool:
        """Whether the work is to end; called by the work, which is under way from then on.

        Waits here while the task is paused.
        """
        self._begin(TaskStatus.RUNNING)
        self._awake.wait()
        return self.is_cancelled

    @property
    def is_paused(self) -> bool:
        """Whether it is to wait."""
        return self.status is TaskStatus.PAUSED

    def is_ending(self) -> bool:
        """As `must_end`, without waiting: for work that is elsewhere, and pauses there."""
        self._begin(TaskStatus.RUNNING)
        return self.is_cancelled

    def show_progress(self, share: float) -> None:
        """Keeps how much of the work is done, 0..1; called by the work."""
        with self._changing:
            self._state = replace(self._state, progress=share)

    def _run(self) -> None:
        with self._turn or contextlib.nullcontext():
            status, error = self._do_work()
            with self._changing:
                progress = 1.0 if status is TaskStatus.FINISHED else self._state.progress
                self._state = TaskState(status, progress, error)

    def _do_work(self) -> tuple[TaskStatus, MusicgenError | None]:
        try:
            if self.is_cancelled:
                return TaskStatus.CANCELLED, None
            self._begin(TaskStatus.PREPARING)
            self._work()
        except TaskCancelled:
            return TaskStatus.CANCELLED, None
        except MusicgenError as error:
            return TaskStatus.FAILED, error
        except Exception:  # a thread has no caller: log it all, and say it in a sentence
            logger.exception("%s failed", self._thread.name)
            return TaskStatus.FAILED, self._failure
        return TaskStatus.FINISHED, None

    def _begin(self, status: TaskStatus) -> None:
        """Goes one step further, from waiting to preparing to running; else nothing changes."""
        with self._changing:
            if self.status in (TaskStatus.WAITING, TaskStatus.PREPARING):
                self._change(status)

    def _wait_again(self) -> None:
        """The task waits for its turn once more, where it is paused after that."""
        self._awake.wait()
        with self._changing:
            if self.status in (TaskStatus.PREPARING, TaskStatus.RUNNING):
                self._change(TaskStatus.WAITING)

    def _change(self, status: TaskStatus) -> None:
        self._state = replace(self._state, status=status)
