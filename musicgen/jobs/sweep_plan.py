"""What a sweep is to try, and what has become of its cells: files on the disk, no training.

The plan is a file, ``sweeps/<name>.json``; each cell is a run of its own, and all that is known of
a cell is read off its run.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from musicgen.config import NetworkConfig, TrainingConfig, to_json
from musicgen.errors import ConfigError, MusicgenError, RunError
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.sweep_axes import Axis, Value, read_settings, with_settings
from musicgen.json_reading import is_count, is_number, read_json
from musicgen.names import find_folder, is_name, normalize_name
from musicgen.presets import Preset
from musicgen.storage import is_file, is_folder, list_folder, modified_ns, storing, write_file
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_admin import delete_run, read_sweep
from musicgen.training.runs.run_names import check_id, check_new_id

MAX_CELLS = 64
"""Combinations of a grid."""

MAX_TRIALS = 200
"""Combinations that a search tries."""

MAX_TRAININGS = 256
"""Trainings of a sweep, over all its seeds."""

DEFAULT_SIZES = (8, 16, 32)
DEFAULT_RATES = (1e-3, 3e-3, 1e-2)
DEFAULT_STEPS = 200
DEFAULT_TRIALS = 20
"""What a sweep tries by default."""

METHODS = ("grid", "random", "tpe")
"""How combinations are found: all of them, by chance, or where the best so far lie (TPE, a kind of
Bayesian search)."""

STOPPERS = ("none", "median", "hyperband")
"""What ends a training early: nothing, a loss above the median of the others at the same step, or
Hyperband."""

LOOKS = 5
"""Looks at held-out tunes that a cell takes at least, however short it is."""

_WARMUP_SHARE = 0.1
_LONGEST_NAME = 40
_USUAL = ("batch_size", "learning_rate")
_MAX_SEEDS = 16


@dataclass(frozen=True, slots=True)
class Search:
    """How a sweep finds its combinations. Checked when made.

    `trials` is how many it tries, 0 for a grid, which tries all; `stopper` is one of `STOPPERS`.

    Raises:
        ConfigError: a value is out of its bounds.
    """

    method: str = "grid"
    trials: int = 0
    stopper: str = "none"

    def __post_init__(self) -> None:
        for name, value, known in (("search", self.method, METHODS),
                                   ("stop", self.stopper, STOPPERS)):  # fmt: skip
            if value not in known:
                raise ConfigError(
                    "{name} is {value!r}; choose from: {known}.",
                    name=name, value=value, known=", ".join(known),
                )  # fmt: skip
        if self.is_grid:
            object.__setattr__(self, "trials", 0)
        elif not 1 <= self.trials <= MAX_TRIALS:
            raise ConfigError(
                "{name} is {value}; it must lie between {low:,} and {high:,}.",
                name="trials", value=self.trials, low=1, high=MAX_TRIALS,
            )  # fmt: skip

    @property
    def is_grid(self) -> bool:
        """Whether all combinations are tried."""
        return self.method == "grid"

    @property
    def needs_optuna(self) -> bool:
        """Whether Optuna chooses combinations, or ends trainings."""
        return not self.is_grid or self.stopper != "none"


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A training of a sweep before it begins.

    `number` counts combinations from 1; `settings` are its values on the axes, None where a search
    has not chosen them; `seed` is that of its training.
    """

    number: int
    settings: Mapping[str, Value] | None
    seed: int
    run_id: str


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep is to try. Checked when made.

    `preset` holds all settings but those of `axes` and the number of steps; each combination is
    trained once with each of `seeds`, or with the preset's own where there are none.

    Raises:
        ConfigError: a value is out of its bounds, or there are too many cells or none.
        RunError: the name cannot name a run.
    """

    name: str
    preset: Preset
    axes: tuple[Axis, ...]
    steps: int
    seeds: tuple[int, ...] = ()
    search: Search = field(default=Search())

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_id(self.name))
        if len(self.name) > _LONGEST_NAME:
            raise RunError(
                "The name of a sweep has up to {most} characters, for its cells add to it.",
                most=_LONGEST_NAME,
            )
        object.__setattr__(self, "seeds", tuple(sorted(set(self.seeds))))
        self._check_axes()
        self._check_count()
        for settings in self._settings_to_check():
            self.cell_preset(settings, max(self.seeds, default=None))

    def _check_axes(self) -> None:
        names = [axis.name for axis in self.axes]
        if not names or len(set(names)) < len(names):
            raise ConfigError("A sweep varies at least one setting, and each only once.")
        ranges = [axis.name for axis in self.axes if axis.is_range]
        if self.search.is_grid and ranges:
            raise ConfigError(
                "A grid tries values one by one: name the values of {name}, or choose another "
                "kind of search.",
                name=ranges[0],
            )
        if len(self.seeds) > _MAX_SEEDS:
            raise ConfigError("A sweep has up to {most} seeds.", most=_MAX_SEEDS)

    def _check_count(self) -> None:
        count = self.count
        if self.search.is_grid and not 1 <= count <= MAX_CELLS:
            raise ConfigError(
                "A sweep has between 1 and {most} cells, not {count}. Choose other batch sizes or "
                "learning rates.",
                most=MAX_CELLS,
                count=count,
            )
        trainings = count * max(1, len(self.seeds))
        if trainings > MAX_TRAININGS:
            raise ConfigError(
                "A sweep has up to {most} trainings, not {count}. Choose fewer seeds or trials.",
                most=MAX_TRAININGS,
                count=trainings,
            )

    def _settings_to_check(self) -> list[dict[str, Value]]:
        """All combinations of a grid, else those of the ends of all axes."""
        if self.search.is_grid:
            return self._combine([axis.values for axis in self.axes])
        ends = [axis.values or (axis.low, axis.high) for axis in self.axes]
        return [dict(zip(self.names, one, strict=True)) for one in _cross(ends)]

    def _combine(self, values: Sequence[Sequence[Value]]) -> list[dict[str, Value]]:
        return [dict(zip(self.names, one, strict=True)) for one in itertools.product(*values)]

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that are varied, in their order."""
        return tuple(axis.name for axis in self.axes)

    @property
    def count(self) -> int:
        """Combinations that are tried."""
        if not self.search.is_grid:
            return self.search.trials
        count = 1
        for axis in self.axes:
            count *= len(axis.values)
        return count

    def cells(self) -> list[PlannedCell]:
        """Every training, in the order they begin: all seeds of a combination, then the next."""
        if self.search.is_grid:
            found: Sequence[dict[str, Value] | None] = self._settings_to_check()
        else:
            found = [None] * self.count
        return [
            PlannedCell(number, settings, seed, self._run_id(number, settings, seed))
            for number, settings in enumerate(found, 1)
            for seed in self.seeds or (self.preset.training.seed,)
        ]

    def _run_id(self, number: int, settings: dict[str, Value] | None, seed: int) -> str:
        """The name of the run of a cell: by its values where they are the usual two."""
        if settings and self.names == _USUAL:
            size, rate = settings.values()
            text = f"{self.name}-b{size}-lr{rate:g}"
        else:
            text = f"{self.name}-{number}"
        return f"{text}-s{seed}" if self.seeds else text

    def cell_preset(self, settings: Mapping[str, Value], seed: int | None = None) -> Preset:
        """The settings of a cell: the preset's, shortened.

        Held-out tunes are looked at `LOOKS` times or more, and the warm-up takes at most a tenth of
        the steps: a cell must be able to get somewhere.

        Args:
            settings: Its values on the axes.
            seed: Of its training; the preset's own if None.
        """
        interval = max(1, min(self.preset.training.eval_interval, self.steps // LOOKS))
        preset = with_settings(self.preset, settings)
        warmup = min(preset.training.warmup_steps, round(_WARMUP_SHARE * self.steps))
        training = preset.training.replace(
            max_steps=self.steps,
            eval_interval=interval,
            save_interval=interval,
            warmup_steps=warmup,
            seed=preset.training.seed if seed is None else seed,
        )
        return replace(preset, training=training)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "preset": self.preset.name,
            "network": self.preset.network.to_dict(),
            "training": self.preset.training.to_dict(),
            "axes": [axis.to_dict() for axis in self.axes],
            "steps": self.steps,
            "seeds": list(self.seeds),
            "search": self.search.method,
            "trials": self.search.trials,
            "stop": self.search.stopper,
        }


def _cross(values: Sequence[Sequence[Value]]) -> list[tuple[Value, ...]]:
    """Combinations in which each value is once, next to the first of all others."""
    first = tuple(each[0] for each in values)
    found = {first: None}
    for place, each in enumerate(values):
        for value in each[1:]:
            found[(*first[:place], value, *first[place + 1 :])] = None
    return list(found)


def grid_plan(
    name: str,
    preset: Preset,
    batch_sizes: Sequence[int],
    learning_rates: Sequence[float],
    steps: int,
) -> SweepPlan:
    """A sweep over each pair of a batch size and a learning rate.

    Raises:
        ConfigError, RunError: as of `SweepPlan`.
    """
    if not batch_sizes or not learning_rates:
        raise ConfigError(
            "A sweep has between 1 and {most} cells, not {count}. Choose other batch sizes or "
            "learning rates.",
            most=MAX_CELLS,
            count=0,
        )
    axes = Axis("batch_size", tuple(batch_sizes)), Axis("learning_rate", tuple(learning_rates))
    return SweepPlan(name, preset, axes, steps)


@dataclass(frozen=True, slots=True)
class SweepCell:
    """One training as it is on the disk now.

    `settings` are its values on the axes, empty where none are chosen yet; `status` is that of its
    run, ``empty`` before the run begins, ``pruned`` where it, or another seed of the same
    combination, was ended early; the loss is the lowest on held-out tunes so far, in nats per
    character.
    """

    number: int
    settings: Mapping[str, Value]
    seed: int
    run_id: str
    status: str
    step: int
    best_val_loss: float | None

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be trained here: it ended, diverged, or was ended early."""
        return self.status in (TaskStatus.FINISHED, TaskStatus.FAILED, TaskStatus.PRUNED)


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
            return SweepPlan(
                name, preset, _read_axes(values), _read_steps(values), _read_seeds(values),
                _read_search(values),
            )  # fmt: skip
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
        taken = [self.runs.root / cell.run_id for cell in plan.cells()]
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
        found = [self._read_cell(plan, cell) for cell in plan.cells()]
        known = {cell.number: cell.settings for cell in found if cell.settings}
        pruned = {cell.number for cell in found if cell.status == TaskStatus.PRUNED}
        return [
            replace(
                cell,
                settings=known.get(cell.number, cell.settings),
                status=TaskStatus.PRUNED
                if cell.number in pruned and cell.status == _EMPTY
                else cell.status,
            )
            for cell in found
        ]

    def _read_cell(self, plan: SweepPlan, cell: PlannedCell) -> SweepCell:
        run = Run(self.runs.root / cell.run_id)
        settings = cell.settings or {}
        if read_sweep(run) != plan.name:
            return SweepCell(cell.number, settings, cell.seed, run.id, _EMPTY, 0, None)
        if not settings:
            try:
                settings = read_settings(run.preset, plan.names)
            except MusicgenError:  # damaged: the other cells are shown all the same
                settings = {}
        status = run.read_status()
        return SweepCell(
            cell.number, settings, cell.seed, run.id, status["status"], status["step"],
            status["best_val_loss"],
        )  # fmt: skip

    def _file(self, name: str) -> Path:
        return find_folder(self.root, f"{check_id(name)}.json")


_EMPTY = "empty"


def _read_axes(values: Mapping[str, Any]) -> tuple[Axis, ...]:
    """The axes of a file; older ones have a list of batch sizes and one of learning rates.

    Raises:
        ValueError, TypeError, LookupError: they are none.
        ConfigError: they do not hold.
    """
    if "axes" in values:
        listed = values["axes"]
        if not isinstance(listed, list):
            raise TypeError("no list of axes")
        return tuple(map(Axis.from_dict, listed))
    sizes, rates = values["batch_sizes"], values["learning_rates"]
    is_right = (
        isinstance(sizes, list)
        and isinstance(rates, list)
        and 0 < len(sizes) * len(rates) <= MAX_CELLS
        and all(map(is_count, sizes))
        and all(map(is_number, rates))
    )
    if not is_right:
        raise ValueError("rows or columns are no numbers")
    return Axis("batch_size", tuple(sizes)), Axis("learning_rate", tuple(rates))


def _read_steps(values: Mapping[str, Any]) -> int:
    if not is_count(values["steps"]):
        raise ValueError("steps are no number")
    return int(values["steps"])


def _read_seeds(values: Mapping[str, Any]) -> tuple[int, ...]:
    seeds = values.get("seeds", [])
    if not (isinstance(seeds, list) and len(seeds) <= _MAX_SEEDS and all(map(is_count, seeds))):
        raise ValueError("seeds are no numbers")
    return tuple(seeds)


def _read_search(values: Mapping[str, Any]) -> Search:
    trials = values.get("trials", 0)
    if not is_count(trials):
        raise ValueError("trials are no number")
    return Search(values.get("search", "grid"), trials, values.get("stop", "none"))
