import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.errors import ConfigError
from musicgen.sampling.edit_list import MAX_EDITS, Rewrite, Take, edits_to_json, parse_edits

NUMBERS = st.integers(0, 2**31 - 1)
EDITS = st.lists(
    st.builds(Take, NUMBERS, st.characters())
    | st.builds(Rewrite, st.just(3), st.integers(3, 90), NUMBERS, NUMBERS),
    max_size=MAX_EDITS,
)


@given(EDITS)
def test_edits_come_back_from_json_as_they_were(edits: list[Take | Rewrite]) -> None:
    assert parse_edits(json.loads(json.dumps(edits_to_json(edits)))) == tuple(edits)


def test_edits_are_written_as_documented() -> None:
    assert edits_to_json([Take(95, "B"), Rewrite(5, 6, 1, 10)]) == [
        {"take": [95, "B"]},
        {"rewrite": [5, 6, 1, 10]},
    ]


@pytest.mark.parametrize(
    "values",
    [
        None,
        {"take": [1, "a"]},
        [["take", 1, "a"]],
        [{"take": [1, "ab"]}],
        [{"take": [-1, "a"]}],
        [{"take": [True, "a"]}],
        [{"take": [1.5, "a"]}],
        [{"take": [1, "a"], "rewrite": [1, 1, 0, 0]}],
        [{"rewrite": [0, 1, 0, 0]}],
        [{"rewrite": [2, 1, 0, 0]}],
        [{"rewrite": [1, 1, 0]}],
        [{"rewrite": [1, 1, 2**40, 0]}],
        [{"drop": [1]}],
        [{"take": [1, "a"]}] * (MAX_EDITS + 1),
    ],
)
def test_what_is_no_list_of_edits_is_refused(values: object) -> None:
    with pytest.raises(ConfigError):
        parse_edits(values)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_whatever_stands_in_a_link_is_read_or_refused(values: object) -> None:
    if values == []:
        assert parse_edits(values) == ()
        return
    with pytest.raises(ConfigError) as refusal:
        parse_edits(values)
    assert len(str(refusal.value)) < 300
