import dataclasses
import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import ConfigError
from musicgen.jobs.training_job import JobRegistry
from musicgen.models.checkpoint import load_checkpoint
from musicgen.presets import Preset
from musicgen.training import trackers
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import Run, RunStore
from tests.examples import stand_in


def followed(preset: Preset, tracker: str, **changes: Any) -> Preset:
    training = preset.training.replace(tracker=tracker, **changes)
    return dataclasses.replace(preset, training=training)


def train(run: Run, dataset: Dataset, steps: int | None = None) -> None:
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda metrics: seen.append(metrics.step))
    session.train(lambda: steps is not None and len(seen) >= steps)


def read_events(folder: Path) -> dict[str, Any]:
    """Scalars and texts as TensorBoard itself reads them, in a process of their own.

    Its reader warns of its own parts' ages, and a test must not depend on these.
    """
    script = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]).Reload()
names = events.Tags()
print(json.dumps({
    "scalars": {n: [[e.step, e.value] for e in events.Scalars(n)] for n in names["scalars"]},
    "texts": {n: [e.tensor_proto.string_val[0].decode() for e in events.Tensors(n)]
              for n in names["tensors"]},
}))
"""
    command = [sys.executable, "-c", script, str(folder)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def test_tensorboard_reads_every_step_of_two_sittings(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = RunStore(tmp_path).create("one", followed(tiny_preset, "tensorboard", samples=2))
    train(run, dataset, 5)
    train(Run(run.path), dataset)
    events = read_events(run.path / "tensorboard")
    metrics = run.read_metrics()
    for name, field in (("loss/train", "train_loss"), ("loss/validation", "val_loss")):
        expected = [[m.step, getattr(m, field)] for m in metrics if getattr(m, field) is not None]
        assert [step for step, _ in events["scalars"][name]] == [step for step, _ in expected]
        assert [value for _, value in events["scalars"][name]] == pytest.approx(
            [value for _, value in expected], rel=1e-6
        )
    assert "| hidden_size | 16 |" in events["texts"]["settings/text_summary"][0]
    samples = run.read_samples()
    assert len(events["texts"]["tune/text_summary"]) == len(samples) > 0


def test_comet_packs_an_archive_without_an_account(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(trackers.COMET_KEY, raising=False)
    home = tmp_path / "home"
    run = RunStore(home).create("one", followed(tiny_preset, "comet"))
    script = f"""
import json, pathlib
from musicgen.corpus.cleaning import clean_tunebook
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.split import split_tunes
from musicgen.training.runs.run import Run
from musicgen.training.loop.session import TrainingSession
text = pathlib.Path({str(tmp_path / "tunes.abc")!r}).read_text()
tunes, report = clean_tunebook("tiny", [("tiny.abc", text)])
dataset = Dataset("tiny", tuple(tunes), split_tunes(tunes), (report,))
TrainingSession(Run(pathlib.Path({str(run.path)!r})), dataset, lambda metrics: None).train()
"""
    text = "\n\n".join(tune.text.rstrip("\n") for tune in dataset.tunes) + "\n"
    (tmp_path / "tunes.abc").write_text(text)
    # In a process of its own: Comet changes what Python imports, and waits at its end.
    subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    (archive,) = (run.path / "comet").glob("*.zip")
    with zipfile.ZipFile(archive) as packed:
        messages = [json.loads(line) for line in packed.read("messages.json").splitlines()]
    found = [
        (item["metric"]["step"], item["metric"]["metricValue"])
        for message in messages
        if message["type"] == "metric_msg"
        for item in [message["payload"]]
        if item["metric"]["metricName"] == "loss/train"
    ]
    assert found == [(item.step, item.train_loss) for item in run.read_metrics()]


@pytest.mark.parametrize("tracker", ["tensorboard", "comet"])
def test_a_tracker_that_is_not_installed_is_said_before_anything_is_made(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch,
    tracker: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr("musicgen.jobs.training_job.load_dataset", stand_in(dataset))
    store = RunStore(tmp_path / "runs")
    registry = JobRegistry(store, Paths(tmp_path, tmp_path))
    with pytest.raises(ConfigError, match=r"requirements-trackers\.txt"):
        registry.start(followed(tiny_preset, tracker), "one")
    assert store.list() == []


def test_a_run_from_elsewhere_goes_on_without_a_tracker_that_is_not_here(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    run = RunStore(tmp_path).create("one", followed(tiny_preset, "tensorboard"))
    train(run, dataset)
    assert run.info().status == "finished"
    assert not (run.path / "tensorboard").exists()


def test_a_failing_tracker_changes_nothing_in_the_training(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(trackers.NoTracker):
        calls = 0

        def log_step(self, metrics: object) -> None:
            Failing.calls += 1
            if Failing.calls > 2:
                raise RuntimeError("the disk of another program is full")

    monkeypatch.setattr(trackers, "TensorBoardTracker", lambda *_: Failing())
    store = RunStore(tmp_path)
    plain, tracked = (
        store.create("plain", tiny_preset),
        store.create("tracked", followed(tiny_preset, "tensorboard")),
    )
    train(plain, dataset)
    train(tracked, dataset)
    assert Failing.calls == 3
    weights = [load_checkpoint(run.path / "last").network.state_dict() for run in (plain, tracked)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_following_is_off_unless_asked_for(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = RunStore(tmp_path).create("one", tiny_preset)
    train(run, dataset)
    assert {path.name for path in run.path.iterdir()}.isdisjoint({"tensorboard", "comet"})
