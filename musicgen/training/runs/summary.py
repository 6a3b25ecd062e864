"""What is worth saying of a run: its figures, and the settings in which runs differ."""

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.config import FROM_VOCABULARY, TrainingConfig, to_json
from musicgen.errors import RunError
from musicgen.evaluation.loss.perplexity import to_perplexity
from musicgen.evaluation.measures.convergence import (
    Evaluation,
    compute_final_loss,
    compute_stability,
    find_best,
    find_convergence,
)
from musicgen.evaluation.measures.fluency import FluencyReport
from musicgen.json_reading import read_json
from musicgen.presets import Preset
from musicgen.storage import write_file
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import METRICS_FILE, Run, RunInfo
from musicgen.training.runs.run_admin import measure_size

FLUENCY_FILE = "fluency.json"
_MOST_TUNES = 1_000_000
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Figures of a run. Losses are in nats per character; None where there was nothing to measure.

    `final_train_loss` and `stability` are mean and standard deviation of the training loss over the
    last tenth of the steps; `best_train_loss` is the lowest of any one batch. `converged` is the
    first look at held-out tunes within 5 % of the best one. `elapsed_s` is training time.
    """

    info: RunInfo
    preset: Preset
    size_bytes: int
    elapsed_s: float
    final_train_loss: float | None
    best_train_loss: float | None
    stability: float | None
    best: Evaluation | None
    converged: Evaluation | None

    @property
    def best_val_loss(self) -> float | None:
        """The lowest held-out loss, looked at after a step or at the end of a short run."""
        return self.best.loss if self.best else self.info.best_val_loss

    @property
    def perplexity(self) -> float | None:
        """e to the best held-out loss: among how many characters the network wavers.

        Infinite where that is beyond all numbers.
        """
        return None if self.best_val_loss is None else to_perplexity(self.best_val_loss)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; None for a perplexity that is beyond all numbers."""
        info, perplexity = self.info, self.perplexity
        return {
            "run": info.id,
            "preset": info.preset,
            "status": info.status,
            "created": info.created,
            "sweep": info.sweep,
            "step": info.step,
            "max_steps": info.max_steps,
            "best_val_loss": self.best_val_loss,
            "best_step": self.best.step if self.best else None,
            "perplexity": None
            if perplexity is None or not math.isfinite(perplexity)
            else perplexity,
            "converged": dataclasses.asdict(self.converged) if self.converged else None,
            "final_train_loss": self.final_train_loss,
            "best_train_loss": self.best_train_loss,
            "stability": self.stability,
            "elapsed_s": self.elapsed_s,
            "size_bytes": self.size_bytes,
            "settings": settings_of(self.preset),
        }


def clock(seconds: float) -> str:
    """A duration as ``m:ss`` or ``h:mm:ss``, the same in every language.

    It is for times that run on a page: in words, as Babel writes them, they would say less, and
    their width would change with every second.
    """
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def read_last_step(run: Run) -> int:
    """The last step on record, read from the end of the file, which a training may be writing.

    It is ahead of the run's status, which is written at each save. 0 before the first step.
    """
    try:
        with (run.path / METRICS_FILE).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().split(b"\n")[:-1]  # the last one may be torn
    except OSError:
        return 0
    for line in reversed(lines):
        try:
            return int(json.loads(line)["step"])
        except (ValueError, TypeError, LookupError):
            continue
    return 0


def summarise_run(run: Run) -> RunSummary:
    """The figures of a run, from its folder.

    Raises:
        RunError: its settings are damaged.
    """
    return compute_summary(run.info(), run.preset, measure_size(run), run.read_metrics())


def compute_summary(
    info: RunInfo, preset: Preset, size_bytes: int, metrics: Sequence[StepMetrics]
) -> RunSummary:
    """The figures of a run from the records of its steps, which may be none."""
    losses = [item.train_loss for item in metrics]
    looks = looks_of(metrics)
    return RunSummary(
        info,
        preset,
        size_bytes,
        metrics[-1].elapsed_s if metrics else 0.0,
        compute_final_loss(losses) if losses else None,
        min(losses, default=None),
        compute_stability(losses) if losses else None,
        find_best(looks),
        find_convergence(looks),
    )


def looks_of(metrics: Sequence[StepMetrics]) -> list[Evaluation]:
    """The steps after which held-out tunes were looked at."""
    return [
        Evaluation(item.step, item.elapsed_s, item.val_loss)
        for item in metrics
        if item.val_loss is not None
    ]


def characters_per_step(config: TrainingConfig) -> int:
    """Characters that the network reads for one step."""
    return config.batch_size * config.seq_len * config.accumulate


def settings_of(preset: Preset) -> dict[str, Any]:
    """All settings by name; without those that the corpus decides."""
    values = preset.network.to_dict() | preset.training.to_dict()
    for name in FROM_VOCABULARY:
        del values[name]
    return values


def differing_settings(presets: Sequence[Preset]) -> dict[str, list[Any]]:
    """The settings that are not the same in all, in their order, with the value of each preset."""
    tables = [settings_of(preset) for preset in presets]
    columns: Mapping[str, list[Any]] = {
        name: [table[name] for table in tables] for name in (tables[0] if tables else ())
    }
    return {
        name: values for name, values in columns.items() if values.count(values[0]) < len(values)
    }


def read_fluency(run: Run, fingerprint: str) -> FluencyReport | None:
    """The fluency kept with a run, if it is that of the checkpoint with this fingerprint."""
    try:
        report = parse_fluency(read_json(run.path / FLUENCY_FILE))
    except (OSError, ValueError, RunError):
        return None
    return report if report.fingerprint == fingerprint else None


def write_fluency(run: Run, report: FluencyReport) -> None:
    """Keeps the fluency of a run's best checkpoint next to it.

    Raises:
        StorageError: it cannot be written.
    """
    write_file(run.path / FLUENCY_FILE, to_json(dataclasses.asdict(report)).encode("utf-8"))


def parse_fluency(values: Any) -> FluencyReport:
    """The report that JSON values from a file make.

    Raises:
        RunError: they do not hold.
    """
    kinds = {item.name: item.type for item in dataclasses.fields(FluencyReport)}
    if isinstance(values, dict) and {key: type(value) for key, value in values.items()} == kinds:
        report = FluencyReport(**values)
        counts = (report.readable_tunes, report.complete_tunes, report.in_time_tunes)
        if all(0 <= count <= report.tunes <= _MOST_TUNES for count in counts):
            return report
    raise RunError("The fluency kept with this run does not hold.")
