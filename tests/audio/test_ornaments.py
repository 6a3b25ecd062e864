from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.midi import to_midi
from musicgen.audio.ornaments import neighbour, play_ornaments
from musicgen.notation.parsing.fields import parse_key
from musicgen.notation.parsing.reader import read_tune

SIGNS = ["~", "T", "!turn!", "!invertedturn!", "P", "M", ".", "!trill!"]


def pitches(make_tune, body, key="G"):
    tune = make_tune(body, key)
    return [note.pitch for note in play_ornaments(tune, tune.performance)]


def test_a_long_roll_is_a_cut_and_a_tap_between_three_strokes(make_tune):
    assert pitches(make_tune, "~G3") == [67, 69, 67, 66, 67]  # F sharp below: it is in the key


def test_a_roll_on_a_quarter_is_short_and_on_a_quaver_a_cut(make_tune):
    assert pitches(make_tune, "~B2") == [72, 71, 69, 71]
    assert pitches(make_tune, "~B") == [72, 71]


def test_trills_turns_and_mordents_touch_the_notes_of_the_key(make_tune):
    trill = pitches(make_tune, "Te2")
    assert set(trill) == {76, 78} and trill[:3] == [76, 78, 76]
    assert pitches(make_tune, "!turn!B2") == [72, 71, 69, 71]
    assert pitches(make_tune, "PB2") == [71, 72, 71]
    assert pitches(make_tune, "MB2") == [71, 69, 71]


def test_staccato_is_half_as_long(make_tune):
    tune = make_tune(".G2A2")
    assert [note.duration for note in play_ornaments(tune, tune.performance)] == [Fraction(1, 2), 1]


def test_ornaments_are_left_out_unless_they_are_asked_for(make_tune, read_file):
    tune = make_tune("~G3 ~B2|")
    assert len(read_file(to_midi(tune)).notes) == 2
    assert len(read_file(to_midi(tune, Arrangement(ornaments=True))).notes) == 9


def test_repeats_are_ornamented_each_time(make_tune):
    assert pitches(make_tune, "|:~G3 z5:|") == [67, 69, 67, 66, 67] * 2


@pytest.mark.parametrize(("key", "above"), [("G", 78), ("C", 77), ("Edor", 78), ("Fmin", 77)])
def test_neighbours_lie_in_the_key(key, above):
    assert neighbour(76, parse_key(key), 1) == above


@given(st.lists(st.tuples(st.sampled_from(SIGNS), st.sampled_from(["c", "d2", "e3", "f/", "g8"]))))
def test_an_ornament_takes_no_more_time_than_its_note(notes):
    body = "".join(sign + note for sign, note in notes)
    tune, _problems = read_tune(f"X:1\nM:none\nL:1/8\nK:D\n{body}\n")
    written = {note.start: note.onset + note.duration for note in tune.performance}
    now = Fraction(0)
    for note in play_ornaments(tune, tune.performance):
        assert note.onset >= now and note.duration > 0
        now = note.onset + note.duration
        assert now <= written[note.start]
