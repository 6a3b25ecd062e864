"""Clefs and octaves of instruments: where notes stand, how they sound, and what files say."""

from io import BytesIO

import music21
import pytest

from musicgen.notation.analysis.clefs import CLEFS, clef_of, written_shift
from musicgen.notation.analysis.fingering import find_rows
from musicgen.notation.analysis.instruments import INSTRUMENTS, find_missing
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.notation.display.score_view import make_sheet
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.clef_change import with_clef
from musicgen.notation.writing.musicxml import write_musicxml
from musicgen.notation.writing.transposition import transpose

TUNE = "X:1\nT:One\nM:4/4\nL:1/4\nK:{}\nD E ^F G|A B c d|]\n"


def pitches(text):
    return [note.pitches for note in read_tune(text)[0].notes]


@pytest.mark.parametrize("name", CLEFS)
@pytest.mark.parametrize("key", ["D", "Edor clef=alto", "bass Gmix", "clef=treble-8"])
def test_a_clef_takes_the_place_of_the_one_before_and_notes_stay(name, key):
    before = TUNE.format(key)
    changed = with_clef(before, name)
    tune = read_tune(changed)[0]
    assert clef_of(tune).name == name
    assert changed.count("clef=") == 1
    assert changed.splitlines()[-1] == before.splitlines()[-1]
    assert tune.key.tonic == read_tune(before)[0].key.tonic
    sounding = pitches(TUNE.format(key.replace("clef=treble-8", "none")))
    moved = [tuple(pitch + 12 * CLEFS[name].octaves for pitch in one) for one in sounding]
    assert pitches(changed) == moved
    assert written_shift(tune) == 12 * CLEFS[name].octaves


def test_a_tune_without_a_key_gets_a_clef_too():
    text = with_clef("X:1\nT:One\nL:1/4\nCDEF|\n", "bass")
    assert clef_of(read_tune(text)[0]).name == "bass"
    assert pitches(text) == [(60,), (62,), (64,), (65,)]


@pytest.mark.parametrize("name", CLEFS)
def test_music21_finds_the_clef_and_the_notes_on_their_lines(name):
    sheet = make_sheet(read_tune(TUNE.format("D"))[0], clef=name, octave=-1).tune
    score = music21.converter.parse(BytesIO(write_musicxml(sheet).encode()).read())
    clef = next(iter(score.recurse().getElementsByClass(music21.clef.Clef)))
    wanted = CLEFS[name]
    assert (clef.sign, clef.line, clef.octaveChange) == (wanted.sign, wanted.line, wanted.octaves)
    found = [note.pitch.midi for note in score.recurse().notes]
    assert found == [note.pitches[0] for note in sheet.notes]
    assert found[0] == 62 - 12 + 12 * wanted.octaves


def test_the_octave_and_the_transposition_add_up():
    tune = read_tune(TUNE.format("D"))[0]
    sheet = make_sheet(tune, 2, clef="bass", octave=-2)
    assert [note.pitches for note in sheet.tune.notes] == pitches(
        transpose(transpose(tune.text, -24), 2)
    )
    assert set(sheet.origins.values()) == {note.start for note in tune.notes}
    assert clef_of(sheet.tune).name == "bass"


def test_fingers_and_ranges_go_by_what_is_written():
    plain = read_tune(TUNE.format("D"))[0]
    guitar = make_sheet(plain, clef="treble-8").tune
    assert [rows for _, rows in find_rows(guitar, "guitar")] == [
        rows for _, rows in find_rows(plain, "guitar")
    ]
    assert find_missing(guitar, INSTRUMENTS["whistle D"]) == 0
    assert notes_outside(guitar, "whistle") == notes_outside(plain, "whistle")
