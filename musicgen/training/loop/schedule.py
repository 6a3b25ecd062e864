"""How the learning rate moves over a training."""

import math
from collections.abc import Callable

from musicgen.config import TrainingConfig

_ONE_CYCLE_RISE = 0.3
_ONE_CYCLE_START = 1 / 25
_STAIRS = 5


def compute_learning_rate(config: TrainingConfig, step: int) -> float:
    """The learning rate of a step, counted from 1.

    During warm-up it rises in a straight line to `learning_rate`. Then it stays (``constant``),
    falls along half a cosine to zero at `max_steps` (``cosine``; Loshchilov and Hutter 2017,
    without restarts), is halved after each fifth of the steps (``step``), or rises over the first
    30 % from a 25th and falls to zero, both along a cosine (``one-cycle``; Smith and Topin 2018).
    """
    if step <= config.warmup_steps:
        return config.learning_rate * step / config.warmup_steps
    steps_left = max(1, config.max_steps - config.warmup_steps)
    progress = min(1.0, (step - config.warmup_steps) / steps_left)
    return config.learning_rate * _SHAPES[config.schedule](progress)


def _cosine(progress: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def _one_cycle(progress: float) -> float:
    if progress < _ONE_CYCLE_RISE:
        return 1.0 - (1.0 - _ONE_CYCLE_START) * _cosine(progress / _ONE_CYCLE_RISE)
    return _cosine((progress - _ONE_CYCLE_RISE) / (1.0 - _ONE_CYCLE_RISE))


def _stairs(progress: float) -> float:
    return 0.5 ** min(_STAIRS - 1, int(progress * _STAIRS))


_SHAPES: dict[str, Callable[[float], float]] = {
    "constant": lambda _: 1.0,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
    "step": _stairs,
}
