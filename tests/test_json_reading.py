import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.json_reading import MAX_DEPTH, JsonError, is_count, is_number, parse_json, read_json
from tests.damaging import VALUES, damage_bytes

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(value=PLAIN)
def test_what_is_plain_comes_back(value):
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    ["NaN", "-Infinity", "1e400", "9" * 5000, "-" + "9" * 19, str(2**63), '{"a": 1, "a": 1}',
     '"\\ud800"', "[" * 100_000, '{"a":' * 100_000, "[" * 200 + "]" * 200, "", "{", "\ufeff1 2"],
)  # fmt: skip
def test_what_could_not_be_shown_or_written_again_is_refused(text):
    with pytest.raises(JsonError):
        parse_json(text)


def test_the_deepest_that_is_read_can_be_walked_through_anywhere():
    limit = sys.getrecursionlimit()
    deepest = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(parse_json(deepest)) == deepest
    with pytest.raises(JsonError):
        parse_json(f"[{deepest}]")
    assert sys.getrecursionlimit() == limit


@pytest.mark.parametrize("value", VALUES)
def test_hostile_values_are_read_or_refused_with_a_value_error(value):
    try:
        found = parse_json('{"a": ' + value + "}")
    except ValueError:
        return
    json.dumps(found, allow_nan=False).encode()
    json.dumps(found, ensure_ascii=False).encode("utf-8")


def test_sizes_are_bounded(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + b" " * 1000 + b"]")
    assert read_json(path, max_bytes=1002) == []
    with pytest.raises(JsonError, match="larger"):
        read_json(path, max_bytes=1001)
    with pytest.raises(OSError, match="No such file"):
        read_json(tmp_path / "none.json")


@pytest.mark.parametrize("data", damage_bytes(b'{"a": [1, 2]}', 1))
def test_a_damaged_file_is_a_value_or_a_value_error(data):
    try:
        parse_json(data)
    except ValueError as error:
        assert len(str(error)) < 300  # noqa: PT017 - whichever it is, it is one of the two


def test_nan_is_taken_only_where_it_is_asked_for():
    assert parse_json("[NaN, 1e400]", allow_nan=True)[1] == float("inf")


def test_numbers_are_no_booleans_and_lie_between_their_bounds():
    assert is_number(3) and is_number(0.5) and is_number(1.0, 0.0, 1.0)
    assert not any(map(is_number, (True, None, "3", float("nan"), float("inf"), 10**400, [])))
    assert is_count(0) and is_count(7, 7)
    assert not any(map(is_count, (True, -1, 1.0, None, 2**63)))
