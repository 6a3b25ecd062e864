"""A training in the background, and snapshots of it.

Pages that draw curves poll `TrainingJob.snapshot`, which copies the metrics. For all else
`BackgroundTask.state` and the small properties of the job are enough. One training runs at a time;
others wait their turn. Where several people share the machine (`Seat`), a training that had its
slice, or is paused, is saved and let go of, and goes on from there when its turn comes again.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from musicgen.config import NetworkConfig, Paths, TrainingConfig
from musicgen.corpus.dataset import Dataset, load_dataset, require_trainable
from musicgen.errors import MusicgenError, RunError, StorageError
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus
from musicgen.jobs.fair_turn import Ticket
from musicgen.jobs.seat import Seat
from musicgen.models.checkpoint import Checkpoint
from musicgen.places.place import LOCAL, Place, Sitting
from musicgen.presets import Preset
from musicgen.training.estimate import estimate_training, require_room
from musicgen.training.loop.distillation import follow_manner, resolve_teacher
from musicgen.training.loop.foreground_priority import ForegroundPriority
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.preference_pairs import resolve_pairs
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_admin import delete_run, in_use_error, rename_run
from musicgen.training.runs.run_files import Progress
from musicgen.training.runs.samples import Sample
from musicgen.training.trackers import check_tracker

EndsEarly = Callable[[StepMetrics], bool]

_RATE_WINDOW = 50  # steps over which the speed is averaged


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """A job at one instant.

    `metrics` has every step of the run so far, earlier sittings included; `time_left_s` is None
    until some steps were timed; `message` is an error or a warning, else empty; `error` is
    what ended the training, where the user can do something about it. `samples` are the tunes
    composed along the way, and `train_characters` the length of all training tunes, None until
    the corpus has been read.
    """

    run_id: str
    status: TaskStatus
    preset: Preset
    metrics: tuple[StepMetrics, ...]
    step: int
    max_steps: int
    elapsed_s: float
    time_left_s: float | None
    chars_per_second: float
    best_val_loss: float | None
    best_step: int
    message: str
    has_checkpoint: bool
    error: MusicgenError | None = None
    samples: tuple[Sample, ...] = ()
    train_characters: int | None = None


class TrainingJob(BackgroundTask):
    """Trains one run in a thread of its own.

    Args:
        run: The run, new or to be resumed.
        load: Gives the corpus that settings name; called in the thread.
        turn: Held while training, so that trainings follow one another; a ticket is handed on as
            well while the job is paused, and after each slice.
        priority: Whom it lets go ahead between its steps.
        ends_early: Asked after each look at held-out tunes, in the thread that trains, whether the
            training is to end there; its run is then ``pruned``.
        place: Where it is trained.
    """

    def __init__(
        self,
        run: Run,
        load: Callable[[TrainingConfig], Dataset],
        turn: "threading.Lock | Ticket | None" = None,
        priority: ForegroundPriority | None = None,
        ends_early: EndsEarly | None = None,
        place: Place = LOCAL,
    ) -> None:
        super().__init__(
            f"training-{run.id}",
            self._train,
            RunError("The training failed. The server's log says where."),
            turn or threading.Lock(),
        )
        self.run = run
        self.preset = run.preset
        self._load = load
        self._ticket = turn if isinstance(turn, Ticket) else None
        self._has_stepped = False
        self._train_characters: int | None = None
        self._warning = ""
        self._priority = priority or ForegroundPriority()
        self._ends_early = ends_early
        self._has_ended_early = False
        self._place = place
        self._lock = threading.Lock()
        self._metrics: list[StepMetrics] = run.read_metrics()
        self._samples = run.read_samples()
        self._session: Sitting | None = None
        self._show_step()

    @property
    def step(self) -> int:
        """The last step that was taken, in earlier sittings perhaps; 0 before the first."""
        with self._lock:
            return self._metrics[-1].step if self._metrics else 0

    @property
    def before(self) -> int:
        """How many trainings come first, if nothing changes; 0 where nobody else waits."""
        is_waiting = self.status is TaskStatus.WAITING
        return self._ticket.before if self._ticket and is_waiting else 0

    @property
    def has_ended_early(self) -> bool:
        """Whether `ends_early` has ended it."""
        return self._has_ended_early

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The tunes composed along the way."""
        session = self._session
        return session.samples if session else self._samples

    def snapshot(self) -> JobSnapshot:
        """The job at this instant, safe to keep and to read from any thread."""
        now = self.state
        with self._lock:
            metrics, session = tuple(self._metrics), self._session
        best = min(
            (item for item in metrics if item.val_loss is not None),
            key=lambda item: item.val_loss or 0.0,
            default=None,
        )
        step = metrics[-1].step if metrics else 0
        max_steps = self.preset.training.max_steps
        return JobSnapshot(
            run_id=self.run.id,
            status=now.status,
            preset=self.preset,
            metrics=metrics,
            step=step,
            max_steps=max_steps,
            elapsed_s=metrics[-1].elapsed_s if metrics else 0.0,
            time_left_s=_time_left(metrics, max_steps),
            chars_per_second=_mean_speed(metrics),
            best_val_loss=best.val_loss if best else None,
            best_step=best.step if best else 0,
            message=str(now.error or (session.warning if session else self._warning)),
            has_checkpoint=self.run.has_best,
            error=now.error,
            samples=self.samples,
            train_characters=self._train_characters,
        )

    def _train(self) -> None:
        while not self._sit():
            self._let_others()
        if self._ticket:
            self._keep_little()

    def _keep_little(self) -> None:
        """Lets go of the session and its corpus: many may wait, or have finished."""
        with self._lock:
            if self._session:
                self._samples, self._warning = self._session.samples, self._session.warning
                self._session = None

    def _sit(self) -> bool:
        """Trains until the end, which is True, or until others are to have their turn.

        Raises:
            TaskCancelled: it was asked to end.
        """
        self._has_stepped = False
        dataset = self._load(self.preset.training)
        self._train_characters = len(dataset.train_text)
        session = self._session = self._place.open_sitting(
            self.run, dataset, self._on_step, lambda: self.is_paused
        )
        if session.train(self._should_stop) != TaskStatus.CANCELLED:
            return True
        if self._has_ended_early:
            self._write_pruned()
        if self._ticket is None or self.is_cancelled or self._has_ended_early:
            raise TaskCancelled
        if not session.is_saved:  # a full disk: what was not saved would be lost
            raise StorageError(session.warning or "The training could not be saved.")
        return False

    def _let_others(self) -> None:
        """Hands the turn on, and waits for it again, after a pause perhaps."""
        self._keep_little()
        if self._ticket:
            self._ticket.release()
            self._wait_again()
            self._ticket.acquire()
        if self.is_cancelled:
            raise TaskCancelled
        self._begin(TaskStatus.PREPARING)

    def _write_pruned(self) -> None:
        now = self.run.read_status()
        progress = Progress(now["best_val_loss"], now["best_step"])
        self.run.write_status(TaskStatus.PRUNED, "", now["step"], progress)

    def _on_step(self, metrics: StepMetrics) -> None:
        with self._lock:
            while self._metrics and self._metrics[-1].step >= metrics.step:
                self._metrics.pop()  # a resumed run repeats the steps after its last save
            self._metrics.append(metrics)
        self._has_stepped = True
        self._show_step()
        if metrics.val_loss is not None and self._ends_early and self._ends_early(metrics):
            self._has_ended_early = True

    def _show_step(self) -> None:
        self.show_progress(min(1.0, self.step / max(1, self.preset.training.max_steps)))

    def _should_stop(self) -> bool:
        if not self._place.is_here:
            return self.is_ending() or self._has_ended_early
        ticket = self._ticket
        if ticket is None:
            must_end = self.must_end()
            self._priority.yield_if_busy()
            return must_end or self.is_cancelled or self._has_ended_early
        self._begin(TaskStatus.RUNNING)
        before = time.monotonic()
        self._priority.yield_if_busy()
        ticket.excuse(time.monotonic() - before)
        is_others = self.status is TaskStatus.PAUSED or ticket.must_give_way()
        is_to_end = self.is_cancelled or self._has_ended_early
        return is_to_end or (self._has_stepped and is_others)


