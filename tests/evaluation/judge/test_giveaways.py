import dataclasses
import json
import math

import pytest

from musicgen.config import to_json
from musicgen.evaluation.judge import labels
from musicgen.evaluation.judge.detectors import DETECTORS
from musicgen.evaluation.judge.features import FIGURES, TuneFeatures
from musicgen.evaluation.judge.giveaways import MAX_GAP, find_giveaways
from musicgen.evaluation.judge.result import Giveaway, Judgement, Verdict
from musicgen.evaluation.statistics.estimate import Estimate


def tunes(**values):
    """Tunes with these values of figures, one a tune, and no value of all others."""
    count = len(next(iter(values.values())))
    return [
        TuneFeatures((), tuple(values.get(name, [math.nan] * count)[at] for name in FIGURES), ())
        for at in range(count)
    ]


def test_a_gap_is_that_of_a_worked_example():
    # Means 2 and 4, variances 1 and 1 (of the whole sides): (4 - 2) / 1.
    (found,) = find_giveaways(tunes(bars=[1.0, 3.0] * 20), tunes(bars=[3.0, 5.0] * 20))
    assert found.figure == "bars"
    assert (found.real.value, found.composed.value) == (2, 4)
    assert found.gap.value == pytest.approx(2)
    assert 1.3 < found.gap.low < 2 < found.gap.high < 3
    assert not found.may_be_chance
    assert labels.write_gap(found) == "+2.00"


def test_the_widest_gap_is_first_and_one_that_may_be_chance_is_no_giveaway():
    real = tunes(bars=[1.0, 3.0] * 20, leaps=[0.1, 0.2] * 20, rests=[0.0] * 40)
    composed = tunes(bars=[1.0, 3.2] * 20, leaps=[0.0, 0.1] * 20, rests=[0.0] * 40)
    found = find_giveaways(real, composed)
    assert [one.figure for one in found] == ["leaps", "bars", "rests"]
    assert [one.may_be_chance for one in found] == [False, True, True]
    assert labels.write_gap(found[0]) == "−2.00"
    assert labels.widest_figures([Judgement(40, (), found), None]) == ["leaps"]


def test_a_figure_that_never_varies_has_the_widest_gap_or_none():
    (found,) = find_giveaways(tunes(rests=[0.1] * 30), tunes(rests=[0.7] * 30))
    assert found.gap == Estimate(MAX_GAP, MAX_GAP, MAX_GAP, 60)
    (same,) = find_giveaways(tunes(rests=[0.1] * 30), tunes(rests=[0.1] * 50))
    assert same.gap == Estimate(0, 0, 0, 80)


def test_tunes_without_a_figure_are_left_out():
    real, composed = [1.0, 3.0] * 20, [3.0, 5.0] * 20
    (whole,) = find_giveaways(tunes(bars=real), tunes(bars=composed))
    (gaps,) = find_giveaways(tunes(bars=[*real, math.nan]), tunes(bars=[math.nan, *composed]))
    assert gaps.gap.value == pytest.approx(whole.gap.value)
    assert gaps.gap.count == 80
    assert find_giveaways(tunes(bars=real), tunes(leaps=composed)) == ()
    (one,) = find_giveaways(tunes(bars=[1.0] + [math.nan] * 39), tunes(bars=composed))
    assert math.isfinite(one.gap.low)


def make_judgement():
    one = Estimate(0.75, 0.5, 1.0, 40)
    return Judgement(
        20, tuple(Verdict(name, one) for name in DETECTORS), (Giveaway("bars", one, one, one),)
    )


def test_a_judgement_goes_to_json_and_back():
    one = make_judgement()
    values = json.loads(to_json(one.to_dict()))
    assert values["detectors"]["ngrams"]["value"] == 0.75
    assert values["figures"][0]["figure"] == "bars"
    assert Judgement.from_dict(values) == one
    assert Judgement.from_dict(Judgement(7).to_dict()) == Judgement(7)


@pytest.mark.parametrize(
    "change",
    [
        {"tunes": -1}, {"tunes": "9"}, {"tunes": None}, {"detectors": []}, {"detectors": {"a": 1}},
        {"detectors": {"n" * 999: {}}}, {"detectors": None}, {"figures": {}}, {"figures": [1]},
        {"figures": [{"figure": 1}]}, {"figures": [None] * 999},
    ],
)  # fmt: skip
def test_what_is_no_judgement_is_refused(change):
    values = make_judgement().to_dict() | change
    if change == {"figures": {}}:
        assert Judgement.from_dict(values).giveaways == ()
        return
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        Judgement.from_dict(values)


def test_every_detector_and_every_figure_has_a_label():
    assert set(labels.DETECTORS) == set(DETECTORS)
    assert list(labels.FIGURES) == list(FIGURES)
    assert labels.name_figure("of_tomorrow").label == "of_tomorrow"
    assert labels.name_detector("of_tomorrow").label == "of_tomorrow"


def test_what_was_not_judged_is_a_sentence():
    whole, few = make_judgement(), Judgement(7)
    assert labels.explain_gaps(whole, [whole], str) == []
    assert labels.explain_gaps(None, [whole], str) == []
    (sentence,) = labels.explain_gaps(few, [whole, few, Judgement(5)], str)
    assert "20 different tunes of each side, and there are 5" in sentence
    (sentence,) = labels.explain_gaps(few, [whole], str)
    assert "no control" in sentence


def test_marks_say_who_has_more():
    gaps = [(0.5, "↑"), (-0.5, "↓")]
    for value, mark in gaps:
        gap = Estimate(value, value - 0.1, value + 0.1, 9)
        one = dataclasses.replace(make_judgement().giveaways[0], gap=gap)
        assert labels.write_gap_mark(one) == mark
        wide = dataclasses.replace(one, gap=Estimate(value, -1, 1, 9))
        assert labels.write_gap_mark(wide) == ""
