"""What a step of a training showed, as plain numbers: reading a run needs no network."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """What one step showed.

    Losses are in nats per character; `accuracy` is the share (0..1) of characters of the batch the
    network had as its first choice. `val_loss` and `val_accuracy` are those of held-out tunes, on
    the steps that look at them. `elapsed_s` counts training time over all sittings of the run.
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
