"""Processes that train one network together do what one process does."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch

from musicgen.cli import processes
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.errors import ConfigError
from musicgen.models.network import flatten_state
from musicgen.presets import Preset
from musicgen.training.loop.group import Group, is_in_group, require_shareable
from musicgen.training.loop.session import TrainingSession, fit_preset
from musicgen.training.loop.trainer import Trainer
from musicgen.training.runs.run import RunStore


class Half(Group):
    """One of two processes whose messages are carried by hand: what it has is kept for the test."""

    def __init__(self, rank: int) -> None:
        self.rank, self.size = rank, 2


def build(preset: Preset, dataset: Dataset, **changes: object) -> Trainer:
    preset = dataclasses.replace(preset, training=preset.training.replace(**changes))
    return Trainer(
        fit_preset(preset, dataset.vocabulary), dataset.vocabulary, dataset.texts("train"), []
    )


@pytest.mark.parametrize("kind", ["lstm", "echo", "hawk"])
def test_gradients_of_the_parts_are_those_of_the_whole(
    tiny_preset: Preset, dataset: Dataset, kind: str
) -> None:
    """Each kind of network, with dropout: the mean over the parts is the gradient of the batch."""
    network = tiny_preset.network.replace(kind=kind, dropout=0.4)
    preset = dataclasses.replace(tiny_preset, network=network)
    whole, *parts = (build(preset, dataset, carry_state=True) for _ in range(3))
    for rank, part in enumerate(parts):
        part.join(Half(rank))
    for trainer in (whole, *parts):
        trainer.network.train()
        trainer._add_gradients()
    for name, value in whole.network.named_parameters():
        both = [dict(part.network.named_parameters())[name].grad for part in parts]
        if value.grad is None:
            assert both == [None, None]
            continue
        torch.testing.assert_close(sum(both) / 2, value.grad, rtol=1e-4, atol=1e-6)
    carried = [flatten_state(trainer._carried) for trainer in (whole, *parts)]
    for one, *halves in zip(*carried, strict=True):
        torch.testing.assert_close(torch.cat(halves, 1), one, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"batch_size": 5}, "multiple of 2"), ({"multi_task": 0.1}, "multi_task"),
     ({"adversary": 0.1}, "adversary")],
)  # fmt: skip
def test_what_cannot_be_shared_is_said(
    tiny_preset: Preset, changes: dict[str, object], said: str
) -> None:
    config = tiny_preset.training.replace(**changes)
    require_shareable(config, 1)
    with pytest.raises(ConfigError, match=said):
        require_shareable(config, 2)


def test_a_process_is_in_a_group_only_where_it_was_told_all(monkeypatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert not is_in_group()
    monkeypatch.setenv("WORLD_SIZE", "2")  # as some schedulers do
    assert not is_in_group()
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "0")
    assert is_in_group()


def test_two_processes_train_as_one_though_one_of_them_is_killed(
    paths: Paths, tiny_preset: Preset, tunebook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real processes with gloo; the one that does not lead dies in the middle."""
    monkeypatch.setenv("MUSICGEN_HOME", str(paths.home))
    CorpusStore(paths.corpora).create("mine", [Upload("tunes.abc", tunebook.encode())])
    preset = dataclasses.replace(
        tiny_preset,
        training=tiny_preset.training.replace(
            source="own:mine", carry_state=True, average=0.9, max_steps=300, eval_interval=50,
            save_interval=50, seq_len=4,
        ),
    )  # fmt: skip
    store = RunStore(paths.runs)
    runs = [store.create(name, preset) for name in ("one", "two")]
    dataset = load_dataset("own:mine", paths)
    TrainingSession(runs[0], dataset, lambda _: None).train()
    started: list[subprocess.Popen[bytes]] = []
    launch = processes._start

    def start(*arguments: object) -> list[subprocess.Popen[bytes]]:
        both = launch(*arguments)
        if not started:
            started.extend(both)
            threading.Thread(target=kill_along, args=(both[1],)).start()
        return both

    def kill_along(process: subprocess.Popen[bytes]) -> None:
        while not runs[1].can_resume and process.poll() is None:
            time.sleep(0.005)
        process.kill()

    monkeypatch.setattr(processes, "_start", start)
    processes.train_in_processes(runs[1], 2, is_quiet=True)
    assert [process.returncode for process in started] == [processes.LOST, -signal.SIGKILL]
    assert runs[1].info().status == "finished"
    one, two = (run.read_metrics() for run in runs)
    assert [item.step for item in two] == list(range(1, 301))
    for mine, theirs in zip(one[:60], two[:60], strict=True):
        assert theirs.train_loss == pytest.approx(mine.train_loss, rel=1e-3)
    assert two[-1].val_loss == pytest.approx(one[-1].val_loss, rel=0.03)


@pytest.mark.skipif(os.name != "posix", reason="Who started a process is known on POSIX alone.")
def test_a_process_whose_launcher_died_waits_for_nobody(
    paths: Paths, tiny_preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two never comes, for the launcher was killed before it started it."""
    run = RunStore(paths.runs).create("orphan", tiny_preset)
    alone = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
             "MASTER_PORT": str(processes._free_port()),
             "MUSICGEN_HOME": str(paths.home)}  # fmt: skip
    launcher = subprocess.Popen([sys.executable, "-c", ""])
    launcher.wait()
    found = subprocess.run(
        [sys.executable, "-m", "musicgen", "train", "--run", run.id, "--resume"],
        env=os.environ | alone | {processes.LAUNCHER: str(launcher.pid)},
        capture_output=True,
        check=False,
        timeout=250,
    )
    assert found.returncode == processes.LOST
    assert run.info().step == 0


def test_one_that_trains_is_given_time_to_keep_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[float] = []
    monkeypatch.setattr(processes, "launcher_is_gone", lambda: True)
    monkeypatch.setattr(processes, "_ORPHAN_S", 7.0)
    monkeypatch.setattr(processes.time, "sleep", done.append)
    monkeypatch.setattr(processes.os, "_exit", done.append)
    has_met = threading.Event()
    processes._end_with_launcher(has_met)
    assert done == [processes.LOST]
    has_met.set()
    processes._end_with_launcher(has_met)
    assert done == [processes.LOST, 7.0, processes.LOST]
