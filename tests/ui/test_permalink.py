import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import SampleConfig
from musicgen.errors import ConfigError
from musicgen.sampling.edit_list import Rewrite, Take
from musicgen.ui.tune.permalink import from_parameters, own_parameters, to_parameters
from musicgen.ui.tune.request import Request

REQUESTS = st.builds(
    Request,
    st.text("abc-123", min_size=1),
    st.builds(
        SampleConfig,
        temperature=st.floats(0.1, 2.0),
        seed=st.integers(0, 2**31 - 1),
        top_k=st.integers(0, 4096),
        top_p=st.floats(0.05, 1.0),
        prompt=st.text(max_size=50),
    ),
    st.lists(
        st.builds(Take, st.integers(0, 9999), st.characters(codec="utf-8"))
        | st.builds(Rewrite, st.just(2), st.integers(2, 9), st.integers(0, 9), st.integers(0, 9)),
        max_size=5,
    ).map(tuple),
)


@given(REQUESTS)
def test_an_address_brings_back_exactly_the_tune_it_was_made_from(request):
    assert from_parameters(to_parameters(request)) == request


def test_an_address_says_which_of_several_takes_is_meant():
    request = Request("house", SampleConfig(seed=7, count=3), take=2)
    parameters = to_parameters(request)
    assert (parameters["count"], parameters["take"]) == ("3", "3")
    assert from_parameters(parameters).take == 2


def test_an_address_says_no_more_than_it_must():
    parameters = to_parameters(Request("house", SampleConfig(seed=4711)))
    assert parameters == {"model": "house", "temperature": "0.85", "seed": "4711"}


def test_an_address_without_settings_asks_for_the_default_ones():
    assert from_parameters({"model": "house"}) == Request("house", SampleConfig())


@pytest.mark.parametrize(
    "parameters",
    [
        {"temperature": "hot"},
        {"temperature": "2.7"},  # beyond the end of the slider
        {"seed": "-1"},
        {"top_p": "nan"},
        {"top_p": "0.01"},
        {"edits": "[", "seed": "1"},
        {"edits": "[" * 3000, "seed": "1"},
        {"edits": '[{"take":[1]}]'},
        {"edits": '[{"take":[1,"a"]}' + " " * 5000 + "]"},
        {"count": "5"},
        {"take": "2"},
        {"take": "0", "count": "2"},
        {"take": "²", "count": "2"},
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_with_the_name_of_the_setting(parameters):
    with pytest.raises(ConfigError, match="change|" + next(iter(parameters))):
        from_parameters(parameters)


def test_what_others_wrote_into_the_address_is_left_alone():
    assert own_parameters({"lang": "zh", "embed": "true", "seed": "1"}) == {"seed": "1"}
