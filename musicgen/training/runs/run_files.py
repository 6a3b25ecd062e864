"""What the files of a run hold: read, and checked for what it cannot be.

A run may come from a stranger, from another version, or from a disk that went bad. Numbers are what
they are called or left out; what a page draws of them is finite.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.errors import MusicgenError, RunError
from musicgen.json_reading import is_count, is_number, parse_json
from musicgen.names import is_name, normalize_name
from musicgen.presets import Preset
from musicgen.training.loop.metrics import FIGURES, MOST, StepMetrics

MAX_METRICS_BYTES = 400_000_000
MAX_METRICS_LINE = 2_000
"""Characters of a line of the metrics."""
MAX_STEP = 1_000_000
STATUSES = (
    "queued", "preparing", "running", "paused", "stopping", "stopped", "finished", "failed",
    "pruned",
)  # fmt: skip
"""What `status.json` may call what a run is doing (`jobs.background_task.TaskStatus`)."""
_LONGEST_NAME, _LONGEST_MESSAGE = 64, 1_000
_LONGEST_MOMENT = 40


@dataclass(frozen=True, slots=True)
class Progress:
    """What resuming needs besides the trainer's own state."""

    best_val_loss: float | None = None
    best_step: int = 0


def check_status(told: dict[str, Any]) -> dict[str, Any]:
    """Status, message, step, best loss and its step; a value that cannot be one is left out."""
    return {
        "status": _if(told.get("status") in STATUSES, told.get("status"), "queued"),
        "message": text_or_empty(told.get("message"), _LONGEST_MESSAGE),
        "step": _if(is_count(told.get("step"), MAX_STEP), told.get("step"), 0),
        "best_val_loss": _if(is_loss(told.get("best_val_loss")), told.get("best_val_loss")),
        "best_step": _if(is_count(told.get("best_step"), MAX_STEP), told.get("best_step"), 0),
    }


def parse_preset(run_id: str, values: dict[str, Any]) -> Preset:
    """The settings in a run's ``config.json``.

    Raises:
        RunError: they do not hold.
    """
    try:
        return Preset.without_meaning(
            short_text(values["preset"]),
            NetworkConfig.from_dict(values["network"]),
            TrainingConfig.from_dict(values["training"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(
            "The run {name!r} is damaged: {file} lacks settings.",
            name=run_id,
            file="config.json",
        ) from error
    except MusicgenError as error:
        raise RunError(
            "The run {name!r} has settings that do not hold: {reason}",
            name=run_id,
            reason=error,
        ) from error


def read_metrics(path: Path) -> list[StepMetrics]:
    """The figures of all steps in a file, in order.

    Lines are dropped that are torn, not ours, hold what cannot be, or fall back behind the step
    before.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_METRICS_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return []
    metrics: list[StepMetrics] = []
    for line in text.split("\n"):
        try:
            item = parse_step(line)
        except ValueError:
            continue
        if not metrics or item.step > metrics[-1].step:
            metrics.append(item)
    return metrics


def parse_step(line: str) -> StepMetrics:
    """The figures of a step that a line of the metrics holds.

    Raises:
        ValueError: it is none, or holds a number that such a figure cannot be.
    """
    values = parse_json(line, max_bytes=MAX_METRICS_LINE)
    try:
        item = StepMetrics(**values)
    except TypeError as error:
        raise ValueError("not the figures of a step") from error
    if not _holds(item):
        raise ValueError("a figure cannot be what it is")
    return item


def is_loss(value: object) -> bool:
    """Whether a value can be a loss in nats per character: a number, 0 or more."""
    return is_number(value, 0.0, MOST)


def check_progress(values: dict[str, Any]) -> Progress:
    """What a save says of how far it is.

    Raises:
        ValueError: a value cannot be what it is.
    """
    progress = Progress(**values["progress"])
    is_right = (
        is_count(values["step"], MAX_STEP)
        and is_count(values["looks_since_best"], MAX_STEP)
        and is_count(progress.best_step, MAX_STEP)
        and is_number(values["elapsed_s"], 0.0)
        and isinstance(values["has_converged"], bool)
        and all(x is None or is_loss(x) for x in (progress.best_val_loss, values["best_loss"]))
    )
    if not is_right:
        raise ValueError("a value of the save cannot be what it is")
    return progress


def sweep_of(config: dict[str, Any]) -> str:
    """The sweep whose cell a run is, by its settings; empty for other runs."""
    name = config.get("sweep", "")
    return name if isinstance(name, str) and is_name(normalize_name(name)) else ""


def _holds(item: StepMetrics) -> bool:
    shares = (item.accuracy, *(() if item.val_accuracy is None else (item.val_accuracy,)))
    losses = (item.train_loss, *(() if item.val_loss is None else (item.val_loss,)))
    others = (item.grad_norm, item.learning_rate, item.chars_per_second, item.elapsed_s)
    return (
        is_count(item.step, MAX_STEP)
        and item.step > 0
        and all(map(is_loss, losses))
        and all(is_number(share, 0.0, 1.0) for share in shares)
        and all(is_number(value, 0.0, MOST) for value in others)
        and type(item.figures) is dict
        and all(
            name in FIGURES and is_number(value, *FIGURES[name])
            for name, value in item.figures.items()
        )
    )


def _if(is_right: bool, value: Any, otherwise: Any = None) -> Any:
    return value if is_right else otherwise


def short_text(value: object, longest: int = _LONGEST_NAME) -> str:
    """A text that is short enough.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, str) or len(value) > longest:
        raise TypeError("no short text")
    return value


def text_or_empty(value: object, longest: int) -> str:
    """The beginning of a text; empty for what is none."""
    return value[:longest] if isinstance(value, str) else ""


def moment_or_empty(value: object) -> str:
    """A moment as ISO 8601 has it; empty for what is none."""
    text = text_or_empty(value, _LONGEST_MOMENT)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return ""
    return text
