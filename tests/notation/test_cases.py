"""Tunes that readers get wrong, each one of its kind, with what is right (``cases/``).

`expected.json` has for each the section of ABC 2.1, or why it is read so, and what to look for:
`notes` as (onset in quarter notes from the first note, MIDI pitch) as they sound.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from musicgen.corpus.cleaning import clean_tunebook
from musicgen.notation.analysis.checking import check_tunebook
from musicgen.notation.model import Problem, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import decode_text, read_tunebook, split_tunebook
from musicgen.notation.writing.abc_writer import write_abc

FOLDER = Path(__file__).parent / "cases"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


def text_of(case: dict[str, Any]) -> str:
    return decode_text((FOLDER / f"{case['name']}.abc").read_bytes())


def read(case: dict[str, Any]) -> tuple[Tune, tuple[Problem, ...]]:
    return read_tunebook(text_of(case))[case.get("tune", 0)]


def sounding(tune: Tune) -> list[tuple[float, int]]:
    first = min((note.onset for note in tune.performance), default=0)
    return sorted((float(note.onset - first), note.pitch) for note in tune.performance)


def test_every_file_is_a_case() -> None:
    assert sorted(case["name"] for case in CASES) == sorted(p.stem for p in FOLDER.glob("*.abc"))


def of_kind(key: str, value: object = None) -> list[Any]:
    found = [case for case in CASES if (case.get(key) if value is None else case.get(key) == value)]
    assert found
    return [pytest.param(case, id=case["name"]) for case in found]


@pytest.mark.parametrize("case", of_kind("notes"))
def test_the_notes_are_right(case: dict[str, Any]) -> None:
    tune, _ = read(case)
    assert sounding(tune) == sorted((onset, pitch) for onset, pitch in case["notes"])


@pytest.mark.parametrize("case", of_kind("notes"))
def test_the_notes_are_right_when_written_and_read_again(case: dict[str, Any]) -> None:
    again, _ = read_tune(write_abc(read(case)[0]))
    assert sounding(again) == sorted((onset, pitch) for onset, pitch in case["notes"])


@pytest.mark.parametrize("case", of_kind("noproblem"))
def test_nothing_is_reported(case: dict[str, Any]) -> None:
    assert read(case)[1] == ()


@pytest.mark.parametrize("case", of_kind("check", "title"))
def test_the_title_is_right(case: dict[str, Any]) -> None:
    tune, _ = read(case)
    assert tune.title == case["value"]
    assert read_tune(write_abc(tune))[0].title == case["value"]


@pytest.mark.parametrize("case", of_kind("check", "meter"))
def test_the_meter_is_right(case: dict[str, Any]) -> None:
    assert read(case)[0].meter.text == case["value"]


@pytest.mark.parametrize("case", of_kind("check", "tempo"))
def test_the_tempo_is_right(case: dict[str, Any]) -> None:
    assert read(case)[0].tempo_qpm == case["value"]


@pytest.mark.parametrize("case", of_kind("check", "chords"))
def test_chord_symbols_are_kept(case: dict[str, Any]) -> None:
    symbols = [note.chord_symbol for note in read(case)[0].notes]
    assert [symbol for symbol in symbols if symbol] == case["value"]


@pytest.mark.parametrize("case", of_kind("check", "micro"))
def test_quarter_tones_are_rounded_and_reported(case: dict[str, Any]) -> None:
    tune, problems = read(case)
    assert [note.pitches for note in tune.notes] == [(70,), (73,), (69,), (77,)]
    assert len(problems) == len(tune.notes)


@pytest.mark.parametrize("case", of_kind("check", "intime"))
def test_bars_keep_time(case: dict[str, Any]) -> None:
    assert [check.is_in_time for check in check_tunebook(text_of(case))] == [True]


@pytest.mark.parametrize("case", of_kind("check", "all_bars_played"))
def test_every_bar_is_played(case: dict[str, Any]) -> None:
    tune, _ = read(case)
    assert set(tune.play_order) == set(range(len(tune.bars)))


@pytest.mark.parametrize("case", of_kind("check", "contains_all"))
def test_no_music_is_lost(case: dict[str, Any]) -> None:
    tune, _ = read(case)
    start = tune.text.index(case["value"])
    notes = [note for note in tune.notes if start <= note.start < start + len(case["value"])]
    assert notes
    assert {note.start for note in notes} <= {note.start for note in tune.performance}


@pytest.mark.parametrize("case", of_kind("check", "notjoined"))
def test_no_tune_is_said_to_be_cut(case: dict[str, Any]) -> None:
    text = text_of(case)
    tunes, report = clean_tunebook("a book", [("book.abc", text)])
    assert len(tunes) == len(split_tunebook(text))
    assert "joined" not in report.counts()
