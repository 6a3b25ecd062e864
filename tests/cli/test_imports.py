"""A command loads what it needs and nothing else: nobody waits for torch to read a tune."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from musicgen.__main__ import COMMANDS
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from tests.examples import make_tune, write_checkpoint

LEARNING = {"torch", "onnx"}
COMPOSING = {"onnxruntime"}
SOUND = {"pretty_midi", "mido", "soundfile", "fluidsynth"}
PAPER = {"fontTools", "reportlab", "pypdf"}
NEVER = {"streamlit", "pandas", "plotly", "matplotlib", "scipy", "sklearn", "music21", "ray",
         "optuna"}  # fmt: skip
HEAVY = LEARNING | COMPOSING | SOUND | PAPER | NEVER | {"numpy"}

_SCRIPT = """
import json, sys
from musicgen.__main__ import main
try:
    status = main(sys.argv[2:])
except SystemExit as end:
    status = end.code or 0
loaded = [name for name in json.loads(sys.argv[1]) if name in sys.modules]
print("\\n" + json.dumps({"status": status, "loaded": loaded}))
"""


def load(home: Path, *arguments: str) -> set[str]:
    """The heavy modules that a command has loaded at its end, in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-c", _SCRIPT, json.dumps(sorted(HEAVY)), *arguments],
        cwd=Paths.default().project,
        env=os.environ | {"MUSICGEN_HOME": str(home), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["status"] == 0, result.stderr
    return set(found["loaded"])


@pytest.fixture
def home(tmp_path: Path, dataset: Dataset) -> Path:
    write_checkpoint(tmp_path / "runs" / "small" / "best", dataset.vocabulary)
    (tmp_path / "tune.abc").write_text(make_tune(3) + "\n")
    return tmp_path


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "{home}/tune.abc"]])
def test_what_needs_no_numbers_loads_none(home: Path, arguments: list[str]) -> None:
    assert load(home, *(part.format(home=home) for part in arguments)) == set()


@pytest.mark.parametrize(
    "arguments",
    [["runs", "list"], ["runs", "--help"], ["reports", "list"],
     ["temperature", "--help"], ["corpus", "list"], ["corpus", "--help"],
     ["compose", "--help"], ["novelty", "--help"], ["inspect", "--help"]],
)  # fmt: skip
def test_lists_and_help_load_no_network_and_no_sound(home: Path, arguments: list[str]) -> None:
    assert load(home, *arguments) <= {"numpy"}


def test_a_tune_is_composed_without_torch(home: Path) -> None:
    command = ["compose", "--checkpoint", "small", "--out", str(home / "out")]
    loaded = load(home, *command, "--formats", "abc")
    assert loaded == COMPOSING | {"numpy"}
    assert not load(home, *command, "--seed", "2", "--formats", "midi,wav") & (
        LEARNING | PAPER | NEVER
    )
    assert not load(home, *command, "--seed", "3", "--int8", "--formats", "abc") & LEARNING
    files = load(home, "compose", "--from", str(home / "out" / "small-0.abc"), "--out",
                 str(home / "again"), "--formats", "abc")  # fmt: skip
    assert not files & LEARNING


def test_a_file_is_rendered_without_a_network(home: Path) -> None:
    loaded = load(home, "render", str(home / "tune.abc"), "--out", str(home / "out"))
    assert not loaded & (LEARNING | COMPOSING | PAPER | NEVER)


def test_the_list_of_commands_names_commands_that_there_are() -> None:
    for name, (attribute, does) in COMMANDS.items():
        command = getattr(importlib.import_module(f"musicgen.cli.{name}"), attribute)
        assert isinstance(command, click.Command)
        assert command.name == name
        assert 10 < len(does) < 70
