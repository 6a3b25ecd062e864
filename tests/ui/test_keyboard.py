from itertools import pairwise

import pytest

from musicgen.notation.analysis.incipit import read_query
from musicgen.notation.parsing.reader import read_tune
from musicgen.ui.components.keyboard import to_abc


@pytest.mark.parametrize("pitches", [range(60, 85), [62, 65, 69, 74], [47, 96, 61, 60, 12, 72]])
def test_what_was_played_is_what_the_abc_says(pitches):
    tune, problems = read_tune(f"X:1\nM:none\nL:1/8\nK:C\n{to_abc(pitches)}|]")
    assert not problems
    assert [note.pitches[0] for note in tune.notes] == list(pitches)
    query = read_query(to_abc(pitches))
    assert query.kind == "pitches"
    assert list(query.values) == [(b - a) % 12 for a, b in pairwise(pitches)]


def test_nothing_played_is_nothing_asked():
    assert to_abc([]) == ""
