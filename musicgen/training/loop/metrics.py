"""What a step of a training showed, as plain numbers: reading a run needs no network."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 1e40
"""More than a float32 holds, so that whatever a step can bring is kept."""

FIGURES: Mapping[str, tuple[float, float]] = {
    "adversary_loss": (0.0, MOST),
    "adversary_accuracy": (0.0, 1.0),
    "reward": (0.0, 1.0),
    "preference_loss": (0.0, MOST),
    "preference_accuracy": (0.0, 1.0),
    "preference_margin": (-MOST, MOST),
    "val_preference_loss": (0.0, MOST),
    "val_preference_accuracy": (0.0, 1.0),
    "val_preference_margin": (-MOST, MOST),
}
"""What further goals of a training show (`training.loop.adversary`, `training.loop.preferences`),
and between which values. Those that begin with ``val_`` are of held-out pairs."""


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """What one step showed.

    Losses are in nats per character; `accuracy` is the share (0..1) of characters of the batch the
    network had as its first choice. `val_loss` and `val_accuracy` are those of held-out tunes, on
    the steps that look at them. `elapsed_s` counts training time over all sittings of the run.
    `figures` has those of `FIGURES` that the step brought, none in a training without further
    goals.
    """

    step: int
    train_loss: float
    accuracy: float
    grad_norm: float
    learning_rate: float
    chars_per_second: float
    elapsed_s: float
    val_loss: float | None = None
    val_accuracy: float | None = None
    figures: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; `figures` only where there are any."""
        values = dataclasses.asdict(self)
        if not self.figures:
            del values["figures"]
        return values
