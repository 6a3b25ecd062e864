import dataclasses
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import ConfigError, CorpusError, RunError
from musicgen.jobs import training_job as module
from musicgen.jobs.sweep import SweepRunner
from musicgen.jobs.sweep_plan import SweepCell, SweepPlan, SweepStore, grid_plan
from musicgen.jobs.sweep_results import estimate_left_s, find_best_cell
from musicgen.jobs.training_job import JobRegistry
from musicgen.presets import Preset
from musicgen.training.runs.run import Run, RunStore
from tests.examples import stand_in

LIMIT_S = 240


@pytest.fixture
def store(tmp_path: Path) -> SweepStore:
    return SweepStore(tmp_path / "sweeps", RunStore(tmp_path / "runs"))


@pytest.fixture
def new_runner(
    store: SweepStore, paths: Paths, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], SweepRunner]:
    """A runner as a server that was started anew has it: it knows only what is on the disk."""
    monkeypatch.setattr(module, "load_dataset", stand_in(dataset))
    return lambda: SweepRunner(store, JobRegistry(store.runs, paths))


@pytest.fixture
def runner(new_runner: Callable[[], SweepRunner]) -> SweepRunner:
    return new_runner()


@pytest.fixture
def plan(tiny_preset: Preset) -> SweepPlan:
    return grid_plan("rates", tiny_preset, (4, 2), (0.01, 0.001), 6)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def test_a_sweep_trains_every_cell_once(runner: SweepRunner, plan: SweepPlan) -> None:
    runner.start(plan)
    assert runner.wait(LIMIT_S)
    cells = runner.store.read_cells(plan)
    assert [tuple(cell.settings.values()) for cell in cells] == [
        (2, 0.001), (2, 0.01), (4, 0.001), (4, 0.01),
    ]  # fmt: skip
    assert all(cell.is_done and cell.step == 6 and cell.best_val_loss for cell in cells)
    assert {info.sweep for info in runner.store.runs.list()} == {"rates"}
    settings = Run(runner.store.runs.root / "rates-b4-lr0.001").preset.training
    assert (settings.batch_size, settings.learning_rate, settings.max_steps) == (4, 0.001, 6)
    assert settings.eval_interval == 1
    snapshot = runner.snapshot()
    assert snapshot and not snapshot.is_running and snapshot.error is None


def test_only_the_best_cell_keeps_its_network(runner: SweepRunner, plan: SweepPlan) -> None:
    runner.start(plan)
    assert runner.wait(LIMIT_S)
    best = find_best_cell(runner.store.read_cells(plan))
    runs = [Run(info.path) for info in runner.store.runs.list()]
    assert [run.id for run in runs if run.has_best] == [best.run_id]
    assert not any(run.can_resume for run in runs)
    assert all(len(run.read_metrics()) == 6 for run in runs)


def test_a_sweep_that_is_stopped_goes_on_after_a_restart_with_the_same_result(
    new_runner: Callable[[], SweepRunner], plan: SweepPlan, tiny_preset: Preset
) -> None:
    whole, parts = (
        dataclasses.replace(plan, name="whole", steps=40),
        dataclasses.replace(plan, steps=40),
    )
    runner = new_runner()
    runner.start(whole)
    assert runner.wait(LIMIT_S)
    runner.start(parts)
    second = "rates-b2-lr0.01"
    wait_for((runner.store.runs.root / second / "metrics.jsonl").exists)
    runner.cancel()
    assert runner.wait(LIMIT_S)
    cells = runner.store.read_cells(parts)
    assert cells[0].is_done
    assert [cell.status for cell in cells[2:]] == ["empty", "empty"]

    again = new_runner()
    assert [item.name for item in again.store.plans()] == ["rates", "whole"]
    again.resume("rates")
    assert again.wait(LIMIT_S)
    losses = [
        [cell.best_val_loss for cell in again.store.read_cells(item)] for item in (whole, parts)
    ]
    assert losses[0] == losses[1]