class JobRegistry:
    """The jobs of this process: one trains, others wait their turn.

    What somebody waits for goes ahead of them: ``with registry.foreground_priority.foreground():``.

    Args:
        store: Where runs are kept.
        paths: Where corpora are found.
        seat: The person's, where several share the machine.
    """

    def __init__(self, store: RunStore, paths: Paths, seat: Seat | None = None) -> None:
        self.store = store
        self._seat = seat
        self._preparing = seat.machine.preparing if seat else threading.Lock()
        self.foreground_priority = seat.machine.priority if seat else ForegroundPriority()
        self._paths = paths
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._jobs: dict[str, TrainingJob] = {}

    def start(
        self,
        preset: Preset,
        run_id: str,
        start: Checkpoint | None = None,
        sweep: str = "",
        ends_early: EndsEarly | None = None,
        place: Place = LOCAL,
    ) -> TrainingJob:
        """Creates a run and trains it in the background; its corpus is read first.

        Args:
            preset: Its settings.
            run_id: Its name.
            start: The checkpoint to go on from; first weights if None.
            sweep: The sweep of which it is a cell, if any.
            ends_early: As of `TrainingJob`.
            place: Where it is trained.

        Raises:
            ConfigError: the tracker that the settings ask for is not installed, this machine has
                too little memory or disk for them, or they need a checkpoint to go on from.
            ClassError: it is more than a member of a class may ask for.
            CorpusError: the corpus is missing, or too small; nothing is left behind.
            CheckpointError: there is no teacher of that name, or it is damaged.
            RunError: the name is taken or not usable, the teacher does not know the characters, or
                pairs of tunes are missing or damaged.
            StorageError: the run's folder cannot be written.
        """
        preset = follow_manner(preset, start, self._paths)
        config = preset.training
        check_tracker(config)
        with self._preparing:
            dataset = load_dataset(config.source, self._paths, config.plain, config.described)
            require_trainable(dataset, config)
            preset, teacher = resolve_teacher(preset, self._paths, dataset.vocabulary)
            preset, pairs = resolve_pairs(preset, self._paths, start, dataset.vocabulary)
            shape = start.metadata.network if start else preset.network
            self._require_room(shape, config, teacher.metadata.network if teacher else None, place)
        with self._lock:
            run = self.store.create(run_id, preset, start, sweep, teacher, pairs)
            return self._launch(run, dataset, ends_early, place)

    def resume(
        self, run_id: str, ends_early: EndsEarly | None = None, place: Place = LOCAL
    ) -> TrainingJob:
        """Goes on with a run that was stopped or interrupted.

        Args:
            run_id: Its name.
            ends_early: As of `TrainingJob`.
            place: Where it is trained.

        Raises:
            RunError: there is no such run, or it is being trained.
            ConfigError: this machine has too little memory or disk for it.
            ClassError: it is more than a member of a class may ask for.
        """
        run = self.store.get(run_id)
        preset = run.preset
        self._require_room(preset.network, preset.training, place=place)
        with self._lock:
            job = self._jobs.get(run_id)
            if job and not job.is_over:
                raise RunError("The run {name!r} is being trained already.", name=run_id)
            return self._launch(run, ends_early=ends_early, place=place)

    def _require_room(
        self,
        network: NetworkConfig,
        config: TrainingConfig,
        teacher: NetworkConfig | None = None,
        place: Place = LOCAL,
    ) -> None:
        """Makes sure that there is room here, and that the person may; a cluster has its own."""
        if not place.is_here and self._seat is None:
            return
        estimate = estimate_training(network, config, teacher)
        if place.is_here:
            require_room(estimate, self.store.root)
        if self._seat:
            self._seat.admit(estimate, config, sum(not job.is_over for job in self.jobs()))

    def current(self) -> TrainingJob | None:
        """The job that trains or waits, else the latest one, else None."""
        with self._lock:
            jobs = list(self._jobs.values())
        active = [job for job in jobs if not job.is_over]
        return active[0] if active else (jobs[-1] if jobs else None)

    def get(self, run_id: str) -> TrainingJob | None:
        """The job of a run in this process, or None."""
        with self._lock:
            return self._jobs.get(run_id)

    def jobs(self) -> list[TrainingJob]:
        """All jobs of this process, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def delete(self, run_id: str) -> None:
        """Removes a run from the disk.

        Raises:
            RunError: there is no such run, or it is being trained.
            StorageError: the folder cannot be removed.
        """
        with self._lock:
            self._forget(run_id)
            delete_run(self.store, run_id)

    def rename(self, run_id: str, new_id: str) -> None:
        """Gives a run another name.

        Raises:
            RunError: there is no such run, it is being trained, or the new name is not to be had.
            StorageError: the folder cannot be renamed.
        """
        with self._lock:
            self._forget(run_id)
            rename_run(self.store, run_id, new_id)

    def _forget(self, run_id: str) -> None:
        job = self._jobs.get(run_id)
        if job and not job.is_over:
            raise in_use_error(run_id)
        self._jobs.pop(run_id, None)

    def _launch(
        self,
        run: Run,
        dataset: Dataset | None = None,
        ends_early: EndsEarly | None = None,
        place: Place = LOCAL,
    ) -> TrainingJob:
        kept = None if self._seat else dataset  # thirty who wait would keep thirty

        def load(config: TrainingConfig) -> Dataset:
            return kept or load_dataset(config.source, self._paths, config.plain, config.described)

        turn: threading.Lock | Ticket = self._turn
        if not place.is_here:
            turn = threading.Lock()  # the cluster has a queue of its own
        elif self._seat:
            turn = self._seat.training_ticket(run.id)
        job = TrainingJob(run, load, turn, self.foreground_priority, ends_early, place)
        self._jobs.pop(run.id, None)
        self._jobs[run.id] = job
        job.start()
        return job


def _mean_speed(metrics: tuple[StepMetrics, ...]) -> float:
    recent = metrics[-_RATE_WINDOW:]
    return sum(item.chars_per_second for item in recent) / len(recent) if recent else 0.0


def _time_left(metrics: tuple[StepMetrics, ...], max_steps: int) -> float | None:
    recent = metrics[-_RATE_WINDOW:]
    if len(recent) < 5:
        return None
    per_step = (recent[-1].elapsed_s - recent[0].elapsed_s) / (recent[-1].step - recent[0].step)
    return max(0.0, per_step * (max_steps - recent[-1].step))
