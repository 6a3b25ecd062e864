import re

import pytest

from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.repeat_starts import write_repeat_starts
from tests.notation.abc2midi import is_installed, read_notes

HEADER = "X:1\nT:x\nM:4/4\nL:1/8\nK:D\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A8|B8:|!\nc8|d8:|!\n", "|:A8|B8:|!\n|:c8|d8:|!\n"),
        ("A8|B8:|c8|d8:|\n", "|:A8|B8:| |:c8|d8:|\n"),
        ("|:A8|B8:|\n|:c8|d8:|\n", "|:A8|B8:|\n|:c8|d8:|\n"),
        ("A8|B8||\nc8|1d8:|2e8|]\n", "A8|B8||\n|:c8|1d8:|2e8|]\n"),
        ("A8|B8|]\n", "A8|B8|]\n"),
        ("A8|B8:|\nK:G\nc8|d8:|\n", "|:A8|B8:|\nK:G\n|:c8|d8:|\n"),
        ("", ""),
    ],
)
def test_every_repeat_says_where_it_goes_back_to(body: str, expected: str) -> None:
    assert write_repeat_starts(read_tune(HEADER + body)[0]) == HEADER + expected


@pytest.mark.skipif(not is_installed(), reason="abc2midi is not installed")
def test_abc2midi_plays_later_endings_once_repeats_are_written() -> None:
    text = HEADER + "AG|A8|A6:|!\nAG|A8|!\n[1 A8|A6:|!\n[2 B8|B6|]!\n"
    assert re.search("Error", read_notes(text)[1])
    notes, said = read_notes(write_repeat_starts(read_tune(text)[0]))
    assert not re.search(r"Error|Bar \d+ has", said)
    assert [note.pitch for note in notes] == [n.pitch for n in read_tune(text)[0].performance]
