"""``musicgen evaluate`` as a user meets it."""

import json
import random
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.errors import CorpusError
from musicgen.evaluation.judge.detectors import DETECTORS
from musicgen.evaluation.judge.result import MIN_TUNES
from musicgen.evaluation.report.result import Report
from tests.evaluation.judge.walks import make_bars, write
from tests.examples import make_tune, stand_in, write_checkpoint


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    """Two untrained checkpoints, and the tiny tunebook in the lab's place."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    for name in ("one", "two"):
        write_checkpoint(tmp_path / "runs" / name / "best", dataset.vocabulary, name)
    monkeypatch.setattr("musicgen.cli.evaluate.load_dataset", stand_in(dataset))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(("evaluate", *arguments))
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_checkpoints_temperatures_and_modes_are_compared(
    home: Path, capsys: pytest.CaptureFixture[str], dataset: Dataset
) -> None:
    page = home / "report.html"
    status, out, _ = run(
        capsys, "--checkpoint", "one", "--checkpoint", "two", "--count", "2",
        "--temperature", "0.8", "--temperature", "1.2", "--json", "--html", str(page),
    )  # fmt: skip
    assert status == 0
    values = json.loads(out)
    assert len(values["sets"]) == 4
    assert len(values["losses"]) == 6
    assert values["real"]["tunes"] == len(dataset.split.val)
    assert values["sets"][0]["estimates"]["in_time"]["value"] == 1.0
    assert Report.from_dict(values).plan.temperatures == (0.8, 1.2)
    assert page.read_text().startswith("<!doctype html>")


def test_the_loss_of_one_checkpoint_stands_where_it_stood(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "--checkpoint", "one", "--json")
    values = json.loads(out)
    assert status == 0
    assert values["checkpoint"] == "one"
    assert values["loss"] == pytest.approx(values["losses"][0]["estimates"]["loss"]["value"])
    assert values["sets"] == []


def test_the_report_is_told_in_lines(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--checkpoint", "one", "--count", "2", "--both")
    assert status == 0
    for words in ("one on ", "Perplexity", "val: ", "one · 1: 2 tunes", "without the grammar"):
        assert words in out


def test_detectors_judge_unless_they_are_left_out(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "--checkpoint", "one", "--count", "2", "--json")
    values = json.loads(out)
    assert status == 0
    assert values["plan"]["judge"] is True
    assert values["sets"][0]["judgement"]["tunes"] < MIN_TUNES
    status, out, _ = run(capsys, "--checkpoint", "one", "--count", "2")
    assert "Not judged: detectors need 20 different tunes of each side" in out
    status, out, _ = run(capsys, "--checkpoint", "one", "--count", "2", "--no-judge", "--json")
    values = json.loads(out)
    assert values["plan"]["judge"] is False
    assert values["sets"][0]["judgement"] is None


def test_the_json_has_the_numbers_of_the_judge(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = home / "book.abc"
    book.write_text("\n".join(write(make_bars(random.Random(seed))) for seed in range(44)))
    status, out, _ = run(
        capsys, "--checkpoint", "one", "--count", "22", "--tunebook", str(book), "--json"
    )
    values = json.loads(out)
    assert status == 0
    for found in (values["sets"][0]["judgement"], values["real"]["judgement"]):
        assert set(found["detectors"]) == set(DETECTORS)
        for auc in found["detectors"].values():
            assert 0 <= auc["low"] <= auc["value"] <= auc["high"] <= 1
    found = values["sets"][0]["judgement"]
    assert found["tunes"] == 22
    assert found["detectors"]["figures"]["value"] > 0.9  # it is untrained
    assert abs(found["figures"][0]["gap"]["value"]) > 1


def test_a_tunebook_alone_is_measured(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = home / "book.html"
    book.write_bytes(f"<html><pre>{make_tune(3)}\n\n{make_tune(4)}</pre></html>".encode("utf-16"))
    status, out, _ = run(capsys, "--tunebook", str(book), "--json")
    values = json.loads(out)
    assert status == 0
    assert values["real"]["tunes"] == 2
    assert values["tunes_of"] == "book.html"
    assert values["losses"] == []
    assert values["real"]["estimates"]["transitions"]["value"] > 0


def test_a_tunebook_is_measured_without_any_corpus(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise CorpusError("It is not here.")

    monkeypatch.setattr("musicgen.cli.evaluate.load_dataset", refuse)
    book = home / "book.abc"
    book.write_text("\n\n".join(make_tune(number).replace(f"T:Tune {number}\n", "")
                                for number in range(1, 9)))  # fmt: skip
    status, out, _ = run(capsys, "--tunebook", str(book), "--checkpoint", "one", "--json")
    values = json.loads(out)
    assert status == 0
    assert values["real"]["tunes"] == 8
    assert "transitions" not in values["real"]["estimates"]
    assert values["losses"][0]["is_own"] is False


def test_a_checkpoints_own_file_is_not_taken_for_its_held_out_tunes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = home / "val"
    book.write_text(make_tune(3))
    status, out, _ = run(capsys, "--tunebook", str(book), "--checkpoint", "one", "--json")
    assert status == 0
    assert json.loads(out)["losses"][0]["is_own"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--checkpoint"),
        (["--checkpoint", "nobody"], "no checkpoint named"),
        (["--checkpoint", "one", "--count", "-1"], "count"),
        (["--checkpoint", "one", "--count", "2000"], "count"),
        (["--checkpoint", "one", "--count", "2", "--temperature", "9"], "temperature"),
        (["--checkpoint", "one", "--count", "2", "--temperature", "nan"], "temperature"),
        (["--checkpoint", "one", "--seed", "-4"], "seed"),
        (["--tunebook", "nothing.abc"], "cannot be read"),
    ],
)
def test_bad_input_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert words in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "data", [b"", b"words\n", b"\x00\xff" * 900, b"X:1\nT:silent\nK:D\nz4|]\n", b"<html>|</html>"]
)
def test_a_file_without_tunes_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    book = home / "book.abc"
    book.write_bytes(data)
    status, out, err = run(capsys, "--tunebook", str(book))
    assert status == 2
    assert "book.abc" in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1
