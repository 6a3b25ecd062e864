"""``musicgen sweeps``: one short training for each combination of settings, and each seed."""

import sys
from typing import Any

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, json_option, on_option
from musicgen.cli.signals import asking_to_stop
from musicgen.config import Paths, TrainingConfig, describe, parse_setting
from musicgen.errors import ConfigError
from musicgen.jobs.sweep_axes import Axis, settings_text, value_text
from musicgen.jobs.sweep_plan import (
    DEFAULT_RATES,
    DEFAULT_SIZES,
    DEFAULT_STEPS,
    DEFAULT_TRIALS,
    METHODS,
    STOPPERS,
    Search,
    SweepPlan,
    SweepStore,
)
from musicgen.jobs.sweep_results import (
    SweepPoint,
    find_best_cell,
    find_best_point,
    find_edges,
    gather_points,
)
from musicgen.places.place import find_place
from musicgen.presets import PRESETS, get_preset
from musicgen.training.runs.run import RunStore

_POLL_S = 0.5


@click.group("sweeps")
def sweeps_group() -> None:
    """Sweeps over settings and seeds: start, list, show, resume, delete."""


@sweeps_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """One line for each sweep, the newest first."""
    store = _store()
    rows = [_summary(store, plan) for plan in store.plans()]
    if as_json:
        echo_json(rows)
        return
    if not rows:
        echo("There are no sweeps yet. Begin one: python -m musicgen sweeps start")
    for row in rows:
        best = (
            ""
            if row["best_val_loss"] is None
            else f", best held-out loss {row['best_val_loss']:.4f} ({row['best_run']})"
        )
        echo(f"{row['sweep']:<24} {row['preset']:<10} {row['done']} of {row['cells']} cells, "
             f"{row['steps']:,} steps each{best}")  # fmt: skip


@sweeps_group.command("start")
@click.option("--name", default="", help="Name of the sweep; a free one if not given.")
@click.option("--preset", "preset_name", default="quick", show_default=True, metavar="NAME",
              help=f"Settings to start from: {', '.join(PRESETS)}.")  # fmt: skip
@click.option("--vary", "varied", multiple=True, metavar="NAME=VALUES",
              help="A setting to vary, with its values (dropout=0,0.2,0.4) or, for a search, with "
                   "the ends of a range (dropout=0..0.5, learning_rate=1e-4..1e-2:log). Several: "
                   "give it again.")  # fmt: skip
@click.option(
    "--batch-size",
    "sizes",
    multiple=True,
    metavar="NUMBER",
    help=f"Give it again for each; without --vary {', '.join(map(str, DEFAULT_SIZES))} if none is.",
)
@click.option("--learning-rate", "rates", multiple=True, metavar="NUMBER",
              help="Give it again for each; without --vary "
                   f"{', '.join(map('{:g}'.format, DEFAULT_RATES))} if none is.")  # fmt: skip
@click.option("--seed", "seeds", multiple=True, type=click.IntRange(0, 2**31 - 1),
              help="Train each combination with this seed. Several: give it again; their mean "
                   "counts.")  # fmt: skip
@click.option("--steps", type=int, default=DEFAULT_STEPS, show_default=True,
              help="Steps in each cell.")  # fmt: skip
@click.option("--search", "method", type=click.Choice(METHODS), default="grid", show_default=True,
              help="All combinations, some by chance, or where the best so far lie.")  # fmt: skip
@click.option("--trials", type=int, default=DEFAULT_TRIALS, show_default=True,
              help="Combinations that a search tries.")  # fmt: skip
