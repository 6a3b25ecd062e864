"""Other people's programs that follow a training: TensorBoard and Comet, both optional extras.

They are off unless the settings ask for one, and come by ``pip install -r
requirements-trackers.txt``. A tracker only watches: where it fails, the training goes on without
it. TensorBoard's event files lie in the run's folder (``tensorboard --logdir runs``). Comet writes
an archive there, too, which ``comet upload`` sends; with ``COMET_API_KEY`` in the environment it
sends as the training goes, as in the lab.
"""

import importlib.util
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from musicgen.config import TrainingConfig
from musicgen.errors import ConfigError
from musicgen.presets import Preset
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.samples import Sample

logger = logging.getLogger(__name__)

TRACKER_PACKAGES = {"tensorboard": "tensorboard", "comet": "comet_ml"}
"""The package that each tracker needs."""

COMET_KEY = "COMET_API_KEY"

_COMET_QUIET = (
    "log_code", "log_graph", "log_git_metadata", "log_git_patch", "log_env_details",
    "log_env_gpu", "log_env_cpu", "log_env_host", "log_env_network", "log_env_disk",
    "auto_param_logging", "auto_metric_logging", "auto_output_logging", "parse_args",
)  # fmt: skip
"""What Comet would find out by itself about the machine and its code, and is not asked for."""


class Tracker(Protocol):
    """What a tracker receives."""

    def log_step(self, metrics: StepMetrics) -> None:
        """A step was taken."""

    def log_sample(self, sample: Sample) -> None:
        """The network has composed a tune along the way."""

    def close(self) -> None:
        """The sitting is over; everything is to be on the disk."""


class NoTracker:
    """Tracks nothing."""

    def log_step(self, metrics: StepMetrics) -> None:
        """Does nothing."""

    def log_sample(self, sample: Sample) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


class TensorBoardTracker:
    """Writes TensorBoard event files: scalars by step, tunes as text, the settings as a table.

    Args:
        folder: Where the files go; each sitting adds one.
        preset: The settings.
        first_step: The first step of this sitting; what an earlier one wrote from it on is hidden.
    """

    def __init__(self, folder: Path, preset: Preset, first_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder), purge_step=first_step)
        self._writer.add_text("settings", _table(_settings(preset)), first_step - 1)

    def log_step(self, metrics: StepMetrics) -> None:
        """Each measured value as a scalar at its step."""
        for name, value in _scalars(metrics).items():
            self._writer.add_scalar(name, value, metrics.step)

    def log_sample(self, sample: Sample) -> None:
        """The tune as it is written."""
        indented = "".join(f"    {line}\n" for line in sample.abc.splitlines())
        self._writer.add_text("tune", indented, sample.step)

    def close(self) -> None:
        """Writes what is left."""
        self._writer.close()


class CometTracker:
    """Keeps a Comet experiment: offline in a folder, or online where the key of an account is set.

    Args:
        folder: Where offline archives go.
        run_id: Name of the experiment.
        preset: The settings.
    """

    def __init__(self, folder: Path, run_id: str, preset: Preset) -> None:
        os.environ.setdefault("COMET_DISABLE_AUTO_LOGGING", "1")
        import comet_ml

        quiet: dict[str, Any] = dict.fromkeys(_COMET_QUIET, False)
        quiet["display_summary_level"] = 0
        if os.environ.get(COMET_KEY):
            self._experiment: Any = comet_ml.Experiment(project_name="musicgen", **quiet)
        else:
            self._experiment = comet_ml.OfflineExperiment(
                project_name="musicgen", offline_directory=str(folder), **quiet
            )
        self._experiment.set_name(run_id)
        self._experiment.log_parameters(_settings(preset))

    def log_step(self, metrics: StepMetrics) -> None:
        """Each measured value as a metric at its step."""
        self._experiment.log_metrics(_scalars(metrics), step=metrics.step)

    def log_sample(self, sample: Sample) -> None:
        """The tune as a text."""
        self._experiment.log_text(sample.abc, step=sample.step)

    def close(self) -> None:
        """Packs the archive, or sends what is left."""
        self._experiment.end()


class _Guarded:
    """A tracker whose failures are logged once and end the tracking, never the training."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker: Tracker = tracker

    def log_step(self, metrics: StepMetrics) -> None:
        self._try(lambda: self._tracker.log_step(metrics))

    def log_sample(self, sample: Sample) -> None:
        self._try(lambda: self._tracker.log_sample(sample))

    def close(self) -> None:
        self._try(self._tracker.close)

    def _try(self, call: Any) -> None:
        try:
            call()
        except Exception:  # another program's fault, of whatever kind, must not cost the training
            logger.exception("the tracker failed; the training goes on without it")
            self._tracker = NoTracker()


def check_tracker(config: TrainingConfig) -> None:
    """Makes sure that the tracker asked for is installed.

    Raises:
        ConfigError: it is not; the message says how to get it.
    """
    package = TRACKER_PACKAGES.get(config.tracker)
    if package and importlib.util.find_spec(package) is None:
        raise ConfigError(
            "The tracker {tracker} is not installed. Get it by "
            "`.venv/bin/pip install -r requirements-trackers.txt`, or set tracker to none.",
            tracker=config.tracker,
        )


def open_tracker(folder: Path, run_id: str, preset: Preset, first_step: int) -> Tracker:
    """The tracker that the settings ask for, guarded so that its failures end nothing but itself.

    Args:
        folder: The run's; each tracker gets a folder of its name in it.
        run_id: Name of the run.
        preset: Its settings.
        first_step: The first step that will be logged, from 1.

    One that is not installed is left out: the run may come from a machine that had it.
    """
    config = preset.training
    try:
        check_tracker(config)
        if config.tracker == "tensorboard":
            return _Guarded(TensorBoardTracker(folder / "tensorboard", preset, first_step))
        if config.tracker == "comet":
            return _Guarded(CometTracker(folder / "comet", run_id, preset))
    except ConfigError as error:
        logger.warning("%s", error)
    except Exception:  # as in _Guarded: no tracker is worth a training
        logger.exception("the tracker could not start; the training goes on without it")
    return NoTracker()


def _scalars(metrics: StepMetrics) -> dict[str, float]:
    values = {
        "loss/train": metrics.train_loss,
        "loss/validation": metrics.val_loss,
        "accuracy/train": metrics.accuracy,
        "accuracy/validation": metrics.val_accuracy,
        "gradient norm": metrics.grad_norm,
        "learning rate": metrics.learning_rate,
        "characters per second": metrics.chars_per_second,
    }
    known = {name: value for name, value in values.items() if value is not None}
    return known | {f"goals/{name}": value for name, value in metrics.figures.items()}


def _settings(preset: Preset) -> dict[str, Any]:
    parts = (preset.network.to_dict(), preset.training.to_dict())
    return {"preset": preset.name} | {name: value for part in parts for name, value in part.items()}


def _table(values: Mapping[str, Any]) -> str:
    rows = "".join(f"| {name} | {value} |\n" for name, value in values.items())
    return f"| setting | value |\n|---|---|\n{rows}"
