from fractions import Fraction

import pytest

from musicgen.errors import NotationError
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.field_changes import with_field, with_tempo

TUNE = "X:1\nT:Kettle\nM:6/8\nL:1/8\nK:D\n|:DFA dAF:|\n"


def test_a_field_is_put_in_before_the_key_changed_and_taken_away():
    made = with_field(TUNE, "C", "  Anna\nof  Cork ")
    assert made == TUNE.replace("K:D", "C:Anna of Cork\nK:D")
    assert with_field(made, "C", "Ben") == TUNE.replace("K:D", "C:Ben\nK:D")
    assert with_field(made, "C", " ") == TUNE


def test_a_field_cannot_become_music_or_another_field():
    made = with_field(TUNE, "R", "|: A\nK:C\nX:2")
    assert read_tune(made)[0].key.tonic == "D"
    assert len(read_tune(made)[0].notes) == 6


def test_the_tempo_is_in_beats_of_the_meter():
    beat = Fraction(3, 2)
    made = with_tempo(TUNE, 96, beat)
    assert "\nQ:3/8=96\n" in made
    assert read_tune(made)[0].tempo_qpm == 144
    assert with_tempo(made, None, beat) == TUNE
    with pytest.raises(NotationError, match="beats a minute"):
        with_tempo(TUNE, 1000, beat)
