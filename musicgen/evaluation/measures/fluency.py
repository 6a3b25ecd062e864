"""Fluency: the share of tunes that keep time when nothing but the network writes them.

The grammar is switched off, so that the figure describes the network alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicgen.config import SampleConfig
from musicgen.evaluation.measures.syntax import SyntaxReport, check_tunes
from musicgen.models.checkpoint import Checkpoint

if TYPE_CHECKING:
    from musicgen.sampling.engine import Engine

GROUP = 10
"""Tunes composed at once between two reports of progress."""

FLUENCY_TEMPERATURE = 0.8
FIRST_SEED = 1


@dataclass(frozen=True, slots=True)
class FluencyReport:
    """Counts over free samples, and all that is needed to take them again.

    `fingerprint` is that of the checkpoint; tune number i has the seed ``seed + i``.
    """

    fingerprint: str
    temperature: float
    seed: int
    tunes: int
    readable_tunes: int
    complete_tunes: int
    in_time_tunes: int

    @property
    def syntax(self) -> SyntaxReport:
        """The same counts, with shares."""
        return SyntaxReport(
            self.tunes, self.readable_tunes, self.complete_tunes, self.in_time_tunes
        )


def measure_fluency(
    checkpoint: Checkpoint,
    count: int,
    on_progress: Callable[[int], None] = lambda _done: None,
    temperature: float = FLUENCY_TEMPERATURE,
    seed: int = FIRST_SEED,
) -> FluencyReport:
    """Composes tunes freely and checks them as notation.

    Args:
        checkpoint: Who composes.
        count: Tunes, 0 or more.
        on_progress: Called with the number of tunes done, each time some are.
        temperature: As in `SampleConfig`.
        seed: Of the first tune.
    """
    report = check_tunes(compose_freely(checkpoint, count, on_progress, temperature, seed))
    return FluencyReport(
        checkpoint.fingerprint, temperature, seed, report.tunes, report.readable_tunes,
        report.complete_tunes, report.in_time_tunes,
    )  # fmt: skip


def compose_freely(
    checkpoint: Checkpoint,
    count: int,
    on_progress: Callable[[int], None] = lambda _done: None,
    temperature: float = FLUENCY_TEMPERATURE,
    seed: int = FIRST_SEED,
    engine: "Engine | None" = None,
) -> list[str]:
    """Tunes that nothing but the network writes.

    Args:
        checkpoint: Who composes.
        count: Tunes, 0 or more.
        on_progress: Called with the number of tunes done, each time some are.
        temperature: As in `SampleConfig`.
        seed: Of the first tune.
        engine: What steps the network; one of float32 if none is given.
    """
    from musicgen.sampling.composer import compose

    texts: list[str] = []
    while len(texts) < count:
        config = SampleConfig(
            temperature=temperature,
            seed=seed + len(texts),
            count=min(GROUP, count - len(texts)),
            free=True,
        )
        texts += [piece.abc for piece in compose(checkpoint, config, engine=engine)]
        on_progress(len(texts))
    return texts
