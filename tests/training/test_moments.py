"""Weights that a training keeps along the way."""

import dataclasses
import io
from pathlib import Path

import pytest
import torch

from musicgen.corpus.dataset import Dataset
from musicgen.errors import ArchiveError
from musicgen.models.checkpoint import load_checkpoint
from musicgen.presets import Preset
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.archive import export_run, import_run
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_admin import drop_weights, rename_run


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def watched(tiny_preset: Preset) -> Preset:
    """Twelve steps, a look after every fourth, with tunes and weights kept."""
    training = tiny_preset.training.replace(samples=12, moments=True)
    return dataclasses.replace(tiny_preset, training=training)


def train(run: Run, dataset: Dataset, steps: int | None = None) -> None:
    seen: list[int] = []
    TrainingSession(run, dataset, lambda metrics: seen.append(metrics.step)).train(
        lambda: steps is not None and len(seen) >= steps
    )


@pytest.fixture
def trained(store: RunStore, watched: Preset, dataset: Dataset) -> Run:
    run = store.create("watched", watched)
    train(run, dataset)
    return run


def test_weights_are_kept_at_the_steps_of_the_tunes_from_before_the_first_on(trained: Run) -> None:
    assert list(trained.list_moments()) == [sample.step for sample in trained.read_samples()]
    first, *_, last = (load_checkpoint(folder) for folder in trained.list_moments().values())
    assert (first.metadata.step, last.metadata.step) == (0, 12)
    final = load_checkpoint(trained.path / "last").network.state_dict()
    for name, value in last.network.state_dict().items():
        torch.testing.assert_close(value, final[name], rtol=1e-3, atol=1e-3)
    assert not torch.equal(first.network.linear.weight, last.network.linear.weight)


def test_without_the_wish_none_are_kept(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("plain", tiny_preset)
    train(run, dataset)
    assert run.list_moments() == {}


def test_a_run_that_goes_on_from_a_save_forgets_the_moments_after_it(
    store: RunStore, watched: Preset, dataset: Dataset
) -> None:
    run = store.create("parts", watched)

    def crash(metrics: object) -> None:
        if metrics.step == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TrainingSession(run, dataset, crash).train()
    (run.path / "moments" / "0000008").rename(run.path / "moments" / "0000011")
    train(Run(run.path), dataset)
    assert list(run.list_moments()) == [0, 4, 12]


def test_moments_travel_are_checked_renamed_and_dropped(store: RunStore, trained: Run) -> None:
    file = io.BytesIO()
    export_run(trained, file)
    taken = import_run(store, file, "taken")
    assert list(taken.list_moments()) == list(trained.list_moments())
    assert {load_checkpoint(one).metadata.name for one in taken.list_moments().values()} == {
        "taken"
    }
    renamed = rename_run(store, "taken", "other")
    assert load_checkpoint(renamed.list_moments()[4]).metadata.name == "other"
    (trained.list_moments()[4] / "model.safetensors").write_bytes(b"no weights")
    file = io.BytesIO()
    export_run(trained, file)
    with pytest.raises(ArchiveError):
        import_run(store, file, "damaged")
    drop_weights(renamed, keep_best=True)
    assert renamed.list_moments() == {} and renamed.has_best
