"""Perplexity: e to the loss, of any loss that a network or a file comes up with."""

import math

GREATEST = 1e300
"""Above it a perplexity is only said to be greater."""


def to_perplexity(loss: float) -> float:
    """e^loss; infinite where that is beyond all numbers, as of a network that is surely wrong.

    NaN of NaN.
    """
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def write_perplexity(value: float | None) -> str:
    """A perplexity with two places; a dash where there is none, ``> 10^300`` beyond that."""
    if value is None or math.isnan(value):
        return "–"
    if value > GREATEST:
        return "> 10^300"
    return f"{value:.2f}" if value < 1e6 else f"{value:.2e}"
