"""Paths as abcjs writes them: SVG's own rules, with values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.engraving.outlines import find_bounds, parse_path, place_segments, read_shape
from musicgen.engraving.shapes import Outline, Writing
from musicgen.errors import EngravingError

NUMBERS = st.integers(-99, 99).map(lambda number: number / 4)
POINTS = st.tuples(NUMBERS, NUMBERS)
PIECES = st.one_of(
    st.tuples(st.sampled_from("ML"), st.lists(POINTS, min_size=1, max_size=1)),
    st.tuples(st.just("C"), st.lists(POINTS, min_size=3, max_size=3)),
    st.tuples(st.just("S"), st.lists(POINTS, min_size=2, max_size=2)),
)


@given(st.lists(PIECES, max_size=12))
def test_a_path_is_the_same_written_from_point_to_point(pieces):
    absolute, relative, x, y = "M1 2", "m1 2", 1.0, 2.0
    for letter, points in pieces:
        absolute += letter + " ".join(f"{one} {two}" for one, two in points)
        relative += letter.lower() + " ".join(f"{one - x} {two - y}" for one, two in points)
        x, y = points[-1]
    assert parse_path(relative) == parse_path(absolute)


def test_numbers_after_a_move_are_lines():
    assert parse_path("m1-2 3 4z") == (
        ("moveTo", ((1, -2),)),
        ("lineTo", ((4, 2),)),
        ("closePath", ()),
    )


def test_a_smooth_curve_mirrors_the_one_before():
    curve = parse_path("M0 0C1 1 2 2 3 0s5 6 7 8")[2]
    assert curve == ("curveTo", ((4, -2), (8, 6), (10, 8)))


def test_closing_a_path_adds_no_line():
    assert parse_path("M0 0 4 0z") == (
        ("moveTo", ((0, 0),)),
        ("lineTo", ((4, 0),)),
        ("closePath", ()),
    )
    assert [call for call, _ in parse_path("M0 0 4 0 0 0Z")].count("lineTo") == 2
    assert parse_path("z") == (("closePath", ()),)


def test_after_closing_a_move_counts_from_where_the_path_began():
    assert parse_path("M3 4l1 1zm2 2zm1 1")[-1] == ("moveTo", ((6, 7),))
    assert parse_path("M3 4l1 1zM2 2")[-1] == ("moveTo", ((2, 2),))


def test_all_curves_become_cubic():
    curve = parse_path("M0 0Q3 3 6 0")[1]
    assert curve == ("curveTo", ((2, 2), (4, 2), (6, 0)))


@pytest.mark.parametrize(
    "text", ["A 1 2", "M 1", "1 2", "M 1 2 L 3", "M 1 2 z 4", "M 1 x", "M1 2zL3 4"]
)
def test_a_torn_path_is_refused(text):
    with pytest.raises(ValueError, match=r"(?i)path|command"):
        parse_path(text)


def test_a_path_is_scaled_and_then_moved():
    placed = place_segments(parse_path("M1 2L3 4z"), 10.0, 20.0, 2.0, -1.0)
    assert placed == [("moveTo", ((12, 18),)), ("lineTo", ((16, 16),)), ("closePath", ())]


@pytest.mark.parametrize("values", [{}, {"d": "A"}, {"d": "M1 2"}, {"text": "x", "bold": 1}])
def test_what_is_no_shape_is_a_sentence(values):
    with pytest.raises(EngravingError, match="make setup"):
        read_shape(values)


def test_bounds_hold_outlines_and_the_height_of_writing():
    outline = Outline(parse_path("M1 2L5 3"))
    box = find_bounds([outline, Writing("x", 0.0, 10.0, 4.0)])
    assert (box.left, box.top, box.right, box.bottom) == (0, 2, 5, 11)
    assert find_bounds([]).bottom == 0
