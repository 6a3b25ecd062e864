import pytest

from musicgen.config import SampleConfig
from musicgen.errors import StudyError
from musicgen.listening.plan import StudyPlan, parse_version
from tests.listening.plans import make_plan


def test_a_plan_survives_json():
    plan = make_plan(3, scales="play", seconds=12)
    assert StudyPlan.from_dict(plan.to_dict()) == plan


def test_versions_may_be_written_as_names():
    plan = StudyPlan.from_dict({"title": "T", "versions": ["house:0.9", "real"]})
    assert [one.name for one in plan.versions] == ["house · 0.9", "real"]
    assert parse_version("house").temperature == SampleConfig().temperature


@pytest.mark.parametrize(
    "values",
    [
        [],
        {"title": "", "versions": ["a", "b"]},
        {"title": "T", "versions": ["a"]},
        {"title": "T", "versions": ["a", "a"]},
        {"title": "T", "versions": list("abcdefg")},
        {"title": "T", "versions": [1, 2]},
        {"title": "T", "versions": ["a:hot", "b"]},
        {"title": "T", "versions": ["a", "b"], "pairs": 30, "tunes": 20},
        {"title": "T", "versions": ["a", "b"], "scales": "taste"},
        {"title": "T", "versions": ["a", "b"], "scales": "liked,play"},
        {"title": "T", "versions": ["a", "b"], "sections": 99},
        {"title": "T", "versions": ["a", "b"], "colour": "red"},
        {"title": 3, "versions": 4},
    ],
)
def test_what_is_no_plan_is_refused_with_a_sentence(values):
    with pytest.raises(StudyError, match=r"\w"):
        StudyPlan.from_dict(values)
