import random
from pathlib import Path

import music21
import pytest

from musicgen.notation.analysis.chords import parse_chord
from musicgen.notation.analysis.harmony import harmonise, named_chords
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import read_tunebook

JIG = """X:1
R:jig
M:6/8
L:1/8
K:D
DFA dAF|GBd gdB|Ace ecA|d3 d2A|DFA dAF|GBd gdB|Ace ecA|d3 d3:|
"""
MODAL = """X:1
M:4/4
L:1/8
K:Ador
eAAB cBcd|GGBG dGBG|eAAB cdef|gedB A4:|
"""


def names(abc: str) -> list[str]:
    return [change.chord.name for change in harmonise(read_tune(abc)[0])]


def test_arpeggios_get_the_chords_they_spell():
    assert names(JIG) == ["D", "G", "A", "D", "G", "A", "D"]


def test_a_modal_tune_moves_between_its_tonic_and_the_chord_a_step_below():
    assert names(MODAL)[:3] == ["Am", "G", "Am"]
    assert names(MODAL)[-1] == "Am"


def test_chords_begin_with_notes_in_ascending_order():
    tune, _problems = read_tune(JIG)
    starts = [change.start for change in harmonise(tune)]
    assert starts == sorted(starts)
    assert set(starts) <= {note.start for note in tune.notes}


def test_a_tune_keeps_the_chords_that_it_names():
    tune, _problems = read_tune('X:1\nM:4/4\nL:1/4\nK:C\n"F"CDEF|"Bb7/D"GABc|"Fine"c4|]\n')
    assert [change.chord.name for change in harmonise(tune)] == ["F", "Bb7/D"]


@pytest.mark.parametrize("body", ["z4|z4|]", "", "A"])
def test_little_music_is_no_hindrance(body):
    tune, _problems = read_tune(f"X:1\nM:4/4\nL:1/4\nK:C\n{body}\n")
    assert len(harmonise(tune)) <= 2


@pytest.mark.parametrize("key", ["", "none", "HP", "C#loc", "Ebphr", "Glyd"])
@pytest.mark.parametrize("meter", ["none", "5/4", "9/8", "3/2", "7/8", "12/8", "C|"])
def test_every_key_and_meter_gets_chords(key, meter):
    tune, _problems = read_tune(f"X:1\nM:{meter}\nL:1/8\nK:{key}\nABcd efga|gfed cBAG|A8|]\n")
    assert harmonise(tune)


def test_two_bars_that_are_one_repeated_bar_have_one_chord():
    written = names("X:1\nM:6/8\nL:1/8\nK:D\n|:DFA dAF|Ace ecA|d6:|\n")
    assert len(written) == 3


def strong_notes(tune: Tune):
    for bar in tune.bars:
        if bar.expected == bar.actual:
            yield from (note for note in bar.notes if note.onset == bar.onset and note.pitches)


def test_chords_hold_the_notes_on_the_bar_far_more_often_than_the_tonic_or_any_chord():
    folder = Path(music21.__file__).parent / "corpus" / "ryansMammoth"
    files = random.Random(1).sample(sorted(folder.glob("*.abc")), 40)
    ours = tonic = drawn = total = 0
    luck = random.Random(2)
    for file in files:
        for tune, _problems in read_tunebook(file.read_text(encoding="latin-1")):
            changes = harmonise(tune)
            home = parse_chord(tune.key.tonic + ("m" if tune.key.mode == "minor" else ""))
            for note in strong_notes(tune):
                held = [change.chord for change in changes if change.start <= note.start]
                if not (held and home):
                    continue
                total += 1
                pitch = note.pitches[0] % 12
                ours += pitch in held[-1].classes
                tonic += pitch in home.classes
                drawn += pitch in luck.choice(changes).chord.classes
    assert total > 400
    assert ours / total > 0.85
    assert tonic / total < 0.75 and drawn / total < 0.65


def test_chords_agree_with_those_that_people_wrote_over_the_nottingham_tunes():
    folder = Path(music21.__file__).parent / "corpus" / "nottingham-dataset"
    agreed = total = 0.0
    for file in folder.glob("*.abc"):
        for tune, _problems in read_tunebook(file.read_text(encoding="latin-1")):
            bare = tune.text
            for symbol in {note.chord_symbol for note in tune.notes if note.chord_symbol}:
                bare = bare.replace(f'"{symbol}"', "")
            ours = roots(read_tune(bare)[0], harmonise(read_tune(bare)[0]))
            for (place, length), root in roots(tune, named_chords(tune)).items():
                total += length
                agreed += length * (ours.get((place, length)) == root)
    assert total > 100
    assert agreed / total > 0.65  # two accompanists agree about as often


def roots(tune: Tune, changes) -> dict[tuple[int, float], int]:
    """The root under every note of a tune, by the note's number and length."""
    found = {}
    for number, note in enumerate(tune.notes):
        held = [change.chord for change in changes if change.start <= note.start]
        if held:
            found[number, float(note.duration)] = held[-1].root_class
    return found
