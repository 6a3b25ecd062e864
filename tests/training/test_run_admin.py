from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import RunError
from musicgen.jobs.training_job import JobRegistry
from musicgen.models.checkpoint import list_checkpoints, load_checkpoint
from musicgen.presets import Preset
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_admin import (
    delete_run,
    drop_weights,
    find_free_id,
    measure_size,
    rename_run,
)
from tests.examples import stand_in


@pytest.fixture
def store(paths: Paths) -> RunStore:
    return RunStore(paths.runs)


@pytest.fixture
def trained(store: RunStore, tiny_preset: Preset, dataset: Dataset) -> Run:
    run = store.create("mine", tiny_preset)
    TrainingSession(run, dataset, lambda _: None).train()
    return run


def test_a_deleted_run_is_gone(store: RunStore, trained: Run) -> None:
    delete_run(store, "mine")
    assert store.list() == []
    assert list(store.root.iterdir()) == []
    with pytest.raises(RunError, match="no run named"):
        delete_run(store, "mine")


def test_a_renamed_run_plays_and_goes_on_under_its_new_name(
    store: RunStore, trained: Run, dataset: Dataset
) -> None:
    before = load_checkpoint(trained.path / "best").fingerprint
    run = rename_run(store, "mine", "yours")
    assert [info.id for info in store.list()] == ["yours"]
    best = load_checkpoint(run.path / "best")
    assert (best.name, best.fingerprint) == ("yours", before)
    run.set_max_steps(14)
    TrainingSession(run, dataset, lambda _: None).train()
    assert run.info().step == 14


def test_a_name_that_is_taken_or_not_usable_renames_nothing(
    store: RunStore, trained: Run, tiny_preset: Preset
) -> None:
    store.create("taken", tiny_preset)
    for name in ("taken", "mine", "../up", ""):
        with pytest.raises(RunError):
            rename_run(store, "mine", name)
    assert {info.id for info in store.list()} == {"mine", "taken"}


def test_a_run_that_trains_stays_where_it_is(store: RunStore, trained: Run) -> None:
    with trained.locked():
        for change in (delete_run, lambda *names: rename_run(*names, "new")):
            with pytest.raises(RunError, match="being trained"):
                change(store, "mine")
    assert store.get("mine").has_best


def test_a_run_that_waits_for_its_turn_stays_where_it_is(
    store: RunStore,
    paths: Paths,
    tiny_preset: Preset,
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("musicgen.jobs.training_job.load_dataset", stand_in(dataset))
    registry = JobRegistry(store, paths)
    with registry._turn:
        job = registry.start(tiny_preset, "queued")
        with pytest.raises(RunError, match="being trained"):
            registry.delete("queued")
        with pytest.raises(RunError, match="being trained"):
            registry.rename("queued", "new")
        job.cancel()
    assert job.wait(240)
    registry.rename("queued", "new")
    assert registry.get("queued") is None
    registry.delete("new")
    assert store.list() == []


def test_folders_that_are_being_emptied_are_neither_runs_nor_models(
    store: RunStore, trained: Run, paths: Paths
) -> None:
    trained.path.rename(store.root / ".deleted-1")
    assert store.list() == []
    assert list_checkpoints(paths) == []


def test_a_free_name_is_found_within_its_bounds(store: RunStore, tiny_preset: Preset) -> None:
    long = "x" * 64
    for name in ("one", "one-2", long):
        store.create(name, tiny_preset)
    assert find_free_id(store, "one") == "one-3"
    assert find_free_id(store, "two") == "two"
    assert find_free_id(store, long) == "x" * 62 + "-2"


def test_size_and_what_is_left_without_weights(trained: Run) -> None:
    whole = measure_size(trained)
    assert whole == sum(path.stat().st_size for path in trained.path.rglob("*") if path.is_file())
    drop_weights(trained, keep_best=True)
    assert (trained.has_best, trained.can_resume) == (True, False)
    drop_weights(trained)
    assert not trained.has_best
    assert len(trained.read_metrics()) == 12
    assert measure_size(trained) < whole
    assert measure_size(Run(Path("nowhere"))) == 0
