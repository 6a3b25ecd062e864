"""The tunes of an endless row (`medley`), composed one after the other."""

import logging

from musicgen.config import SampleConfig
from musicgen.errors import GrammarError
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.set_planner import config_for

logger = logging.getLogger(__name__)


def compose_number(
    checkpoint: Checkpoint, number: int, style: str, seed: int, config: SampleConfig
) -> Composition:
    """Tune `number` (from 0) of an endless row; the same arguments give the same tune.

    For a network that knows few characters it is what is nearest to the plan.

    Args:
        checkpoint: Who composes.
        number: Place in the row.
        style: One of `medley.STYLES`.
        seed: Start of the whole row.
        config: Everything else, such as the temperature.
    """
    planned = config_for(number, style, seed, config)
    for modest in (planned, planned.replace(key="")):
        try:
            return compose(checkpoint, modest)[0]
        except GrammarError as error:
            logger.info("%s cannot write %s: %s", checkpoint.name, modest, error)
    return compose(checkpoint, planned.replace(key="", rhythm=""))[0]
