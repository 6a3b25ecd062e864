import dataclasses
import shutil
from pathlib import Path

import pytest

from musicgen.config import NetworkConfig, Paths
from musicgen.models.checkpoint import (
    Checkpoint,
    CheckpointMetadata,
    load_checkpoint,
    save_checkpoint,
)
from musicgen.models.registry import build_network
from musicgen.presets import PRESETS
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs import bundled_history
from musicgen.training.runs.bundled_history import (
    TRAINING_FOLDER,
    list_trainings,
    write_bundled_training,
)
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_files import Progress
from musicgen.training.runs.summary import compute_summary, read_fluency

LETTERS = "\n" + "XTMLK:|]ABCDEFGabcdefg12346/ "


@pytest.fixture(autouse=True)
def few_measured_tunes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred take a network that has learned nothing half a minute."""
    monkeypatch.setattr(bundled_history, "MEASURED_TUNES", 4)


def bundled(folder: Path, **corpus: object) -> Checkpoint:
    config = NetworkConfig(vocab_size=len(LETTERS), embedding_dim=4, hidden_size=8, num_layers=1)
    preset = PRESETS["quick"]
    training = preset.training.replace(described=False)
    metadata = CheckpointMetadata(
        folder.name, 30, config, training, tuple(LETTERS), corpus=dict(corpus)
    )
    save_checkpoint(folder, build_network(config, 1), metadata)
    return load_checkpoint(folder)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = RunStore(tmp_path / "runs").create("mine", PRESETS["quick"])
    for step in range(1, 31):
        look = 3.0 / step if step % 10 == 0 else None
        made.append_metrics(
            StepMetrics(
                step, 4.123456789 / step, 1 / 3, 0.5, 0.005, 1234.5678, step * 1.1, look, look
            )
        )
    made.write_status("finished", "", 30, Progress(0.1, 30))
    return made


def test_the_record_of_a_training_gives_the_same_figures(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Paths, "checkpoints", property(lambda _: tmp_path / "bundled"))
    checkpoint = bundled(tmp_path / "bundled" / "ours")
    write_bundled_training(run, tmp_path / "bundled" / "ours", checkpoint)
    (info,) = list_trainings(Paths.default())
    assert (info.id, info.preset, info.status, info.step) == ("ours", "quick", "finished", 30)
    kept = Run(info.path)
    was = compute_summary(run.info(), run.preset, 0, run.read_metrics())
    now = compute_summary(kept.info(), kept.preset, 0, kept.read_metrics())
    for name in ("elapsed_s", "final_train_loss", "best_train_loss", "stability"):
        assert getattr(now, name) == pytest.approx(getattr(was, name), rel=5e-3)
    assert now.best and was.best and now.best.step == was.best.step
    assert now.best.loss == pytest.approx(was.best.loss, rel=1e-5)
    assert now.converged and was.converged and now.converged.step == was.converged.step
    assert len(kept.read_metrics()) == 30
    assert kept.preset == dataclasses.replace(run.preset)
    size = (kept.path / "metrics.jsonl").stat().st_size
    assert size < 0.7 * (run.path / "metrics.jsonl").stat().st_size
    assert read_fluency(kept, checkpoint.fingerprint) is not None
    assert read_fluency(kept, "another") is None


def test_of_a_model_trained_on_from_another_there_is_no_record(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "bundled" / "ours"
    write_bundled_training(run, folder, bundled(folder))
    assert (folder / TRAINING_FOLDER).is_dir()
    write_bundled_training(run, folder, bundled(folder, started_from={"name": "wide"}))
    assert not (folder / TRAINING_FOLDER).exists()


def test_a_damaged_record_hides_no_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Paths, "checkpoints", property(lambda _: tmp_path / "bundled"))
    one, two = (tmp_path / "bundled" / name for name in ("one", "two"))
    write_bundled_training(run, one, bundled(one))
    shutil.copytree(one, two)
    (tmp_path / "bundled" / "one" / TRAINING_FOLDER / "config.json").write_text("[]")
    assert [info.id for info in list_trainings(Paths.default())] == ["two"]
