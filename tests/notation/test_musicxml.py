"""MusicXML, read by music21: the same notes at the same times, repeats expanded."""

import warnings
from typing import Any
from xml.etree import ElementTree

import pytest

from musicgen.config import Paths
from musicgen.corpus.sources import SOURCES, is_available, read_source_text
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import read_file_header, split_tunebook
from musicgen.notation.writing.musicxml import write_musicxml
from tests.notation.short_tunes import BODIES, HEADER, notes_without_graces
from tests.thorough import some


def read_with_music21(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21 import converter

        return converter.parseData(text, format="musicxml").parts[0]


def notes_of(part: Any) -> list[tuple[float, int, float]]:
    """Onset, pitch and duration in quarter notes; grace notes take no time in a score."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        played = part.expandRepeats().stripTies().flatten().notes
        return sorted(
            (round(float(note.offset), 3), pitch.midi, round(float(note.quarterLength), 3))
            for note in played
            if not note.duration.isGrace and "ChordSymbol" not in note.classes
            for pitch in note.pitches
        )


def test_key_and_tempo_change_where_they_stand() -> None:
    tune, _ = read_tune(HEADER + "f2 [Q:1/4=60]c2 [K:F]f2 c2|B8|]")
    part = read_with_music21(write_musicxml(tune))
    measure = part.measure(1)
    assert [(key.offset, key.sharps) for key in measure.getElementsByClass("KeySignature")] == [
        (0, 2), (2, -1)
    ]  # fmt: skip
    tempi = [(mark.offset, mark.number) for mark in measure.getElementsByClass("MetronomeMark")]
    assert (1, 60) in tempi
    assert notes_of(part) == notes_without_graces(tune)


def test_headings_are_rehearsal_marks() -> None:
    text = write_musicxml(read_tune(HEADER + "P:Trio\nA8|]")[0])
    assert text.count("<rehearsal>") == text.count("<rehearsal>Trio</rehearsal>") == 1


@pytest.mark.parametrize("body", BODIES)
def test_music21_reads_the_same_notes(body: str) -> None:
    tune, _ = read_tune(HEADER + body)
    assert notes_of(read_with_music21(write_musicxml(tune))) == notes_without_graces(tune)


@pytest.mark.parametrize(("name", "stride"), [("lab", 40), ("ryan", 90), ("aird", 90)])
def test_the_corpora_are_read_the_same(name: str, stride: int) -> None:
    if not is_available(SOURCES[name], Paths.default()):
        pytest.skip("the tunebook is missing: run `make setup`")
    tunes = [
        (tune.text, read_file_header(file.text))
        for file in read_source_text(SOURCES[name], Paths.default())
        for tune in split_tunebook(file.text)
    ]
    for text, fields in some(tunes[::stride], 4):
        tune, _ = read_tune(text, defaults=fields)
        assert notes_of(read_with_music21(write_musicxml(tune))) == notes_without_graces(tune)


def parse(abc: str) -> ElementTree.Element:
    return ElementTree.fromstring(write_musicxml(read_tune(abc)[0]))  # noqa: S314 - our own


def test_what_stands_around_the_notes_is_there() -> None:
    score = parse(
        "X:1\nT:A & <B>\x01\nC:Anon\nM:6/8\nL:1/8\nQ:3/8=100\nK:E dor\n"
        'A|"Em7"B3 c3|[M:3/4][K:G]d6|[1 d6:|[2 e6|]'
    )
    assert score.get("version") == "4.0"
    assert score.findtext("work/work-title") == "A & <B>"
    assert score.findtext("identification/creator") == "Anon"
    measures = score.findall("part/measure")
    assert [measure.get("number") for measure in measures] == ["0", "1", "2", "3", "4"]
    assert measures[0].get("implicit") == "yes"
    key, other_key = score.findall("part/measure/attributes/key")
    assert (key.findtext("fifths"), key.findtext("mode")) == ("2", "dorian")
    assert (other_key.findtext("fifths"), other_key.findtext("mode")) == ("1", "major")
    beats = [time.findtext("beats") for time in score.iter("time")]
    assert beats == ["6", "3"]
    assert score.find(".//metronome/beat-unit-dot") is not None
    assert score.find(".//sound").get("tempo") == "150"
    assert score.findtext(".//harmony//root-step") == "E"
    assert score.findtext(".//harmony/kind") == "minor-seventh"
    assert [ending.get("number") for ending in score.iter("ending")] == ["1", "1", "2", "2"]
    assert [repeat.get("direction") for repeat in score.iter("repeat")] == ["forward", "backward"]


def test_notes_are_drawn_as_an_engraver_would() -> None:
    score = parse(HEADER + "AB c>d (3efg a2|^c =c c ^d A4|]")
    notes = score.findall("part/measure/note")
    assert [note.findtext("type") for note in notes[:4]] == ["eighth", "eighth", "eighth", "16th"]
    assert len(notes[2].findall("dot")) == 1
    assert [note.findtext("beam[@number='1']") for note in notes[:8]] == [
        "begin", "continue", "continue", "end", "begin", "continue", "end", None
    ]  # fmt: skip
    assert notes[3].findtext("beam[@number='2']") == "backward hook"
    assert notes[4].findtext("time-modification/actual-notes") == "3"
    assert notes[4].find("notations/tuplet").get("type") == "start"
    assert notes[6].find("notations/tuplet").get("type") == "stop"
    accidentals = [note.findtext("accidental") for note in notes[8:]]
    assert accidentals == [None, "natural", None, "sharp", None]


def test_a_tune_without_notes_is_a_score_all_the_same() -> None:
    score = parse("X:1\nT:Nothing\nK:C\n")
    assert [len(measure) for measure in score.findall("part/measure")] == [1]
