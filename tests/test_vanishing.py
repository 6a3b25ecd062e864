"""Lists are read while others create, rename and delete what they list."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.sweep_plan import SweepStore, grid_plan
from musicgen.library.favourites import FavouriteStore
from musicgen.models.checkpoint import list_checkpoints
from musicgen.presets import Preset
from musicgen.training.runs.bundled_history import list_trainings
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_admin import measure_size
from tests.examples import make_tune, write_checkpoint

LOOKS = 300


@contextmanager
def coming_and_going(templates: list[Path]) -> Iterator[None]:
    """Copies of files and folders beside them come, take other names, and go, until the end."""
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            for template in templates:
                first, second = (
                    template.with_name(name + template.suffix) for name in ("first", "second")
                )
                if template.is_dir():
                    shutil.copytree(template, first)
                    first.rename(second)
                    shutil.rmtree(second)
                else:
                    first.write_bytes(template.read_bytes())
                    first.rename(second)
                    second.unlink()

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def full(paths: Paths, tiny_preset: Preset) -> Paths:
    """One of each thing that lists show."""
    text = make_tune(1)
    runs = RunStore(paths.runs)
    run = runs.create("good", tiny_preset)
    write_checkpoint(run.path / "best", Vocabulary.from_text(text))
    house = write_checkpoint(paths.checkpoints / "house", Vocabulary.from_text(text))
    shutil.copytree(run.path, house / "training", ignore=shutil.ignore_patterns("best"))
    sweeps = SweepStore(paths.home / "sweeps", runs)
    sweeps.create(grid_plan("sweep", tiny_preset, (2,), (0.1,), 10))
    CorpusStore(paths.corpora).create("mine", [Upload("a.abc", text.encode())])
    ReportStore(paths.reports).create(ReportPlan(("house",), 2))
    paths.favourites.mkdir()
    (paths.favourites / "0123456789abcdef.json").write_text("{}")
    return paths


def lists(paths: Paths) -> list[Callable[[], object]]:
    runs, corpora = RunStore(paths.runs), CorpusStore(paths.corpora)
    sweeps, reports = SweepStore(paths.home / "sweeps", runs), ReportStore(paths.reports)
    favourites = FavouriteStore(paths.favourites)
    return [
        runs.list, runs.list_damaged, sweeps.plans, sweeps.list_damaged, corpora.list,
        corpora.list_damaged, reports.list, reports.list_damaged, favourites.list,
        favourites.count, favourites.count_damaged, lambda: list_checkpoints(paths),
        lambda: list_trainings(paths), lambda: measure_size(Run(paths.runs)),
    ]  # fmt: skip


def test_lists_survive_what_vanishes_while_they_are_read(full: Paths) -> None:
    templates = [
        full.runs / "good", full.checkpoints / "house", full.corpora / "mine",
        full.home / "sweeps" / "sweep.json", *full.reports.iterdir(), *full.favourites.iterdir(),
    ]  # fmt: skip
    with coming_and_going(templates):
        for _ in range(LOOKS):
            for look in lists(full):
                look()
    assert [info.id for info in RunStore(full.runs).list()] == ["good"]
    assert [ref.name for ref in list_checkpoints(full)] == ["house", "good"]


@pytest.mark.parametrize("kind", ["none", "file", "loop"])
def test_a_home_that_is_no_folder_holds_nothing(tmp_path: Path, kind: str) -> None:
    home = tmp_path / "home"
    if kind == "file":
        home.write_text("x")
    elif kind == "loop":
        home.symlink_to(home)
    paths = Paths(tmp_path / "project", home)
    for look in lists(paths):
        assert not look()
