import io
import re
import subprocess

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.errors import NotationError
from musicgen.notation.analysis.harmony import harmonise
from musicgen.notation.display.layout import break_lines
from musicgen.notation.display.score_view import make_sheet
from musicgen.notation.parsing.reader import read_tune
from tests.notation import abc2midi

ORNATE = """X:1
T:All that stands before a note
M:6/8
L:1/8
K:G
|:D|~G3 {ag}B2.d|(3gfe d>B !trill!A2G|(E2-E)[Bd]3|T^c6-|c2z G3:|
"""


def test_every_note_is_found_again_wherever_it_went():
    tune, _problems = read_tune(ORNATE)
    sheet = make_sheet(tune, semitones=2, has_chords=True)
    for note in sheet.tune.notes:
        original = next(one for one in tune.notes if one.start == sheet.origins[note.start])
        assert [pitch + 2 for pitch in original.pitches] == list(note.pitches)
        assert (original.onset, original.duration) == (note.onset, note.duration)
    assert sheet.starts == {original: new for new, original in sheet.origins.items()}
    assert len(sheet.origins) == len(tune.notes)


def test_chords_are_written_where_they_begin():
    tune, _problems = read_tune(ORNATE)
    sheet = make_sheet(tune, has_chords=True)
    changes = harmonise(tune)
    written = [
        (sheet.origins[note.start], note.chord_symbol)
        for note in sheet.tune.notes if note.chord_symbol
    ]  # fmt: skip
    assert written == [(change.start, change.chord.name) for change in changes]


@pytest.mark.parametrize(
    "body",
    ["!a!b|c4|]", "A!Bc!d4|]", "!f2!a|!b!c4|]", "+CE+G|[a b|c4|]", "[a bc|d4|]", '"a b|c4|]', "ab|",
     "A>!b!c|d4|]"],
)  # fmt: skip
@pytest.mark.parametrize("semitones", [0, 1, 3, -2])
def test_chords_take_no_note_away(body, semitones):
    tune, _problems = read_tune(f"X:1\nM:4/4\nL:1/8\nK:C\n{body}\n")
    sheet = make_sheet(tune, semitones, has_chords=True)
    assert [(note.pitches, note.onset) for note in sheet.tune.notes] == [
        (tuple(pitch + semitones for pitch in note.pitches), note.onset) for note in tune.notes
    ]
    assert list(sheet.origins.values()) == [note.start for note in tune.notes]
    assert harmonise(sheet.tune) or not tune.notes


def test_fields_of_the_tunebook_hold_in_the_sheet_too():
    tune, _problems = read_tune("X:1\nK:C\nCDEF|GABc|]\n", defaults=[("M", "4/4"), ("L", "1/4")])
    sheet = make_sheet(tune, 2, has_chords=True)
    assert [note.duration for note in sheet.tune.notes] == [1] * 8


def test_chords_are_moved_with_the_notes():
    tune, _problems = read_tune(ORNATE)
    there = [change.chord.root_class for change in harmonise(make_sheet(tune, 3, True).tune)]
    assert there == [(change.chord.root_class + 3) % 12 for change in harmonise(tune)]


def test_nothing_is_changed_where_nothing_is_asked_for():
    tune, _problems = read_tune(ORNATE)
    assert make_sheet(tune).tune is tune


def test_layout_maps_notes_behind_chord_symbols():
    sheet = make_sheet(read_tune(ORNATE)[0], has_chords=True)
    laid_out = break_lines(sheet.tune)
    for note in sheet.tune.notes:
        start, end = laid_out.spans[note.start]
        assert sheet.tune.text[note.start : note.end] in laid_out.text[start:end]
        if note.chord_symbol:
            assert f'"{note.chord_symbol}"' in laid_out.text[start:end]


def test_a_tune_for_the_highland_pipes_cannot_be_moved():
    tune, _problems = read_tune("X:1\nM:C\nL:1/8\nK:HP\nABcd efga|\n")
    with pytest.raises(NotationError, match="pipes"):
        make_sheet(tune, 2)


@pytest.mark.skipif(not abc2midi.is_installed(), reason="abc2midi is not on this machine")
def test_abc2midi_reads_the_symbols_and_plays_their_chords(tmp_path):
    sheet = make_sheet(read_tune(ORNATE)[0], has_chords=True)
    abc, mid = tmp_path / "tune.abc", tmp_path / "tune.mid"
    abc.write_text(sheet.tune.text, encoding="utf-8")
    said = subprocess.run(["abc2midi", abc, "-o", mid], capture_output=True, check=False).stdout
    assert not re.search(rb"chord|guitar", said, re.IGNORECASE), said
    file = mido.MidiFile(file=io.BytesIO(mid.read_bytes()))
    channels = {m.channel for track in file.tracks for m in track if m.type == "note_on"}
    assert len(channels) > 1  # a melody, and chords with basses on channels of their own


BARS = st.lists(
    st.lists(st.sampled_from(["A2", "B2", "c2", "^f2", "G,2", "z2", "~d2", "{g}e2"]), min_size=4,
             max_size=4).map(" ".join),
    min_size=1, max_size=6,
)  # fmt: skip


@given(BARS, st.sampled_from(["D", "Em", "Ador", "Gmix", "Bb"]), st.integers(-12, 12))
def test_any_tune_sounds_the_same_with_its_chords_named(bars, key, semitones):
    tune, _problems = read_tune(f"X:1\nM:4/4\nL:1/8\nK:{key}\n{'|'.join(bars)}|]\n")
    sheet = make_sheet(tune, semitones, has_chords=True)
    moved = [note.pitch + semitones for note in tune.performance]
    assert [note.pitch for note in sheet.tune.performance] == moved


def test_stretches_of_the_text_are_found_again_by_their_notes():
    tune, _problems = read_tune("X:1\nM:4/4\nL:1/4\nK:D\nDFAd|BAGF|D4|]\n")
    sheet = make_sheet(tune, 2, has_chords=True)
    second = tune.bars[1]
    ((start, end),) = sheet.stretches([(second.start, second.end)])
    assert re.sub(r'"[^"]*"', "", sheet.tune.text[start:end]) == "cBAG"
    assert sheet.stretches([(0, 3)]) == []
