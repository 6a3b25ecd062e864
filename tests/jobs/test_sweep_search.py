"""Sweeps that search and end trainings early; tests that need Optuna are skipped without it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import ConfigError
from musicgen.jobs import sweep_search
from musicgen.jobs import training_job as module
from musicgen.jobs.sweep import SweepRunner
from musicgen.jobs.sweep_axes import Axis
from musicgen.jobs.sweep_plan import Search, SweepCell, SweepPlan, SweepStore
from musicgen.jobs.sweep_results import find_best_point, gather_points
from musicgen.jobs.sweep_search import Look, SweepSearch, compute_importances
from musicgen.jobs.training_job import JobRegistry
from musicgen.presets import Preset
from musicgen.training.runs.run import Run, RunStore
from tests.examples import stand_in

LIMIT_S = 240
RATES = Axis("learning_rate", (), 1e-4, 1e-1, is_log=True)
DROPOUT = Axis("dropout", (), 0.0, 0.5)


@pytest.fixture
def new_runner(
    tmp_path: Path, paths: Paths, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], SweepRunner]:
    """A runner in a folder of its own, that knows only what is on the disk."""
    monkeypatch.setattr(module, "load_dataset", stand_in(dataset))

    def make(folder: str) -> SweepRunner:
        store = SweepStore(tmp_path / folder / "sweeps", RunStore(tmp_path / folder / "runs"))
        return SweepRunner(store, JobRegistry(store.runs, paths))

    return make


def finish(runner: SweepRunner) -> list[SweepCell]:
    assert runner.wait(LIMIT_S)
    now = runner.snapshot()
    assert now is not None
    assert now.error is None
    return runner.store.read_cells(now.plan)


def test_without_optuna_a_search_is_told_in_a_sentence_and_nothing_is_left(
    new_runner: Callable[[str], SweepRunner], tiny_preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_search, "has_optuna", lambda: False)
    runner = new_runner("a")
    with pytest.raises(ConfigError, match="needs Optuna"):
        runner.start(SweepPlan("s", tiny_preset, (RATES,), 6, search=Search("random", 2)))
    assert runner.store.plans() == []


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_what_is_chosen_follows_from_the_seed_and_what_was_found_before(
    tiny_preset: Preset, method: str
) -> None:
    pytest.importorskip("optuna")
    plan = SweepPlan("s", tiny_preset, (RATES, DROPOUT), 6, search=Search(method, 8))

    def loss(settings: object) -> float:
        return abs(settings["learning_rate"] - 0.01) + settings["dropout"]

    def go_on(points: list, until: int) -> list:
        search = SweepSearch(plan)
        for point in points:
            search.take(point, [])
        for number in range(len(points) + 1, until + 1):
            settings = search.begin(number, None)
            cell = SweepCell(number, settings, 3, f"s-{number}", "finished", 6, loss(settings))
            points = [*points, *gather_points([cell])]
            search.end(points[-1])
        return points

    whole = go_on([], 8)
    parts = go_on(go_on(go_on([], 3), 6), 8)
    assert [point.settings for point in parts] == [point.settings for point in whole]
    assert len({tuple(point.settings.items()) for point in whole}) == 8
    assert all(1e-4 <= point.settings["learning_rate"] <= 1e-1 for point in whole)
    other = replace(plan, preset=replace(
        tiny_preset, training=tiny_preset.training.replace(seed=99)))  # fmt: skip
    assert SweepSearch(other).begin(1, None) != whole[0].settings


@pytest.mark.parametrize("stopper", ["median", "hyperband"])
def test_what_is_behind_is_ended_early_also_after_a_restart(
    tiny_preset: Preset, stopper: str
) -> None:
    pytest.importorskip("optuna")
    search = Search("random", 12, stopper)
    plan = SweepPlan("s", tiny_preset, (DROPOUT,), 100, search=search)

    def cell(number: int, status: str = "finished") -> SweepCell:
        return SweepCell(number, {"dropout": number / 40}, 3, f"s-{number}", status, 100, 1.0)

    looks = [Look(step, 3.0 - step / 50) for step in range(4, 101, 4)]
    for _ in range(2):
        study = SweepSearch(plan)
        for number in range(1, 10):
            study.take(gather_points([cell(number)])[0], looks)
        study.begin(10, {"dropout": 0.4})
        bad = [study.is_behind(10, Look(look.step, look.loss + 2.0)) for look in looks]
        assert any(bad)
        study.begin(11, {"dropout": 0.4})
        assert not any(study.is_behind(11, Look(look.step, look.loss - 1.0)) for look in looks)
        assert not study.is_behind(11, Look(4, 99.0)), "a step that was told before"


def test_a_search_trains_is_stopped_and_goes_on_as_if_nothing_had_been(
    new_runner: Callable[[str], SweepRunner], tiny_preset: Preset
) -> None:
    pytest.importorskip("optuna")
    plan = SweepPlan("s", tiny_preset, (RATES, DROPOUT), 10, search=Search("tpe", 5))
    whole = new_runner("whole")
    whole.start(plan)
    expected = finish(whole)
    assert all(cell.status == "finished" for cell in expected)
    assert len({cell.settings["dropout"] for cell in expected}) == 5

    parts = new_runner("parts")
    parts.store.create(plan)
    search = SweepSearch(plan)
    first = SweepSearch.begin(search, 1, None)
    run = parts.store.runs.create("s-1", plan.cell_preset(first), sweep="s")
    assert not run.has_best  # as if it had been killed before its first step
    parts.resume("s")
    assert [(cell.settings, cell.best_val_loss) for cell in finish(parts)] == [
        (cell.settings, cell.best_val_loss) for cell in expected
    ]
    kept = [cell.run_id for cell in expected if Run(whole.store.runs.root / cell.run_id).has_best]
    assert kept == [find_best_point(gather_points(expected)).cells[0].run_id]


def test_a_grid_with_seeds_ends_what_is_behind_and_spares_its_other_seeds(
    new_runner: Callable[[str], SweepRunner], tiny_preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna")
    axes = (Axis("learning_rate", (1e-4, 1e-2)),)
    plan = SweepPlan("s", tiny_preset, axes, 20, (3, 4), Search(stopper="median"))
    told: list[tuple[int, int]] = []

    def is_behind(_search: SweepSearch, number: int, look: Look) -> bool:
        told.append((number, look.step))
        return number == 1 and look.step >= 8

    monkeypatch.setattr(SweepSearch, "is_behind", is_behind)
    runner = new_runner("a")
    runner.start(plan)
    found = finish(runner)
    assert [(cell.run_id, cell.status, cell.step) for cell in found] == [
        ("s-1-s3", "pruned", 8), ("s-1-s4", "pruned", 0),
        ("s-2-s3", "finished", 20), ("s-2-s4", "finished", 20),
    ]  # fmt: skip
    assert {step for number, step in told if number == 2} == {4, 8, 12, 16, 20}
    assert found[0].best_val_loss is not None
    runner.resume("s")
    assert finish(runner) == found


def test_the_weight_of_a_setting_is_its_share_of_the_differences(tiny_preset: Preset) -> None:
    pytest.importorskip("optuna")
    axes = Axis("dropout", (0.0, 0.1, 0.2, 0.3)), Axis("optimizer", ("adam", "adamw"))
    plan = SweepPlan("s", tiny_preset, axes, 6)
    cells = [
        SweepCell(one.number, one.settings, 3, one.run_id, "finished", 6,
                  2.0 + one.settings["dropout"])
        for one in plan.cells()
    ]  # fmt: skip
    shares = compute_importances(plan, gather_points(cells))
    assert shares["dropout"] > 0.9
    assert sum(shares.values()) == pytest.approx(1.0)
    assert compute_importances(plan, gather_points(cells[:2])) == {}
    assert compute_importances(replace(plan, axes=axes[:1]), gather_points(cells)) == {}
