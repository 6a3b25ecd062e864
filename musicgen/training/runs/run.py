"""The folder of a run: settings, metrics, checkpoints and all that resuming needs.

::

    runs/<id>/
      config.json      preset, network and training settings, as they were at the start
      status.json      what the run is doing, or how it ended
      metrics.jsonl    one line a step, append-only; a torn last line is dropped on reading
      samples.jsonl    tunes composed along the way, one line each, likewise
      moments/<step>/  checkpoints of the network along the way, in half precision, if wanted
      best/            checkpoint with the lowest validation loss
      last/            newest checkpoint, with the state of optimizer and generators
      start/           the checkpoint it was started from, if any
      teacher/         the checkpoint it learns from, if any
      preferences.jsonl  pairs of tunes, one preferred, that it learns from, if any
      fluency.json     how many of its free tunes keep time, once they were measured
      .lock, .holder   held by the process that trains it, and which one that is

Killing the process at any instant loses at most the steps since the last save.
"""

import contextlib
import dataclasses
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock
import safetensors

from musicgen.config import to_json
from musicgen.errors import CheckpointError, RunError
from musicgen.json_reading import is_count, read_json
from musicgen.models.checkpoint import (
    Checkpoint,
    CheckpointMetadata,
    load_checkpoint,
    read_metadata,
    save_checkpoint,
)
from musicgen.models.kinds import check_kind
from musicgen.names import find_folder, is_name, normalize_name
from musicgen.presets import Preset
from musicgen.storage import (
    delete_folder,
    is_file,
    is_folder,
    list_folder,
    recover_folder,
    storing,
    whole_folder,
    write_file,
)
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.trainer_state import flatten, unflatten
from musicgen.training.preference_pairs import PreferencePair, read_pairs, write_pairs
from musicgen.training.runs.run_files import (
    Progress,
    check_progress,
    check_status,
    moment_or_empty,
    parse_preset,
    read_metrics,
    sweep_of,
)
from musicgen.training.runs.run_names import check_id, check_new_id
from musicgen.training.runs.samples import Sample, append_sample, cut_samples, read_samples
from musicgen.work_lock import holding, is_held

if TYPE_CHECKING:
    from musicgen.training.loop.trainer import Trainer

_STATE_TENSORS = "trainer.safetensors"
_STATE_VALUES = "trainer.json"
METRICS_FILE = "metrics.jsonl"
PAIRS_FILE = "preferences.jsonl"
MOMENTS_FOLDER = "moments"

_MOMENT = re.compile(r"[0-9]{7}")


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One line about a run.

    `created` is an ISO 8601 time in UTC; `sweep` names the sweep whose cell the run is, else "".
    """

    id: str
    path: Path
    created: str
    status: str
    message: str
    preset: str
    step: int
    max_steps: int
    best_val_loss: float | None
    can_resume: bool
    sweep: str = ""


class RunStore:
    """All runs below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self) -> list[RunInfo]:
        """One line for each readable run, the newest first."""
        infos = []
        for run in self._runs():
            try:
                infos.append(run.info())
            except RunError:  # a damaged folder must not hide the others
                continue
        return sorted(infos, key=lambda info: info.created, reverse=True)

    def list_damaged(self) -> "Sequence[str]":
        """The names of folders whose settings cannot be read: all one can do is delete them."""
        damaged = []
        for run in self._runs():
            try:
                run.info()
            except RunError:
                if is_folder(run.path):  # not one that was deleted meanwhile
                    damaged.append(run.id)
        return sorted(damaged)

    def _runs(self) -> "Sequence[Run]":
        folders = [path for path in list_folder(self.root) if is_name(normalize_name(path.name))]
        return [Run(folder) for folder in folders if is_folder(folder)]

    def get(self, run_id: str) -> "Run":
        """The run of that name.

        Raises:
            RunError: there is none.
        """
        run = Run(find_folder(self.root, check_id(run_id)))
        if not is_file(run.path / "config.json"):
            known = ", ".join(info.id for info in self.list()) or "none yet"
            raise RunError(
                "There is no run named {name!r}. There are: {known}.", name=run_id, known=known
            )
        return run

    def create(
        self,
        run_id: str,
        preset: Preset,
        start: Checkpoint | None = None,
        sweep: str = "",
        teacher: Checkpoint | None = None,
        pairs: "Sequence[PreferencePair]" = (),
    ) -> "Run":
        """A new run with its settings written; of what it starts and learns from copies.

        The checkpoint brings its network's shape along; an LSTM may be given echoes, if the preset
        asks for the kind `echo`, and one that reads positions degrees and intervals. `sweep` names
        the sweep of a cell. `pairs` are those of which one tune is preferred.

        Raises:
            RunError: the name is taken or not usable as a folder.
            ConfigError: there is no network of that kind.
            StorageError: it cannot be written.
        """
        check_kind(preset.network)
        run = Run(self.find_place(run_id))
        if start:
            shape = start.metadata.network.replace(dropout=preset.network.dropout)
            if (shape.kind, preset.network.kind) == ("lstm", "echo"):
                shape = shape.replace(kind="echo")
            if shape.position and preset.network.relative:
                shape = shape.replace(relative=True)
            preset = dataclasses.replace(preset, network=shape)
        for name, kept in (("start", start), ("teacher", teacher)):
            if kept:
                files = kept.extra_files if name == "start" else {}
                save_checkpoint(run.path / name, kept.network, kept.metadata, extra_files=files)
        if pairs:
            write_pairs(run.path / PAIRS_FILE, pairs)
        values = {
            "preset": preset.name,
            "created": datetime.now(UTC).isoformat(timespec="microseconds"),
            "network": preset.network.to_dict(),
            "training": preset.training.to_dict(),
        } | ({"sweep": sweep} if sweep else {})
        write_file(run.path / "config.json", to_json(values).encode("utf-8"))
        return run

    def find_place(self, run_id: str) -> Path:
        """The folder that a new run of that name will have.

        Raises:
            RunError: the name is taken or not usable as a folder.
        """
        path = find_folder(self.root, check_new_id(run_id))
        if path.exists():
            raise RunError(
                "There is a run named {name!r} already. Choose another name, or resume it.",
                name=run_id,
            )
        return path

    def new_id(self, preset_name: str) -> str:
        """A free name for a run of a preset: ``quick-1``, ``quick-2`` and so on."""
        number = 1
        while (self.root / f"{preset_name}-{number}").exists():
            number += 1
        return f"{preset_name}-{number}"


