"""How the learning rate moves over a training."""

import math

from musicgen.config import TrainingConfig


def compute_learning_rate(config: TrainingConfig, step: int) -> float:
    """The learning rate of a step, counted from 1.

    During warm-up it rises in a straight line to `learning_rate`; then it stays (``constant``) or
    falls along half a cosine to zero at `max_steps` (``cosine``; Loshchilov and Hutter 2017,
    without restarts).
    """
    if step <= config.warmup_steps:
        return config.learning_rate * step / config.warmup_steps
    if config.schedule == "constant":
        return config.learning_rate
    steps_left = max(1, config.max_steps - config.warmup_steps)
    progress = min(1.0, (step - config.warmup_steps) / steps_left)
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * progress))
