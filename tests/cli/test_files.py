"""Files of tunes from the command line: what a program that opens them finds."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from musicgen.__main__ import main
from musicgen.notation.reader import read_tune


def test_render_writes_musicxml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.abc"
    book.write_text("X:1\nT:A < B & C\nM:4/4\nL:1/8\nK:D\nABcd efga|]\n")
    assert main(["render", str(book), "--out", str(tmp_path), "--formats", "musicxml"]) == 0
    score = ElementTree.fromstring((tmp_path / "1.musicxml").read_text(encoding="utf-8"))  # noqa: S314 - our own
    assert score.findtext("work/work-title") == "A < B & C"
    assert len(score.findall("part/measure/note")) == 8


def test_a_rendered_tune_takes_the_header_of_its_book_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book.abc"
    book.write_text("M:3/4\nL:1/4\n%%propagate-accidentals not\n\nX:1\nK:D\n=ccd|]\n")
    assert main(["render", str(book), "--out", str(tmp_path), "--formats", "abc"]) == 0
    tune, problems = read_tune((tmp_path / "1.abc").read_text())
    assert problems == ()
    assert [note.pitch for note in tune.performance] == [72, 73, 74]
    assert tune.bars[0].actual == tune.bars[0].expected == 3
