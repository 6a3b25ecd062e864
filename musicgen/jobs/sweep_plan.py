"""What a sweep is to try, and what has become of its cells: files on the disk, no training.

The plan is a file, ``sweeps/<name>.json``; each cell is a run of its own.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgen.config import NetworkConfig, TrainingConfig, to_json
from musicgen.errors import ConfigError, MusicgenError, RunError
from musicgen.jobs.background_task import TaskStatus
from musicgen.json_reading import is_count, is_number, read_json
from musicgen.names import find_folder, is_name, normalize_name
from musicgen.presets import Preset
from musicgen.storage import is_file, is_folder, list_folder, modified_ns, storing, write_file
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_admin import delete_run, read_sweep
from musicgen.training.runs.run_names import check_id, check_new_id

MAX_CELLS = 64
DEFAULT_SIZES = (8, 16, 32)
DEFAULT_RATES = (1e-3, 3e-3, 1e-2)
DEFAULT_STEPS = 200
"""What a sweep tries by default."""

LOOKS = 5
"""Looks at held-out tunes that a cell takes at least, however short it is."""

_WARMUP_SHARE = 0.1
_LONGEST_NAME = 40


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep is to try. Checked when made.

    `preset` holds all settings but the two that vary and the number of steps; rows and columns are
    in ascending order, each value once.

    Raises:
        ConfigError: a value is out of its bounds, or there are too many cells or none.
        RunError: the name cannot name a run.
    """

    name: str
    preset: Preset
    batch_sizes: tuple[int, ...]
    learning_rates: tuple[float, ...]
    steps: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_id(self.name))
        if len(self.name) > _LONGEST_NAME:
            raise RunError(
                "The name of a sweep has up to {most} characters, for its cells add to it.",
                most=_LONGEST_NAME,
            )
        object.__setattr__(self, "batch_sizes", tuple(sorted(set(self.batch_sizes))))
        object.__setattr__(self, "learning_rates", tuple(sorted(set(self.learning_rates))))
        count = len(self.batch_sizes) * len(self.learning_rates)
        if not 1 <= count <= MAX_CELLS:
            raise ConfigError(
                "A sweep has between 1 and {most} cells, not {count}. Choose other batch sizes or "
                "learning rates.",
                most=MAX_CELLS,
                count=count,
            )
        for cell in self.cells():
            self.cell_preset(*cell)

    def cells(self) -> list[tuple[int, float]]:
        """Every pair of batch size and learning rate, in the order they are trained."""
        return [(size, rate) for size in self.batch_sizes for rate in self.learning_rates]

    def cell_id(self, batch_size: int, learning_rate: float) -> str:
        """The name of the run of a cell."""
        return f"{self.name}-b{batch_size}-lr{learning_rate:g}"

    def cell_preset(self, batch_size: int, learning_rate: float) -> Preset:
        """The settings of a cell: the preset's, shortened.

        Held-out tunes are looked at `LOOKS` times or more, and the warm-up takes at most a tenth of
        the steps: a cell must be able to get somewhere.
        """
        interval = max(1, min(self.preset.training.eval_interval, self.steps // LOOKS))
        training = self.preset.training.replace(
            batch_size=batch_size,
            learning_rate=learning_rate,
            max_steps=self.steps,
            eval_interval=interval,
            save_interval=interval,
            warmup_steps=min(self.preset.training.warmup_steps, round(_WARMUP_SHARE * self.steps)),
        )
        return dataclasses.replace(self.preset, training=training)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "preset": self.preset.name,
            "network": self.preset.network.to_dict(),
            "training": self.preset.training.to_dict(),
            "batch_sizes": list(self.batch_sizes),
            "learning_rates": list(self.learning_rates),
            "steps": self.steps,
        }


@dataclass(frozen=True, slots=True)
class SweepCell:
    """One cell as it is on the disk now.

    `status` is that of its run, ``empty`` before the run begins; the loss is the lowest on held-out
    tunes so far, in nats per character.
    """

    batch_size: int
    learning_rate: float
    run_id: str
    status: str
    step: int
    best_val_loss: float | None

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be trained here: it came to its end, or diverged."""
        return self.status in (TaskStatus.FINISHED, TaskStatus.FAILED)


class SweepStore:
    """The plans of sweeps below one folder, and their cells among the runs."""

    def __init__(self, root: Path, runs: RunStore) -> None:
        self.root = root
        self.runs = runs

    def plans(self) -> list[SweepPlan]:
        """All readable plans, the newest first."""
        plans = []
        for name in self._names():
            try:
                plans.append(self.get(name))
            except MusicgenError:  # a damaged file must not hide the others
                continue
        return plans

    def list_damaged(self) -> list[str]:
        """The names of plans that cannot be read: all one can do is delete them."""
        damaged = []
        for name in self._names():
            try:
                self.get(name)
            except MusicgenError:
                damaged += [name] if is_file(self._file(name)) else []
        return damaged

    def _names(self) -> list[str]:
        """Of all files that could be plans, the newest first."""
        files = [path for path in list_folder(self.root) if path.suffix == ".json"]
        files.sort(key=modified_ns, reverse=True)
        return [file.stem for file in files if is_name(normalize_name(file.stem))]

    def get(self, name: str) -> SweepPlan:
        """The plan of that name.

        Raises:
            RunError: there is none, or its file is damaged.
            ConfigError: its settings do not hold.
        """
        try:
            values = read_json(self._file(name))
            preset = Preset.without_meaning(
                check_id(values["preset"]),
                NetworkConfig.from_dict(values["network"]),
                TrainingConfig.from_dict(values["training"]),
            )
            sizes, rates, steps = (
                values[key] for key in ("batch_sizes", "learning_rates", "steps")
            )
            _check_axes(sizes, rates, steps)
            return SweepPlan(name, preset, tuple(sizes), tuple(rates), steps)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise RunError(
                "There is no sweep named {name!r}, or its file is damaged.", name=name
            ) from error

    def create(self, plan: SweepPlan) -> None:
        """Keeps a plan, before its first cell is trained.

        Raises:
            RunError: the name is taken, by a sweep or by a run that one of its cells would be, or
                it is not usable.
            StorageError: it cannot be written.
        """
        check_new_id(plan.name)
        taken = [self.runs.root / plan.cell_id(*cell) for cell in plan.cells()]
        if is_file(self._file(plan.name)) or any(map(is_folder, taken)):
            raise RunError(
                "There is a sweep named {name!r} already. Choose another name.", name=plan.name
            )
        write_file(self._file(plan.name), to_json(plan.to_dict()).encode("utf-8"))

    def delete(self, name: str) -> None:
        """Removes a plan, be it damaged, and the runs of all its cells.

        Raises:
            RunError: there is no such sweep, or a cell is being trained.
            StorageError: the files cannot be removed.
        """
        if not is_file(self._file(name)):
            self.get(name)
        for info in self.runs.list():
            if info.sweep == name:
                delete_run(self.runs, info.id)
        with storing(self._file(name)):
            self._file(name).unlink(missing_ok=True)

    def new_name(self) -> str:
        """A free name: ``sweep-1``, ``sweep-2`` and so on."""
        number = 1
        while is_file(self._file(f"sweep-{number}")):
            number += 1
        return f"sweep-{number}"

    def read_cells(self, plan: SweepPlan) -> list[SweepCell]:
        """What has become of each cell, in the order of `SweepPlan.cells`."""
        return [self._read_cell(plan, *cell) for cell in plan.cells()]

    def _read_cell(self, plan: SweepPlan, batch_size: int, learning_rate: float) -> SweepCell:
        run = Run(self.runs.root / plan.cell_id(batch_size, learning_rate))
        if read_sweep(run) != plan.name:
            return SweepCell(batch_size, learning_rate, run.id, "empty", 0, None)
        status = run.read_status()
        return SweepCell(
            batch_size, learning_rate, run.id, status["status"], status["step"],
            status["best_val_loss"],
        )  # fmt: skip

    def _file(self, name: str) -> Path:
        return find_folder(self.root, f"{check_id(name)}.json")


def _check_axes(sizes: object, rates: object, steps: object) -> None:
    """Makes sure that what a file says of rows, columns and steps is lists of numbers.

    Raises:
        ValueError: it is not.
    """
    is_right = (
        isinstance(sizes, list)
        and isinstance(rates, list)
        and len(sizes) * len(rates) <= MAX_CELLS
        and all(map(is_count, sizes))
        and all(map(is_number, rates))
        and is_count(steps)
    )
    if not is_right:
        raise ValueError("rows, columns or steps are no numbers")


def find_best_cell(cells: list[SweepCell]) -> SweepCell | None:
    """The cell with the lowest held-out loss; None before any has one."""
    scored = [cell for cell in cells if cell.best_val_loss is not None]
    return min(scored, key=lambda cell: cell.best_val_loss or 0.0, default=None)
