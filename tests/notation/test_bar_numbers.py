"""Bars are numbered as musicians count them; abc2midi counts them in the same way."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.corpus.cleaning import clean_tunebook
from musicgen.notation.analysis.bar_numbers import find_bars, number_bars
from musicgen.notation.analysis.checking import check_tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.musicxml import write_musicxml

HEADER = "X:1\nT:Numbers\nM:4/4\nL:1/8\nK:D\n"
FULL = "ABcd efga"


def numbers_of(body: str) -> list[int]:
    return list(number_bars(read_tune(HEADER + body)[0].bars))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{FULL}|{FULL}|]", [1, 2]),
        (f"d|{FULL}|ABcd efg|]", [0, 1, 2]),
        (f"|:d|{FULL}|ABcd efg:|", [0, 1, 2]),
        (f"d|{FULL}|ABcd efg:|d|{FULL}|ABcd efg:|", [0, 1, 2, 2, 3, 4]),
        (f"d|{FULL}|ABcd efg||d|{FULL}|ABcd efg|]", [0, 1, 2, 2, 3, 4]),
        (f"{FULL}|1 {FULL}:|2 {FULL}|]", [1, 2, 3]),
        (f"{FULL}|ABcd [1 efga:|[2 efgd|]", [1, 2, 2, 2]),
        (f"d|{FULL}|Z4|{FULL}|ABcd efg|]", [0, 1, 2, 6, 7]),
        (f"{FULL}|ABcd efg|{FULL}|]", [1, 2, 3]),
        ("", []),
    ],
    ids=["full", "pickup", "repeat", "two", "double", "endings", "split", "rest", "short", "none"],
)
def test_a_pickup_is_bar_0_and_completes_the_bar_before_it_inside(body, expected):
    assert numbers_of(body) == expected


def test_free_meter_has_no_pickup():
    tune, _problems = read_tune("X:1\nM:none\nL:1/8\nK:D\nd|ABc|]")
    assert number_bars(tune.bars) == (1, 2)


@given(st.text("ABd|:[12]zZ4 ", max_size=60))
def test_numbers_never_descend_and_cover_every_bar(body):
    tune, _problems = read_tune(HEADER + body)
    numbers = number_bars(tune.bars)
    assert len(numbers) == len(tune.bars)
    assert list(numbers) == sorted(numbers)
    for index, number in enumerate(numbers):
        first, last = find_bars(numbers, number, number)
        assert first <= index <= last
        assert {numbers[first], numbers[last]} == {number}


def test_bars_asked_for_by_number_are_all_parts_of_them():
    numbers = numbers_of(f"d|{FULL}|ABcd efg:|d|{FULL}|ABcd efg:|")
    assert find_bars(numbers, 0, 0) == (0, 0)
    assert find_bars(numbers, 2, 2) == (2, 3)
    assert find_bars(numbers, 1, 4) == (1, 5)
    assert find_bars(numbers, 9, 9) == (5, 5)


WRONG = f"d|{FULL}|{FULL}|ABcd efg:|d|{FULL}|ABcd efgab|{FULL}|ABcd efg|]"


def test_check_and_musicxml_give_the_same_bar_its_number():
    [wrong] = check_tune(HEADER + WRONG).wrong_bars
    assert wrong.number == 5
    text = write_musicxml(read_tune(HEADER + WRONG)[0])
    numbers = re.findall(r'<measure number="(\w+)"', text)
    assert numbers == ["0", "1", "2", "3", "X1", "4", "5", "6", "7"]


def test_the_corpus_names_the_same_bar():
    body = "d|ABcd efga|ABcd efga|ABcd e|ABcd efga|ABcd efg|]\n"
    _tunes, report = clean_tunebook("own", [("book.abc", HEADER + body)])
    assert [found.values["number"] for found in report.findings if found.values] == ["3"]


@pytest.mark.skipif(not shutil.which("abc2midi"), reason="abc2midi is not installed")
@pytest.mark.parametrize("bad", [1, 2, 4, 5, 6])
def test_abc2midi_names_the_same_bar(tmp_path: Path, bad: int) -> None:
    bars = ["d", *[FULL] * 3, "ABcd efg:", "d", *[FULL] * 3, "ABcd efg|"]
    places = {1: 1, 2: 2, 4: 4, 5: 6, 6: 7}
    bars[places[bad]] = "ABcd efgabc'd'" + (":" if bars[places[bad]].endswith(":") else "")
    text = HEADER + "|".join(bars).replace(":|", ":|") + "]\n"
    path = tmp_path / "tune.abc"
    path.write_text(text)
    said = subprocess.run(
        ["abc2midi", str(path), "-c"], capture_output=True, text=True, check=False
    ).stdout
    theirs = {int(number) for number in re.findall(r"Bar (\d+) has", said)}
    assert bad in theirs
    assert bad in {bar.number for bar in check_tune(text).wrong_bars}
