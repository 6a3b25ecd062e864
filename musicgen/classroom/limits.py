"""What a member of a class may ask of the machine. The teacher may ask for anything."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicgen.config import Settings, TrainingConfig, setting
from musicgen.errors import ClassError

if TYPE_CHECKING:  # which loads torch
    from musicgen.training.estimate import TrainingEstimate

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits(Settings):
    """What each member may ask for, and for how long one goes on while others wait."""

    parameters: int = setting(
        6_000_000, "Parameters that a network may have.", 1_000, 2_000_000_000
    )
    steps: int = setting(5_000, "Steps that a training may have.", 1, 1_000_000)
    trainings: int = setting(3, "Trainings that one person may have at work or waiting.", 1, 1_000)
    upload_mb: int = setting(20, "Megabytes of one upload.", 1, 2_000)
    disk_mb: int = setting(1_000, "Megabytes that one person may keep.", 10, 10_000_000)
    drawings: int = setting(
        2,
        "Drawings of a tune from which the critic chooses; the fewer, the more can compose.",
        1,
        64,
    )
    slice_s: int = setting(
        60, "Seconds that a training goes on while somebody waits who has had less.", 1, 86_400
    )


def check_training(
    limits: Limits, estimate: "TrainingEstimate", training: TrainingConfig, active: int, kept: int
) -> None:
    """Makes sure that a member may train.

    Args:
        limits: Of the class.
        estimate: What the training takes.
        training: Its settings.
        active: Trainings that the member has at work or waiting.
        kept: Bytes that the member's files take now.

    Raises:
        ClassError: it is more than the class allows; the message says what to do.
    """
    if estimate.parameters > limits.parameters:
        raise ClassError(
            "This network has {count:,} parameters; in this class {most:,} are the most. Choose a "
            "smaller preset, or fewer memory cells or layers.",
            count=estimate.parameters,
            most=limits.parameters,
        )
    if training.max_steps > limits.steps:
        raise ClassError(
            "{count:,} steps are more than the {most:,} that a training may have in this class. "
            "Train for fewer steps.",
            count=training.max_steps,
            most=limits.steps,
        )
    if active >= limits.trainings:
        raise ClassError(
            "You have {count} trainings at work or waiting, which is the most in this class. Wait "
            "for the end of one, or stop one.",
            count=active,
        )
    check_disk(limits, kept + estimate.disk_bytes)


def check_disk(limits: Limits, wanted: int) -> None:
    """Makes sure that a member may keep some bytes in all.

    Raises:
        ClassError: they are more than the class allows; the message says what to do.
    """
    if wanted > limits.disk_mb * _MEGABYTE:
        raise ClassError(
            "Your work would take {wanted:,.0f} MB, and in this class {most:,} MB are the most. "
            "Delete runs or corpora that you can do without.",
            wanted=wanted / _MEGABYTE,
            most=limits.disk_mb,
        )
