"""From values of a unit to colours: pure functions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.interpretation.associations import Association
from musicgen.interpretation.facts import FACTS
from musicgen.ui.base.language import _
from musicgen.ui.components.coloured_text import Colours

CENTRED = ("hidden", "cell", "candidate")
"""Signals whose middle is 0; the others are gates, 0..1."""

_LEAST = 1e-6


def colours_of(values: NDArray[Any], signal: str = "hidden") -> Colours:
    """Colours of the values (T,) of a unit: the strongest is as strong as a colour gets.

    A gate is coloured by how far it is from half open.
    """
    if signal not in CENTRED:
        return Colours(_shades(2 * values - 1), 1.0, _("closed"), _("open"))
    scale = max(float(np.abs(values).max(initial=0)), _LEAST)
    return Colours(_shades(values / scale), round(scale, 4), _("below zero"), _("above zero"))


def amounts(values: NDArray[Any], name: str, most: float | None = None) -> Colours:
    """Colours of amounts (T,), 0 or more, of something with a name.

    Args:
        values: What is shown.
        name: Of the strong end.
        most: From where on a colour does not get stronger; the greatest value if not given.
    """
    scale = max(most or float(values.max(initial=0)), _LEAST)
    return Colours(_shades(values / scale), round(scale, 4), "", name)


def order_units(values: NDArray[np.float32], found: Sequence[Association]) -> list[int]:
    """The units of a layer (T, H) in an order in which those that are alike are neighbours.

    By their strongest fact, the strongest first, where that is known; else by clusters of units
    that rise and fall together (average linkage of correlations).
    """
    if found:
        best = strongest_facts(found)
        facts = list(FACTS)
        missing = [unit for unit in range(values.shape[1]) if unit not in best]
        ordered = sorted(best, key=lambda u: (facts.index(best[u].fact), -best[u].share))
        return (ordered + missing)[::-1]
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(values) < 2 or values.shape[1] < 2:
        return list(range(values.shape[1]))
    centred = values - values.mean(0)
    centred = centred / np.maximum(np.linalg.norm(centred, axis=0), _LEAST)
    order: list[int] = leaves_list(linkage(centred.T, "average")).tolist()
    return order


def strongest_facts(found: Sequence[Association]) -> dict[int, Association]:
    """Of each unit what it follows most."""
    best: dict[int, Association] = {}
    for one in found:
        if one.unit not in best or one.share > best[one.unit].share:
            best[one.unit] = one
    return best


def _shades(values: NDArray[Any]) -> tuple[int, ...]:
    shades: list[int] = np.round(100 * np.clip(values, -1, 1)).astype(int).tolist()
    return tuple(shades)
