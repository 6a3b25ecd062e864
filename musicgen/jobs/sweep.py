"""A sweep: one short training for each combination of settings and each seed, one after another.

What is done is read off the runs of the cells, so that a sweep that was stopped or killed goes on
where it was, in the midst of a cell too. The jobs of the process keep the turn, so a sweep never
trains beside another training.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musicgen.errors import MusicgenError, RunError, TrainingDiverged
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus
from musicgen.jobs.sweep_axes import Value
from musicgen.jobs.sweep_plan import SweepCell, SweepPlan, SweepStore
from musicgen.jobs.sweep_results import find_best_cell, gather_points
from musicgen.jobs.sweep_search import Look, SweepSearch, require_optuna
from musicgen.jobs.training_job import EndsEarly, JobRegistry, TrainingJob
from musicgen.places.place import LOCAL, Place
from musicgen.training.estimate import estimate_training, require_room
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import Run
from musicgen.training.runs.run_admin import drop_weights

_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class SweepSnapshot:
    """A sweep at one instant.

    `current` names the runs that are trained now, else it is empty; `error` is why the sweep ended
    early, where the user can do something.
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

    def __init__(
        self, plan: SweepPlan, store: SweepStore, registry: JobRegistry, place: Place
    ) -> None:
        super().__init__(
            f"sweep-{plan.name}",
            self._train_cells,
            RunError("The sweep failed. The server's log says where."),
        )
        self._plan = plan
        self._store = store
        self._registry = registry
        self._place = place
        self._lock = threading.Lock()
        self._jobs: dict[str, tuple[SweepCell, TrainingJob]] = {}
        self._search: SweepSearch | None = None

    def cancel(self) -> None:
        """Asks the sweep to save the cells it is in, and to end; returns at once."""
        super().cancel()
        with self._lock:
            for _cell, job in self._jobs.values():
                job.cancel()

    def snapshot(self) -> SweepSnapshot:
        """The sweep at this instant."""
        now = self.state
        current = "" if now.status.is_final else ", ".join(list(self._jobs))
        return SweepSnapshot(self._plan, now.status, current, now.error)

    def _train_cells(self) -> None:
        if self._plan.search.needs_optuna:
            self._search = self._open_search()
        try:
            while self._go_on():
                self._wait_for_one()
                self._tidy()
        except BaseException:
            self.cancel()
            for _cell, job in self._jobs.values():
                job.wait()
            raise

    def _go_on(self) -> bool:
        """Begins as many cells as there are slots for; whether any is under way."""
        cells = self._store.read_cells(self._plan)
        left = [cell for cell in cells if not cell.is_done]
        self.show_progress(1 - len(left) / len(cells))
        if self.must_end():
            raise TaskCancelled
        slots = self._place.count_slots() - len(self._jobs)
        ready = [
            cell for cell in left if cell.run_id not in self._jobs and self._is_due(cell, left)
        ]
        for cell in ready[: max(0, slots)]:
            self._begin_cell(cell)
        return bool(self._jobs)

    def _is_due(self, cell: SweepCell, left: Sequence[SweepCell]) -> bool:
        """Whether a cell may begin: where the first seed may end early, others wait for it.

        A search chooses the settings of a combination once, with its first seed.
        """
        if not self._plan.search.needs_optuna:
            return True
        first = next(one for one in left if one.number == cell.number)
        has_begun = bool(cell.settings) and self._plan.search.stopper == "none"
        return first is cell or has_begun

    def _begin_cell(self, cell: SweepCell) -> None:
        with self._lock:
            job = self._start_cell(cell)
            self._jobs[cell.run_id] = cell, job
            if self.is_cancelled:
                job.cancel()

    def _wait_for_one(self) -> None:
        """Waits until at least one of the cells under way is over."""
        while not any(job.is_over for _cell, job in self._jobs.values()):
            next(iter(self._jobs.values()))[1].wait(_LOOK_S)
        for run_id, (cell, job) in list(self._jobs.items()):
            if job.is_over:
                job.wait()
                with self._lock:
                    del self._jobs[run_id]
                self._end_cell(cell, job)

    def _end_cell(self, cell: SweepCell, job: TrainingJob) -> None:
        """Takes note of a cell that is over. One that diverged does not end the sweep."""
        now = job.state
        if now.error and not isinstance(now.error, TrainingDiverged):
            raise now.error
        if now.status is TaskStatus.CANCELLED and not job.has_ended_early:
            raise TaskCancelled
        self._tell_search(cell.number)

    def _open_search(self) -> SweepSearch:
        """The search as far as it got, by the runs there are."""
        search = SweepSearch(self._plan)
        for point in gather_points(self._store.read_cells(self._plan)):
            if any(cell.status != "empty" for cell in point.cells):
                search.take(point, self._read_looks(point.cells[0]))
        return search

    def _read_looks(self, cell: SweepCell) -> list[Look]:
        metrics = Run(self._store.runs.root / cell.run_id).read_metrics()
        return [Look(one.step, one.val_loss) for one in metrics if one.val_loss is not None]

    def _start_cell(self, cell: SweepCell) -> TrainingJob:
        run = Run(self._store.runs.root / cell.run_id)
        ends_early = self._find_stopper(cell)
        if cell.status != "empty" and run.has_best and not run.can_resume:
            self._registry.delete(run.id)  # killed between its first two saves: there is no way on
        elif cell.status != "empty":
            return self._registry.resume(run.id, ends_early, self._place)
        settings = self._choose(cell)
        preset = self._plan.cell_preset(settings, cell.seed)
        return self._registry.start(
            preset, cell.run_id, sweep=self._plan.name, ends_early=ends_early, place=self._place
        )

    def _choose(self, cell: SweepCell) -> Mapping[str, Value]:
        """The settings of a cell: what the search says, where they are not known."""
        if self._search and not self._search.has_begun(cell.number):
            return self._search.begin(cell.number, cell.settings or None)
        return cell.settings

    def _find_stopper(self, cell: SweepCell) -> EndsEarly | None:
        """What ends a cell early: it looks at the first seed of each combination."""
        search, number = self._search, cell.number
        first = self._plan.seeds[0] if self._plan.seeds else cell.seed
        if search is None or self._plan.search.stopper == "none" or cell.seed != first:
            return None

        def ends_early(metrics: StepMetrics) -> bool:
            is_last = metrics.step >= self._plan.steps
            behind = search.is_behind(number, Look(metrics.step, metrics.val_loss or 0.0))
            return behind and not is_last

        return ends_early

    def _tell_search(self, number: int) -> None:
        """Tells the search of a combination that has come to its end."""
        if self._search is None:
            return
        points = gather_points(self._store.read_cells(self._plan))
        point = next(point for point in points if point.number == number)
        if point.is_done:
            self._search.end(point)

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

    def start(self, plan: SweepPlan, place: Place = LOCAL) -> None:
        """Begins a new sweep in the background.

        Args:
            plan: What it is to try.
            place: Where its cells are trained; as many at once as it has slots.

        Raises:
            RunError: another sweep is under way, or the name is taken.
            ConfigError: its largest cell needs more memory or disk than there is, or it needs
                Optuna, which is not installed.
            StorageError: the plan cannot be written.
        """
        if plan.search.needs_optuna:
            require_optuna()
        if place.is_here:
            self._require_room(plan)
        with self._lock:
            self._check_free()
            self.store.create(plan)
            self._launch(plan, place)

    def _require_room(self, plan: SweepPlan) -> None:
        """Makes sure that the largest cell has room, before the first is trained."""
        largest = {axis.name: axis.largest for axis in plan.axes if axis.is_numeric}
        kinds = next((axis.values for axis in plan.axes if axis.name == "kind"), ())
        for kind in kinds or (plan.preset.network.kind,):
            preset = plan.cell_preset(largest | {"kind": kind})
            require_room(estimate_training(preset.network, preset.training), self.store.runs.root)

    def resume(self, name: str, place: Place = LOCAL) -> None:
        """Goes on with a sweep that was stopped or interrupted.

        Args:
            name: Of the sweep.
            place: Where the rest is trained.

        Raises:
            RunError: another sweep is under way, or there is none of that name.
            ConfigError: it needs Optuna, which is not installed.
        """
        with self._lock:
            self._check_free()
            plan = self.store.get(name)
            if plan.search.needs_optuna:
                require_optuna()
            self._launch(plan, place)

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

    def _launch(self, plan: SweepPlan, place: Place) -> None:
        task = _SweepTask(plan, self.store, self._registry, place)
        task.start()
        self._task = task
