"""Every command, where the home may not be written, is a file, may not be read, or is full."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from musicgen.__main__ import main
from tests.examples import make_tune

NOBODY = 65534
COMMANDS = [
    ["corpus", "list"], ["corpus", "report", "lab"], ["corpus", "add", "mine", "{book}"],
    ["corpus", "show", "mine"], ["corpus", "delete", "mine", "--yes"],
    ["train", "--preset", "quick", "--steps", "2", "--set", "hidden_size=8",
     "--set", "samples=0"],
    ["train", "--resume", "--run", "mine"], ["runs", "list"], ["runs", "list", "--json"],
    ["runs", "delete", "mine", "--yes"], ["runs", "rename", "mine", "other"],
    ["runs", "studies", "--measure", "1"], ["reports", "list"], ["reports", "show"],
    ["runs", "export", "mine", "--out", "{out}/mine.zip"], ["runs", "import", "{book}"],
    ["compose", "--checkpoint", "nobody", "--out", "{out}"],
    ["render", "{book}", "--out", "{out}", "--formats", "midi"], ["check", "{book}"],
    ["evaluate", "--tunebook", "{book}"], ["novelty", "{book}", "--source", "lab"],
    ["bundle", "mine", "--name", "mine"], ["card", "nobody"],
]  # fmt: skip


@pytest.fixture
def place(tunebook: str) -> Iterator[Path]:
    """A home with the tiny tunebook, a tunebook to bring and a folder for files, open to all."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        root = Path(name)
        restore(root)
        (root / "home" / "data").mkdir(parents=True)
        (root / "home" / "data" / "irish.abc").write_text(tunebook)
        (root / "book.abc").write_text(make_tune(3) + "\n")
        (root / "out").mkdir()
        (root / "out").chmod(0o777)
        yield root
        restore(root / "home")


def restore(folder: Path) -> None:
    folder.chmod(0o755)


@contextmanager
def without_privileges() -> Iterator[None]:
    """As somebody whom permissions bind: root is nobody meanwhile."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def run(command: list[str], root: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """The exit status: 0, or 2 with one sentence."""
    arguments = [part.format(book=root / "book.abc", out=root / "out") for part in command]
    status = main(arguments)
    said = capsys.readouterr().err
    assert status in (0, 2)
    if status:
        (line,) = [line for line in said.splitlines() if line.startswith("Error: ")]
        assert len(line) > len("Error: ")
    assert "Traceback" not in said
    return status


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_home_that_may_not_be_written_or_read(
    command: list[str], mode: int, place: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # Once where all may be written: whatever is imported late is imported before it may not be.
    shutil.copytree(place / "home", place / "other")
    monkeypatch.setenv("MUSICGEN_HOME", str(place / "other"))
    run(command, place, capsys)
    monkeypatch.setenv("MUSICGEN_HOME", str(place / "home"))
    (place / "home").chmod(mode)
    with without_privileges():
        status = run(command, place, capsys)
    restore(place / "home")
    assert sorted(path.name for path in (place / "home").iterdir()) == ["data"]
    if command[:2] in (["check", "{book}"], ["corpus", "list"], ["runs", "list"]):
        assert status == 0
    if command[0] == "train" or command[:2] == ["corpus", "add"]:
        assert status == 2


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_home_that_is_a_file(
    command: list[str], place: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (place / "file").write_text("x")
    monkeypatch.setenv("MUSICGEN_HOME", str(place / "file"))
    run(command, place, capsys)
    assert (place / "file").read_text() == "x"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_disk_that_is_full(
    command: list[str], place: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("MUSICGEN_HOME", str(place / "home"))
    monkeypatch.setattr(os, "fsync", full)
    run(command, place, capsys)
