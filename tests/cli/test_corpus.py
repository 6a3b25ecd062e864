"""Corpora of one's own in the terminal."""

import json
from pathlib import Path

import pytest

from musicgen.__main__ import main

TUNE = "X:1\nT:A\nM:C\nL:1/8\nK:G\nGABc d2B2|G4 G4|]\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    (tmp_path / "book.abc").write_text(TUNE + "\n" + TUNE, encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_add_list_show_and_delete(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "corpus", "add", "mine", home / "book.abc", "--json")
    assert (status, json.loads(out)["tunes"]) == (0, 1)
    assert json.loads(out)["findings"][0]["line"] == 8
    _, out, _ = run(capsys, "corpus", "list", "--json")
    assert [row["name"] for row in json.loads(out)][-1] == "mine"
    table = home / "report.csv"
    status, out, _ = run(capsys, "corpus", "show", "own:mine", "--all", "--csv", table)
    assert status == 0 and "book.abc:8 A: the same text again" in out
    assert "duplicate" in table.read_text(encoding="utf-8-sig")
    status, out, _ = run(capsys, "corpus", "delete", "mine", "--yes", "--json")
    assert json.loads(out) == {"deleted": "mine"}
    assert run(capsys, "corpus", "show", "mine")[0] == 2


def test_bad_input_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, file in (("../x", "book.abc"), ("lab", "book.abc"), ("x", "gone.abc"), ("x", ".")):
        status, _, err = run(capsys, "corpus", "add", name, home / file)
        assert status == 2 and err.startswith("Error: ")
    assert not (home / "home" / "corpora").exists()


def test_training_on_too_small_a_corpus_leaves_no_run(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "corpus", "add", "mine", home / "book.abc")
    status, _, err = run(capsys, "train", "--set", "source=mine", "--run", "small")
    assert status == 2 and "'mine'" in err
    assert not (home / "home" / "runs").exists()
