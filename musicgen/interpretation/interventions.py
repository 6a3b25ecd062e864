"""What is to be changed inside a network: units switched off, held still or turned up.

Each unit h of a layer is replaced by ``factor · h + offset`` for all who read it: the layer's own
next step, the layers above, the output. A factor of 0 silences it (A. Morcos et al., "On the
importance of single directions for generalization", 2018), 0 with an offset holds it at a value,
such as its mean over tunes, a factor above 1 turns it up. The unit itself goes on counting; it is
only not heard as it was. `changed_network` makes a network of it.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from musicgen.errors import ConfigError
from musicgen.interpretation.associations import stack_values
from musicgen.interpretation.recording import Recording
from musicgen.models.copy_candidates import ECHOES

MOST_FACTOR = 100.0
"""The strongest that a unit can be turned up."""


@dataclass(frozen=True, slots=True)
class UnitChange:
    """Some units of a layer (all where `units` is empty), as ``factor · h + offset``.

    `layer` counts those of a recording from 0. `offsets` has one for each unit; empty for zeros.
    """

    layer: int
    units: tuple[int, ...]
    factor: float
    offsets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Intervention:
    """All that is changed: units, in this order, and what is switched off beside them.

    `silent_echoes` are numbers of `copy_candidates`' echoes, the longest run first. Where the place
    is silent, a network that is told its place in the bar with each character is always told the
    same.
    """

    changes: tuple[UnitChange, ...] = ()
    silent_echoes: tuple[int, ...] = ()
    is_attention_silent: bool = False
    is_place_silent: bool = False

    def __or__(self, other: "Intervention") -> "Intervention":
        """Both, the other one after this one."""
        return Intervention(
            self.changes + other.changes,
            tuple(sorted({*self.silent_echoes, *other.silent_echoes})),
            self.is_attention_silent or other.is_attention_silent,
            self.is_place_silent or other.is_place_silent,
        )

    def fingerprint(self, of_checkpoint: str) -> str:
        """A fingerprint of the changed network, so that nobody takes it for the checkpoint's own.

        That of the checkpoint where nothing is changed.
        """
        if self == Intervention():
            return of_checkpoint
        values = asdict(self)
        if not self.is_place_silent:  # as fingerprints were before it could be
            del values["is_place_silent"]
        text = of_checkpoint + json.dumps(values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[: len(of_checkpoint)]


def silence(layer: int, units: Iterable[int] = ()) -> Intervention:
    """Units of a layer are heard as zero; the whole layer if none are named."""
    return scale(layer, units, 0.0)


def scale(layer: int, units: Iterable[int], factor: float) -> Intervention:
    """Units of a layer are heard `factor` times as strongly; all of them if none are named.

    Raises:
        ConfigError: the factor is not a number in ±`MOST_FACTOR`.
    """
    if not abs(factor) <= MOST_FACTOR:
        raise ConfigError(
            "A unit can be turned up by {most:g} at most, not by {factor:g}.",
            most=MOST_FACTOR,
            factor=factor,
        )
    return Intervention((UnitChange(layer, tuple(units), float(factor)),))


def hold(layer: int, units: Sequence[int], values: Sequence[float]) -> Intervention:
    """Units of a layer are heard as these values, whatever they do."""
    fixed = tuple(float(value) for value in values)
    return Intervention((UnitChange(layer, tuple(units), 0.0, fixed),))


def freeze(recording: Recording, layer: int, units: Sequence[int], place: int) -> Intervention:
    """Units of a layer are heard as they were after one character of a text."""
    return hold(layer, units, recording.layers[layer].hidden[place, list(units)].tolist())


def hold_mean(
    recordings: Sequence[Recording], layer: int, units: Sequence[int] = ()
) -> Intervention:
    """Units of a layer are heard as they are on average over tunes; all of them if none are named.

    Raises:
        ConfigError: there is no such layer or unit, or there are no tunes.
    """
    if not recordings:
        raise ConfigError("The held-out tunes are too few to say anything of units.")
    layers = recordings[0].layers
    if not 0 <= layer < len(layers):
        raise ConfigError("There is no layer {layer}; this network has {count}.",
                          layer=layer + 1, count=len(layers))  # fmt: skip
    size = layers[layer].size
    chosen = list(units) or list(range(size))
    if wrong := [unit for unit in chosen if not 0 <= unit < size]:
        raise ConfigError("There is no unit {unit}; this layer has {count}, from 0 on.",
                          unit=wrong[0], count=size)  # fmt: skip
    values = stack_values(recordings, layer)[:, chosen]
    means: list[float] = values.astype(np.float64).mean(axis=0).tolist()
    return hold(layer, chosen, means)


def silence_echoes(echoes: Iterable[int] = range(ECHOES)) -> Intervention:
    """Echoes offer nothing; all of them if none are named."""
    return Intervention(silent_echoes=tuple(sorted(set(echoes))))


def silence_attention() -> Intervention:
    """Attention finds nothing."""
    return Intervention(is_attention_silent=True)


def silence_place() -> Intervention:
    """The place in the bar that a network is told (`musicgen.models.position`) tells nothing."""
    return Intervention(is_place_silent=True)
