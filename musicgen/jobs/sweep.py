"""A sweep: one short training for each pair of batch size and learning rate, one after another.

What is done is read off the runs of the cells, so that a sweep that was stopped or killed goes on
where it was, in the midst of a cell too. The jobs of the process keep the turn, so a sweep never
trains beside another training.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from musicgen.errors import MusicgenError, RunError, TrainingDiverged
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus
from musicgen.jobs.sweep_plan import SweepCell, SweepPlan, SweepStore, find_best_cell
from musicgen.jobs.training_job import JobRegistry, TrainingJob
from musicgen.training.estimate import estimate_training, require_room
from musicgen.training.runs.run import Run
from musicgen.training.runs.run_admin import drop_weights


@dataclass(frozen=True, slots=True)
class SweepSnapshot:
    """A sweep at one instant.

    `current` is the run that is trained now, else empty; `error` is why the sweep ended early,
    where the user can do something.
    """

    plan: SweepPlan
    status: TaskStatus
    current: str
    error: MusicgenError | None = None

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return not self.status.is_final

    @property
    def is_cancelling(self) -> bool:
        """Whether it saves the cell it is in, and then ends."""
        return self.status is TaskStatus.CANCELLING


class _SweepTask(BackgroundTask):
    """Trains the cells of one sweep that are not done yet."""

    def __init__(self, plan: SweepPlan, store: SweepStore, registry: JobRegistry) -> None:
        super().__init__(
            f"sweep-{plan.name}",
            self._train_cells,
            RunError("The sweep failed. The server's log says where."),
        )
        self._plan = plan
        self._store = store
        self._registry = registry
        self._lock = threading.Lock()
        self._job: TrainingJob | None = None

    def cancel(self) -> None:
        """Asks the sweep to save the cell it is in, and to end; returns at once."""
        super().cancel()
        with self._lock:
            if self._job:
                self._job.cancel()

    def snapshot(self) -> SweepSnapshot:
        """The sweep at this instant."""
        now, job = self.state, self._job
        current = job.run.id if job and not now.status.is_final else ""
        return SweepSnapshot(self._plan, now.status, current, now.error)

    def _train_cells(self) -> None:
        cells = self._store.read_cells(self._plan)
        for number, cell in enumerate(cells):
            self.show_progress(number / len(cells))
            if self.must_end():
                raise TaskCancelled
            if not cell.is_done:
                self._train(cell)
            self._tidy()

    def _train(self, cell: SweepCell) -> None:
        """Trains a cell. One that diverges does not end the sweep."""
        with self._lock:
            self._job = job = self._start_cell(cell)
            if self.is_cancelled:
                job.cancel()
        job.wait()
        now = job.state
        if now.error and not isinstance(now.error, TrainingDiverged):
            raise now.error
        if now.status is TaskStatus.CANCELLED:
            raise TaskCancelled

    def _start_cell(self, cell: SweepCell) -> TrainingJob:
        run = Run(self._store.runs.root / cell.run_id)
        if cell.status != "empty" and run.has_best and not run.can_resume:
            self._registry.delete(run.id)  # killed between its first two saves: there is no way on
        elif cell.status != "empty":
            return self._registry.resume(run.id)
        preset = self._plan.cell_preset(cell.batch_size, cell.learning_rate)
        return self._registry.start(preset, cell.run_id, sweep=self._plan.name)

    def _tidy(self) -> None:
        cells = self._store.read_cells(self._plan)
        best = find_best_cell(cells)
        for cell in cells:
            if cell.is_done:
                run = Run(self._store.runs.root / cell.run_id)
                drop_weights(run, keep_best=cell is best)


class SweepRunner:
    """Trains the cells of a sweep in the background; one sweep at a time in a process.

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
        self._task: _SweepTask | None = None

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

    def cancel(self) -> None:
        """Asks the sweep to save the cell it is in, and to end; returns at once."""
        task = self._task
        if task:
            task.cancel()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True if it came in time."""
        task = self._task
        return task is None or task.wait(timeout_s)

    def snapshot(self) -> SweepSnapshot | None:
        """The sweep under way, else the latest of this process, else None."""
        task = self._task
        return task.snapshot() if task else None

    def _check_free(self) -> None:
        if self._task and not self._task.is_over:
            raise RunError("A sweep is under way. Stop it first, or wait for its end.")

    def _launch(self, plan: SweepPlan) -> None:
        task = _SweepTask(plan, self.store, self._registry)
        task.start()
        self._task = task


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
