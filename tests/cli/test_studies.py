"""``musicgen runs studies`` as a user meets it: the page's table, and what it keeps."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import StorageError
from musicgen.models.checkpoint import load_checkpoint
from musicgen.presets import Preset
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs import bundled_history
from musicgen.training.runs.bundled_history import write_bundled_training
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.studies import find_network, write_study
from musicgen.training.runs.summary import read_fluency, summarise_run


@pytest.fixture(autouse=True)
def few_measured_tunes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred take a network that has learned nothing half a minute."""
    monkeypatch.setattr(bundled_history, "MEASURED_TUNES", 4)


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A project in which nothing is bundled, and a home without runs."""
    paths = Paths(tmp_path / "project", tmp_path / "home")
    monkeypatch.setattr(Paths, "default", lambda: paths)
    return paths


@pytest.fixture
def runs(where: Paths, tiny_preset: Preset, dataset: Dataset) -> dict[str, Run]:
    """A short run of each study, and one of another preset."""
    found = {}
    for name, preset in (("b", "baseline"), ("i", "improved"), ("other", "quick")):
        run = RunStore(where.runs).create(name, dataclasses.replace(tiny_preset, name=preset))
        TrainingSession(run, dataset, lambda _: None).train()
        found[name] = run
    return found


def bundle(where: Paths, run: Run, name: str) -> None:
    folder = where.checkpoints / name
    shutil.copytree(run.path / "best", folder)
    write_bundled_training(run, folder, load_checkpoint(folder))


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["runs", "studies", *arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_the_table_has_the_figures_of_the_page(
    runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys)
    assert status == 0
    lines = out.splitlines()
    assert lines[0].split() == ["baseline", "improved"]
    assert lines[1].split() == ["Run", "b", "i"]
    for name in ("b", "i"):
        for label, figure in write_study(summarise_run(runs[name]), None).items():
            line = next(line for line in lines if line.startswith(label))
            assert figure in line
    assert "b departs from its preset: " in out
    assert "batch_size 4 instead of 8" in out


def test_programs_read_the_figures(
    runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "--json")
    first, second = json.loads(out)
    assert status == 0
    assert (first["study"], first["run"], second["study"]) == ("baseline", "b", "improved")
    assert first["stability"] == summarise_run(runs["b"]).stability
    assert first["fluency"] is None
    assert first["departures"]["batch_size"] == {"preset": 8, "run": 4}


def test_fluency_is_measured_and_kept_where_the_page_reads_it(
    runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "--measure", "2", "--json")
    assert status == 0
    for row in json.loads(out):
        fingerprint = load_checkpoint(runs[row["run"]].path / "best").fingerprint
        kept = read_fluency(runs[row["run"]], fingerprint)
        assert kept is not None
        assert row["fluency"] == dataclasses.asdict(kept) | {"in_time": kept.syntax.in_time}
        assert (kept.tunes, kept.temperature, kept.seed) == (2, 0.8, 1)
    assert "of 2 tunes" in call(capsys)[1]


def test_figures_that_cannot_be_kept_are_shown_and_said(
    runs: dict[str, Run], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr("musicgen.training.runs.studies.write_fluency", refuse)
    status, out, err = call(capsys, "--measure", "1")
    assert (status, "of 1 tunes" in out, "disk is full" in err) == (2, True, True)


def test_bundled_trainings_stand_in_and_stay_as_they_came(
    where: Paths, runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    bundle(where, runs["b"], "baseline")
    kept = (where.checkpoints / "baseline" / "training" / "fluency.json").read_bytes()
    assert [row["run"] for row in json.loads(call(capsys, "--json")[1])] == ["b", "i"]
    named = ("--run", "bundled/baseline")
    assert "baseline (bundled)" in call(capsys, *named)[1]
    assert f"of {bundled_history.MEASURED_TUNES} tunes" in call(capsys, *named)[1]
    assert "of 1 tunes" in call(capsys, *named, "--measure", "1")[1]
    assert (where.checkpoints / "baseline" / "training" / "fluency.json").read_bytes() == kept


def test_a_run_that_is_called_as_a_bundled_model_has_its_own_network(
    where: Paths, runs: dict[str, Run]
) -> None:
    bundle(where, runs["b"], "i")
    info = RunStore(where.runs).get("i").info()
    ref = find_network(info)
    assert ref is not None
    assert ref.path == runs["i"].path / "best"


def test_one_study_is_a_table_too_and_a_damaged_network_hides_nothing(
    where: Paths, runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(runs["i"].path)
    assert call(capsys, "--measure", "1")[0] == 0
    (runs["b"].path / "best" / "model.safetensors").write_bytes(b"noise")
    status, out, _ = call(capsys, "--measure", "1")
    assert (status, out.split()[0], "not measured" in out) == (0, "baseline", True)


def test_without_runs_it_is_said_how_to_get_them(
    where: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = call(capsys)
    assert (status, out, "--preset baseline" in err) == (2, "", True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--run", "nobody"], "named 'nobody'"),
        (["--run", "other"], "named 'other'"),
        (["--run", "b", "--run", "second"], "both runs of baseline"),
        (["--measure", "0"], "--measure"),
        (["--measure", "1000"], "--measure"),
    ],
)
def test_bad_input_is_one_sentence(
    where: Paths,
    runs: dict[str, Run],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    shutil.copytree(runs["b"].path, where.runs / "second")
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1
