"""The figures that a checkpoint says of itself, as far as they can be what they are called."""

from collections.abc import Mapping
from typing import Any

from musicgen.json_reading import is_number

MAX_TEXT = 200
"""Characters of a short text of a checkpoint: its name, its preset's, the moment it was made."""

_MOST_LOSS = 1e40


def clean_figures(values: Mapping[str, Any]) -> dict[str, Any]:
    """Figures from a file without those that cannot be drawn.

    Kept are numbers from 0 on (a loss, a count, a share), None, and groups of them by name; short
    texts stay as well.
    """
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            kept[name] = {key: one for key, one in value.items() if _is_figure(one)}
        elif _is_figure(value):
            kept[name] = value
    return kept


def find_held_out(metrics: Mapping[str, Any], side: str = "val") -> dict[str, float]:
    """The figures of a checkpoint on held-out tunes, those that are numbers; empty for none."""
    report = metrics.get(side)
    values = report if isinstance(report, dict) else {}
    return {name: value for name, value in values.items() if is_number(value, 0.0, _MOST_LOSS)}


def find_held_out_loss(metrics: Mapping[str, Any]) -> float | None:
    """Nats per character on validation tunes: of the weights as they are kept, else of the run."""
    loss = find_held_out(metrics).get("loss", metrics.get("val_loss"))
    return loss if is_number(loss, 0.0, _MOST_LOSS) else None


def _is_figure(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return value is None or is_number(value, 0.0, _MOST_LOSS)
