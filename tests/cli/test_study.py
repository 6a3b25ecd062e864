import json
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.listening.store import StudyStore
from musicgen.listening.trials import NOISE
from tests.ui.tiny_model import write_tiny_model

SMALL = ["--set", "tunes=2", "--set", "pairs=2", "--set", "checks=0", "--set", "practice=false",
         "--set", "seconds=1", "--set", "listeners=2"]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    write_tiny_model(tmp_path / "runs" / "tiny" / "best")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_a_study_from_its_plan_to_its_files(home, capsys):
    plan = home / "plan.json"
    plan.write_text(json.dumps({"title": "Ours", "versions": ["tiny", "tiny:0.5"]}))
    status, out, _ = run(capsys, "study", "power", str(plan), "--json")
    assert status == 0 and 0 < json.loads(out)["power"] < 1
    status, out, _ = run(capsys, "study", "make", str(plan), *SMALL, "--json")
    assert status == 0
    study = json.loads(out)["study"]
    store = StudyStore(home / "listening")
    listener = store.enrol(study)
    while trial := store.next_trial(listener.id):
        store.vote(listener.id, trial.position, "left" if trial.left != NOISE else "right", 9)
    status, out, _ = run(capsys, "study", "list", "--json")
    assert json.loads(out)[0]["ballots"] == 2
    assert "Ours" in run(capsys, "study", "list")[1]
    shown = run(capsys, "study", "show", study)[1]
    assert "Ballots: 2 of 4" in shown and "Listeners still needed: 1" in shown
    folder = str(home / "out")
    assert run(capsys, "study", "export", study, "--out", folder)[0] == 0
    assert run(capsys, "study", "export", study, "--out", folder)[0] == 2
    assert sorted(path.suffix for path in (home / "out").iterdir()) == [".csv", ".html", ".json"]
    assert "first look" in run(capsys, "study", "compare")[2]
    listener = store.enrol(study)
    while trial := store.next_trial(listener.id):
        store.vote(listener.id, trial.position, "left" if trial.left != NOISE else "right", 9)
    assert "tiny" in run(capsys, "study", "compare")[1]
    shown = run(capsys, "study", "show", study)[1]
    for told in ("standard errors", "Checks failed: 0 of 0", "Time for a ballot", "first of two"):
        assert told in shown
    assert "closed" in run(capsys, "study", "close", study)[1]
    assert "open" in run(capsys, "study", "close", study, "--reopen")[1]
    assert run(capsys, "study", "close", study, "--reopen", "--for-good")[0] == 2
    assert "for good" in run(capsys, "study", "close", study, "--for-good")[1]
    assert "counted" in run(capsys, "study", "list")[1]
    assert "cannot be opened" in run(capsys, "study", "close", study, "--reopen")[2]
    assert json.loads(run(capsys, "study", "delete", study, "--yes", "--json")[1])
    assert store.infos() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["make", "--version", "tiny"], "title"),
        (["make", "--version", "tiny", "--title", "T"], "2 to 6"),
        (["make", "--version", "none", "--version", "tiny", "--title", "T"], "no checkpoint"),
        (["make", "nowhere.json"], "no plan"),
        (["make", "--version", "a", "--version", "b", "--title", "T", "--set", "x=1"], "setting"),
        (["show", "nothing"], "no study"),
        (["compare"], "no studies"),
    ],
)
def test_bad_input_is_one_sentence(home, capsys, arguments, says):
    status, _, err = run(capsys, "study", *arguments)
    assert status == 2 and says in err


def test_every_setting_is_explained(home, capsys):
    assert "Longest excerpt" in run(capsys, "study", "settings")[1]
