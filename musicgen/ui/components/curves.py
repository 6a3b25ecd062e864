"""The numbers behind the curves of a training: smoothing, thinning, and the table of all steps.

Pure functions of what the trainer reports; they know neither colours nor the screen.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, fields

from musicgen.config import TrainingConfig
from musicgen.evaluation.loss.perplexity import GREATEST, to_perplexity
from musicgen.training.loop.metrics import FIGURES, StepMetrics

MAX_POINTS = 1000
"""Points of a curve sent to the browser, whatever the length of the training."""

Points = tuple[list[float], list[float]]
"""Steps and values of a curve, equally many."""


def smoothed(values: Sequence[float], share: float) -> list[float]:
    """Exponential running mean without the pull towards the first value (Adam's correction).

    A value that is not a finite number stays as it is, and the mean goes on without it.

    Args:
        values: One a step.
        share: Of the past in each mean, 0 to below 1; 0 gives the values themselves.
    """
    means, mean = [], 0.0
    weight = 1.0
    for value in values:
        if not math.isfinite(value):
            means.append(value)
            continue
        mean = share * mean + (1 - share) * value
        weight *= share
        means.append(mean / (1 - weight))
    return means


def thinned(steps: Sequence[float], values: Sequence[float], limit: int = MAX_POINTS) -> Points:
    """At most `limit` points: means of neighbours, except the last point, which stays as it is."""
    size = math.ceil(len(steps) / limit) if steps else 1
    if size == 1:
        return list(steps), list(values)
    groups = range(0, len(steps) - 1, size)
    means = [[_mean(row[start : start + size]) for start in groups] for row in (steps, values)]
    return [*means[0][: limit - 1], steps[-1]], [*means[1][: limit - 1], values[-1]]


def envelope(steps: Sequence[float], values: Sequence[float], limit: int = MAX_POINTS) -> Points:
    """At most `limit` points of the curve itself: lowest and highest of neighbours, in their order.

    Peaks stay as high as they are, which means would flatten.
    """
    if len(steps) <= limit:
        return list(steps), list(values)
    size = math.ceil(len(steps) / (limit // 2))
    kept: list[int] = []
    for start in range(0, len(steps), size):
        neighbours = range(start, min(start + size, len(steps)))
        group = [index for index in neighbours if math.isfinite(values[index])] or [start]
        kept += sorted({min(group, key=values.__getitem__), max(group, key=values.__getitem__)})
    return [steps[index] for index in kept], [values[index] for index in kept]


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan


def compute_perplexity(loss: float) -> float:
    """e to the loss: among how many characters the network hesitates, 1 or more.

    What is beyond all numbers is as great as one that can be drawn.
    """
    return min(to_perplexity(loss), GREATEST) if math.isfinite(loss) else loss


def compute_passes(config: TrainingConfig, step: int, train_characters: int) -> float:
    """How often as many characters as the training tunes have were read up to a step."""
    read = step * config.batch_size * config.seq_len * config.accumulate
    return read / max(1, train_characters)


def metrics_csv(metrics: Sequence[StepMetrics]) -> str:
    """All steps as a table, numbers with a point, unthinned; empty cells where nothing was seen.

    The columns are those of `StepMetrics`, the perplexities of both losses, and the figures of
    further goals where there are any.
    """
    further = [name for name in FIGURES if any(name in item.figures for item in metrics)]
    names = [field.name for field in fields(StepMetrics) if field.name != "figures"]
    table = io.StringIO()
    writer = csv.DictWriter(table, [*names, "train_perplexity", "val_perplexity", *further])
    writer.writeheader()
    for item in metrics:
        losses = {"train": item.train_loss, "val": item.val_loss}
        perplexities = {
            f"{side}_perplexity": "" if loss is None else compute_perplexity(loss)
            for side, loss in losses.items()
        }
        values = asdict(item)
        figures = values.pop("figures")
        writer.writerow(values | perplexities | figures)
    return table.getvalue()
