"""The simulator of docs/scale.md: beside formulas of queueing theory, and by what must hold."""

import pytest

from experiments import scale
from experiments.scale import Cluster, Costs, Habits


def test_mean_times_are_those_of_theory() -> None:
    for name, formula, simulated in scale.check(seed=1, count=40_000):
        assert simulated == pytest.approx(formula, rel=0.08), name


def test_who_is_alone_waits_for_the_first_drawing_and_then_for_what_is_shown() -> None:
    costs = Costs(draw_s=1.3, show_s=0.6, spread=1e-3, cores=2.0)
    hour = scale.simulate_class(1, costs, pause_s=30.0, tunes=5)
    assert list(hour.waits) == pytest.approx([1.9, 0.6, 0.6, 0.6, 0.6], rel=0.02)
    at_once = scale.simulate_class(1, costs, pause_s=0.0, tunes=3)
    assert list(at_once.waits) == pytest.approx([1.9] * 3, rel=0.02)


def test_all_at_once_share_the_processor() -> None:
    """Thirty who ask together: the last waits for the work of all."""
    costs = Costs(draw_s=1.0, show_s=0.5, spread=1e-3, ahead=False, cores=1.5)
    hour = scale.simulate_class(30, costs, pause_s=1.0, tunes=1)
    assert max(hour.waits) == pytest.approx(30 * 1.5 / 1.5, rel=0.02)
    assert hour.busy_share == pytest.approx(1.0, rel=0.02)


def test_more_listeners_wait_longer_and_capacity_is_where_the_bound_is() -> None:
    costs, habits = Costs(), Habits()
    most = scale.find_capacity(costs, habits)
    p95 = [
        scale.simulate_hour(n, costs, habits, 9, 4.0).percentile(0.95)
        for n in (most // 4, 2 * most)
    ]
    assert p95[0] < scale.BEARABLE_S < p95[1]
    need = scale.plan(1_000, costs, habits)
    assert need.processes == -(-120 // most)
    assert need.megabits == pytest.approx(120 * 6 * 7 * 8 / 3600)


def test_many_devices_gain_only_where_each_has_much_to_do() -> None:
    def gained(parameters: float, lanes: int, layers: int) -> float:
        one, many = (scale.step_s(Cluster(n), parameters, lanes, 80, layers) for n in (1, 100))
        return one / many

    assert gained(6e6, 32, 3) < 1 < gained(6e6, 4_096, 3) < gained(1e9, 16_384, 12) < 100
