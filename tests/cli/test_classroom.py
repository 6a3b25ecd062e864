"""A class in the terminal."""

import json
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.classroom.roster import ClassStore
from musicgen.classroom.signing_in import SignIns
from musicgen.cli import app
from musicgen.config import Paths
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.run_files import Progress
from tests.examples import write_checkpoint


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(app.CLASS, "")  # what a command sets is undone at the end
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_a_class_is_made_filled_listed_and_emptied(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "classroom", "list")
    assert status == 2 and "classroom new" in err
    status, out, _ = run(capsys, "classroom", "new", "5b", "--teacher", "Ms Wu", "--json")
    assert status == 0 and json.loads(out)[0]["role"] == "teacher"
    (home / "names.txt").write_bytes("\ufeffBen\n\n小明\r\n".encode())
    status, out, _ = run(capsys, "classroom", "add", "Anna", "--from", home / "names.txt", "--json")
    codes = {row["name"]: row["code"] for row in json.loads(out)}
    assert list(codes) == ["Anna", "Ben", "小明"]
    assert SignIns(ClassStore(Paths.default())).sign_in("小明", codes["小明"], "")
    status, out, _ = run(capsys, "classroom", "code", "Anna")
    assert status == 0 and "Anna" in out and codes["Anna"] not in out
    status, out, _ = run(capsys, "classroom", "list", "--json")
    rows = json.loads(out)["members"]
    assert [(row["name"], row["folder"]) for row in rows][:2] == [
        ("Ms Wu", "."), ("Anna", "members/anna"),
    ]  # fmt: skip
    assert not any("code" in row for row in rows)
    status, out, _ = run(capsys, "classroom", "remove", "Ben")
    assert status == 0 and "no longer" in out
    assert run(capsys, "classroom", "remove", "Ben")[0] == 2
    assert run(capsys, "classroom", "add")[0] == 2
    assert run(capsys, "classroom", "add", "X", "Y", "--account", "x@y.example")[0] == 2


def test_limits_are_shown_and_changed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "classroom", "new", "5b")
    status, out, _ = run(capsys, "classroom", "limits", "--set", "steps=300", "--json")
    assert status == 0 and json.loads(out)["steps"] == 300
    status, out, _ = run(capsys, "classroom", "limits")
    assert "300" in out and "Parameters that a network may have" in out
    for wrong in ("steps=0", "steps=many", "nothing=1", "steps"):
        assert run(capsys, "classroom", "limits", "--set", wrong)[0] == 2


def test_a_run_is_shared_with_all(
    home: Path, capsys: pytest.CaptureFixture[str], dataset, tiny_preset
) -> None:
    run(capsys, "classroom", "new", "5b", "--teacher", "Ms Wu")
    run(capsys, "classroom", "add", "Anna")
    store = ClassStore(Paths.default())
    anna = store.paths_of(store.read().get("Anna"))
    made = RunStore(anna.runs).create("jig", tiny_preset)
    write_checkpoint(made.path / "best", dataset.vocabulary)
    made.write_status("stopped", "", 5, Progress())
    status, out, _ = run(capsys, "classroom", "share", "Anna", "jig", "--json")
    assert (status, json.loads(out)) == (0, {"shared": "anna-jig"})
    assert (home / "home" / "runs" / "anna-jig" / "best").is_dir()
    assert run(capsys, "classroom", "share", "Ms Wu", "anna-jig")[0] == 2
    assert run(capsys, "classroom", "share", "Anna", "none")[0] == 2


def test_the_app_serves_a_class_only_where_there_is_one(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(app.os, "execv", lambda *told: started.append(told))
    monkeypatch.setattr(app.os, "chdir", lambda *_: None)
    monkeypatch.setattr(app, "check_port", lambda *_: None)
    status, _, err = run(capsys, "app", "--class")
    assert status == 2 and "classroom new" in err and not started
    run(capsys, "classroom", "new", "5b")
    status, _, err = run(capsys, "app", "--class", "--host", "0.0.0.0")  # noqa: S104 - told of
    assert status == 0 and started and app.os.environ[app.CLASS] == "1"
    assert "members of the class sign in" in err and "no login" not in err
