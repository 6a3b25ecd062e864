"""What real kills leave behind, at every point where the disk is changed."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.models.checkpoint import list_checkpoints
from musicgen.presets import Preset
from musicgen.storage import staging_folder
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.archive import export_run
from musicgen.training.runs.litter import clear_all_litter
from musicgen.training.runs.run import RunStore
from tests.kills import age

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
PROJECT = Path(__file__).parent.parent
PATIENCE_S = 250


@pytest.fixture
def home(tmp_path: Path, tunebook: str, tiny_preset: Preset) -> Paths:
    """A home with the tiny tunebook as the lab's, and a finished run ``mine``."""
    paths = Paths(tmp_path / "home", tmp_path / "home")
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook)
    preset = dataclasses.replace(tiny_preset, training=tiny_preset.training.replace(source="lab"))
    run = RunStore(paths.runs).create("mine", preset)
    TrainingSession(run, load_dataset("lab", paths), lambda _: None).train()
    return paths


def kill(task: str, home: Path) -> list[object]:
    result = subprocess.run(
        [sys.executable, "-m", "tests.killing", task, str(home)],
        cwd=PROJECT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: list[object] = json.loads(result.stdout)["found"]
    return found


def test_an_import_that_is_killed_leaves_nothing_or_the_whole_run(home: Paths) -> None:
    run = RunStore(home.runs).get("mine")
    with (home.home.parent / "run.zip").open("wb") as file:
        export_run(run, file)
    found = kill("kill_imports", home.home)
    assert len(found) > 5
    assert all(names in (["mine"], ["mine", "mine-2"]) for names in found), found
    assert found[-1] == ["mine", "mine-2"]


def test_a_bundle_that_is_killed_leaves_no_checkpoint_without_its_figures(home: Paths) -> None:
    found = kill("kill_bundles", home.home)
    assert len(found) > 10
    for before, after, names in found:  # type: ignore[misc]
        assert all(before) and all(after), found
        assert names in ([], ["new"]), names  # type: ignore[has-type]
    assert found[-1] == [[True], [True], ["new"]]


def test_the_work_of_living_processes_stays(home: Paths) -> None:
    with staging_folder(home.runs, "import") as folder:
        (folder / "half").write_text("x")
        age(folder)
        clear_all_litter(home)
        assert (folder / "half").is_file()
    assert {path.name for path in home.runs.iterdir()} == {"mine"}


def test_what_older_versions_left_goes_once_it_is_old(home: Paths) -> None:
    home.checkpoints.mkdir()
    left = [
        home.runs / ".import-0a1b2c3d", home.runs / ".config.json.0a1b2c3d",
        home.checkpoints / "half.new", home.runs / "mine" / ".status.json.0a1b2c3d",
    ]  # fmt: skip
    for path in left:
        path.mkdir()
        (path / "checkpoint.json").write_text("{}")
    assert not [ref for ref in list_checkpoints(home) if ref.origin == "bundled"]
    clear_all_litter(home)
    assert all(path.is_dir() for path in left)
    for path in left:
        age(path)
    clear_all_litter(home)
    assert not any(path.exists() for path in left)


def test_a_checkpoint_whose_replacement_was_cut_short_comes_back(home: Paths) -> None:
    (home.checkpoints / "house.old").mkdir(parents=True)
    (home.checkpoints / "house.old" / "a").write_text("old")
    clear_all_litter(home)
    assert (home.checkpoints / "house" / "a").read_text() == "old"
