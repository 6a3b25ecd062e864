"""What the cells of a sweep found: the best, how far seeds differ, and whether to look further."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.sweep_axes import Axis, Value, is_at_edge
from musicgen.jobs.sweep_plan import SweepCell, SweepPlan


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """A combination of settings, with all its seeds.

    `cells` has one training for each seed.
    """

    number: int
    settings: Mapping[str, Value]
    cells: tuple[SweepCell, ...]

    @property
    def loss(self) -> float | None:
        """The mean over the seeds of the lowest held-out loss, in nats per character.

        None before each seed has one.
        """
        has_all = all(cell.best_val_loss is not None for cell in self.cells)
        return self.shown_loss if has_all else None

    @property
    def shown_loss(self) -> float | None:
        """The mean over those seeds that have a loss; None before any has."""
        losses = [cell.best_val_loss for cell in self.cells if cell.best_val_loss is not None]
        return math.fsum(losses) / len(losses) if losses else None

    @property
    def spread(self) -> float | None:
        """The standard deviation of that loss over the seeds; None with fewer than two."""
        losses = [cell.best_val_loss for cell in self.cells if cell.best_val_loss is not None]
        return float(np.std(losses, ddof=1)) if len(losses) > 1 else None

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be trained here."""
        return all(cell.is_done for cell in self.cells)

    @property
    def status(self) -> str:
        """What it is doing: as the first of its cells that is not over, else as the worst."""
        left = [cell.status for cell in self.cells if not cell.is_done]
        if left:
            return next((one for one in left if one != "empty"), left[0])
        statuses = {cell.status for cell in self.cells}
        for worst in (TaskStatus.FAILED, TaskStatus.PRUNED):
            if worst in statuses:
                return worst
        return TaskStatus.FINISHED


def gather_points(cells: Sequence[SweepCell]) -> list[SweepPoint]:
    """The combinations of a sweep, in order."""
    by_number: dict[int, list[SweepCell]] = {}
    for cell in cells:
        by_number.setdefault(cell.number, []).append(cell)
    return [
        SweepPoint(number, ones[0].settings, tuple(ones))
        for number, ones in sorted(by_number.items())
    ]


def find_best_point(points: Sequence[SweepPoint]) -> SweepPoint | None:
    """The combination with the lowest mean loss; None before any has one.

    What was ended early can only be the best where nothing else has a loss.
    """
    scored = [point for point in points if point.loss is not None]
    whole = [point for point in scored if point.status != TaskStatus.PRUNED]
    return min(whole or scored, key=lambda point: point.loss or 0.0, default=None)


def find_best_cell(cells: Sequence[SweepCell]) -> SweepCell | None:
    """The training with the lowest held-out loss in the best combination, or None."""
    best = find_best_point(gather_points(cells))
    scored = [cell for cell in best.cells if cell.best_val_loss is not None] if best else []
    return min(scored, key=lambda cell: cell.best_val_loss or 0.0, default=None)


@dataclass(frozen=True, slots=True)
class Edge:
    """That the best value of a setting is the smallest or the largest that was tried."""

    name: str
    value: Value
    is_upper: bool


def find_edges(plan: SweepPlan, points: Sequence[SweepPoint]) -> list[Edge]:
    """Where the best lies at the edge of what was tried: there may be better beyond it."""
    best = find_best_point(points)
    if best is None or not best.settings:
        return []
    found = []
    for axis in plan.axes:
        value = best.settings[axis.name]
        side = is_at_edge(axis, value)
        if side:
            found.append(Edge(axis.name, value, side > 0))
    return found


def project_points(
    points: Sequence[SweepPoint], across: Axis, upwards: Axis | None
) -> dict[tuple[Value, Value], SweepPoint]:
    """Of each pair of values of two settings, the combination with the lowest loss so far.

    Args:
        points: All combinations.
        across: One setting.
        upwards: The other; None for one setting alone, whose second value is then ``""``.
    """
    found: dict[tuple[Value, Value], SweepPoint] = {}
    for point in points:
        if not point.settings:
            continue
        place = point.settings[across.name], point.settings[upwards.name] if upwards else ""
        known = found.get(place)
        if known is None or _rank(point) < _rank(known):
            found[place] = point
    return found


def _rank(point: SweepPoint) -> float:
    return math.inf if point.shown_loss is None else point.shown_loss


def estimate_left_s(
    plan: SweepPlan, cells: Sequence[SweepCell], read_elapsed_s: Callable[[str], float]
) -> float | None:
    """Seconds until the last cell is done, by the characters that the cells so far took.

    A step with twice the batch is taken to last twice as long. None before anything was timed.

    Args:
        plan: The sweep.
        cells: Its cells as they are now.
        read_elapsed_s: Training time so far of the run of that name.
    """
    done = sum(cell.step * _characters(plan, cell) for cell in cells)
    elapsed_s = sum(read_elapsed_s(cell.run_id) for cell in cells if cell.step)
    whole = sum(
        (cell.step if cell.is_done else plan.steps) * _characters(plan, cell) for cell in cells
    )
    return elapsed_s * (whole - done) / done if done and elapsed_s else None


def _characters(plan: SweepPlan, cell: SweepCell) -> float:
    """Characters of a step of a cell."""
    training = plan.preset.training
    size = cell.settings.get("batch_size", training.batch_size)
    length = cell.settings.get("seq_len", training.seq_len)
    return float(size) * float(length)