_KILLED = """
import sys
from pathlib import Path
from musicgen.config import Paths
from musicgen.corpus.cleaning import clean_tunebook
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.split import split_tunes
from musicgen.jobs import training_job as job
from musicgen.training.runs.run import RunStore
from musicgen.jobs.sweep import SweepRunner
from musicgen.jobs.sweep_plan import SweepStore

home, tunebook = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
tunes, report = clean_tunebook("tiny", [("tiny.abc", tunebook)])
data = Dataset("tiny", tuple(tunes), split_tunes(tunes), (report,))
job.load_dataset = lambda *_: data
store = SweepStore(home / "sweeps", RunStore(home / "runs"))
runner = SweepRunner(store, job.JobRegistry(store.runs, Paths(home, home)))
runner.resume("rates")
runner.wait()
"""


def test_a_sweep_whose_process_is_killed_goes_on(
    new_runner: Callable[[], SweepRunner], plan: SweepPlan, tmp_path: Path, tunebook: str
) -> None:
    runner = new_runner()
    plan = dataclasses.replace(plan, steps=80)
    runner.store.create(plan)
    (tmp_path / "tiny.abc").write_text(tunebook)
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path), str(tmp_path / "tiny.abc")],
        cwd=Path(__file__).parents[2],
    )
    try:
        second = runner.store.runs.root / "rates-b2-lr0.01"
        wait_for((second / "last").exists)
    finally:
        process.kill()
        process.wait()
    assert [cell.is_done for cell in runner.store.read_cells(plan)] == [True, False, False, False]
    runner.resume("rates")
    assert runner.wait(LIMIT_S)
    assert all(cell.step == 80 for cell in runner.store.read_cells(plan))
    assert len(Run(second).read_metrics()) == 80


def test_a_cell_without_a_way_on_begins_anew(
    runner: SweepRunner, plan: SweepPlan, tiny_preset: Preset
) -> None:
    runner.store.create(plan)
    run = runner.store.runs.create("rates-b2-lr0.001", tiny_preset, sweep="rates")
    (run.path / "best").mkdir()
    runner.resume("rates")
    assert runner.wait(LIMIT_S)
    assert all(cell.step == 6 for cell in runner.store.read_cells(plan))


