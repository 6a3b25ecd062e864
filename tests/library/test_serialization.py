import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import SampleConfig
from musicgen.errors import CompositionError
from musicgen.library.serialization import from_values, header_field, to_values
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, compose


@pytest.fixture(scope="module")
def composition(knowing: Checkpoint) -> Composition:
    return compose(knowing, SampleConfig(seed=5, temperature=1.3))[0]


def test_a_composition_comes_back_from_json_as_it_was(composition: Composition) -> None:
    again = from_values(json.loads(json.dumps(to_values(composition))))
    assert again.char_probs == pytest.approx(composition.char_probs, rel=1e-5)
    assert again.abc == composition.abc
    assert again.tune == composition.tune
    assert again.config == composition.config
    assert again.to_abc() == composition.to_abc()


def damage(name: str, value: object) -> object:
    return pytest.param(name, value, id=f"{name}={value!r:.20}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        damage("abc", 5),
        damage("abc", "A" * 100_000),
        damage("char_probs", [0.5, "1"]),
        damage("char_probs", [2.0]),
        damage("char_probs", [float("nan")]),
        damage("drawn_start", -1),
        damage("seed", True),
        damage("config", {"temperature": 900}),
        damage("config", {"from_the_future": 1}),
        damage("from_the_future", 1),
    ],
)
def test_values_that_do_not_hold_are_refused(
    composition: Composition, name: str, value: object
) -> None:
    with pytest.raises(CompositionError, match="damaged"):
        from_values(to_values(composition) | {name: value})


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["abc", "seed", "config", "char_probs"]), JSON))
def test_no_values_do_more_than_be_refused(values: dict) -> None:
    with pytest.raises(CompositionError):
        from_values(values)


def test_a_field_of_the_header_is_found_without_reading_the_tune() -> None:
    text = "X:1\nT: A % B\nT:other\nK:D Major\nABc|"
    assert header_field(text, "T") == "A"
    assert header_field(text, "K") == "D Major"
    assert header_field(text, "R") == ""
