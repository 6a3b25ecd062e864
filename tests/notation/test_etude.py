"""Exercises out of bars of a tune."""

import pytest

from musicgen.errors import NotationError
from musicgen.notation.analysis.bars import is_in_time
from musicgen.notation.analysis.instruments import INSTRUMENTS, find_missing
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.etude import make_etude

JIG = "X:1\nT:Kettle\nR:jig\nM:6/8\nL:1/8\nK:D\n|:A|d2f edc|dAF D2F|GBd cAG|FDD D2:|\n"


def sharps(key):
    return sum(step for _letter, step in key.accidentals)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_exercise_is_in_time_and_playable_on_every_instrument(name):
    tune = read_tune("X:1\nM:6/8\nL:1/8\nK:G\n|:GAB dBd|edB BAG:|\n")[0]
    made = read_tune(make_etude(tune, 0, 1, name))[0]
    assert is_in_time(made) and not find_missing(made, INSTRUMENTS[name])
    assert {sharps(bar.key) for bar in made.bars} <= {1, *INSTRUMENTS[name].sharps}
    assert len(made.bars) >= 2 and len(made.play_order) == 2 * len(made.bars)


def test_the_figure_goes_through_the_scale_then_through_keys_the_nearer_first():
    made = read_tune(make_etude(read_tune(JIG)[0], 1, 1, "piano"))[0]
    first, second = made.bars[0], made.bars[1]
    assert [note.pitches for note in first.notes] == [
        note.pitches for note in read_tune(JIG)[0].bars[1].notes
    ]
    assert [note.pitches[0] for note in second.notes] == [76, 79, 78, 76, 74]
    distances = [abs(sharps(bar.key) - 2) for bar in made.bars]
    assert distances == sorted(distances) and distances[-1] > 0
    assert len({bar.key.tonic for bar in made.bars}) >= 4


def test_lengths_are_those_of_the_figure_everywhere():
    made = read_tune(make_etude(read_tune(JIG)[0], 2, 3))[0]
    for place, bar in enumerate(made.bars):
        assert [note.duration for note in bar.notes] == [
            note.duration for note in made.bars[place % 2].notes
        ]


@pytest.mark.parametrize(
    ("first", "last", "words"), [(0, 1, "whole bars"), (2, 1, "1 to 8"), (9, 9, "1 to 8")]
)
def test_what_is_no_figure_is_refused(first, last, words):
    with pytest.raises(NotationError, match=words):
        make_etude(read_tune(JIG)[0], first, last)


def test_bars_that_an_instrument_lacks_everywhere_are_refused():
    with pytest.raises(NotationError, match="cannot be played"):
        make_etude(read_tune("X:1\nM:4/4\nL:1/8\nK:C\nC,,8|c''8|C,,4c''4|\n")[0], 2, 2, "whistle D")
