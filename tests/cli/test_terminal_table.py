"""Every command of docs/terminal.md does what the table says, on a tiny model."""

import json
import re
import shlex
import string
from dataclasses import replace
from pathlib import Path

import pytest

from musicgen.__main__ import COMMANDS, main
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.described import Description
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.novelty.comparison import build_index
from musicgen.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tests.examples import make_tune, stand_in, write_checkpoint

TABLE = Paths.default().project / "docs" / "terminal.md"
ROW = re.compile(r"^\| (.+) \| `musicgen (.+)` \|$", re.MULTILINE)
TINY = (
    "hidden_size=8", "embedding_dim=4", "batch_size=2", "seq_len=8", "eval_interval=2",
    "precision=float32", "samples=0",
)  # fmt: skip
WRITERS = ("compose", "take", "rewrite", "ladder", "set", "favourites export", "reports export",
           "study export", "lessons worksheet", "lessons notebook", "tunebook export",
           "practise", "export")  # fmt: skip


def read_rows() -> list[tuple[str, str]]:
    return ROW.findall(TABLE.read_text(encoding="utf-8"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    """A home with an untrained network that can write any header, and tunes to work on."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    # Without accidentals: what nobody has trained writes so many that no other key has room.
    characters = "".join(sorted({*string.printable[:95], "\n"} - {*"^_="}))
    small = tmp_path / "runs" / "small" / "best"
    write_checkpoint(small, Vocabulary.from_text(characters))
    _describe(load_checkpoint(small), tmp_path / "runs" / "described" / "best")
    for module in (
        "cli.train",
        "cli.evaluate",
        "jobs.training_job",
        "interpretation.material",
    ):
        monkeypatch.setattr(f"musicgen.{module}.load_dataset", stand_in(dataset))
    monkeypatch.setattr(
        "musicgen.cli.novelty.load_index", lambda *_: build_index(list(dataset.tunes))
    )
    (tmp_path / "own.abc").write_text("\n\n".join(map(make_tune, range(1, 21))) + "\n")
    return tmp_path


def _describe(plain: Checkpoint, folder: Path) -> None:
    """Writes a checkpoint as if its network had learned described headers."""
    header = Description("lab", "reel", "C", "1/8", (8, 8), "a", "D Major").header()
    corpus = {"source": "lab+oneill", "headers": {header: 2, header.replace("lab", "oneill"): 1}}
    training = plain.metadata.training.replace(described=True)
    metadata = replace(plain.metadata, name="described", training=training, corpus=corpus)
    save_checkpoint(folder, plain.network, metadata)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main(arguments)
    captured = capsys.readouterr()
    assert status == 0, f"{' '.join(arguments)}: {captured.err}"
    return captured.out


def fill_in(command: str, values: dict[str, str]) -> list[str]:
    """The words of a command, with what its placeholders stand for, made quick."""
    words = [values.get(word, word) for word in shlex.split(command)]
    if words[0] == "train":
        words += ["--steps", "2"]
    if words[0] == "train" or words[:2] == ["sweeps", "start"]:
        words += [part for one in TINY for part in ("--set", one)]
    if words[0] in ("compose", "ladder") and "--from" not in words and "--begin" not in words:
        known = {"--bars", "--sections", "--free", "--prompt"}
        if not known & set(words):
            words += ["--sections", "1", "--bars", "2"]
    return words


def test_every_command_of_the_table_runs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--key", "D major", "--meter", "4/4", "--sections", "1", "--bars", "4")
    run(capsys, "compose", "--checkpoint", "small", "--seed", "11", *asked, "--out", "made",
        "--formats", "abc")  # fmt: skip
    (home / "tune.abc").write_bytes((home / "made" / "small-11.abc").read_bytes())
    notes = json.loads(run(capsys, "notes", "tune.abc", "--json"))["notes"]
    place = next(one for note in notes for one in note["alternatives"])
    ways = json.loads(run(capsys, "rewrite", "tune.abc", "--bars", "2-3", "--json"))["ways"]
    values = {
        "house": "small",
        "DESCRIBED": "described",
        "HOTTER": "small:1.1",
        "OFFSET": str(place["at"]),
        "C": next(iter(place["others"])),
        "CHOICE": str(ways[0]["choice"]),
    }
    rows = read_rows()
    assert len(rows) > 40
    for number, (feature, command) in enumerate(rows):
        words = fill_in(command, values)
        if " ".join(words).startswith(WRITERS):
            words += ["--out", f"out-{number}"]
        out = run(capsys, *words)
        assert out.strip(), feature
        if words[:2] == ["favourites", "add"]:
            values["KEY"] = json.loads(run(capsys, "favourites", "list", "--json"))[0]["key"]
        if words[:2] == ["study", "make"]:
            values["STUDY"] = out.split()[0]
        if "--keep" in words:
            values["REPORT"] = json.loads(run(capsys, "reports", "list", "--json"))[0]["report"]


def test_the_table_speaks_of_every_command_that_a_page_has() -> None:
    told = {command.split()[0] for _feature, command in read_rows()}
    of_no_page = {
        "app",
        "bundle",
        "card",
        "check",
        "critic",
        "preferences",
        "render",
        "serve",
    }
    assert told == COMMANDS.keys() - of_no_page
