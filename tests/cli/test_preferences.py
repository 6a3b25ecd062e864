import json
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.sampling.critic import Critic
from musicgen.training.preference_pairs import PreferencePair, read_pairs, write_pairs
from tests.examples import make_tune, stand_in, write_checkpoint

TINY = [
    "--set", "batch_size=2", "--set", "seq_len=8", "--set", "eval_interval=2",
    "--set", "precision=float32", "--set", "samples=0", "--set", "preferences=1",
    "--set", "preference_batch=2",
]  # fmt: skip

PAIRS = [PreferencePair(make_tune(n) + "\n", make_tune(n + 7) + "\n") for n in range(1, 6)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    """A home folder with an untrained model that has a critic, and the tiny tunebook."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    folder = write_checkpoint(tmp_path / "home" / "runs" / "small" / "best", dataset.vocabulary)
    (folder / "critic.json").write_bytes(Critic(0.0, {}, {}).to_json())
    monkeypatch.setattr("musicgen.cli.train.load_dataset", stand_in(dataset))
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_pairs_are_written_and_learned_from_by_name(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musicgen.cli.preferences.compose_pairs", lambda *_: PAIRS)
    status, out, _ = run(capsys, "preferences", "--checkpoint", "small", "--pairs", "5", "--json")
    assert status == 0
    assert json.loads(out)["pairs"] == 5
    assert read_pairs(home / "preferences" / "small.jsonl") == PAIRS
    status, _, err = run(capsys, "preferences", "--checkpoint", "small")
    assert status == 2 and "--overwrite" in err
    status, out, _ = run(
        capsys, "train", "--from", "small", "--run", "liking", "--steps", "4",
        "--set", "preference_pairs=small", *TINY, "--json",
    )  # fmt: skip
    assert status == 0
    lines = (home / "runs" / "liking" / "metrics.jsonl").read_text().splitlines()
    assert all("preference_loss" in json.loads(line)["figures"] for line in lines)
    status, out, _ = run(capsys, "train", "--run", "liking", "--resume", "--steps", "6")
    assert status == 0 and "step 6" in out


def test_without_a_start_or_with_a_damaged_file_there_is_a_sentence_and_no_run(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for goal in ("preferences=1", "adversary=0.5"):
        status, _, err = run(capsys, "train", "--run", "none", *TINY, "--set", goal)
        assert status == 2 and "choose one to start from" in err
    write_pairs(home / "preferences" / "odd.jsonl", PAIRS)
    with (home / "preferences" / "odd.jsonl").open("a") as file:
        file.write("{}\n")
    status, _, err = run(
        capsys, "train", "--from", "small", "--run", "none", "--set", "preference_pairs=odd", *TINY
    )
    assert status == 2 and "Line 6 of odd is no pair" in err
    assert not (home / "runs" / "none").exists()


def test_a_file_of_pairs_has_an_ending_of_its_own(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "preferences", "--checkpoint", "small", "--out", "pairs.txt")
    assert status == 2 and ".jsonl" in err