class Run:
    """One run on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = normalize_name(path.name)

    @property
    def preset(self) -> Preset:
        """The settings the run was started with.

        Raises:
            RunError: they are damaged.
        """
        return parse_preset(self.id, self._read_json("config.json"))

    def start(self) -> Checkpoint | None:
        """The checkpoint that the run was started from, or None.

        Raises:
            CheckpointError: it is damaged.
        """
        folder = self.path / "start"
        return load_checkpoint(folder) if is_folder(folder) else None

    def read_pairs(self) -> "Sequence[PreferencePair]":
        """The pairs of tunes that it learns from; none before they are composed.

        Raises:
            PreferenceError: they are damaged.
        """
        path = self.path / PAIRS_FILE
        return read_pairs(path) if is_file(path) else []

    def write_pairs(self, pairs: "Sequence[PreferencePair]") -> None:
        """Keeps the pairs of tunes that it learns from."""
        write_pairs(self.path / PAIRS_FILE, pairs)

    @property
    def has_best(self) -> bool:
        """Whether there is something to play."""
        return is_folder(self.path / "best")

    @property
    def can_resume(self) -> bool:
        """Whether a save is there to go on from."""
        return any(is_folder(self.path / name) for name in ("last", "last.new", "last.old"))

    def info(self) -> RunInfo:
        """One line about the run.

        Raises:
            RunError: its settings are damaged.
        """
        config, preset = self._read_json("config.json"), self.preset
        status = self.read_status()
        return RunInfo(
            self.id, self.path, moment_or_empty(config.get("created")), status["status"],
            status["message"], preset.name, status["step"], preset.training.max_steps,
            status["best_val_loss"], self.can_resume, sweep_of(config),
        )  # fmt: skip

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the run for one training.

        Raises:
            RunError: another training holds it.
            StorageError: its folder cannot be written.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(holding(self.path))
            except filelock.Timeout as error:
                raise RunError(
                    "The run {name!r} is being trained already.", name=self.id
                ) from error
            yield

    def is_busy(self) -> bool:
        """Whether some process trains it right now. Leaves its lock alone, so ask at any time."""
        return is_held(self.path)

    def read_status(self) -> dict[str, Any]:
        """Status, message, step, best loss and its step as last written.

        A value that cannot be one counts as not written.
        """
        try:
            return check_status(self._read_json("status.json"))
        except RunError:
            return check_status({})

    def write_status(self, status: str, message: str, step: int, progress: Progress) -> None:
        """Writes what the run is doing."""
        values = {"status": status, "message": message, "step": step}
        write_file(
            self.path / "status.json",
            to_json(values | dataclasses.asdict(progress)).encode("utf-8"),
        )

    def set_max_steps(self, max_steps: int) -> None:
        """Lets a run go on up to another step than planned.

        Raises:
            ConfigError: the number is out of its bounds.
            RunError: the run is there already.
        """
        done = int(self.read_status()["step"])
        if max_steps <= done:
            raise RunError(
                "The run {name!r} is at step {step} already; name a later one.",
                name=self.id,
                step=done,
            )
        values = self._read_json("config.json")
        values["training"] = self.preset.training.replace(max_steps=max_steps).to_dict()
        write_file(self.path / "config.json", to_json(values).encode("utf-8"))

    def append_metrics(self, metrics: StepMetrics) -> None:
        """Adds a line to the metrics."""
        line = json.dumps(metrics.to_dict(), allow_nan=False) + "\n"
        path = self.path / METRICS_FILE
        with storing(path), path.open("a", encoding="utf-8") as file:
            file.write(line)

    def clear_metrics(self) -> None:
        """Forgets all steps and samples, for a run that begins anew."""
        for name in (METRICS_FILE, "samples.jsonl"):
            with storing(self.path / name):
                (self.path / name).unlink(missing_ok=True)
        for moment in self.list_moments().values():
            delete_folder(moment)

    def read_metrics(self) -> list[StepMetrics]:
        """All steps written so far, in order.

        Lines are dropped that are torn, not ours, hold what cannot be, or fall back behind the
        step before.
        """
        return read_metrics(self.path / METRICS_FILE)

    def append_sample(self, sample: Sample) -> None:
        """Keeps a tune composed along the way."""
        append_sample(self.path / "samples.jsonl", sample)

    def read_samples(self) -> tuple[Sample, ...]:
        """The tunes composed along the way, the earliest first."""
        return read_samples(self.path / "samples.jsonl")

    def read_train_characters(self) -> int | None:
        """Characters of the training tunes, as its best checkpoint tells; None where none does."""
        try:
            count = read_metadata(whole_folder(self.path / "best")).corpus.get("train_characters")
        except CheckpointError:
            return None
        return count if is_count(count) else None

    def save_best(self, trainer: "Trainer", metadata: CheckpointMetadata) -> None:
        """Keeps the weights as the best so far."""
        save_checkpoint(self.path / "best", trainer.trained, metadata)

    def save_moment(self, trainer: "Trainer", metadata: CheckpointMetadata) -> None:
        """Keeps the weights of this step, to look at later what was learned when."""
        folder = self.path / MOMENTS_FOLDER / f"{trainer.step:07d}"
        save_checkpoint(folder, trainer.trained, metadata, half_precision=True)

    def list_moments(self) -> dict[int, Path]:
        """The checkpoints along the way by their steps, in order."""
        found = {}
        for folder in list_folder(self.path / MOMENTS_FOLDER):
            if _MOMENT.fullmatch(folder.name) and is_folder(folder):
                found[int(folder.name)] = folder
        return dict(sorted(found.items()))

    def save_last(
        self, trainer: "Trainer", metadata: CheckpointMetadata, progress: Progress
    ) -> None:
        """Keeps the weights and all that resuming needs."""
        from safetensors.torch import save as save_tensors

        tensors, values = flatten(trainer.state_dict())
        values["progress"] = dataclasses.asdict(progress)
        extra = {
            _STATE_TENSORS: save_tensors(tensors),
            _STATE_VALUES: to_json(values).encode("utf-8"),
        }
        save_checkpoint(self.path / "last", trainer.network, metadata, extra_files=extra)

    def restore(self, trainer: "Trainer") -> Progress:
        """Puts the trainer where the last save left it, and cuts metrics and samples back to there.

        Raises:
            CheckpointError: the save is damaged or does not fit.
        """
        for name in ("last", "best"):
            recover_folder(self.path / name)
        folder = self.path / "last"
        from safetensors.torch import load as load_tensors

        checkpoint = load_checkpoint(folder)
        try:
            tensors = load_tensors((folder / _STATE_TENSORS).read_bytes())
            values = read_json(folder / _STATE_VALUES)
            trainer.network.load_state_dict(checkpoint.network.state_dict())
            progress = check_progress(values)
            trainer.load_state_dict(unflatten(tensors, values))
        except (
            OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError,
            ArithmeticError, safetensors.SafetensorError,
        ) as error:  # fmt: skip
            raise CheckpointError(
                "The last save of the run {name!r} is damaged. Its best checkpoint still plays.",
                name=self.id,
            ) from error
        kept = [metrics for metrics in self.read_metrics() if metrics.step <= trainer.step]
        lines = "".join(json.dumps(metrics.to_dict()) + "\n" for metrics in kept)
        write_file(self.path / METRICS_FILE, lines.encode("utf-8"))
        cut_samples(self.path / "samples.jsonl", trainer.step)
        for step, moment in self.list_moments().items():
            if step > trainer.step:
                delete_folder(moment)
        return progress

    def _read_json(self, name: str) -> dict[str, Any]:
        try:
            values = read_json(self.path / name)
        except (OSError, ValueError) as error:
            raise RunError(
                "The run {name!r} is damaged: {file} cannot be read.", name=self.id, file=name
            ) from error
        if not isinstance(values, dict):
            raise RunError(
                "The run {name!r} is damaged: {file} lacks settings.", name=self.id, file=name
            )
        return values
