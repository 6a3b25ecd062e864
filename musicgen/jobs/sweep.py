"""A sweep: one short training for each pair of batch size and learning rate, one after another.

What is done is read off the runs of the cells, so that a sweep that was stopped or killed goes on
where it was, in the midst of a cell too. The jobs of the process keep the turn, so a sweep never
trains beside another training.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from musicgen.errors import MusicgenError, RunError, TrainingDiverged
from musicgen.jobs.sweep_plan import SweepCell, SweepPlan, SweepStore, find_best_cell
from musicgen.jobs.training_job import JobRegistry, JobStatus, TrainingJob
from musicgen.training.estimate import estimate_training, require_room
from musicgen.training.runs.run import Run
from musicgen.training.runs.run_admin import drop_weights

logger = logging.getLogger(__name__)

_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class SweepSnapshot:
    """A sweep at one instant; `error` is why it ended early, where the user can do something."""

    plan: SweepPlan
    is_running: bool
    is_stopping: bool
    current: str
    error: MusicgenError | None = None


class SweepRunner:
    """Trains the cells of a sweep in a thread of its own; one sweep at a time in a process.

    Of the finished cells only the best keeps its network: the others' curves are what a sweep is
    for, and networks by the dozen would fill the disk.

    Args:
        store: The sweeps.
        registry: The trainings of this process.
    """

    def __init__(self, store: SweepStore, registry: JobRegistry) -> None:
        self.store = store
        self._registry = registry
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._plan: SweepPlan | None = None
        self._job: TrainingJob | None = None
        self._error: MusicgenError | None = None

    def start(self, plan: SweepPlan) -> None:
        """Begins a new sweep in the background.

        Raises:
            RunError: another sweep is under way, or the name is taken.
            ConfigError: its largest cell needs more memory or disk than there is.
            StorageError: the plan cannot be written.
        """
        self._require_room(plan)
        with self._lock:
            self._check_free()
            self.store.create(plan)
            self._launch(plan)

    def _require_room(self, plan: SweepPlan) -> None:
        """Makes sure that the cell with the largest batch has room, before the first is trained."""
        preset = plan.cell_preset(plan.batch_sizes[-1], plan.learning_rates[0])
        require_room(estimate_training(preset.network, preset.training), self.store.runs.root)

    def resume(self, name: str) -> None:
        """Goes on with a sweep that was stopped or interrupted.

        Raises:
            RunError: another sweep is under way, or there is none of that name.
        """
        with self._lock:
            self._check_free()
            self._launch(self.store.get(name))

    def stop(self) -> None:
        """Asks the sweep to save the cell it is in, and to end; returns at once."""
        with self._lock:
            self._stop.set()
            if self._job:
                self._job.stop()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True if it came in time."""
        thread = self._thread
        if thread:
            thread.join(timeout_s)
        return not (thread and thread.is_alive())

    def snapshot(self) -> SweepSnapshot | None:
        """The sweep under way, else the latest of this process, else None."""
        with self._lock:
            if self._plan is None:
                return None
            is_running = self._is_running()
            current = self._job.run.id if is_running and self._job else ""
            is_stopping = is_running and self._stop.is_set()
            return SweepSnapshot(self._plan, is_running, is_stopping, current, self._error)

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _check_free(self) -> None:
        if self._is_running():
            raise RunError("A sweep is under way. Stop it first, or wait for its end.")

    def _launch(self, plan: SweepPlan) -> None:
        self._stop.clear()
        self._plan, self._job, self._error = plan, None, None
        self._thread = threading.Thread(
            target=self._work, args=(plan,), name=f"sweep-{plan.name}", daemon=True
        )
        self._thread.start()

    def _work(self, plan: SweepPlan) -> None:
        try:
            for cell in self.store.read_cells(plan):
                if self._stop.is_set():
                    return
                if not cell.is_done and not self._train(plan, cell):
                    return
                self._tidy(plan)
        except MusicgenError as error:
            self._error = error
        except Exception:  # a thread has no caller: log it all, and tell the watcher in a sentence
            logger.exception("sweep %s failed", plan.name)
            self._error = RunError("The sweep failed. The server's log says where.")

    def _train(self, plan: SweepPlan, cell: SweepCell) -> bool:
        """Trains a cell; whether the sweep is to go on. A cell that diverges does not end it."""
        with self._lock:
            self._job = job = self._begin(plan, cell)
            if self._stop.is_set():
                job.stop()
        while not job.wait(_POLL_S):
            pass
        now = job.snapshot()
        if now.status is JobStatus.FAILED and not isinstance(now.error, TrainingDiverged):
            raise now.error or RunError("The sweep failed. The server's log says where.")
        return now.status is not JobStatus.STOPPED

    def _begin(self, plan: SweepPlan, cell: SweepCell) -> TrainingJob:
        run = Run(self.store.runs.root / cell.run_id)
        if cell.status != "empty" and run.has_best and not run.can_resume:
            self._registry.delete(run.id)  # killed between its first two saves: there is no way on
        elif cell.status != "empty":
            return self._registry.resume(run.id)
        preset = plan.cell_preset(cell.batch_size, cell.learning_rate)
        return self._registry.start(preset, cell.run_id, sweep=plan.name)

    def _tidy(self, plan: SweepPlan) -> None:
        cells = self.store.read_cells(plan)
        best = find_best_cell(cells)
        for cell in cells:
            if cell.is_done:
                run = Run(self.store.runs.root / cell.run_id)
                drop_weights(run, keep_best=cell is best)


def estimate_left_s(
    plan: SweepPlan, cells: list[SweepCell], read_elapsed_s: Callable[[str], float]
) -> float | None:
    """Seconds until the last cell is done, by the characters that the cells so far took.

    A step with twice the batch is taken to last twice as long. None before anything was timed.

    Args:
        plan: The sweep.
        cells: Its cells as they are now.
        read_elapsed_s: Training time so far of the run of that name.
    """
    done = sum(cell.step * cell.batch_size for cell in cells)
    elapsed_s = sum(read_elapsed_s(cell.run_id) for cell in cells if cell.step)
    whole = sum((cell.step if cell.is_done else plan.steps) * cell.batch_size for cell in cells)
    return elapsed_s * (whole - done) / done if done and elapsed_s else None
