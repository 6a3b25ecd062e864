"""``musicgen evaluate``: what checkpoints compose and foretell, beside real tunes."""

import os
import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.cli.reading import read_tunes_text
from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import ConfigError, CorpusError
from musicgen.evaluation.estimate import Estimate
from musicgen.evaluation.loss import LossReport
from musicgen.evaluation.report.html import render_html
from musicgen.evaluation.report.judging import find_judge
from musicgen.evaluation.report.making import Hooks, make_report
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.reference import (
    DEFAULT_SOURCE,
    Reference,
    first_source,
    hold_out,
    read_book,
)
from musicgen.evaluation.report.result import REAL, LossRow, Report, TuneSet
from musicgen.evaluation.words import (
    GROUPS,
    LOSSES,
    MARKS,
    Measure,
    name_set,
    write_interval,
    write_mark,
    write_value,
)
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.safe_text import escape_controls

_STEPS = 1000


@click.command("evaluate")
@click.option("--checkpoint", "names", multiple=True, metavar="NAME",
              help="A bundled checkpoint, a run, or the path of a checkpoint's folder. Several: "
                   "give it again.")  # fmt: skip
@click.option("--count", default=0, show_default=True,
              help="Tunes that each checkpoint composes at each temperature.")  # fmt: skip
@click.option(
    "--temperature",
    "temperatures",
    multiple=True,
    type=float,
    help="How daring they compose, 1.0 if none is given. Several: give it again.",
)
@click.option("--free", is_flag=True, help="Compose without the grammar.")
@click.option("--both", is_flag=True, help="Compose with the grammar, and without it.")
@click.option("--seed", default=1, show_default=True, help="Of the first tune of each set.")
@click.option("--tunebook", type=click.Path(path_type=Path),
              help="An ABC file: its tunes are measured, and stand for the real ones.")  # fmt: skip
@click.option(
    "--split",
    type=click.Choice(["val", "test"]),
    default="val",
    show_default=True,
    help="Held-out side of the checkpoint's own corpus, if no tunebook is given.",
)
@click.option("--html", "html_path", type=click.Path(path_type=Path),
              help="Write the report as a page to this file.")  # fmt: skip
@overwrite_option
@json_option
def evaluate_command(  # noqa: PLR0913 - each is an option of the command
    names: tuple[str, ...],
    count: int,
    temperatures: tuple[float, ...],
    free: bool,
    both: bool,
    seed: int,
    tunebook: Path | None,
    split: str,
    html_path: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Figures of composed tunes and of real ones, and the loss on the real ones.

    Every figure has its 95 % interval. With --tunebook alone it is the figures of that file.
    """
    _check(names, tunebook)
    check_free([html_path] if html_path else [], overwrite)
    paths = Paths.default()
    modes = (False, True) if both else (free,)
    plan = ReportPlan(
        tuple(dict.fromkeys(names)), count, temperatures or (1.0,), modes, split, seed
    )
    checkpoints = [load_checkpoint(find_checkpoint(name, paths).path) for name in plan.checkpoints]
    reference = _find_reference(checkpoints, tunebook, split, paths)
    with tqdm(total=_STEPS, delay=1.0, disable=as_json or None, file=sys.stderr,
              bar_format="{percentage:3.0f} %|{bar}| {remaining} left {desc}") as bar:  # fmt: skip
        losses: dict[str, LossReport] = {}
        hooks = Hooks(
            lambda *now: _show(bar, *now),
            find_judge=lambda checkpoint: find_judge(checkpoint, paths, bool(count)),
            on_loss=losses.__setitem__,
            workers=os.cpu_count() or 1,
        )
        report = make_report(plan, checkpoints, reference, hooks)
        bar.update(_STEPS - bar.n)
    if html_path:
        write_output(html_path, render_html(report).encode(), overwrite)
    if as_json:
        echo_json(_first_loss(checkpoints, losses) | report.to_dict())
        return
    for line in _lines(report):
        echo(line)
    if html_path:
        echo(f"The report is in {html_path}.")


def _check(names: tuple[str, ...], tunebook: Path | None) -> None:
    if not names and tunebook is None:
        raise ConfigError("Name at least one model by --checkpoint, or a file by --tunebook.")


def _show(bar: "tqdm[Any]", share: float, cell: Cell | None) -> None:
    name = escape_controls(name_set(cell, str)) if cell else ""
    bar.set_description_str(name, refresh=False)
    bar.update(max(0, round(_STEPS * share) - bar.n))


def _find_reference(
    checkpoints: list[Checkpoint], tunebook: Path | None, split: str, paths: Paths
) -> Reference:
    source = next(filter(None, (first_source(one.metadata) for one in checkpoints)), "")
    if tunebook is not None:
        read_tunes_text(tunebook)
        wanted = source or DEFAULT_SOURCE
        try:
            corpus = load_dataset(wanted, paths).texts("train")
        except CorpusError:
            wanted, corpus = "", []
        return read_book(tunebook.name, tunebook.read_bytes(), wanted, corpus)
    if not source:
        raise CorpusError("This checkpoint does not say its corpus; give a file by --tunebook.")
    return hold_out(source, split, load_dataset(source, paths))


def _first_loss(checkpoints: list[Checkpoint], losses: dict[str, LossReport]) -> dict[str, Any]:
    """The loss of the first checkpoint by itself, as programs know it from one checkpoint."""
    if not checkpoints:
        return {}
    name, loss = next(iter(losses.items()))
    return {"checkpoint": name, "fingerprint": checkpoints[0].fingerprint} | loss.to_dict()


def _lines(report: Report) -> list[str]:
    """The report for a terminal: losses, then the figures of each set."""
    lines = [line for row in report.losses for line in _loss_lines(row, report)]
    lines += [line for item in report.all_sets() for line in _set_lines(item, report)]
    if report.real and report.sets:
        lines.append(MARKS)
    if report.left_out:
        lines.append(f"{report.left_out} tunes were longer than any tune and left out")
    return lines


def _loss_lines(row: LossRow, report: Report) -> list[str]:
    count = report.real.tunes if report.real else 0
    lines = [
        f"{row.checkpoint} on {count} tunes of {report.tunes_of}, temperature {row.temperature:g}"
    ]
    for name, measure in LOSSES.items():
        lines.append(_line(measure, row.estimates[name]))
    if row.unknown_characters:
        lines.append(f"  {row.unknown_characters} characters that it never saw were left out")
    if not row.is_own:
        lines.append("  these tunes are not the ones held out of what it learned from")
    return lines


def _set_lines(item: TuneSet, report: Report) -> list[str]:
    real = report.real.estimates if report.real else {}
    name = report.tunes_of if item.key == REAL else name_set(item.cell, str)
    return [f"{name}: {item.tunes} tunes"] + [
        _line(measure, item.estimates[key], real.get(key))
        for group in GROUPS.values()
        for key, measure in group.items()
        if key in item.estimates
    ]


def _line(measure: Measure, one: Estimate, real: Estimate | None = None) -> str:
    value, interval = write_value(one.value, measure.form), write_interval(one, measure.form)
    return f"  {measure.label:<24} {value:>9} {write_mark(one, real):<1} {interval}".rstrip()
