import pytest

from musicgen.listening.power import find_look, look_bound, plan_power
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
