import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import SampleConfig
from musicgen.notation.analysis.instruments import INSTRUMENTS
from musicgen.notation.parsing.fields import parse_key
from musicgen.sampling.set_planner import (
    RELATED,
    STYLES,
    TUNES_IN_A_SET,
    config_for,
    configs_around,
)

CONFIG = SampleConfig(temperature=0.7)


def row(style, seed, count=12):
    return [config_for(number, style, seed, CONFIG) for number in range(count)]


@given(st.sampled_from(sorted(STYLES)), st.integers(0, 2**31))
def test_a_set_keeps_its_rhythm_and_never_its_key(style, seed):
    planned = row(style, seed)
    for first in range(0, len(planned), TUNES_IN_A_SET):
        tunes = planned[first : first + TUNES_IN_A_SET]
        assert len({tune.rhythm for tune in tunes}) == 1
        assert len({tune.key for tune in tunes}) == TUNES_IN_A_SET
        assert tunes[0].rhythm in STYLES[style]


@given(st.sampled_from(sorted(STYLES)), st.integers(0, 2**31))
def test_the_same_seed_gives_the_same_row_of_different_tunes(style, seed):
    planned = row(style, seed)
    assert planned == row(style, seed)
    assert len({tune.seed for tune in planned}) == len(planned)
    assert all(tune.temperature == 0.7 for tune in planned)


@given(st.sampled_from(sorted(INSTRUMENTS)), st.sampled_from(sorted(STYLES)), st.integers(0, 2**31))
def test_an_instrument_has_its_range_and_its_usual_keys(name, style, seed):
    instrument = INSTRUMENTS[name]
    planned = [config_for(number, style, seed, CONFIG, instrument) for number in range(9)]
    assert {one.range for one in planned} == {instrument.range}
    assert {len_signs(one.key) for one in planned} <= set(instrument.sharps)
    for first in range(0, len(planned), TUNES_IN_A_SET):
        assert len({one.key for one in planned[first : first + TUNES_IN_A_SET]}) == TUNES_IN_A_SET


@given(
    st.sampled_from(sorted(INSTRUMENTS)), st.sampled_from(sorted(RELATED)), st.integers(0, 2**31)
)
def test_a_set_around_a_tune_keeps_to_an_instrument_where_it_can(name, key, seed):
    instrument = INSTRUMENTS[name]
    before = key
    for one in configs_around(key, "jig", "", seed, CONFIG, instrument):
        assert one.range == instrument.range
        usual = {other for other in RELATED[before] if len_signs(other) in instrument.sharps}
        assert one.key in (usual or RELATED[before])
        before = one.key


@pytest.mark.parametrize("key", sorted(RELATED))
def test_related_keys_differ_by_two_signs_at_most(key):
    signs = len_signs(key)
    for other in RELATED[key]:
        assert other in RELATED and abs(len_signs(other) - signs) <= 2


def len_signs(key: str) -> int:
    """Sharps of a key, flats negative."""
    return sum(step for _letter, step in parse_key(key).accidentals)


@pytest.mark.parametrize("seed", range(20))
def test_a_set_around_a_tune_keeps_its_rhythm_and_goes_from_key_to_key(seed):
    one, other = configs_around("D Major", "jig", "6/8", seed, SampleConfig(temperature=0.5))
    assert one.key in RELATED["D Major"] and other.key in RELATED[one.key]
    assert len({"D Major", one.key, other.key}) == 3
    assert {one.rhythm, other.rhythm} == {"jig"} and {one.meter, other.meter} == {""}
    assert one.temperature == 0.5 and one.seed != other.seed
    assert [one, other] == configs_around(
        "D Major", "jig", "6/8", seed, SampleConfig(temperature=0.5)
    )


def test_a_set_around_a_tune_of_unknown_rhythm_and_key_keeps_its_meter():
    for plan in configs_around("Eb Major", "schottische", "4/4", 1, SampleConfig()):
        assert (plan.key, plan.rhythm, plan.meter) == ("Eb Major", "", "4/4")
    assert configs_around("", "", "7/8", 1, SampleConfig())[0].meter == ""
