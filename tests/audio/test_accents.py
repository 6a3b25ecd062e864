from fractions import Fraction

import pytest

from musicgen.audio.accents import BEAT, DOWNBEAT, MIDDLE, OFFBEAT, accent, find_accents
from musicgen.notation.parsing.fields import parse_meter


def accents_of_eighths(text):
    meter = parse_meter(text)
    bar = meter.bar_quarters
    return [accent(Fraction(n, 2), meter, bar) for n in range(int(bar * 2))]


def test_jig_has_two_beats():
    assert accents_of_eighths("6/8") == [DOWNBEAT, OFFBEAT, OFFBEAT, MIDDLE, OFFBEAT, OFFBEAT]


def test_slip_jig_has_three_beats_and_no_middle():
    lift = [OFFBEAT, OFFBEAT]
    assert accents_of_eighths("9/8") == [DOWNBEAT, *lift, BEAT, *lift, BEAT, *lift]


def test_common_time_stresses_its_middle():
    assert accents_of_eighths("C")[::2] == [DOWNBEAT, BEAT, MIDDLE, BEAT]


def test_waltz_has_three_beats():
    assert accents_of_eighths("3/4") == [DOWNBEAT, OFFBEAT, BEAT, OFFBEAT, BEAT, OFFBEAT]


def test_free_meter_stresses_only_the_first_note():
    free = parse_meter("none")
    assert [accent(Fraction(n), free, None) for n in range(3)] == [DOWNBEAT, 0, 0]


@pytest.mark.parametrize("body", ["A|DEF GAB|", "|:A|DEF GAB|", "DEF GAB||A|DEF GAB|"])
def test_pickup_is_weak_whichever_section_it_opens(body, make_tune):
    tune = make_tune(body, meter="6/8")
    accents = find_accents(tune)
    pickup = next(bar for bar in tune.bars if len(bar.notes) == 1)
    assert accents[pickup.notes[0].start] == OFFBEAT


def test_short_bar_at_the_end_of_a_section_starts_on_the_beat(make_tune):
    tune = make_tune("A|DEF GAB|DEF GA:|", meter="6/8")
    assert find_accents(tune)[tune.bars[-1].notes[0].start] == DOWNBEAT
