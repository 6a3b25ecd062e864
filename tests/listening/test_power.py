import math

import numpy as np
import pytest

from musicgen.listening.bradley_terry import Interval
from musicgen.listening.power import (
    early_look,
    find_look,
    look_bound,
    plan_power,
    plan_rating_power,
)
from musicgen.listening.results import Rating, mean_difference
from tests.listening.plans import make_plan


def test_power_of_two_versions_is_that_of_a_sign_test():
    # 194 decided ballots find 60 % with a power of 80 % (normal approximation, two-sided 5 %).
    plan = make_plan(2, ties=False, tunes=97, pairs=97, listeners=1000, difference=0.6)
    found = plan_power(plan)
    assert found.listeners == pytest.approx(4, abs=3)  # with Student's bounds for few listeners
    many = make_plan(2, ties=False, tunes=2, pairs=2, listeners=97, difference=0.6)
    assert plan_power(many).power == pytest.approx(0.8, abs=0.02)
    assert plan_power(many).smallest == pytest.approx(0.6, abs=0.003)


def test_tastes_that_differ_and_further_looks_cost_power():
    plain = plan_power(make_plan(2, tunes=20, pairs=20, listeners=10)).power
    assert plan_power(make_plan(2, tunes=20, pairs=20, listeners=10, looks=5)).power < plain
    assert plan_power(make_plan(2, tunes=20, pairs=20, listeners=10, spread=1.0)).power < plain


def test_where_no_number_is_enough_it_is_said():
    found = plan_power(make_plan(6, difference=0.95, listeners=2, pairs=2, tunes=2))
    assert found.smallest == 1.0


def test_looks_are_due_after_equal_parts_and_strict_at_first():
    assert [find_look(100, 4, given).number for given in (0, 24, 25, 60, 99, 100, 130)] == [
        0, 0, 1, 2, 3, 4, 4,
    ]  # fmt: skip
    assert find_look(100, 4, 60).ballots == 50 and find_look(100, 4, 60).next_at == 75
    assert find_look(100, 4, 130).ballots == 100 and find_look(100, 4, 130).is_last
    assert [round(look_bound(one, 4), 3) for one in (1, 2, 3, 4)] == [4.048, 2.862, 2.337, 2.024]
    assert look_bound(1, 1) == 1.96


def test_a_study_that_ends_early_is_looked_at_once_more_and_strictly():
    unseen = early_look(find_look(100, 2, 40), 100, 40)
    assert (unseen.number, unseen.ballots, unseen.bound, unseen.is_last) == (1, 40, 1.96, True)
    seen = early_look(find_look(100, 2, 60), 100, 60)
    assert (seen.number, seen.ballots, seen.next_at) == (2, 60, 0)
    assert seen.bound == pytest.approx(1.977 * math.sqrt(100 / 60))
    assert look_bound(2, 2) < seen.bound < look_bound(1, 2)
    same = early_look(find_look(100, 2, 50), 100, 50)  # nothing came since the last look
    assert (same.number, same.ballots, same.bound) == (1, 50, look_bound(1, 2))
    nothing = early_look(find_look(100, 2, 0), 100, 0)
    assert (nothing.number, nothing.ballots, nothing.is_last) == (0, 0, True)


def test_looks_of_a_study_that_ends_early_find_no_more_by_chance():
    """Sums of ballots without any difference, looked at half way and at an early end."""
    chance = np.random.default_rng(3)
    for share in (0.55, 0.75, 0.95):
        half = chance.normal(0, math.sqrt(0.5), 40_000)
        end = half + chance.normal(0, math.sqrt(share - 0.5), 40_000)
        taken = find_look(1000, 2, 500)
        look = early_look(taken, 1000, round(1000 * share))
        is_found = np.abs(half) / math.sqrt(0.5) > taken.bound
        is_found |= np.abs(end) / math.sqrt(share) > look.bound
        assert is_found.mean() < 0.05


def _rate(chance, listeners: int, tunes: int, gap: float, spread: float) -> Interval:
    """What a simulated study finds of two versions that are `gap` points apart."""
    tastes = chance.normal(0, spread, (listeners, 2))
    liked = chance.normal(0, spread, (2, tunes))
    rows: list[list[Rating]] = [[], []]
    for listener in range(listeners):
        for place, tune in enumerate(chance.permutation(tunes)):
            version = place % 2
            value = 3 + gap * version + tastes[listener, version] + liked[version, tune]
            rows[version].append(
                Rating(str(listener), (version, int(tune)), value + chance.normal(0, 1))
            )
    return mean_difference(rows[1], rows[0], tunes_differ=spread > 0)


@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_a_study_of_ratings_finds_what_was_told_and_its_intervals_hold(spread):
    plan = make_plan(2, design="ratings", tunes=20, pairs=20, listeners=20, spread=spread)
    gap = plan_rating_power(plan).smallest
    chance = np.random.default_rng(1)
    found = [_rate(chance, 20, 20, gap, spread / math.pi * math.sqrt(3)) for _study in range(400)]
    assert 0.92 < np.mean([one.low <= gap <= one.high for one in found]) < 0.975
    assert 0.73 < np.mean([one.low > 0 for one in found]) < 0.87
