"""Paths as abcjs writes them; SVG's own examples and a path library of another project agree."""

import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path as parse_elsewhere
from hypothesis import given
from hypothesis import strategies as st

from musicgen.engraving.shapes import Outline, Writing, find_bounds, parse_path, read_shape
from musicgen.errors import EngravingError

KINDS = {"moveTo": "M", "lineTo": "L", "curveTo": "C", "closePath": "Z"}
NUMBERS = st.integers(-99, 99).map(lambda number: number / 4)
PIECES = st.one_of(
    st.tuples(st.sampled_from("MmLl"), st.lists(NUMBERS, min_size=2, max_size=2)),
    st.tuples(st.sampled_from("Cc"), st.lists(NUMBERS, min_size=6, max_size=6)),
    st.tuples(st.sampled_from("Ss"), st.lists(NUMBERS, min_size=4, max_size=4)),
    st.tuples(st.just("z"), st.just([])),
)


@given(st.lists(PIECES, max_size=12))
def test_a_path_means_what_fonttools_reads_in_it(pieces):
    text = "M 1 2" + "".join(kind + " ".join(map(str, numbers)) for kind, numbers in pieces)
    pen = RecordingPen()
    parse_elsewhere(text, pen)
    expected = [
        (KINDS[kind], [value for point in points for value in point])
        for kind, points in pen.value
        if kind != "endPath"
    ]
    ours = [(kind, list(numbers)) for kind, numbers in parse_path(text)]
    assert _of(ours, "C") == _of(expected, "C")
    # The other reader closes a part with a line of its own, and begins the next with a move.
    for kind in "ML":
        assert all(one in expected or ["Z", []] in map(list, ours) for one in _of(ours, kind))


def _of(pieces, kind):
    return [one for one in pieces if one[0] == kind]


def test_numbers_after_a_move_are_lines():
    assert list(parse_path("m1-2 3 4z")) == [("M", (1, -2)), ("L", (4, 2)), ("Z", ())]


def test_a_smooth_curve_mirrors_the_one_before():
    assert list(parse_path("M0 0C1 1 2 2 3 0s5 6 7 8"))[2] == ("C", (4, -2, 8, 6, 10, 8))


@pytest.mark.parametrize("text", ["A 1 2", "M 1", "1 2", "M 1 2 L 3", "M 1 2 z 4", "M 1 x"])
def test_a_torn_or_foreign_path_is_refused(text):
    with pytest.raises(ValueError, match="path"):
        list(parse_path(text))


@pytest.mark.parametrize("values", [{}, {"d": "A"}, {"d": "M1 2"}, {"text": "x", "bold": 1}])
def test_what_is_no_shape_is_a_sentence(values):
    with pytest.raises(EngravingError, match="make setup"):
        read_shape(values)


def test_bounds_hold_outlines_and_the_height_of_writing():
    outline = Outline((("M", (1.0, 2.0)), ("L", (5.0, 3.0))))
    box = find_bounds([outline, Writing("x", 0.0, 10.0, 4.0)])
    assert (box.left, box.top, box.right, box.bottom) == (0, 2, 5, 11)
    assert find_bounds([]).bottom == 0
