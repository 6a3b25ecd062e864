"""``musicgen practise`` writes what was asked for."""

import json
from pathlib import Path

import pytest
import soundfile

from musicgen.__main__ import main
from tests.examples import make_tune


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.abc").write_text(f"{make_tune(1)}\n\n{make_tune(2)}\n")
    return tmp_path


def test_a_tune_of_a_file_and_of_the_tunebook_is_practised(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--bpm", "150", "--times", "2", "--start-percent", "80", "--drone", "--json"]
    assert main(["practise", "own.abc", "--number", "2", "--format", "wav", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(Path("out", "Tune-2-practice.wav"))
    assert [one["bpm"] for one in told["passes"]] == [120, 150]
    assert told["clicks_s"][:3] == [0, 0.5, 1.0]
    samples, rate = soundfile.read(told["file"])
    assert samples.shape[0] / rate == pytest.approx(told["passes"][-1]["end_s"] + 2, abs=0.01)
    assert main(["tunebook", "add", "own.abc"]) == 0
    assert main(["practise", "Tune 1", "--answer", "1", "--no-metronome", "--times", "1"]) == 0
    assert (home / "out" / "Tune-1-practice.mp3").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "no tune 'nobody'"),
        (["own.abc", "--number", "9"], "2 tunes"),
        (["own.abc", "--bpm", "5"], "beats a minute"),
        (["own.abc", "--times", "99"], "times"),
    ],
)
def test_what_is_wrong_is_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["practise", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_set_is_a_file_for_each_of_its_tunes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = "\n\n".join(make_tune(number) for number in (1, 2))
    (home / "two.abc").write_text(two + "\n", encoding="utf-8")
    for words in (["tunebook", "add", "two.abc"],
                  ["tunebook", "set", "Friday", "Tune 1", "Tune 2@2"],
                  ["practise", "Friday", "--times", "1", "--out", "set"]):  # fmt: skip
        assert main(words) == 0, capsys.readouterr().err
    names = sorted(path.name for path in (home / "set").iterdir())
    assert names == ["Tune-1-practice.mp3", "Tune-2-practice.mp3"]
    assert main(["practise", "Monday"]) == 2
    assert "no tune 'Monday'" in capsys.readouterr().err
