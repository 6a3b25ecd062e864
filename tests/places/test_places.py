"""Where work runs, with threads in place of the workers of Ray: they die when they are told."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import Dataset
from musicgen.errors import CheckpointError, ConfigError, StorageError, TrainingDiverged
from musicgen.evaluation.report.builder import Hooks, ReportStopped
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.reference import hold_out
from musicgen.jobs import training_job as module
from musicgen.jobs.sweep import SweepRunner
from musicgen.jobs.sweep_plan import SweepStore, grid_plan
from musicgen.jobs.training_job import JobRegistry, TrainingJob
from musicgen.places import place as place_module
from musicgen.places.folder_files import read_changed, read_files, write_files
from musicgen.places.place import LOCAL, find_place
from musicgen.places.remote import MOST_LOST, PART, RemotePlace, WorkerLost, WorkStopped
from musicgen.places.work import News, TrainingWork
from musicgen.presets import Preset
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.trainer import Trainer
from musicgen.training.runs.run import Run, RunStore
from tests.examples import stand_in

LIMIT_S = 240


class Killed(BaseException):
    """What ends the thread of a worker that was killed: it saves nothing more."""


class MortalWork(TrainingWork):
    """A training that dies after so many steps of this sitting, if any."""

    def __init__(self, dies_after: int | None, *arguments: Any) -> None:
        self._left, self.is_dead = dies_after, False
        super().__init__(*arguments)

    def _should_stop(self) -> bool:
        if self._left == 0:
            raise Killed
        return super()._should_stop()

    def _on_step(self, metrics: StepMetrics) -> None:
        super()._on_step(metrics)
        if self._left is not None:
            self._left -= 1

    def _work(self) -> None:
        try:
            super()._work()
        except Killed:
            self.is_dead = True


class ThreadWorker:
    """A worker in this process."""

    def __init__(self, work: MortalWork) -> None:
        self._work = work

    def poll(self, known: int) -> News | None:
        if self._work.is_dead:
            raise WorkerLost("gone")
        return self._work.poll(known)

    def take(self, files: dict[str, bytes]) -> None:
        self._work.take(files)

    def order(self, word: str) -> None:
        self._work.order(word)

    def close(self) -> None:
        self._work.order("stop")


class ThreadCluster:
    """A cluster in this process.

    Args:
        sees_folders: Whether its workers see the folders of runs.
        deaths: After how many steps each worker dies; those after them live.
    """

    def __init__(self, sees_folders: bool = True, deaths: Sequence[int] = ()) -> None:
        self._sees, self._deaths = sees_folders, list(deaths)
        self.started: list[str] = []
        self.parts: list[Any] = []

    def count_slots(self) -> int:
        return 2

    def share(self, value: Any) -> Any:
        return value

    def start(self, folder: str, probe: str, dataset: Dataset, threads: int) -> ThreadWorker:
        self.started.append(folder)
        dies_after = self._deaths.pop(0) if self._deaths else None
        return ThreadWorker(
            MortalWork(dies_after, folder, probe if self._sees else "another", dataset)
        )

    def run_all(
        self,
        function: Callable[..., Any],
        items: Sequence[tuple[Any, ...]],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[int, Any]]:
        for place in reversed(range(len(items))):  # in an order of their own
            if should_stop():
                raise WorkStopped
            self.parts.append(items[place])
            yield place, function(*items[place])


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture(autouse=True)
def tiny_corpus(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load_dataset", stand_in(dataset))


def losses(run: Run) -> list[tuple[int, float, float | None]]:
    return [(one.step, one.train_loss, one.val_loss) for one in run.read_metrics()]


def weights(run: Run) -> bytes:
    return (run.path / "best" / "model.safetensors").read_bytes()


def train(run: Run, dataset: Dataset, place: Any) -> tuple[str, list[int]]:
    steps: list[int] = []
    sitting = place.open_sitting(run, dataset, lambda metrics: steps.append(metrics.step))
    return sitting.train(), steps


def test_a_place_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_place("local") is LOCAL
    for name in ("moon", "", "http://host"):
        with pytest.raises(ConfigError, match="no place"):
            find_place(name)
    monkeypatch.setattr(place_module, "has_ray", lambda: False)
    for name in ("ray", "ray://host:10001"):
        with pytest.raises(ConfigError, match=r"requirements-cluster\.txt"):
            find_place(name)


@pytest.mark.parametrize("sees_folders", [True, False])
@pytest.mark.parametrize("deaths", [(), (1, 5, 3)])
def test_a_training_elsewhere_is_the_same_also_when_workers_die(
    store: RunStore,
    tiny_preset: Preset,
    dataset: Dataset,
    sees_folders: bool,
    deaths: tuple[int, ...],
) -> None:
    preset = replace(tiny_preset, training=tiny_preset.training.replace(samples=2, moments=True))
    here, there = store.create("here", preset), store.create("there", preset)
    assert train(here, dataset, LOCAL)[0] == "finished"
    cluster = ThreadCluster(sees_folders, deaths)
    status, steps = train(there, dataset, RemotePlace("x", cluster))
    assert status == "finished"
    assert len(cluster.started) == 1 + len(deaths)
    assert losses(there) == losses(here)
    assert weights(there) == weights(here)
    assert steps[-1] == 12
    assert set(steps) == set(range(1, 13))
    assert there.read_status() | {"step": 12} == here.read_status()
    assert [one.abc for one in there.read_samples()] == [one.abc for one in here.read_samples()]
    assert list(there.list_moments()) == list(here.list_moments())
    assert not there.is_busy()
    assert not (there.path / ".probe").exists()


def test_a_training_that_loses_every_worker_is_given_up(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    cluster = ThreadCluster(deaths=[0] * 99)
    run = store.create("lost", tiny_preset)
    with pytest.raises(WorkerLost):
        train(run, dataset, RemotePlace("x", cluster))
    assert len(cluster.started) == MOST_LOST


def test_a_training_that_diverges_elsewhere_says_so(
    store: RunStore, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Trainer._compute_gradients

    def explode(trainer: Trainer) -> tuple[Any, ...]:
        loss, *others = step(trainer)
        return (float("nan") if trainer.step >= 5 else loss), *others

    monkeypatch.setattr(Trainer, "_compute_gradients", explode)
    run = store.create("wild", tiny_preset)
    with pytest.raises(TrainingDiverged):
        train(run, dataset, RemotePlace("x", ThreadCluster()))
    assert run.read_status()["status"] == "failed"


def test_a_job_elsewhere_is_paused_stopped_and_resumed(
    store: RunStore, paths: Paths, tiny_preset: Preset
) -> None:
    long = replace(tiny_preset, training=tiny_preset.training.replace(max_steps=100_000))
    registry, place = JobRegistry(store, paths), RemotePlace("x", ThreadCluster())
    job = registry.start(long, "long", place=place)
    seen = threading.Event()
    job._ends_early = lambda _metrics: bool(seen.set())
    assert seen.wait(LIMIT_S)
    job.pause()
    assert wait_until_still(job)
    assert job.snapshot().status == "paused"
    seen.clear()
    job.resume()
    assert seen.wait(LIMIT_S)
    job.cancel()
    assert job.wait(LIMIT_S)
    assert job.state.status == "stopped"
    run = store.get("long")
    assert run.read_status()["status"] == "stopped"
    step = run.read_status()["step"]
    assert step == job.step == len(run.read_metrics())
    run.set_max_steps(step + 3)
    again = registry.resume("long", place=place)
    assert again.wait(LIMIT_S)
    assert again.state.status == "finished"
    assert len(run.read_metrics()) == step + 3


def wait_until_still(job: TrainingJob) -> bool:
    """Waits until no step has come for a while."""
    still, last = 0, -1
    pause = threading.Event()
    for _ in range(LIMIT_S * 10):
        pause.wait(0.1)
        still = still + 1 if job.step == last else 0
        last = job.step
        if still >= 5:
            return True
    return False


def test_a_sweep_elsewhere_trains_cells_side_by_side_with_the_same_result(
    tmp_path: Path, paths: Paths, tiny_preset: Preset
) -> None:
    plan = grid_plan("s", tiny_preset, (2, 4), (0.001, 0.01), 6)
    found = []
    cluster = ThreadCluster(deaths=[2, 3])
    for name, place in (("here", LOCAL), ("there", RemotePlace("x", cluster))):
        runs = RunStore(tmp_path / name / "runs")
        runner = SweepRunner(SweepStore(tmp_path / name / "sweeps", runs), JobRegistry(runs, paths))
        runner.start(plan, place)
        assert runner.wait(LIMIT_S)
        assert runner.snapshot().error is None
        found.append([(cell.status, cell.best_val_loss) for cell in runner.store.read_cells(plan)])
    assert found[0] == found[1]
    assert len(cluster.started) == 6


def test_tunes_composed_elsewhere_are_the_same_and_in_order(checkpoint_folder: Path) -> None:
    config = SampleConfig(count=PART + 3, seed=2**31 - 5, max_new_tokens=30, free=True)
    cluster = ThreadCluster()
    told: list[int] = []
    there = RemotePlace("x", cluster).compose(
        checkpoint_folder, config, lambda texts: told.append(len(texts))
    )
    here = LOCAL.compose(checkpoint_folder, config)
    assert [(one.seed, one.abc) for one in there] == [(one.seed, one.abc) for one in here]
    assert [one.config for one in there] == [one.config for one in here]
    assert {(one.checkpoint, one.fingerprint) for one in there} == {
        (one.checkpoint, one.fingerprint) for one in here
    }
    assert told == [3, PART + 3]
    with pytest.raises(CheckpointError):
        RemotePlace("x", cluster).compose(checkpoint_folder / "nothing", config)


def test_a_report_elsewhere_is_the_same_and_goes_on_where_it_was(
    checkpoint_folder: Path, dataset: Dataset
) -> None:
    plan = ReportPlan(("small",), 40, (0.5, 1.0), (True,), judge=False)
    reference = hold_out("tiny", "val", dataset)
    here = LOCAL.make_report(plan, [checkpoint_folder], reference, Hooks())
    kept: dict[Any, list[Any]] = {}
    shares: list[float] = []
    calls = [0]

    def stop_at_third() -> bool:
        calls[0] += 1
        return calls[0] > 2

    hooks = Hooks(
        on_progress=lambda share, _cell: shares.append(share),
        should_stop=stop_at_third,
        read_drawn=lambda cell, _print: kept.get(cell, []),
        write_drawn=lambda cell, _print, tunes: kept.update({cell: list(tunes)}),
    )
    cluster = ThreadCluster()
    place = RemotePlace("x", cluster)
    with pytest.raises(ReportStopped):
        place.make_report(plan, [checkpoint_folder], reference, hooks)
    assert sum(map(len, kept.values())) == 40
    there = place.make_report(
        plan, [checkpoint_folder], reference, replace(hooks, should_stop=lambda: False)
    )
    values = [report.to_dict() for report in (here, there)]
    for value in values:
        del value["created"]
        for one in value["sets"]:
            del one["composed_s"]
    assert values[0] == values[1]
    assert shares == sorted(shares[:2]) + sorted(shares[2:])
    assert shares[-1] == 1.0
    assert len(cluster.parts) == 2 + 2 + 1


def test_files_travel_in_whole_parts_and_stay_in_their_folder(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    files = {"config.json": b"1", "best/x.json": b"2", "best/y": b"3", "moments/0000010/z": b"4"}
    write_files(first, files)
    (first / ".lock").touch()
    assert read_files(first) == files
    write_files(second, read_files(first))
    sent, stamps = read_changed(second, {})
    assert sent == files
    write_files(second, {"best/x.json": b"5"})
    assert read_changed(second, stamps)[0] == {"best/x.json": b"5"}, "y went with the old folder"
    for name in ("../x", "/x", "best/a/b", "moments/1/2/3", "best/../../x"):
        with pytest.raises(StorageError):
            write_files(second, {name: b""})
    assert not (tmp_path / "x").exists()