@click.option("--stop", "stopper", type=click.Choice(STOPPERS), default="none", show_default=True,
              help="What ends early what is behind.")  # fmt: skip
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@on_option
@json_option
def start_command(  # noqa: PLR0913 - each is an option of the command
    name: str,
    preset_name: str,
    varied: tuple[str, ...],
    sizes: tuple[str, ...],
    rates: tuple[str, ...],
    seeds: tuple[int, ...],
    steps: int,
    method: str,
    trials: int,
    stopper: str,
    settings: tuple[str, ...],
    place_name: str,
    as_json: bool,
) -> None:
    """Train every cell, one after another; on a cluster as many at once as it has room for.

    Ctrl-C saves and stops; `resume` goes on.
    """
    from musicgen.presets import apply_overrides

    overrides = {}
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign:
            raise ConfigError(
                "--set takes KEY=VALUE, such as hidden_size=64, not {text!r}.", text=setting
            )
        overrides[key.strip()] = value.strip()
    plan = SweepPlan(
        name or _store().new_name(),
        apply_overrides(get_preset(preset_name), overrides),
        _read_axes(varied, sizes, rates),
        steps,
        seeds,
        Search(method, trials, stopper),
    )
    _run(plan, place_name, is_new=True, as_json=as_json)


def _read_axes(
    varied: tuple[str, ...], sizes: tuple[str, ...], rates: tuple[str, ...]
) -> tuple[Axis, ...]:
    """What to vary: batch sizes and learning rates unless something else is named."""
    axes = []
    if sizes or not varied:
        axes.append(
            Axis("batch_size", tuple(_parse("batch_size", one) for one in sizes) or DEFAULT_SIZES)
        )
    if rates or not varied:
        values = tuple(_parse("learning_rate", one) for one in rates)
        axes.append(Axis("learning_rate", values or DEFAULT_RATES))
    return (*axes, *map(Axis.parse, varied))


@sweeps_group.command("resume")
@click.argument("name")
@on_option
@json_option
def resume_command(name: str, place_name: str, as_json: bool) -> None:
    """Go on with a sweep that was stopped or interrupted, in the midst of a cell too."""
    _run(_store().get(name), place_name, is_new=False, as_json=as_json)


@sweeps_group.command("show")
@click.argument("name")
@json_option
def show_command(name: str, as_json: bool) -> None:
    """The cells of a sweep by their held-out losses: lower is better, the best has a star.

    What was ended early has a dagger.
    """
    _show(_store().get(name), as_json)


@sweeps_group.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete_command(name: str, yes: bool, as_json: bool) -> None:
    """Remove a sweep with the runs of all its cells. There is no way back."""
    plan = _store().get(name)
    if not yes:
        click.confirm(f"Delete the sweep {plan.name} for good?", abort=True, err=True)
    _store().delete(plan.name)
    if as_json:
        echo_json({"deleted": plan.name})
    else:
        echo(f"{plan.name} is deleted.")


def _store() -> SweepStore:
    paths = Paths.default()
    return SweepStore(paths.home / "sweeps", RunStore(paths.runs))


def _parse(name: str, text: str) -> Any:
    info = next(item for item in describe(TrainingConfig) if item.name == name)
    return parse_setting(info, text)


def _run(plan: SweepPlan, place_name: str, *, is_new: bool, as_json: bool) -> None:
    """Trains until the sweep is done or somebody presses Ctrl-C, and shows what it found."""
    from musicgen.jobs.sweep import SweepRunner
    from musicgen.jobs.training_job import JobRegistry

    paths, store, place = Paths.default(), _store(), find_place(place_name)
    runner = SweepRunner(store, JobRegistry(store.runs, paths))

    with asking_to_stop(runner.cancel):
        runner.start(plan, place) if is_new else runner.resume(plan.name, place)
        total = plan.steps * len(plan.cells())
        with tqdm(total=total, unit="step", disable=as_json or None, file=sys.stderr) as bar:
            while not runner.wait(_POLL_S):
                bar.update(_steps(store, plan) - bar.n)
            bar.update(_steps(store, plan) - bar.n)
    now = runner.snapshot()
    if now and now.error:
        raise now.error
    _show(plan, as_json)


def _steps(store: SweepStore, plan: SweepPlan) -> int:
    return sum(plan.steps if cell.is_done else cell.step for cell in store.read_cells(plan))


