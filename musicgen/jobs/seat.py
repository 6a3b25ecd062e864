"""A person's seat at a machine that many share: their turns, and what they may ask for.

Who works alone has none: a `JobRegistry` without a seat trains one run after the other, as long as
each takes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from musicgen.config import TrainingConfig
from musicgen.jobs.fair_turn import FairQueue, Ticket
from musicgen.training.estimate import TrainingEstimate
from musicgen.training.loop.foreground_priority import ForegroundPriority

Admit = Callable[[TrainingEstimate, TrainingConfig, int], None]
"""Raises an error with a sentence where a training is not allowed: what it takes, its settings, and
how many trainings the person has under way or waiting."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What all people share: turns of trainings, turns of other long work, and who goes ahead.

    `preparing` is held while a corpus is read and a training estimated: what thirty ask for at once
    is done once, and the others find it.
    """

    trainings: FairQueue
    others: FairQueue
    priority: ForegroundPriority
    preparing: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Seat:
    """What one person has of a machine."""

    machine: Machine
    person: str
    admit: Admit

    def training_ticket(self, name: str) -> Ticket:
        """A ticket for a training."""
        return self.machine.trainings.ticket(self.person, name)

    def other_ticket(self, name: str) -> Ticket:
        """A ticket for a report, a study or another long piece of work."""
        return self.machine.others.ticket(self.person, name)
