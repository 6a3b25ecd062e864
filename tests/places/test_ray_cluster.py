"""A real cluster on this machine, where Ray is installed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicgen.config import SampleConfig
from musicgen.corpus.dataset import Dataset
from musicgen.places.place import LOCAL, Place, find_place
from musicgen.presets import Preset
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import RunStore

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Place]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield find_place("ray")
    ray.shutdown()


@pytest.mark.filterwarnings("default")
def test_a_worker_that_is_killed_is_replaced_and_all_is_as_here(
    cluster: Place, tmp_path: Path, tiny_preset: Preset, dataset: Dataset, checkpoint_folder: Path
) -> None:
    store = RunStore(tmp_path / "runs")
    here, there = store.create("here", tiny_preset), store.create("there", tiny_preset)
    LOCAL.open_sitting(here, dataset, lambda _metrics: None).train()
    killed: list[int] = []

    def kill_once(metrics: StepMetrics) -> None:
        holder = there.path / ".holder"
        if metrics.step >= 4 and not killed and holder.exists():
            killed.append(int(holder.read_text().split()[0]))
            os.kill(killed[0], signal.SIGKILL)

    assert cluster.open_sitting(there, dataset, kill_once).train() == "finished"
    assert [one.val_loss for one in there.read_metrics()] == [
        one.val_loss for one in here.read_metrics()
    ]
    config = SampleConfig(count=70, max_new_tokens=20, free=True)
    assert [one.abc for one in cluster.compose(checkpoint_folder, config)] == [
        one.abc for one in LOCAL.compose(checkpoint_folder, config)
    ]
