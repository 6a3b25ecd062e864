from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.audio.accents import beat_quarters
from musicgen.audio.arrangement import Arrangement
from musicgen.audio.midi import timeline, to_midi
from musicgen.audio.swing import Lilt
from musicgen.notation.parsing.reader import read_tune

DANCED = Arrangement(lilt=1.0)


def onsets(make_tune, read_file, body, lilt=1.0, **header):
    tune = make_tune(body, **header)
    return [note.onset for note in read_file(to_midi(tune, Arrangement(lilt=lilt))).notes]


def test_hornpipes_are_swung_two_to_one(make_tune, read_file):
    assert onsets(make_tune, read_file, "cdef|", R="hornpipe") == [
        0, Fraction(2, 3), 1, Fraction(5, 3)
    ]  # fmt: skip


def test_jigs_are_long_short_and_middling(make_tune, read_file):
    first, second, third, following = onsets(make_tune, read_file, "cdef3|", meter="6/8")
    assert following == Fraction(3, 2)
    assert second - first > following - third > third - second


def test_without_lilt_notes_are_where_they_are_written(make_tune, read_file):
    assert onsets(make_tune, read_file, "cdef|", lilt=0.0, R="hornpipe") == [0, 0.5, 1, 1.5]


@pytest.mark.parametrize("body", ["c>d e>f|", "(3cde (3fga|", "c/d/e/f/ gabc'|"])
def test_what_is_written_uneven_stays(body, make_tune, read_file):
    written = onsets(make_tune, read_file, body, lilt=0.0, R="hornpipe")
    assert onsets(make_tune, read_file, body, R="hornpipe")[:4] == written[:4]


def test_reels_and_waltzes_keep_their_beats(make_tune, read_file):
    for header in ({"R": "reel"}, {"R": "waltz", "meter": "3/4"}):
        played = onsets(make_tune, read_file, "c2d2e2|f2g2a2|", **header)
        assert played == [0, 1, 2, 3, 4, 5]


def test_a_pickup_swings_against_the_bar_line_that_follows(make_tune, read_file):
    played = onsets(make_tune, read_file, "c|defg abc'b|", R="hornpipe")
    # the pickup is the second half of a beat: it comes late, and the bar begins on time
    assert played[:2] == [Fraction(1, 6), Fraction(1, 2)]


def test_the_cursor_follows_the_lilt(make_tune, read_file):
    tune = make_tune("cdef gabc'|cdef gabc':|", R="hornpipe")
    midi = to_midi(tune, DANCED)
    heard = [note.start for note in midi.instruments[0].notes]
    assert [onset for _start, onset, _length in timeline(tune, DANCED)] == pytest.approx(
        heard, abs=0.002
    )


@given(
    st.lists(st.sampled_from(["c", "d2", "e/f/", "(3gab", "z", "c>d", "a4"]),
             min_size=1, max_size=20),
    st.sampled_from(["6/8", "4/4", "C|", "9/8", "2/4", "3/4", "none", "5/8"]),
    st.sampled_from(["hornpipe", "jig", "reel", ""]),
    st.floats(0, 2),
)  # fmt: skip
def test_order_and_length_are_kept(notes, meter, rhythm, amount):
    text = f"X:1\nR:{rhythm}\nM:{meter}\nL:1/8\nK:C\n{' '.join(notes)}|{' '.join(notes)}:|\n"
    tune, _problems = read_tune(text)
    lilt = Lilt(tune, amount)
    grid = [Fraction(number, 24) for number in range(int(tune.duration_quarters * 24) + 1)]
    moved = [lilt.at(moment) for moment in grid]
    assert moved == sorted(moved)
    assert 0 <= moved[0] < beat_quarters(tune.meter)  # a pickup may come late
    assert abs(lilt.at(tune.duration_quarters) - tune.duration_quarters) < 1
