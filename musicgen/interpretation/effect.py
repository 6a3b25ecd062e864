"""What a change inside a network costs: many tunes with it and without, and the loss."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from musicgen.config import SampleConfig
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.interpretation.changed_network import change_checkpoint
from musicgen.interpretation.comparison import TuneReading, read_measures
from musicgen.interpretation.interventions import Intervention
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import build_engine

_GROUP = 20


@dataclass(frozen=True, slots=True)
class TuneFigures:
    """Shares, 0..1, of tunes that keep time and in which the key stated is heard, and means.

    NaN where there is nothing to measure.
    """

    tunes: int
    in_time: float
    in_key: float
    tonal_fit: float
    repetition: float


@dataclass(frozen=True, slots=True)
class Effect:
    """A network with a change: free tunes, tunes under the grammar, and the loss in nats.

    `guided` is None where it was not asked for, `loss` NaN.
    """

    free: TuneFigures
    guided: TuneFigures | None
    loss: float


def measure_effect(
    checkpoint: Checkpoint,
    intervention: Intervention,
    config: SampleConfig,
    texts: Sequence[str] = (),
    is_guided: bool = True,
    on_progress: Callable[[int], None] = lambda _done: None,
) -> Effect:
    """Composes `config.count` tunes with a changed network, freely and under the grammar.

    Each is drawn once: a critic would choose those that the change has left whole.

    Args:
        checkpoint: The network.
        intervention: What is changed; `Intervention()` measures the network as it is.
        config: Temperature, first seed, number of tunes; `free` does not count.
        texts: Tunes for the loss.
        is_guided: Whether tunes are composed under the grammar as well.
        on_progress: Called with the number of tunes composed so far; what it raises ends it.
    """
    changed = change_checkpoint(checkpoint, intervention)
    engine = build_engine(changed, config.precision)
    done, sets = 0, []
    for is_free in (True, False) if is_guided else (True,):
        readings: list[TuneReading] = []
        while len(readings) < config.count:
            group = config.replace(
                seed=config.seed + len(readings),
                count=min(_GROUP, config.count - len(readings)),
                free=is_free,
                candidates=1,  # a critic would keep what the change has left whole
            )
            readings += [read_measures(one.tune) for one in compose(changed, group, engine=engine)]
            done += group.count
            on_progress(done)
        sets.append(summarise(readings))
    loss = math.nan
    if texts:
        loss = compute_loss(changed.network, changed.vocabulary, texts).loss
    return Effect(sets[0], sets[1] if is_guided else None, loss)


def summarise(readings: Sequence[TuneReading]) -> TuneFigures:
    """Shares and means of what was measured of some tunes.

    A tune without a meter, or in which nothing sounds, does not keep time or key.
    """
    return TuneFigures(
        len(readings),
        _mean([bool(one.is_in_time) for one in readings]),
        _mean([bool(one.keeps_key) for one in readings]),
        _mean([one.tonal_fit for one in readings]),
        _mean([one.repetition for one in readings]),
    )


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
