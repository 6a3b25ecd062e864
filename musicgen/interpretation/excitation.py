"""The places in tunes that excite a unit most: what it might be for, seen at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musicgen.interpretation.recording import Recording

APART = 12
"""Characters that two places of one tune are apart at least."""

AROUND = 16
"""Characters shown before and after a place."""


@dataclass(frozen=True, slots=True)
class ExcitingPlace:
    """A character after which a unit had a high value: `tune` counts the recordings from 0."""

    tune: int
    place: int
    value: float
    before: str
    character: str
    after: str


def find_exciting(
    recordings: Sequence[Recording],
    layer: int,
    unit: int,
    count: int = 10,
    signal: str = "hidden",
    is_lowest: bool = False,
) -> list[ExcitingPlace]:
    """The places with the highest values of a unit, the highest first, none next to another.

    Args:
        recordings: One for each tune.
        layer: Number of the layer in a recording.
        unit: Number of the unit, from 0.
        count: Places at most.
        signal: What of the unit (`LayerRecording.signals`).
        is_lowest: Whether the lowest values are looked for.
    """
    found: list[ExcitingPlace] = []
    for tune, seen in enumerate(recordings):
        values = seen.layers[layer].get(signal)[:, unit].astype(np.float64)
        left = -values if is_lowest else values.copy()
        for _ in range(min(count, len(left))):
            place = int(left.argmax())
            if left[place] == -np.inf:
                break
            left[max(0, place - APART + 1) : place + APART] = -np.inf
            found.append(_cut(seen.text, tune, place, float(values[place])))
    sign = 1 if is_lowest else -1
    return sorted(found, key=lambda one: sign * one.value)[:count]


def _cut(text: str, tune: int, place: int, value: float) -> ExcitingPlace:
    before = text[max(0, place - AROUND) : place]
    after = text[place + 1 : place + 1 + AROUND]
    return ExcitingPlace(tune, place, value, before, text[place], after)
