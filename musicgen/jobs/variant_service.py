"""What the versions of a model cost, measured in the background: one model at a time."""

import threading
from dataclasses import dataclass, replace

from musicgen.compression.measuring import VariantFigures, measure_all
from musicgen.config import Paths
from musicgen.errors import CheckpointError, MusicgenError
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus
from musicgen.jobs.seat import Seat


@dataclass(frozen=True, slots=True)
class VariantSnapshot:
    """A measuring at one instant: of which model, how far it is, and what it found."""

    model: str
    status: TaskStatus
    share: float = 0.0
    now: str = ""
    rows: tuple[VariantFigures, ...] = ()
    error: MusicgenError | None = None


class VariantService:
    """Measures the versions of a model; what was found last is kept.

    Args:
        paths: Where models and tunes lie.
        seat: The person's, where several share the machine.
    """

    def __init__(self, paths: Paths, seat: Seat | None = None) -> None:
        self._paths = paths
        self._seat = seat
        self._lock = threading.Lock()
        self._task: BackgroundTask | None = None
        self._found = VariantSnapshot("", TaskStatus.CANCELLED)

    def start(self, model: str, tunes: int) -> None:
        """Begins to measure all versions of a model.

        Raises:
            CheckpointError: another is being measured.
        """
        with self._lock:
            if self._task and not self._task.is_over:
                raise CheckpointError(
                    "The versions of {name} are being measured. Wait for their end, or cancel it.",
                    name=self._found.model,
                )
            self._found = VariantSnapshot(model, TaskStatus.PREPARING)
            failure = CheckpointError("The versions could not be measured; the log says why.")
            turn = self._seat.other_ticket("variants") if self._seat else None
            task = BackgroundTask("variants", lambda: self._measure(model, tunes), failure, turn)
            self._task = task
        task.start()

    def cancel(self) -> None:
        """Ends it before its next version."""
        with self._lock:
            if self._task:
                self._task.cancel()

    def snapshot(self) -> VariantSnapshot:
        """How it is now."""
        with self._lock:
            if self._task is None:
                return self._found
            state = self._task.state
            return replace(
                self._found, status=state.status, share=state.progress, error=state.error
            )

    def wait(self, timeout_s: float) -> bool:
        """Waits for the end; True if it came in time."""
        task = self._task
        return task is None or task.wait(timeout_s)

    def _measure(self, model: str, tunes: int) -> None:
        def show(name: str, done: int, total: int) -> None:
            task = self._task
            if task is None or task.must_end():
                raise TaskCancelled
            task.show_progress(done / max(1, total))
            with self._lock:
                self._found = replace(self._found, now=name)

        rows = tuple(measure_all([model], self._paths, tunes, show))
        with self._lock:
            self._found = replace(self._found, rows=rows, now="")
