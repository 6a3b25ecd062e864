import math

import numpy as np
import pytest
from scipy import optimize

from musicgen.listening.bradley_terry import PairedBallots, expected_error, fit, to_share


def draw(strengths, ballots, seed=0, side=0.3, tie=-0.5, listeners=20):
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(ballots):
        left, right = rng.choice(len(strengths), 2, replace=False)
        a, b = strengths[left] + side / 2, strengths[right] - side / 2
        weights = np.exp([a, b, tie + (a + b) / 2])
        outcome = rng.choice(3, p=weights / weights.sum())
        rows.append((left, right, outcome, number % listeners, number % 50))
    return rows


def test_the_fit_is_the_most_likely_one_that_another_optimizer_finds():
    rows = draw([0.6, 0.0, -0.4], 400)

    def loss(values):
        theta = [0.0, *values[:2]]
        total = float((np.asarray(values) ** 2).sum()) / 50  # the prior
        for left, right, outcome, _, _ in rows:
            a, b = theta[left] + values[2] / 2, theta[right] - values[2] / 2
            exponents = [a, b, values[3] + (a + b) / 2]
            total += math.log(sum(map(math.exp, exponents))) - exponents[outcome]
        return total

    best = optimize.minimize(loss, np.zeros(4), method="BFGS").x
    found = fit(PairedBallots.of(rows), 3)
    theta = np.array([0.0, *best[:2]])
    assert found.strengths == pytest.approx(theta - theta.mean(), abs=2e-4)
    assert (found.side, found.tie) == pytest.approx(best[2:], abs=2e-4)


def test_two_versions_without_ties_have_the_log_odds_of_their_wins():
    rows = [(0, 1, 0, 0, 0)] * 30 + [(0, 1, 1, 0, 0)] * 10
    rows += [(1, 0, 1, 0, 0)] * 30 + [(1, 0, 0, 0, 0)] * 10
    found = fit(PairedBallots.of(rows), 2, has_ties=False)
    gap = found.difference(0, 1)
    assert gap.value == pytest.approx(math.log(3), abs=0.01)
    # The variance of log-odds is 1/wins + 1/losses.
    assert gap.high - gap.value == pytest.approx(1.96 * math.sqrt(1 / 60 + 1 / 20), rel=0.02)
    assert found.side_advantage.value == pytest.approx(0, abs=1e-6)
    assert to_share(gap.value) == pytest.approx(0.75, abs=0.002)


def test_listeners_who_say_the_same_every_time_make_intervals_wider():
    rng = np.random.default_rng(1)
    rows = []
    for listener in range(12):
        favourite = int(rng.random() < 0.6)
        for slot in range(20):
            side = slot % 2
            rows.append((side, 1 - side, favourite ^ side, listener, slot))
    clustered = fit(PairedBallots.of(rows), 2, has_ties=False)
    apart = fit(
        PairedBallots.of([(*row[:3], number, number) for number, row in enumerate(rows)]), 2, False
    )
    assert clustered.error(0, 1) > 2 * apart.error(0, 1)


def test_a_version_that_always_wins_keeps_finite_ends():
    rows = [(0, 1, 0, n % 10, n) for n in range(40)] + [(1, 0, 1, n % 10, n) for n in range(40)]
    gap = fit(PairedBallots.of(rows), 2).difference(0, 1)
    assert 1 < gap.low < gap.value < gap.high < 60


def test_no_ballots_give_no_figures():
    found = fit(PairedBallots.of([]), 3)
    assert np.isnan(found.strengths).all() and math.isnan(found.difference(0, 1).low)


def test_the_error_that_is_expected_is_the_one_that_is_found():
    expected = expected_error([0.2, -0.2], 2000, 0.2, 0, 1)
    rows = draw([0.2, -0.2], 2000, side=0.0, tie=math.log(0.5), listeners=2000)
    apart = [(*row[:4], number) for number, row in enumerate(rows)]
    assert fit(PairedBallots.of(apart), 2).error(0, 1) == pytest.approx(expected, rel=0.1)
