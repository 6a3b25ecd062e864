"""``musicgen temperature`` as a user meets it, and as the page shows it."""

import json
import string
from pathlib import Path
from typing import Any

import pytest

from musicgen.__main__ import main
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.sampling.beginnings import EXAMPLES
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.temperature_comparison import COMPARED_TEMPERATURES
from musicgen.sampling.temperature_effect import (
    compute_effect,
    count_choices,
    find_open_place,
    open_places,
    score_next,
    written_text,
)
from musicgen.sampling.text_scoring import score_text
from musicgen.ui.play.temperature import describe_effect
from tests.examples import write_checkpoint

ASKED = {"key": "D major", "meter": "4/4", "sections": 1, "bars": 4}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    characters = "".join(sorted({*string.printable[:95], "\n"} - {*"^_="}))
    write_checkpoint(tmp_path / "runs" / "small" / "best", Vocabulary.from_text(characters))
    return tmp_path


def load() -> Checkpoint:
    return load_checkpoint(find_checkpoint("small", Paths.default()).path)


@pytest.fixture
def tune(home: Path) -> Composition:
    """A composed tune, which is also in the file tune.abc."""
    (tune,) = compose(load(), SampleConfig(seed=3, **ASKED))
    (home / "tune.abc").write_text(tune.to_abc(), encoding="utf-8")
    return tune


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(("temperature", *arguments))
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def read(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    status, out, err = run(capsys, *arguments, "--json")
    assert status == 0, err
    values: dict[str, Any] = json.loads(out)
    return values


def test_figures_in_a_tune_are_those_of_the_page(
    home: Path, tune: Composition, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = score_text(load(), tune.config, written_text(tune), tune.drawn_start)
    found = read(capsys, str(home / "tune.abc"), "--temperature", "0.5")
    place = find_open_place(seen, open_places(tune)[0])
    assert (found["at"], found["written"]) == (place, written_text(tune)[place])
    effect = compute_effect(seen, place, SampleConfig(temperature=0.5))
    before, after = found["temperatures"]
    for row, probs, entropy in (
        (before, effect.before, effect.entropy_before),
        (after, effect.after, effect.entropy_after),
    ):
        assert tuple(row["probabilities"]) == effect.characters
        assert tuple(row["probabilities"].values()) == pytest.approx(probs)
        assert row["entropy_bits"] == pytest.approx(entropy)
        assert row["equally_likely"] == pytest.approx(count_choices(entropy))
    _status, out, _ = run(capsys, str(home / "tune.abc"), "--temperature", "0.5")
    words = describe_effect(effect, 0.5)
    for line in out.splitlines():
        if line.startswith(("entropy", "as if")):
            assert all(figure in words for figure in line.split()[-2:])


def test_any_place_of_a_tune_can_be_looked_at(
    home: Path, tune: Composition, capsys: pytest.CaptureFixture[str]
) -> None:
    places = open_places(tune)
    assert tune.abc[: places[0]].endswith("\n")  # the header is passed over
    for place in (places[0], places[-1]):
        found = read(capsys, str(home / "tune.abc"), "--at", str(place))
        assert found["written"] == written_text(tune)[place]
    assert [row["temperature"] for row in found["temperatures"]] == [1.0, 0.4, 0.7, 1.3]
    status, _, err = run(capsys, str(home / "tune.abc"), "--at", str(places[-1] + 1))
    assert (status, f"{places[0]} to {places[-1]}" in err) == (2, True)


def test_behind_a_beginning(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = read(capsys, "--checkpoint", "small")
    text = EXAMPLES["jig"]
    assert (found["at"], found["written"]) == (len(text), None)
    effect = compute_effect(score_next(load(), SampleConfig(), text), len(text), SampleConfig())
    first = found["temperatures"][0]
    assert first["entropy_bits"] == pytest.approx(effect.entropy_before)
    free = read(capsys, "--checkpoint", "small", "--free")["temperatures"][0]
    assert free["entropy_bits"] > first["entropy_bits"]
    typed = read(capsys, "--checkpoint", "small", "--prompt", "X:1\nM:6/8\nL:1/8\nK:G\nGBd")
    assert typed["before"] == "… K:G\nGBd▌"
    music = ("--prompt", "DFA d", "--meter", "6/8", "--key", "D major")
    assert read(capsys, "--checkpoint", "small", *music)["before"].endswith("DFA d▌")


def test_limits_keep_the_likeliest_and_leave_the_first_column(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = ("--top-k", "2", "--temperature", "1")
    whole, cut = read(capsys, "--checkpoint", "small", *limits)["temperatures"]
    assert sum(prob > 0 for prob in whole["probabilities"].values()) > 2
    assert sum(prob > 0 for prob in cut["probabilities"].values()) == 2
    assert "top-k 2" in run(capsys, "--checkpoint", "small", *limits)[1]
    (alone,) = read(capsys, "--checkpoint", "small", "--temperature", "1")["temperatures"]
    assert alone == whole


def test_the_table_has_a_column_for_each_temperature(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "--checkpoint", "small")
    assert status == 0
    heading = next(line for line in out.splitlines() if line.startswith("temperature"))
    assert set(map(float, heading.split()[1:])) == {*COMPARED_TEMPERATURES, 1.0}
    assert "GBd gdB|▌" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--checkpoint"),
        (["--checkpoint", "nobody"], "no checkpoint named"),
        (["--checkpoint", "small", "--temperature", "9"], "temperature"),
        (["--checkpoint", "small", "--temperature", "nan"], "temperature"),
        (["--checkpoint", "small", "--top-k", "-1"], "top_k"),
        (["--checkpoint", "small", "--at", "9"], "--at is for"),
        (["--checkpoint", "small", "--key", "D major"], "--prompt"),
        (["--checkpoint", "small", "--prompt", "DFA"], "add --meter and --key"),
        (["--checkpoint", "small", "--prompt", "X:1\nM:6/8\nK:D\n^f"], "never saw"),
        (["--checkpoint", "small", "--prompt", "X:1\nM:2/4\nL:1/8\nK:D\nABcdefg|"], "bar"),
        (["{home}/nothing.abc"], "nothing.abc"),
        (["{home}/other.abc"], "other.abc"),
        (["{home}/tune.abc", "--free"], "leave out --free"),
        (["{home}/tune.abc", "--number", "2"], "no tune 2"),
    ],
)
def test_bad_input_is_one_sentence(
    home: Path,
    tune: Composition,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    (home / "other.abc").write_text("X:1\nM:6/8\nL:1/8\nK:D\nDFA dAF|]\n")
    status, out, err = run(capsys, *(part.format(home=home) for part in arguments))
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1
