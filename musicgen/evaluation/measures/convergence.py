"""How a training went, in single numbers: how fast it got there, and how calmly.

Pure functions of the figures of its steps. They compare trainings; none of them says what a tune
sounds like.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE = 0.05
"""A held-out loss within this share of the best one counts as having arrived."""

TAIL_SHARE = 0.1
"""Share of the steps, at the end, over which stability and the final loss are taken."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One look at held-out tunes: after which step, after how many seconds, with which loss."""

    step: int
    elapsed_s: float
    loss: float


def find_best(looks: Sequence[Evaluation]) -> Evaluation | None:
    """The look with the lowest loss, the first of equals; None without any."""
    return min(looks, key=lambda look: look.loss, default=None)


def find_convergence(
    looks: Sequence[Evaluation], tolerance: float = TOLERANCE
) -> Evaluation | None:
    """The first look whose loss L is within a share of the best one: L ≤ (1 + tolerance) · min L.

    Its step and seconds are the speed of convergence. It can be no finer than the interval between
    looks, and a training that never gets anywhere converges at once: read it beside the best loss.
    None without any look.

    Args:
        looks: In the order they were taken; losses in nats per character.
        tolerance: Share of the best loss, 0 or more.
    """
    best = find_best(looks)
    if best is None:
        return None
    return next((look for look in looks if look.loss <= (1 + tolerance) * best.loss), best)


def compute_stability(losses: Sequence[float], share: float = TAIL_SHARE) -> float:
    """How much the training loss still shakes at the end: its standard deviation, in nats.

    σ = √(1/n · Σ (Lᵢ - mean L)²) over the last n = ⌈share · N⌉ of N steps. Lower is calmer; a loss
    that still falls raises it, and so does a smaller batch. NaN without any step.

    Args:
        losses: Training loss of each step, in nats per character.
        share: 0 to 1.
    """
    tail = _tail(losses, share)
    return statistics.pstdev(tail) if tail else math.nan


def compute_final_loss(losses: Sequence[float], share: float = TAIL_SHARE) -> float:
    """Mean training loss over the last steps, as many as `compute_stability` looks at.

    The loss of the very last batch alone would say more about that batch than about the network.
    NaN without any step.
    """
    tail = _tail(losses, share)
    return statistics.fmean(tail) if tail else math.nan


def _tail(losses: Sequence[float], share: float) -> Sequence[float]:
    return losses[len(losses) - math.ceil(share * len(losses)) :]
