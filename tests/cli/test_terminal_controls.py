"""What stands in files is printed, never obeyed: a title cannot move the cursor or hide a line."""

import json
import os
import sys
from pathlib import Path

import pytest

from musicgen.__main__ import main

TITLE = "\x1b[2J\x1b]0;owned\x07red\x08\x08 \x9b31m \u202eesrever\u2066 \u200bhidden"
WORDS = ("owned", "red", "31m", "esrever", "hidden")
"""What is left of the title to be read, whatever else of it is taken out or written as a number."""
BAD = set(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) - {"\n", "\t", "\r"}
HIDDEN = {"\u202e", "\u2066", "\u200b"}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.abc"
    text = f"X:1\nT:{TITLE}\nM:4/4\nL:1/8\nK:D\nABcd efg\x1b[31ma|ABc|]\n"
    path.write_text(text, encoding="utf-8")
    return path


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    both = capsys.readouterr()
    return both.out + both.err


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "--json"], ["render", "--formats", "midi"],
                  ["render", "--formats", "midi", "--json"]],
)  # fmt: skip
def test_titles_and_problems_are_printed_without_controls(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    command, *options = arguments
    out = ["--out", str(tmp_path / "out")] if command == "render" else []
    assert main([command, str(book), *options, *out]) == 0
    text = printed(capsys)
    assert not {*text} & (BAD | HIDDEN)
    if "--json" not in options:
        assert all(word in text for word in WORDS)


def test_json_holds_the_words_of_the_title(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(book), "--json"]) == 0
    title = json.loads(capsys.readouterr().out)["tunes"][0]["title"]
    assert all(word in title for word in WORDS)
    assert not {*title} & BAD


@pytest.mark.parametrize("command", ["check", "render", "novelty"])
def test_an_error_quotes_a_file_name_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path = tmp_path / "a\x1b[2J\nError: none\u202e.abc"
    options = ["--checkpoint", "house"] if command == "novelty" else []
    assert main([command, str(path), *options]) == 2
    text = printed(capsys)
    assert not {*text} & (BAD | HIDDEN)
    assert text.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text there")
def test_a_file_name_that_is_no_text_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / os.fsdecode(b"a\xff.abc")
    path.write_text("X:1\nK:D\nABcd|]\n")
    assert main(["check", str(path)]) == 0
    assert "\\udcff" in printed(capsys)


def test_models_and_recipes_are_quoted_without_controls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.abc"
    path.write_text(
        "X:1\nN:musicgen checkpoint=\x1b[31m\u202ehouse fingerprint=0123456789ab seed=1 "
        "settings={}\nK:D\n",
        encoding="utf-8",
    )
    assert main(["compose", "--from", str(path), "--out", str(tmp_path)]) == 2
    assert not {*printed(capsys)} & (BAD | HIDDEN)
