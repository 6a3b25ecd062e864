"""``musicgen runs``: list the runs, delete and rename them, carry them to another machine."""

from pathlib import Path

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.output import open_output, overwrite_option
from musicgen.cli.studies import studies_command
from musicgen.config import Paths
from musicgen.errors import ArchiveError, RunError
from musicgen.storage import is_file
from musicgen.training.runs.archive import SUFFIX, export_run, import_run
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.run_admin import delete_run, rename_run
from musicgen.training.runs.summary import RunSummary, summarise_run


@click.group("runs")
def runs_group() -> None:
    """The runs there are: look, compare, rename, delete, export, import."""


runs_group.add_command(studies_command)


@runs_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """One line for each run, the newest first."""
    summaries = _summaries(_store())
    if as_json:
        echo_json([summary.to_dict() for summary in summaries])
        return
    if not summaries:
        echo("There are no runs yet. Train one: python -m musicgen train --preset quick")
    for summary in summaries:
        echo(_line(summary))
    for name in _store().list_damaged():
        echo(f"{name} is damaged and cannot be read. Delete it: runs delete {name}", err=True)


@runs_group.command("delete")
@click.argument("run_id", metavar="RUN")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete_command(run_id: str, yes: bool, as_json: bool) -> None:
    """Remove a run with its checkpoints and curves. There is no way back."""
    if run_id not in _store().list_damaged():
        run_id = _store().get(run_id).id
    if not yes:
        click.confirm(f"Delete the run {run_id} for good?", abort=True, err=True)
    delete_run(_store(), run_id)
    if as_json:
        echo_json({"deleted": run_id})
    else:
        echo(f"{run_id} is deleted.")


@runs_group.command("rename")
@click.argument("run_id", metavar="RUN")
@click.argument("new_id", metavar="NAME")
@json_option
def rename_command(run_id: str, new_id: str, as_json: bool) -> None:
    """Give a run another name."""
    run = rename_run(_store(), run_id, new_id)
    if as_json:
        echo_json({"run": run.id, "was": run_id})
    else:
        echo(f"{run_id} is now {run.id}.")


@runs_group.command("export")
@click.argument("run_id", metavar="RUN")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; RUN.zip if not given.")
@click.option("--without-last", is_flag=True, help="Smaller; it plays there, but cannot go on.")
@overwrite_option
@json_option
def export_command(
    run_id: str, out: Path | None, without_last: bool, overwrite: bool, as_json: bool
) -> None:
    """Write a run as one file for another machine."""
    run = _store().get(run_id)
    path = out or Path(f"{run_id}{SUFFIX}")
    with open_output(path, overwrite) as temporary, temporary.open("xb") as file:
        export_run(run, file, can_resume=not without_last)
    size_bytes = path.stat().st_size
    if as_json:
        echo_json({"run": run_id, "file": str(path), "size_bytes": size_bytes})
    else:
        echo(f"{path} ({size_bytes / 1e6:.1f} MB)")


@runs_group.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name of the run here; its own if not given.")
@json_option
def import_command(path: Path, name: str, as_json: bool) -> None:
    """Take in a run that was exported. The file is checked first, and nothing in it is run."""
    if not is_file(path):
        raise ArchiveError("There is no file {name}.", name=str(path))
    try:
        file = path.open("rb")
    except OSError as error:
        raise ArchiveError(
            "{name} cannot be read: {reason}.", name=str(path), reason=error.strerror or error
        ) from error
    with file:
        run = import_run(_store(), file, name)
    if as_json:
        echo_json(summarise_run(run).to_dict())
    else:
        echo(_line(summarise_run(run)))


def _store() -> RunStore:
    return RunStore(Paths.default().runs)


def _summaries(store: RunStore) -> list[RunSummary]:
    found = []
    for info in store.list():
        try:
            found.append(summarise_run(store.get(info.id)))
        except RunError:  # deleted or damaged since it was listed
            continue
    return found


def _line(summary: RunSummary) -> str:
    info = summary.info
    loss = summary.best_val_loss
    return (
        f"{info.id:<24} {info.preset:<10} {info.status:<10} "
        f"step {info.step:>7,} of {info.max_steps:<9,} "
        f"{'' if loss is None else f'held-out loss {loss:.4f}':<21} "
        f"{summary.elapsed_s / 60:6.1f} min {summary.size_bytes / 1e6:7.1f} MB  {info.created[:10]}"
    )
