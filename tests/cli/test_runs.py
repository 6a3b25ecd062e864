import json
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.presets import Preset
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import RunStore


@pytest.fixture
def home(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A home with one run, which is also the working folder."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run = RunStore(tmp_path / "runs").create("mine", tiny_preset)
    TrainingSession(run, dataset, lambda _: None).train()
    return tmp_path


def names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "runs").iterdir())


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["runs", *arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_the_list_names_every_run_with_its_figures(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "list")
    assert (status, out.split()[:3]) == (0, ["mine", "tiny", "finished"])
    status, out, _ = call(capsys, "list", "--json")
    (run,) = json.loads(out)
    assert (run["run"], run["step"], run["settings"]["batch_size"]) == ("mine", 12, 4)
    assert run["converged"]["step"] <= run["best_step"]


def test_no_runs_are_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    status, out, _ = call(capsys, "list")
    assert (status, "no runs yet" in out) == (0, True)
    assert call(capsys, "list", "--json")[1].strip() == "[]"


def test_a_run_is_exported_renamed_deleted_and_taken_in_again(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "export", "mine", "--json")
    assert status == 0
    assert json.loads(out)["size_bytes"] == (home / "mine.zip").stat().st_size
    assert call(capsys, "rename", "mine", "first")[0] == 0
    assert call(capsys, "import", "mine.zip")[0] == 0
    assert call(capsys, "import", "mine.zip", "--name", "third")[0] == 0
    assert names(home) == ["first", "mine", "third"]
    assert call(capsys, "delete", "first", "--yes")[0] == 0
    assert json.loads(call(capsys, "delete", "third", "--yes", "--json")[1]) == {"deleted": "third"}
    assert names(home) == ["mine"]


def test_deleting_asks_first(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert call(capsys, "delete", "mine")[0] == 130
    assert (home / "runs" / "mine").is_dir()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("delete", "gone", "--yes"), "no run named 'gone'"),
        (("rename", "mine", "a b"), "cannot name a run"),
        (("export", "gone"), "no run named 'gone'"),
        (("import", "gone.zip"), "no file gone.zip"),
        (("import", "noise.zip"), "damaged, or not a zip"),
    ],
)
def test_bad_input_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    (home / "noise.zip").write_bytes(b"noise")
    status, _, err = call(capsys, *arguments)
    assert (status, words in err) == (2, True)


def test_a_run_has_a_name_in_any_script(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "rename", "mine", "小调-1")[0] == 0
    assert call(capsys, "export", "小调-1")[0] == 0
    status, out, _ = call(capsys, "import", "小调-1.zip", "--json")
    assert (status, json.loads(out)["run"]) == (0, "小调-1-2")
    assert call(capsys, "delete", "小调-1", "--yes")[0] == 0
    assert names(home) == ["小调-1-2"]


def test_a_file_that_is_there_is_not_overwritten(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "mine.zip").write_text("precious")
    status, _, err = call(capsys, "export", "mine")
    assert (status, "there already" in err) == (2, True)
    assert (home / "mine.zip").read_text() == "precious"


def test_a_run_that_trains_is_left_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunStore(home / "runs").get("mine").locked():
        for arguments in (("delete", "mine", "--yes"), ("rename", "mine", "x"), ("export", "mine")):
            status, _, err = call(capsys, *arguments)
            assert (status, "being trained" in err) == (2, True)
    assert not (home / "mine.zip").exists()
