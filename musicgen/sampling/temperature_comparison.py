"""The same seed at several temperatures: what a network does as it dares more and more."""

from collections.abc import Iterator, Sequence

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, compose

COMPARED_TEMPERATURES = (0.4, 0.7, 1.0, 1.3)
"""Those that are compared by default."""


def compose_at_temperatures(
    checkpoint: Checkpoint,
    config: SampleConfig,
    temperatures: Sequence[float] = COMPARED_TEMPERATURES,
) -> Iterator[Composition]:
    """A tune at each temperature, all else as the settings say.

    Raises:
        ConfigError: a temperature is out of its bounds.
        CompositionError, GrammarError: as of `composer.compose`.
    """
    for temperature in temperatures:
        yield compose(checkpoint, config.replace(temperature=temperature, count=1))[0]
