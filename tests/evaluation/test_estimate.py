import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from musicgen.evaluation.statistics.estimate import (
    NOTHING,
    Estimate,
    estimate_auc,
    estimate_mean,
    estimate_rate,
    estimate_ratio,
)


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [  # worked out by hand from Wilson's formula, z = 1.959964
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
        (3, 10, 0.1077913, 0.6032219),
        (83, 87, 0.8876697, 0.9819773),
    ],
)
def test_a_share_has_wilsons_interval(successes, total, low, high):
    found = estimate_rate(successes, total)
    assert found.value == successes / total
    assert (found.low, found.high) == (
        pytest.approx(low, abs=1e-6),
        pytest.approx(high, abs=1e-6),
    )
    assert found.count == total


def test_nothing_has_no_figure():
    for found in (estimate_rate(0, 0), estimate_mean([]), estimate_mean([math.nan])):
        assert found.count == 0
        assert all(math.isnan(value) for value in (found.value, found.low, found.high))


def test_the_bootstrap_of_a_mean_is_near_the_normal_interval_and_repeats():
    values = [float(number % 10) for number in range(400)]
    found = estimate_mean(values)
    error = 1.96 * math.sqrt(8.25 / 400)
    assert found.value == 4.5
    assert found.low == pytest.approx(4.5 - error, abs=0.03)
    assert found.high == pytest.approx(4.5 + error, abs=0.03)
    assert estimate_mean(values) == found
    assert estimate_mean(values, seed=1) != found


def test_values_that_are_no_numbers_are_left_out():
    assert estimate_mean([1.0, math.nan, 3.0]).value == 2.0
    assert estimate_mean([1.0, math.nan, 3.0]).count == 2


def test_a_ratio_weighs_tunes_by_their_length():
    assert estimate_ratio([10.0, 2.0], [5.0, 5.0]).value == pytest.approx(1.2)
    assert estimate_ratio([10.0, 2.0], [5.0, 1.0]).value == pytest.approx(2.0)


def test_one_tune_has_an_interval_without_width():
    assert estimate_mean([2.5]) == Estimate(2.5, 2.5, 2.5, 1)


def test_an_estimate_goes_to_json_and_back():
    one = Estimate(0.5, 0.25, 0.75, 4)
    assert Estimate.from_dict(one.to_dict()) == one
    assert NOTHING.to_dict() == {"value": None, "low": None, "high": None, "count": 0}
    assert math.isnan(Estimate.from_dict(NOTHING.to_dict()).value)


@pytest.mark.parametrize(
    ("low", "high", "sign"), [(0.1, 0.3, -1), (0.1, 0.4, 0), (0.5, 0.9, 0), (0.7, 0.9, 1)]
)
def test_a_figure_lies_off_another_where_their_intervals_do_not_touch(low, high, sign):
    real = Estimate(0.5, 0.4, 0.6, 87)
    assert Estimate((low + high) / 2, low, high, 500).compare(real) == sign


def test_nothing_lies_off_nothing():
    assert NOTHING.compare(Estimate(0.5, 0.4, 0.6, 87)) == 0
    assert Estimate(0.5, 0.4, 0.6, 87).compare(NOTHING) == 0


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order():
    assert estimate_auc([3, 4], [1, 2]) == Estimate(1, 1, 1, 4)
    assert estimate_auc([1, 2], [3, 4]).value == 0
    assert estimate_auc([1, 3], [2, 3]).value == pytest.approx((0 + 0 + 1 + 0.5) / 4)
    assert math.isnan(estimate_auc([], [1.0]).value)


def test_the_area_under_the_curve_is_that_of_scikit_learn_and_its_interval_as_wide():
    rng = np.random.default_rng(3)
    above, below = rng.normal(0.6, 1, 150).round(1), rng.normal(0, 1, 120).round(1)
    found = estimate_auc(above.tolist(), below.tolist())
    wanted = roc_auc_score(np.repeat([1, 0], [150, 120]), np.concatenate([above, below]))
    assert found.value == pytest.approx(wanted)
    # Hanley and McNeil's standard error, from Q1 = A / (2 - A) and Q2 = 2 A² / (1 + A).
    first, second = wanted / (2 - wanted), 2 * wanted**2 / (1 + wanted)
    variance = (wanted * (1 - wanted) + 149 * (first - wanted**2) + 119 * (second - wanted**2)) / (
        150 * 120
    )
    assert found.high - found.low == pytest.approx(2 * 1.96 * math.sqrt(variance), rel=0.15)
    assert estimate_auc(above.tolist(), below.tolist()) == found
