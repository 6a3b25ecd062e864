import json

import pytest

from musicgen.__main__ import main
from tests.examples import write_checkpoint


@pytest.fixture
def home(tmp_path, tunebook, dataset, monkeypatch):
    """A home with the tiny tunebook in the lab's place and a checkpoint that learned from it."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "irish.abc").write_text(tunebook, encoding="utf-8")
    folder = write_checkpoint(tmp_path / "runs" / "small" / "best", dataset.vocabulary)
    file = folder / "checkpoint.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(values | {"corpus": {"source": "lab"}}), encoding="utf-8")
    (tmp_path / "two.abc").write_text("\n\n".join(tunebook.split("\n\n")[:2]), encoding="utf-8")
    return tmp_path


def test_tunes_of_a_file_are_compared_with_a_corpus(home, capsys):
    assert main(["novelty", str(home / "two.abc"), "--source", "lab", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["compared_with"] == "lab" and told["real"]["tunes"] == 40
    first, second = told["tunes"]
    assert first["known"] and second["known"]
    assert first["nearest"] == "Tune 1" and second["nearest"] == "Tune 2"
    assert first["line"] < second["line"]
    assert first["melody"]["share"] == 1.0


def test_tunes_are_compared_with_what_a_checkpoint_learned_from(home, dataset, capsys):
    assert main(["novelty", str(home / "two.abc"), "--checkpoint", "small"]) == 0
    *lines, real = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "two.abc:1: Tune 1" in lines[0]
    assert f"the {len(dataset.split.train)} tunes of small" in real


def test_preparing_says_how_many_tunes_were_read_and_keeps_the_index(home, capsys):
    assert main(["novelty", "--checkpoint", "small", "--prepare"]) == 0
    assert "tunes read" in capsys.readouterr().out
    assert len(list((home / "cache" / "novelty").iterdir())) == 1


def test_what_is_not_enough_or_too_much_is_told(home, capsys):
    for arguments in (
        [str(home / "two.abc")],
        ["--source", "lab"],
        [str(home / "two.abc"), "--source", "lab", "--checkpoint", "small"],
        [str(home / "two.abc"), "--source", "nobody"],
        [str(home / "none.abc"), "--source", "lab"],
    ):
        assert main(["novelty", *arguments]) == 2
        assert capsys.readouterr().err.startswith("Error: ")


def test_composed_tunes_come_with_their_novelty(home, capsys):
    command = ["compose", "--checkpoint", "small", "--out", str(home / "out"), "--formats", "abc"]
    assert main([*command, "--max-new-tokens", "60", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["tunes"]
    assert row["novelty"]["known"] is False
    assert row["novelty"]["characters"]["longest"] >= 0
    (home / "data" / "irish.abc").unlink()
    assert main([*command, "--overwrite", "--max-new-tokens", "60", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["tunes"]
    assert row["novelty"] is None
