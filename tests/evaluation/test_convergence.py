import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.evaluation.measures.convergence import (
    Evaluation,
    compute_final_loss,
    compute_stability,
    find_best,
    find_convergence,
)

LOOKS = [Evaluation(step, step / 2, loss) for step, loss in
         ((100, 2.0), (200, 1.06), (300, 1.05), (400, 1.0), (500, 1.04), (600, 1.0))]  # fmt: skip


def test_convergence_is_the_first_look_within_five_percent_of_the_best():
    assert find_convergence(LOOKS) == Evaluation(300, 150.0, 1.05)
    assert find_convergence(LOOKS, 0.0) == Evaluation(400, 200.0, 1.0)
    assert find_convergence(LOOKS, 1.0) == LOOKS[0]


def test_the_best_look_is_the_first_of_equals():
    assert find_best(LOOKS) == Evaluation(400, 200.0, 1.0)


def test_without_a_look_there_is_nothing_to_say():
    assert find_best([]) is None
    assert find_convergence([]) is None
    assert math.isnan(compute_stability([]))
    assert math.isnan(compute_final_loss([]))


def test_stability_and_final_loss_are_those_of_the_last_tenth():
    losses = [9.0] * 18 + [1.0, 3.0]
    assert compute_stability(losses) == 1.0
    assert compute_final_loss(losses) == 2.0
    assert compute_stability([5.0]) == 0.0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.floats(0.01, 1))
def test_the_tail_has_a_share_of_the_steps_and_never_none(losses, share):
    tail = losses[-math.ceil(share * len(losses)) :]
    assert compute_stability(losses, share) == pytest.approx(statistics.pstdev(tail))
    assert compute_final_loss(losses, share) == pytest.approx(statistics.fmean(tail))


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30))
def test_convergence_never_comes_after_the_best(losses):
    looks = [Evaluation(step, float(step), loss) for step, loss in enumerate(losses, 1)]
    best, converged = find_best(looks), find_convergence(looks)
    assert converged.step <= best.step
    assert converged.loss <= 1.05 * best.loss