def test_a_cell_that_diverges_is_marked_and_the_others_are_trained(
    runner: SweepRunner, plan: SweepPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musicgen.training.loop.trainer import Trainer

    step = Trainer._compute_gradients

    def explode(trainer: Trainer) -> tuple[Any, ...]:
        loss, *others = step(trainer)
        is_wild = trainer.config.learning_rate == 0.01
        return (float("nan") if is_wild else loss), *others

    monkeypatch.setattr(Trainer, "_compute_gradients", explode)
    runner.start(plan)
    assert runner.wait(LIMIT_S)
    assert [cell.status for cell in runner.store.read_cells(plan)] == ["finished", "failed"] * 2
    assert runner.snapshot().error is None


def test_what_would_hit_every_cell_ends_the_sweep(
    runner: SweepRunner, plan: SweepPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise CorpusError("The corpus is not here.")

    monkeypatch.setattr(module, "load_dataset", missing)
    runner.start(plan)
    assert runner.wait(LIMIT_S)
    assert str(runner.snapshot().error) == "The corpus is not here."
    assert [cell.status for cell in runner.store.read_cells(plan)][1:] == ["empty"] * 3


def test_a_sweep_waits_for_the_training_that_has_the_turn(
    runner: SweepRunner, plan: SweepPlan, tiny_preset: Preset
) -> None:
    long = dataclasses.replace(tiny_preset, training=tiny_preset.training.replace(max_steps=10**5))
    other = runner._registry.start(long, "other")
    wait_for(lambda: other.snapshot().step > 0)
    runner.start(plan)
    wait_for(lambda: bool(runner.snapshot().current))
    assert runner._registry.get("rates-b2-lr0.001").snapshot().status == "queued"
    other.cancel()
    assert runner.wait(LIMIT_S)
    assert all(cell.is_done for cell in runner.store.read_cells(plan))


def test_one_sweep_at_a_time_and_none_of_a_name_that_is_taken(
    runner: SweepRunner, plan: SweepPlan, tiny_preset: Preset
) -> None:
    runner._registry._turn.acquire()
    try:
        runner.start(plan)
        with pytest.raises(RunError, match="under way"):
            runner.start(dataclasses.replace(plan, name="second"))
        wait_for(lambda: bool(runner.snapshot().current))
        runner.cancel()
    finally:
        runner._registry._turn.release()
    assert runner.wait(LIMIT_S)
    with pytest.raises(RunError, match="already"):
        runner.start(plan)
    runner.store.runs.create("third-b2-lr0.001", tiny_preset)
    with pytest.raises(RunError, match="already"):
        runner.start(dataclasses.replace(plan, name="third"))


def test_a_plan_is_kept_as_it_is_and_deleted_with_its_cells(
    runner: SweepRunner, plan: SweepPlan, tiny_preset: Preset
) -> None:
    runner.start(plan)
    assert runner.wait(LIMIT_S)
    runner.store.runs.create("rates-other", tiny_preset)
    kept = runner.store.get("rates")
    assert dataclasses.replace(kept.preset, meaning="") == dataclasses.replace(
        tiny_preset, meaning=""
    )
    assert (kept.axes, kept.steps) == (plan.axes, 6)
    assert [axis.values for axis in kept.axes] == [(2, 4), (0.001, 0.01)]
    runner.store.delete("rates")
    assert runner.store.plans() == []
    assert [info.id for info in runner.store.runs.list()] == ["rates-other"]
    with pytest.raises(RunError, match="no sweep"):
        runner.store.get("rates")


def test_plans_are_checked(tiny_preset: Preset, store: SweepStore) -> None:
    for sizes, rates, steps, kind in (
        ((), (0.1,), 5, ConfigError), ((0,), (0.1,), 5, ConfigError),
        ((4,), (7.0,), 5, ConfigError),
        ((4,), (0.1,), 0, ConfigError), (range(1, 10), (0.1,) * 8, 5, None),
        (range(1, 10), tuple(n / 100 for n in range(1, 9)), 5, ConfigError),
    ):  # fmt: skip
        if kind:
            with pytest.raises(kind):
                grid_plan("x", tiny_preset, tuple(sizes), rates, steps)
        else:
            assert len(grid_plan("x", tiny_preset, tuple(sizes), rates, steps).cells()) == 9
    for name in ("../up", "x" * 41, ""):
        with pytest.raises(RunError):
            grid_plan(name, tiny_preset, (4,), (0.1,), 5)
    store.root.mkdir()
    for name, text in (("a", "{"), ("b", "[]"), ("c", '{"preset": 1}')):
        (store.root / f"{name}.json").write_text(text)
    assert store.plans() == []
    assert store.new_name() == "sweep-1"


@pytest.mark.parametrize("name", ["批量与学习率", "𠮷" * 40, "e\u0301tude"])
def test_a_sweep_is_called_in_any_script(tiny_preset: Preset, store: SweepStore, name: str) -> None:
    plan = grid_plan(name, tiny_preset, (1024,), (0.000123,), 5)
    store.create(plan)
    assert [kept.name for kept in store.plans()] == [unicodedata.normalize("NFC", name)]
    (cell,) = plan.cells()
    assert store.runs.create(cell.run_id, tiny_preset).id.startswith(plan.name)
    store.delete(name)
    assert store.plans() == []


def test_the_time_left_counts_characters(plan: SweepPlan) -> None:
    def cell(batch_size: int, step: int, status: str) -> SweepCell:
        return SweepCell(
            1, {"batch_size": batch_size}, 0, f"{batch_size}-{step}", status, step, None
        )

    cells = [cell(2, 6, "finished"), cell(2, 3, "running"), cell(4, 0, "empty")]
    assert estimate_left_s(plan, cells, lambda _: 4.5) == pytest.approx(9 * (3 * 2 + 6 * 4) / 18)
    assert estimate_left_s(plan, cells[2:], lambda _: 1.0) is None