def _summary(store: SweepStore, plan: SweepPlan) -> dict[str, Any]:
    cells = store.read_cells(plan)
    best = find_best_cell(cells)
    return {
        "sweep": plan.name,
        "preset": plan.preset.name,
        "steps": plan.steps,
        "cells": len(cells),
        "done": sum(cell.is_done for cell in cells),
        "best_val_loss": best.best_val_loss if best else None,
        "best_run": best.run_id if best else None,
    }


def _show(plan: SweepPlan, as_json: bool) -> None:
    store = _store()
    cells = store.read_cells(plan)
    points = gather_points(cells)
    edges = find_edges(plan, points)
    if as_json:
        rows = [
            {**cell.settings, "seed": cell.seed, "run": cell.run_id, "status": cell.status,
             "step": cell.step, "best_val_loss": cell.best_val_loss}
            for cell in cells
        ]  # fmt: skip
        told = [{"setting": edge.name, "value": edge.value,
                 "end": "largest" if edge.is_upper else "smallest"} for edge in edges]  # fmt: skip
        echo_json(
            _summary(store, plan)
            | {"table": rows, "edges": told, "importance": _importances(plan, points)}
        )
        return
    echo(f"{plan.name}: {plan.preset.name}, {plan.steps:,} steps in each cell; held-out loss in "
         "nats per character")  # fmt: skip
    if plan.search.is_grid and len(plan.axes) == 2:
        _show_table(plan, points)
    else:
        _show_list(points)
    for name, share in _importances(plan, points).items():
        echo(f"{share:>12.0%} of the differences come of {name}")
    for edge in edges:
        end = "largest" if edge.is_upper else "smallest"
        echo(f"The best {edge.name}, {value_text(edge.value)}, is the {end} that was tried: there "
             "may be better beyond it.")  # fmt: skip
    best = find_best_cell(cells)
    if best:
        echo(f"Hear the best: python -m musicgen compose --checkpoint {best.run_id} --out out")


def _show_table(plan: SweepPlan, points: list[SweepPoint]) -> None:
    """Two settings as rows and columns."""
    rows, columns = plan.axes
    title = {"batch_size": "batch size"}.get(rows.name, rows.name)
    short = {"learning_rate": "lr"}.get(columns.name, columns.name)
    heads = [f"{short} {value_text(value)}" for value in columns.values]
    width = max(14, *(len(head) + 2 for head in heads))
    echo(f"{title:>12}" + "".join(f"{head:>{width}}" for head in heads))
    best = find_best_point(points)
    at = {tuple(point.settings.values()): point for point in points}
    for row in rows.values:
        words = [_point_words(at[row, column], best) for column in columns.values]
        echo(f"{value_text(row):>12}" + "".join(f"{word:>{width}}" for word in words))


def _show_list(points: list[SweepPoint]) -> None:
    """A line for each combination, the best first."""
    best = find_best_point(points)
    ranked = sorted(points, key=lambda one: (one.shown_loss is None, one.shown_loss, one.number))
    for point in ranked:
        spread = f" ± {point.spread:.4f}" if point.spread is not None else ""
        settings = settings_text(point.settings) or "not chosen yet"
        echo(f"{_point_words(point, best) + spread:>20}  {settings} ({point.cells[0].run_id})")


def _importances(plan: SweepPlan, points: list[SweepPoint]) -> dict[str, float]:
    """How much each setting explains; empty where that cannot be told."""
    from musicgen.jobs.sweep_search import compute_importances, has_optuna

    return compute_importances(plan, points) if has_optuna() else {}


def _point_words(point: SweepPoint, best: SweepPoint | None) -> str:
    if point.shown_loss is None:
        words = {"empty": "waiting", "failed": "diverged", "pruned": "ended early"}
        return words.get(point.status, point.status)
    mark = "*" if point is best else "…" if not point.is_done else ""
    mark += "†" if point.status == "pruned" else ""
    return f"{point.shown_loss:.4f}{mark}"
