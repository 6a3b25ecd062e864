"""What is kept of a run next to the checkpoint that was bundled from it.

So others see how it learned without training it again::

    checkpoints/<name>/training/    config.json, status.json, metrics.jsonl, fluency.json of the run

A run from first weights only: of others it would show the last stretch alone.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from musicgen.config import Paths
from musicgen.errors import RunError
from musicgen.evaluation.measures.fluency import measure_fluency
from musicgen.models.checkpoint import Checkpoint, list_checkpoints
from musicgen.storage import is_file, storing, write_file
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import METRICS_FILE, Run, RunInfo
from musicgen.training.runs.summary import write_fluency

TRAINING_FOLDER = "training"
BUNDLED = "bundled/"
"""What the names of bundled trainings begin with where runs have names, too: no run's can hold a
slash."""

MEASURED_TUNES = 100
"""Tunes by which the fluency of a bundled checkpoint is measured."""

_DIGITS = 4
_DIGITS_OF_LOOKS = 6


def write_bundled_training(run: Run, folder: Path, checkpoint: Checkpoint) -> None:
    """Writes the training of a run into the folder of the checkpoint that was bundled from it.

    Args:
        run: The training.
        folder: Of the checkpoint.
        checkpoint: The weights as they are bundled; their fluency is measured.

    Raises:
        StorageError: it cannot be written.
    """
    kept = Run(folder / TRAINING_FOLDER)
    shutil.rmtree(kept.path, ignore_errors=True)
    if checkpoint.metadata.corpus.get("started_from"):
        return
    with storing(kept.path):
        kept.path.mkdir(parents=True)
        for name in ("config.json", "status.json"):
            shutil.copyfile(run.path / name, kept.path / name)
    lines = "".join(_shorten(metrics) + "\n" for metrics in run.read_metrics())
    write_file(kept.path / METRICS_FILE, lines.encode("utf-8"))
    write_fluency(kept, measure_fluency(checkpoint, MEASURED_TUNES))


def list_trainings(paths: Paths) -> list[RunInfo]:
    """The trainings that bundled checkpoints came from, each with the checkpoint's name."""
    found = []
    for ref in list_checkpoints(paths):
        if ref.origin == "bundled" and is_file(ref.path / TRAINING_FOLDER / "config.json"):
            try:
                found.append(replace(Run(ref.path / TRAINING_FOLDER).info(), id=ref.name))
            except RunError:  # damaged by hand: the checkpoint plays all the same
                continue
    return found


def list_bundled(paths: Paths) -> list[RunInfo]:
    """The trainings that bundled checkpoints came from, by names that no run can have."""
    return [replace(info, id=bundled_id(info.id)) for info in list_trainings(paths)]


def bundled_id(name: str) -> str:
    """The name among runs of the training of the bundled checkpoint of that name."""
    return BUNDLED + name


def model_of(run_id: str) -> str:
    """The name of a run's model among those that play."""
    return run_id.removeprefix(BUNDLED)


def is_bundled(run_id: str) -> bool:
    """Whether this is the training of a bundled checkpoint: nothing of it can be changed."""
    return run_id.startswith(BUNDLED)


def _shorten(metrics: StepMetrics) -> str:
    """A line of the metrics with few digits and without empty values: every copy contains it."""
    digits = _DIGITS if metrics.val_loss is None else _DIGITS_OF_LOOKS
    values = {
        name: float(f"{value:.{digits}g}") if isinstance(value, float) else value
        for name, value in metrics.to_dict().items()
        if value is not None
    }
    return json.dumps(values, separators=(",", ":"))
