"""``musicgen sweeps``: one short training for each pair of batch size and learning rate."""

import signal
import sys
from types import FrameType
from typing import Any

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.config import Paths, TrainingConfig, describe, parse_setting
from musicgen.errors import ConfigError
from musicgen.jobs.sweep_plan import (
    DEFAULT_RATES,
    DEFAULT_SIZES,
    DEFAULT_STEPS,
    SweepCell,
    SweepPlan,
    SweepStore,
    find_best_cell,
)
from musicgen.presets import PRESETS, get_preset
from musicgen.training.runs.run import RunStore

_POLL_S = 0.5


@click.group("sweeps")
def sweeps_group() -> None:
    """Sweeps over batch size and learning rate: start, list, show, resume, delete."""


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
@click.option(
    "--batch-size",
    "sizes",
    multiple=True,
    metavar="NUMBER",
    help=f"Give it again for each; {', '.join(map(str, DEFAULT_SIZES))} if none is.",
)
@click.option("--learning-rate", "rates", multiple=True, metavar="NUMBER",
              help="Give it again for each; "
                   f"{', '.join(map('{:g}'.format, DEFAULT_RATES))} if none is.")  # fmt: skip
@click.option("--steps", type=int, default=DEFAULT_STEPS, show_default=True,
              help="Steps in each cell.")  # fmt: skip
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@json_option
def start_command(
    name: str,
    preset_name: str,
    sizes: tuple[str, ...],
    rates: tuple[str, ...],
    steps: int,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Train every cell, one after another. Ctrl-C saves and stops; `resume` goes on."""
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
        tuple(_parse("batch_size", size) for size in sizes) or DEFAULT_SIZES,
        tuple(_parse("learning_rate", rate) for rate in rates) or DEFAULT_RATES,
        steps,
    )
    _run(plan, is_new=True, as_json=as_json)


@sweeps_group.command("resume")
@click.argument("name")
@json_option
def resume_command(name: str, as_json: bool) -> None:
    """Go on with a sweep that was stopped or interrupted, in the midst of a cell too."""
    _run(_store().get(name), is_new=False, as_json=as_json)


@sweeps_group.command("show")
@click.argument("name")
@json_option
def show_command(name: str, as_json: bool) -> None:
    """The cells of a sweep as a table of held-out losses: lower is better, the best has a star."""
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


def _run(plan: SweepPlan, *, is_new: bool, as_json: bool) -> None:
    """Trains until the sweep is done or somebody presses Ctrl-C, and shows what it found."""
    from musicgen.jobs.sweep import SweepRunner
    from musicgen.jobs.training_job import JobRegistry

    paths, store = Paths.default(), _store()
    runner = SweepRunner(store, JobRegistry(store.runs, paths))

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        runner.cancel()

    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        runner.start(plan) if is_new else runner.resume(plan.name)
        total = plan.steps * len(plan.cells())
        with tqdm(total=total, unit="step", disable=as_json or None, file=sys.stderr) as bar:
            while not runner.wait(_POLL_S):
                bar.update(_steps(store, plan) - bar.n)
            bar.update(_steps(store, plan) - bar.n)
    finally:
        signal.signal(signal.SIGINT, before)
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
    if as_json:
        rows = [
            {"batch_size": cell.batch_size, "learning_rate": cell.learning_rate,
             "run": cell.run_id, "status": cell.status, "step": cell.step,
             "best_val_loss": cell.best_val_loss}
            for cell in cells
        ]  # fmt: skip
        echo_json(_summary(store, plan) | {"table": rows})
        return
    echo(f"{plan.name}: {plan.preset.name}, {plan.steps:,} steps in each cell")
    echo(f"{'batch size':>12}" + "".join(f"{f'lr {rate:g}':>14}" for rate in plan.learning_rates))
    best = find_best_cell(cells)
    at = {(cell.batch_size, cell.learning_rate): cell for cell in cells}
    for size in plan.batch_sizes:
        words = "".join(f"{_cell_words(at[size, rate], best):>14}" for rate in plan.learning_rates)
        echo(f"{size:>12}{words}")
    if best:
        echo(f"Hear the best: python -m musicgen compose --checkpoint {best.run_id} --out out")


def _cell_words(cell: SweepCell, best: SweepCell | None) -> str:
    if cell.best_val_loss is None:
        return {"empty": "waiting", "failed": "diverged"}.get(cell.status, cell.status)
    mark = "*" if cell is best else "" if cell.is_done else "…"
    return f"{cell.best_val_loss:.4f}{mark}"
