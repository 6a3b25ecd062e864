"""Tunes that are played after one another: an endless row, and a set around a tune there is."""

import logging

from musicgen.config import SampleConfig
from musicgen.errors import GrammarError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.analysis.instruments import Instrument
from musicgen.notation.model import Tune
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.set_planner import config_for, configs_around

logger = logging.getLogger(__name__)


def compose_number(
    checkpoint: Checkpoint,
    number: int,
    style: str,
    seed: int,
    config: SampleConfig,
    instrument: Instrument | None = None,
) -> Composition:
    """Tune `number` (from 0) of an endless row; the same arguments give the same tune.

    For a network that knows few characters it is what is nearest to the plan.

    Args:
        checkpoint: Who composes.
        number: Place in the row.
        style: One of `medley.STYLES`.
        seed: Start of the whole row.
        config: Everything else, such as the temperature.
        instrument: Its range and its usual keys are kept to.
    """
    return _compose_planned(checkpoint, config_for(number, style, seed, config, instrument))


def compose_around(
    checkpoint: Checkpoint,
    tune: Tune,
    seed: int,
    config: SampleConfig,
    instrument: Instrument | None = None,
) -> list[Composition]:
    """Two tunes to play after one that is there: its rhythm, in keys near those before them.

    Args:
        checkpoint: Who composes.
        tune: The first of the set.
        seed: The same seed finds the same tunes.
        config: Everything else, such as the temperature.
        instrument: Its range is kept to, and its usual keys where they go with that tune.
    """
    mode = {"ionian": "major", "aeolian": "minor"}.get(tune.key.mode, tune.key.mode)
    key = f"{tune.key.tonic} {mode.capitalize()}" if tune.key.tonic else ""
    meter = f"{tune.meter.numerator}/{tune.meter.denominator}" if tune.meter.numerator else ""
    plans = configs_around(key, tune.rhythm.casefold(), meter, seed, config, instrument)
    return [_compose_planned(checkpoint, plan) for plan in plans]


def _compose_planned(checkpoint: Checkpoint, planned: SampleConfig) -> Composition:
    for modest in (planned, planned.replace(key="")):
        try:
            return compose(checkpoint, modest)[0]
        except GrammarError as error:
            logger.info("%s cannot write %s: %s", checkpoint.name, modest, error)
    return compose(checkpoint, planned.replace(key="", rhythm=""))[0]
