"""``musicgen runs studies``: the figures of baseline and improved, from real runs."""

import dataclasses
import sys
from dataclasses import dataclass
from typing import Any

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.config import Paths
from musicgen.errors import MusicgenError, RunError, StorageError
from musicgen.evaluation.measures.fluency import FluencyReport, measure_fluency
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.names import normalize_name
from musicgen.training.runs.bundled_history import is_bundled, model_of
from musicgen.training.runs.run import Run, RunInfo, RunStore
from musicgen.training.runs.studies import (
    MAX_STUDY_TUNES,
    STUDIES,
    choose_run,
    find_departures,
    find_network,
    keep_fluency,
    list_study_runs,
    write_study,
)
from musicgen.training.runs.summary import RunSummary, read_fluency, summarise_run


@dataclass
class _Column:
    """One run of the table; `checkpoint` is None where nothing is saved or it is damaged."""

    study: str
    summary: RunSummary
    checkpoint: Checkpoint | None
    fluency: FluencyReport | None = None

    @property
    def label(self) -> str:
        run_id = self.summary.info.id
        return f"{model_of(run_id)} (bundled)" if is_bundled(run_id) else run_id


@click.command("studies")
@click.option("--run", "names", multiple=True, metavar="NAME",
              help="A run of the preset baseline or improved; bundled/baseline, bundled/improved. "
                   "Give it again for the other study. The newest finished ones if none is "
                   "given.")  # fmt: skip
@click.option("--measure", "count", type=click.IntRange(1, MAX_STUDY_TUNES), metavar="NUMBER",
              help="Measure fluency on that many tunes, and keep it with the run.")  # fmt: skip
@json_option
def studies_command(names: tuple[str, ...], count: int | None, as_json: bool) -> None:
    """Compare baseline with improved: convergence, stability, losses, fluency and time.

    One run of each preset, the bundled trainings included. Fluency is the share of tunes in which
    every bar keeps time, composed without the grammar at temperature 0.8.
    """
    chosen = _choose(names)
    columns = [
        column for study, info in chosen.items() if (column := _read(study, info, info.id in names))
    ]
    failures = _measure(columns, count, as_json) if count else []
    if as_json:
        echo_json([_to_dict(column) for column in columns])
    else:
        echo(*_lines(columns))
    if failures:
        raise failures[0]


def _choose(names: tuple[str, ...]) -> dict[str, RunInfo]:
    """One run of each study that has any: that which is named, otherwise the newest finished.

    Raises:
        RunError: a name is of no such run, two are of one study, or there are no runs.
    """
    paths = Paths.default()
    runs = list_study_runs(RunStore(paths.runs), paths)
    known = {info.id: (study, info) for study, infos in runs.items() for info in infos}
    if not known:
        raise RunError(
            "There is no run of baseline or improved yet. Train both: python -m musicgen train "
            "--preset baseline"
        )
    chosen: dict[str, RunInfo] = {}
    for name in dict.fromkeys(map(normalize_name, names)):
        if name not in known:
            raise RunError(
                "There is no run of baseline or improved named {name!r} that has begun. There are: "
                "{known}.",
                name=name,
                known=", ".join(known),
            )
        study, info = known[name]
        if study in chosen:
            raise RunError("{first} and {second} are both runs of {study}: name one of them.",
                           first=chosen[study].id, second=name, study=study)  # fmt: skip
        chosen[study] = info
    return {study: chosen.get(study) or choose_run(runs[study]) for study in STUDIES if runs[study]}


def _read(study: str, info: RunInfo, is_named: bool) -> _Column | None:
    """The column of a run; one that is damaged hides the other only if it was asked for."""
    try:
        summary = dataclasses.replace(summarise_run(Run(info.path)), info=info)
    except RunError as error:
        if is_named:
            raise
        echo(f"{error}", err=True)
        return None
    checkpoint = _load(info)
    kept = read_fluency(Run(info.path), checkpoint.fingerprint) if checkpoint else None
    return _Column(study, summary, checkpoint, kept)


def _load(info: RunInfo) -> Checkpoint | None:
    ref = find_network(info)
    try:
        return load_checkpoint(ref.path) if ref else None
    except MusicgenError:  # its curves are there all the same
        return None


def _measure(columns: list[_Column], count: int, as_json: bool) -> list[StorageError]:
    """Measures each network anew; the errors are of figures that could not be kept."""
    failures = []
    for column in columns:
        if column.checkpoint is None:
            continue
        column.fluency = _measure_one(column.study, column.checkpoint, count, as_json)
        try:
            keep_fluency(column.summary.info, column.fluency)
        except StorageError as error:
            failures.append(error)
    return failures


def _measure_one(study: str, checkpoint: Checkpoint, count: int, as_json: bool) -> FluencyReport:
    with tqdm(total=count, delay=1.0, unit="tune", desc=study, disable=as_json or None,
              file=sys.stderr) as bar:  # fmt: skip

        def show(done: int) -> None:
            bar.update(done - bar.n)

        return measure_fluency(checkpoint, count, show)


def _lines(columns: list[_Column]) -> list[str]:
    """The table, then which runs have other settings than their preset."""
    if not columns:
        return []
    words = [write_study(column.summary, column.fluency) for column in columns]
    rows = [("", [column.study for column in columns]),
            ("Run", [column.label for column in columns])]  # fmt: skip
    rows += [(label, [figures[label] for figures in words]) for label in words[0]]
    widths = [max(len(values[at]) for _label, values in rows) for at in range(len(columns))]
    lines = [
        f"{label:<22}"
        + "   ".join(f"{value:<{width}}" for value, width in zip(values, widths, strict=True))
        for label, values in rows
    ]
    for column in columns:
        departures = find_departures(column.summary)
        if departures:
            told = ", ".join(f"{name} {now} instead of {was}"
                             for name, (was, now) in departures.items())  # fmt: skip
            lines.append(f"{column.label} departs from its preset: {told}.")
    return [line.rstrip() for line in lines]


def _to_dict(column: _Column) -> dict[str, Any]:
    fluency = column.fluency
    share = {"in_time": fluency.syntax.in_time} if fluency and fluency.tunes else {}
    return {
        "study": column.study,
        **column.summary.to_dict(),
        "fluency": dataclasses.asdict(fluency) | share if fluency else None,
        "departures": {
            name: {"preset": was, "run": now}
            for name, (was, now) in find_departures(column.summary).items()
        },
    }
