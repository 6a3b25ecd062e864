"""A place with workers: trainings that go on when a worker is lost, tunes and reports in parts."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from musicgen.config import SampleConfig
from musicgen.corpus.dataset import Dataset
from musicgen.errors import RunError
from musicgen.evaluation.report.builder import GROUP, Hooks, ReportStopped, draw_config, drawn_tune
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.reference import Reference
from musicgen.evaluation.report.result import DrawnTune, Report
from musicgen.models.checkpoint import load_checkpoint
from musicgen.places.folder_files import Files, read_checkpoint_files, read_files, write_files
from musicgen.places.place import OnTexts, Sitting
from musicgen.places.work import (
    PROBE,
    News,
    ReportWork,
    compose_part,
    measure_report,
    prepare_again,
)
from musicgen.sampling.composer import SEEDS, Composition
from musicgen.storage import write_file
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import METRICS_FILE, Run

PART = 64
"""Tunes that a worker composes at a time."""

MOST_LOST = 10
"""Workers that a training loses in a row without a step before it is given up."""

_POLL_S = 0.1
_COMPOSING_SHARE = 0.7  # of the work of a report


class WorkerLost(RunError):
    """A worker died, or cannot be reached any more."""


class WorkStopped(Exception):
    """The parts of some work were told to end."""


class Worker(Protocol):
    """A training on a worker, as `TrainingWork` is one. All but `close` raise `WorkerLost`."""

    def poll(self, known: int) -> News | None:
        """What is new; None where the worker has not answered yet."""
        ...

    def take(self, files: Mapping[str, bytes]) -> None:
        """Begins with the files of a run."""
        ...

    def order(self, word: str) -> None:
        """Does what it is told: ``go``, ``hold``, ``stop``."""
        ...

    def close(self) -> None:
        """Gives the worker back."""
        ...


class Cluster(Protocol):
    """Workers that do what they are asked."""

    def count_slots(self) -> int:
        """Trainings that run at once."""
        ...

    def share(self, value: Any) -> Any:
        """What stands for a value among the arguments of `start` and `run_all`, sent only once."""
        ...

    def start(self, folder: str, probe: str, dataset: Any, threads: int) -> Worker:
        """Starts a `TrainingWork`.

        Args:
            folder: Of the run, as it is seen here.
            probe: The word in its file `PROBE`.
            dataset: What `share` gave for it.
            threads: Processor threads that it uses.
        """
        ...

    def run_all(
        self,
        function: Callable[..., Any],
        items: Sequence[tuple[Any, ...]],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[int, Any]]:
        """What a function gives for each item, with its place, as they come.

        What a lost worker had is done again by another.

        Raises:
            WorkStopped: `should_stop` returned true.
            WorkerLost: that went wrong too often.
            MusicgenError: the function raised it.
        """
        ...


class RemotePlace:
    """The workers of a cluster.

    Args:
        name: The setting that names it.
        cluster: The workers.
    """

    is_here = False

    def __init__(self, name: str, cluster: Cluster) -> None:
        self.name = name
        self._cluster = cluster

    def count_slots(self) -> int:
        """As of `Place`."""
        return self._cluster.count_slots()

    def open_sitting(
        self,
        run: Run,
        dataset: Dataset,
        on_step: Callable[[StepMetrics], None],
        is_held: Callable[[], bool] = lambda: False,
    ) -> Sitting:
        """As of `Place`."""
        return RemoteSitting(run, dataset, on_step, is_held, self._cluster)

    def compose(
        self, checkpoint: Path, config: SampleConfig, on_texts: OnTexts | None = None
    ) -> list[Composition]:
        """As of `Place`."""
        load_checkpoint(checkpoint)  # what is wrong with it is said here
        files = self._cluster.share(read_checkpoint_files(checkpoint))
        parts = [
            config.replace(
                seed=(config.seed + first) % SEEDS, count=min(PART, config.count - first)
            )
            for first in range(0, config.count, PART)
        ]
        items = [(files, _name_of(checkpoint), part) for part in parts]
        found: dict[int, list[Composition]] = {}
        for place, tunes in self._cluster.run_all(compose_part, items, lambda: False):
            found[place] = tunes
            if on_texts:
                on_texts([tune.abc for held in found.values() for tune in held])
        return [tune for place in range(len(parts)) for tune in found[place]]

    def make_report(
        self,
        plan: ReportPlan,
        folders: Sequence[Path],
        reference: Reference | None,
        hooks: Hooks,
    ) -> Report:
        """As of `Place`: tunes are composed in parts, and what was kept of them is not made again;
        then one worker measures, judges and scores.
        """
        try:
            return self._make_report(plan, folders, reference, hooks)
        except WorkStopped as stopped:
            raise ReportStopped from stopped

    def _make_report(
        self,
        plan: ReportPlan,
        folders: Sequence[Path],
        reference: Reference | None,
        hooks: Hooks,
    ) -> Report:
        checkpoints = dict(zip(plan.checkpoints, map(load_checkpoint, folders), strict=True))
        shared = {
            name: self._cluster.share(read_checkpoint_files(folder))
            for name, folder in zip(plan.checkpoints, folders, strict=True)
        }
        prints = {name: one.fingerprint for name, one in checkpoints.items()}
        names = {
            name: _name_of(folder) for name, folder in zip(plan.checkpoints, folders, strict=True)
        }
        cells = _Cells(plan, prints, hooks)
        items = [
            (shared[cell.checkpoint], names[cell.checkpoint], config)
            for cell, _first, config in cells.missing
        ]
        for place, tunes in self._cluster.run_all(compose_part, items, hooks.should_stop):
            cells.keep(place, tunes)
        scorers = {one.fingerprint: hooks.find_scorer(one) for one in checkpoints.values()}
        work = ReportWork(plan, reference, cells.drawn(), scorers)
        item = (work, [names[name] for name in plan.checkpoints], *shared.values())
        hooks.on_progress(_COMPOSING_SHARE, None)
        parts = list(self._cluster.run_all(measure_report, [item], hooks.should_stop))
        report, losses = parts[0][1]
        for name, loss in losses.items():
            hooks.on_loss(name, loss)
        hooks.on_progress(1.0, None)
        made: Report = report
        return made


class _Cells:
    """The tunes of a report: those that are kept, and those that are still to be composed.

    `missing` has a cell, the number of its first tune, and the settings, for each part.
    """

    def __init__(self, plan: ReportPlan, prints: Mapping[str, str], hooks: Hooks) -> None:
        self._plan, self._prints, self._hooks = plan, prints, hooks
        self._tunes: dict[Cell, list[DrawnTune]] = {}
        self._waiting: dict[Cell, dict[int, list[DrawnTune]]] = {}
        self.missing: list[tuple[Cell, int, SampleConfig]] = []
        for cell in plan.cells():
            kept = list(hooks.read_drawn(cell, prints[cell.checkpoint]))[: plan.count]
            self._tunes[cell], self._waiting[cell] = kept, {}
            for first in range(len(kept), plan.count, GROUP):
                self.missing.append((cell, first, draw_config(plan, cell, first)))

    def keep(self, place: int, tunes: Sequence[Composition]) -> None:
        """Keeps the tunes of a part; on the disk in their order, without gaps."""
        cell, first, _config = self.missing[place]
        self._waiting[cell][first] = [drawn_tune(tune) for tune in tunes]
        kept = self._tunes[cell]
        while len(kept) in self._waiting[cell]:
            kept += self._waiting[cell].pop(len(kept))
            self._hooks.write_drawn(cell, self._prints[cell.checkpoint], kept)
        done = sum(map(len, self._tunes.values()))
        whole = max(1, self._plan.count * len(self._tunes))
        self._hooks.on_progress(_COMPOSING_SHARE * done / whole, cell)

    def drawn(self) -> dict[str, list[DrawnTune]]:
        """All tunes, by the keys of their cells."""
        return {cell.key: tunes for cell, tunes in self._tunes.items()}


class RemoteSitting:
    """A sitting of a training on workers: lost ones are replaced, and go on from the last save.

    Where a worker does not see the folder of the run, its files are sent there and back.

    Args:
        run: The run.
        dataset: What to learn from.
        on_step: Called soon after each step.
        is_held: Whether the training is to pause.
        cluster: The workers.
    """

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        on_step: Callable[[StepMetrics], None],
        is_held: Callable[[], bool],
        cluster: Cluster,
    ) -> None:
        self.run = run
        self.dataset = dataset
        self.samples = run.read_samples()
        self.warning = ""
        self.is_saved = True
        self._on_step = on_step
        self._is_held = is_held
        self._cluster = cluster
        self._shared: Any = None
        self._last_step = -1

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> str:
        """Trains until the end or until told to stop; returns ``finished`` or ``stopped``.

        Raises:
            WorkerLost: many workers were lost in a row before they had taken a step.
            MusicgenError: as of `TrainingSession.train`.
        """
        self._shared = self._cluster.share(self.dataset)
        lost = 0
        while True:
            prepare_again(self.run)
            before = self._last_step
            try:
                return self._sit(should_stop)
            except WorkerLost:
                self._tell_unheard()
                lost = 0 if self._last_step != before else lost + 1
                if should_stop():
                    return "stopped"
                if lost >= MOST_LOST:
                    raise

    def _tell_unheard(self) -> None:
        """Tells of steps that a lost worker wrote down, and of which it said nothing any more."""
        for metrics in self.run.read_metrics():
            if metrics.step > self._last_step:
                self._last_step = metrics.step
                self._on_step(metrics)

    def _sit(self, should_stop: Callable[[], bool]) -> str:
        """A sitting on one worker."""
        probe, word, known = uuid.uuid4().hex, "go", 0
        is_sent = False
        write_file(self.run.path / PROBE, probe.encode())
        threads = self.run.preset.training.threads or 1
        worker = self._cluster.start(str(self.run.path), probe, self._shared, threads)
        with contextlib.ExitStack() as held:
            held.callback(self._forget_probe)
            held.callback(worker.close)
            while True:
                must_stop = should_stop()
                news = worker.poll(known)
                if news is None or news.needs_files:
                    if must_stop:
                        return "stopped"
                    if news and not is_sent:
                        held.enter_context(self.run.locked())
                        worker.take(read_files(self.run.path))
                        is_sent = True
                    continue
                self._keep(news, is_sent=is_sent)
                known += len(news.metrics)
                if news.status:
                    return self._finish(news)
                wanted = "stop" if must_stop else "hold" if self._is_held() else "go"
                if wanted != word:
                    worker.order(wanted)
                    word = wanted
                time.sleep(_POLL_S)

    def _forget_probe(self) -> None:
        with contextlib.suppress(OSError):
            (self.run.path / PROBE).unlink(missing_ok=True)

    def _keep(self, news: News, *, is_sent: bool) -> None:
        """Keeps the files that came back, and tells of the steps."""
        if is_sent:
            self._write(news.files or {}, news.metrics)
        for metrics in news.metrics:
            self._last_step = metrics.step
            self._on_step(metrics)
        if news.status or any(one.val_loss is not None for one in news.metrics):
            self.samples = self.run.read_samples()

    def _write(self, files: Files, metrics: Sequence[StepMetrics]) -> None:
        """Writes what came back; steps after the last save are not in its files yet."""
        write_files(self.run.path, files)
        last = self._last_step
        if METRICS_FILE in files:
            held = self.run.read_metrics()
            last = held[-1].step if held else 0
        for one in metrics:
            if one.step > last:
                self.run.append_metrics(one)

    def _finish(self, news: News) -> str:
        self.warning, self.is_saved = news.warning, news.is_saved
        if news.error:
            raise news.error
        return news.status


def _name_of(folder: Path) -> str:
    """What a checkpoint's folder is called on a worker."""
    return folder.parent.name if folder.name in ("best", "last") else folder.name
