"""``musicgen evaluate``: what checkpoints compose and foretell, beside real tunes."""

import os
from pathlib import Path
from typing import Any

import click

from musicgen.cli.options import echo, echo_json, json_option, on_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.cli.reading import read_tunes_text
from musicgen.cli.report_lines import open_bar, report_lines, show_progress
from musicgen.config import Paths
from musicgen.corpus.cleaning import CorpusTune
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import ConfigError, CorpusError
from musicgen.evaluation.loss.text_loss import LossReport
from musicgen.evaluation.novelty.training_sources import (
    load_learned,
    require_here,
    training_sources_of,
)
from musicgen.evaluation.report.builder import Hooks
from musicgen.evaluation.report.html import render_html
from musicgen.evaluation.report.manner import first_source
from musicgen.evaluation.report.novelty_scorer import find_novelty_scorer
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.reference import (
    DEFAULT_SOURCE,
    Reference,
    hold_out,
    read_book,
)
from musicgen.evaluation.report.store import MAX_REPORTS, ReportStore
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.places.place import find_place


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
@click.option("--judge/--no-judge", default=True, show_default=True,
              help="Let detectors try to tell the composed tunes from the real ones.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Of the first tune of each set.")
@click.option("--tunebook", type=click.Path(path_type=Path),
              help="An ABC file: its tunes are measured, and stand for the real ones.")  # fmt: skip
@click.option(
    "--unlearned", is_flag=True,
    help="Of the tunebook only what no model has learned, nor a variant of it.",
)  # fmt: skip
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
@click.option("--keep", is_flag=True,
              help="Keep the report, for the page Evaluate and for `reports`. Of more than "
                   f"{MAX_REPORTS} the oldest go.")  # fmt: skip
@on_option
@json_option
def evaluate_command(  # noqa: PLR0913 - each is an option of the command
    names: tuple[str, ...],
    count: int,
    temperatures: tuple[float, ...],
    free: bool,
    both: bool,
    judge: bool,
    seed: int,
    tunebook: Path | None,
    unlearned: bool,
    split: str,
    html_path: Path | None,
    overwrite: bool,
    keep: bool,
    place_name: str,
    as_json: bool,
) -> None:
    """Figures of composed tunes and of real ones, and the loss on the real ones.

    Every figure has its 95 % interval. With --tunebook alone it is the figures of that file. For
    a model that learned the lab's notation its tunes are rewritten to it before their loss is
    taken; what cannot be is counted.
    """
    _check(names, tunebook, unlearned)
    check_free([html_path] if html_path else [], overwrite)
    paths = Paths.default()
    modes = (False, True) if both else (free,)
    plan = ReportPlan(
        tuple(dict.fromkeys(names)), count, temperatures or (1.0,), modes, split, seed, judge
    )
    folders = [find_checkpoint(name, paths).path for name in plan.checkpoints]
    checkpoints = [load_checkpoint(folder) for folder in folders]
    known = _load_known(checkpoints, paths) if unlearned else []
    reference = _find_reference(checkpoints, tunebook, split, paths, known)
    with open_bar(as_json) as bar:
        losses: dict[str, LossReport] = {}
        hooks = Hooks(
            lambda *now: show_progress(bar, *now),
            find_scorer=lambda checkpoint: find_novelty_scorer(checkpoint, paths, bool(count)),
            on_loss=losses.__setitem__,
            workers=os.cpu_count() or 1,
        )
        report = find_place(place_name).make_report(plan, folders, reference, hooks)
        show_progress(bar, 1.0, None)
    report_id = ReportStore(paths.reports).add(report) if keep else None
    if html_path:
        write_output(html_path, render_html(report).encode(), overwrite)
    if as_json:
        kept = {"report": report_id} if report_id else {}
        echo_json(_first_loss(checkpoints, losses) | report.to_dict() | kept)
        return
    for line in report_lines(report):
        echo(line)
    if html_path:
        echo(f"The report is in {html_path}.")
    if report_id:
        echo(f"The report is kept: python -m musicgen reports show {report_id}")


def _check(names: tuple[str, ...], tunebook: Path | None, unlearned: bool) -> None:
    if not names and tunebook is None:
        raise ConfigError("Name at least one model by --checkpoint, or a file by --tunebook.")
    if unlearned and not (names and tunebook):
        raise ConfigError("--unlearned needs a --tunebook, and a --checkpoint that learned.")


def _load_known(checkpoints: list[Checkpoint], paths: Paths) -> list[CorpusTune]:
    """The training tunes of all checkpoints and of what they were started from."""
    known: dict[str, CorpusTune] = {}
    for checkpoint in checkpoints:
        sources = training_sources_of(checkpoint.metadata)
        require_here(sources, paths)
        known |= {tune.text: tune for tune in load_learned(sources, paths)}
    return list(known.values())


def _find_reference(
    checkpoints: list[Checkpoint],
    tunebook: Path | None,
    split: str,
    paths: Paths,
    known: list[CorpusTune],
) -> Reference:
    source = next(filter(None, (first_source(one.metadata) for one in checkpoints)), "")
    if tunebook is not None:
        read_tunes_text(tunebook)
        wanted = source or DEFAULT_SOURCE
        try:
            corpus = load_dataset(wanted, paths).texts("train")
        except CorpusError:
            wanted, corpus = "", []
        return read_book(tunebook.name, tunebook.read_bytes(), wanted, corpus, known=known)
    if not source:
        raise CorpusError("This checkpoint does not say its corpus; give a file by --tunebook.")
    return hold_out(source, split, load_dataset(source, paths))


def _first_loss(checkpoints: list[Checkpoint], losses: dict[str, LossReport]) -> dict[str, Any]:
    """The loss of the first checkpoint by itself, as programs know it from one checkpoint."""
    if not checkpoints:
        return {}
    name, loss = next(iter(losses.items()))
    return {"checkpoint": name, "fingerprint": checkpoints[0].fingerprint} | loss.to_dict()
