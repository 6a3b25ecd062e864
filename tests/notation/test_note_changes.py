"""Notes changed in the score, compared with texts written by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.errors import NotationError
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.note_changes import CHANGES, change_note

HEAD = "X:1\nT:Kettle\nM:6/8\nL:1/8\nK:D\n"


def changed(body, number, change, head=HEAD):
    text = change_note(f"{head}{body}\n", number, change).text
    assert text.startswith(head)
    return text[len(head) :].rstrip("\n")


@pytest.mark.parametrize(
    ("body", "number", "change", "expected"),
    [
        ("|:DFA dAF:|", 0, "up", "|:EFA dAF:|"),
        ("|:DFA dAF:|", 0, "down", "|:CFA dAF:|"),
        ("|:DFA dAF:|", 1, "octave up", "|:DfA dAF:|"),
        ("|:DFA dAF:|", 1, "flatter", "|:D=FA dA^F:|"),  # the later F of the bar stays sharp
        ("|:DFA dAF:|", 2, "sharper", "|:DF^A d=AF:|"),
        ("|:DFA dAF:|", 1, "sharper", "|:DGA dAF:|"),
        ("|:B3 c2d:|", 1, "sharper", "|:B3 d2d:|"),
        ("|:D2A dAF:|", 0, "longer", "|:D3 dAF:|"),
        ("|:D2A dAF:|", 1, "longer", "|:D2A2 AF:|"),
        ("|:D3 d3:|", 0, "shorter", "|:D2 d4:|"),
        ("|:DFA dAF:|", 0, "shorter", "|:D/F3/2A dAF:|"),
        ("|:D2A d2F:|", 3, "longer", "|:D2A dF2:|"),
        ("|:D3 d3:|", 0, "insert", "|:D2D d3:|"),
        ("|:D2A d3:|", 0, "insert", "|:DDA d3:|"),
        ("|:DFA d3:|", 1, "delete", "|:D2A d3:|"),
        ("|:DFA d3:|", 0, "delete", "|:F2A d3:|"),
        ("|:A6:|", 0, "delete", "|:z6:|"),
        ("|:z3 d3:|", 0, "up", "|:d3 d3:|"),
        ("|:A3-A3:|", 1, "up", "|:B3-B3:|"),
        ('|:"D"{g}~D2A "A"dAF:|', 0, "delete", '|:"D"~A3 "A"dAF:|'),
        ("|:[DF]2A dAF:|", 0, "up", "|:[EG]2A dAF:|"),
    ],
)  # fmt: skip
def test_a_note_is_changed_and_the_rest_of_the_text_stays(body, number, change, expected):
    if expected is None:
        with pytest.raises(NotationError):
            changed(body, number, change)
    else:
        assert changed(body, number, change) == expected


REEL = "X:1\nM:4/4\nL:1/8\nK:G\n"


def test_broken_rhythm_is_written_out_where_lengths_change():
    assert changed("G>A B2 d4|", 0, "shorter", REEL) == "GA B2 d4|"
    assert changed("G>A B2 d4|", 0, "up", REEL) == "A>A B2 d4|"


def test_notes_of_a_triplet_keep_their_time():
    assert changed("(3GAB c2 d4|", 1, "up", REEL) == "(3GBB c2 d4|"
    assert changed("(3GAB c2 d4|", 1, "delete", REEL) == "(3GzB c2 d4|"
    for change in ("longer", "shorter", "insert"):
        with pytest.raises(NotationError, match="triplet share"):
            changed("(3GAB c2 d4|", 1, change, REEL)
    assert changed("(3GAB c2 d4|", 3, "longer", REEL) == "(3GAB c3 d3|"


def test_a_single_note_and_one_beyond_all_notes_are_refused():
    with pytest.raises(NotationError, match="only note of its bar"):
        changed("|:A6:|", 0, "longer")
    with pytest.raises(NotationError, match="notes 1 to 1: there is no note 10"):
        changed("|:A6:|", 9, "up")
    with pytest.raises(NotationError, match="any further"):
        changed("|:C,,,6:|", 0, "octave down")


def test_the_note_that_is_looked_at_goes_along():
    assert change_note(f"{HEAD}|:DFA d3:|\n", 1, "insert").number == 2
    assert change_note(f"{HEAD}|:DFA d3:|\n", 1, "delete").number == 0
    assert change_note(f"{HEAD}|:DFA d3:|\n", 0, "delete").number == 0


@given(
    st.lists(st.sampled_from(["A", "^c", "B2", "d>e", "z2", "(3efg", "=F", "[DF]2", "{a}g", "A-A"]),
             min_size=1, max_size=10),
    st.lists(st.tuples(st.integers(0, 11), st.sampled_from(CHANGES)), min_size=1, max_size=6),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_bars_keep_their_time_whatever_is_done(pieces, changes):
    text = f"X:1\nM:none\nL:1/8\nK:Em\n|:{''.join(pieces)}|B2A2:|\n"
    lengths = [bar.actual for bar in read_tune(text)[0].bars]
    for number, change in changes:
        before = read_tune(text)[0]
        try:
            after = change_note(text, number, change)
        except NotationError:
            continue
        text = after.text
        read = read_tune(text)[0]
        assert [bar.actual for bar in read.bars] == lengths
        assert 0 <= after.number < len(read.notes)
        assert len(check_bars(read).wrong) <= len(check_bars(before).wrong)
        if change == "octave up" and not before.notes[number].is_rest:
            assert min(read.notes[number].pitches) == min(before.notes[number].pitches) + 12
