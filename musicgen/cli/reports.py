"""``musicgen reports``: the reports that are kept, those that the page Evaluate made included."""

from pathlib import Path
from typing import Any

import click

from musicgen.cli.options import echo, echo_json, formats_option, json_option, on_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.cli.report_lines import example_lines, open_bar, report_lines, show_progress
from musicgen.cli.signals import asking_to_stop
from musicgen.config import Paths, to_json
from musicgen.errors import ReportError
from musicgen.evaluation.report.html import describe_plan, render_html
from musicgen.evaluation.report.result import Report
from musicgen.evaluation.report.store import ReportInfo, ReportStore, report_file_name

_FORMATS = ("html", "json")
_POLL_S = 0.5


@click.group("reports")
def reports_group() -> None:
    """The reports that are kept: list, show, export, resume, delete.

    REPORT is the id that `list` shows, or its beginning. New ones: evaluate --keep.
    """


@reports_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """One line for each report, the newest first."""
    store = _store()
    infos = store.list()
    if as_json:
        echo_json([_row(info) for info in infos])
        return
    if not infos:
        echo("There are no reports yet. Make one: python -m musicgen evaluate --checkpoint house "
             "--count 100 --keep")  # fmt: skip
    for info in infos:
        echo(_line(info))
    for name in store.list_damaged():
        echo(f"{name} is damaged and cannot be read. Delete it: reports delete {name}", err=True)


@reports_group.command("show")
@click.argument("key", metavar="[REPORT]", default="")
@click.option("--tunes", is_flag=True,
              help="Instead of figures, the best and the worst tune of each set.")  # fmt: skip
@json_option
def show_command(key: str, tunes: bool, as_json: bool) -> None:
    """Show the figures of a report; of the newest if none is named."""
    report = _read(key)[1]
    if as_json:
        echo_json(report.to_dict())
    elif tunes:
        echo(*example_lines(report))
    else:
        echo(describe_plan(report, str), *report_lines(report))


@reports_group.command("export")
@click.argument("key", metavar="[REPORT]", default="")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@formats_option("html,json", _FORMATS)
@overwrite_option
@json_option
def export_command(
    key: str, out: Path, formats: tuple[str, ...], overwrite: bool, as_json: bool
) -> None:
    """Write a report as a page and as JSON; the newest if none is named."""
    report_id, report = _read(key)
    paths = {ending: out / report_file_name(report_id, ending) for ending in formats}
    check_free(paths.values(), overwrite)
    for ending, path in paths.items():
        text = render_html(report) if ending == "html" else to_json(report.to_dict())
        write_output(path, text.encode(), overwrite)
    names = [str(path) for path in paths.values()]
    if as_json:
        echo_json({"report": report_id, "files": names})
    else:
        echo(f"{report_id}: {' '.join(names)}")


@reports_group.command("resume")
@click.argument("key", metavar="REPORT")
@on_option
@json_option
def resume_command(key: str, place_name: str, as_json: bool) -> None:
    """Go on with a report that ended early. Ctrl-C stops it and keeps what was composed."""
    store = _store()
    info = _find(key, store.list())
    if not info.is_done:
        _resume(store, info.id, place_name, as_json=as_json)
    report = store.read(info.id)
    if as_json:
        echo_json(report.to_dict())
    else:
        echo(describe_plan(report, str), *report_lines(report))


@reports_group.command("delete")
@click.argument("key", metavar="REPORT")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete_command(key: str, yes: bool, as_json: bool) -> None:
    """Remove a report with its tunes. There is no way back."""
    store = _store()
    damaged = key in store.list_damaged()
    report_id = key if damaged else _find(key, store.list()).id
    if not yes:
        click.confirm(f"Delete the report {report_id} for good?", abort=True, err=True)
    store.delete(report_id)
    if as_json:
        echo_json({"deleted": report_id})
    else:
        echo(f"{report_id} is deleted.")


def _store() -> ReportStore:
    return ReportStore(Paths.default().reports)


def _read(key: str) -> tuple[str, Report]:
    """The id of a report and the report itself; the newest whole one for an empty key.

    Raises:
        ReportError: there is none, it is not whole yet, or it is damaged.
    """
    store = _store()
    infos = store.list()
    if not key:
        infos = [info for info in infos if info.is_done]
        if not infos:
            raise ReportError("There are no whole reports yet. Make one with evaluate --keep.")
    info = _find(key, infos) if key else infos[0]
    if not info.is_done:
        raise ReportError(
            "The report {name} ended early, or is being made. Go on with it: python -m musicgen "
            "reports resume {name}",
            name=info.id,
        )
    return info.id, store.read(info.id)


def _find(key: str, infos: list[ReportInfo]) -> ReportInfo:
    """The report whose id begins so.

    Raises:
        ReportError: there is none, or several.
    """
    found = [info for info in infos if key and info.id.startswith(key)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ReportError("Several reports have ids that begin with {key}: give more of it.",
                          key=key)  # fmt: skip
    raise ReportError(
        "There is no report {key!r}. Their ids: python -m musicgen reports list", key=key[:40]
    )


def _resume(store: ReportStore, report_id: str, place_name: str, *, as_json: bool) -> None:
    """Makes the rest of a report, until it is whole or somebody presses Ctrl-C."""
    from musicgen.jobs.background_task import TaskStatus
    from musicgen.jobs.report_service import ReportService
    from musicgen.places.place import find_place

    service = ReportService(store, Paths.default())

    with asking_to_stop(service.cancel):
        service.resume(report_id, find_place(place_name))
        with open_bar(as_json) as bar:
            while not service.wait(_POLL_S):
                now = service.snapshot()
                if now:
                    show_progress(bar, now.share, now.cell)
    end = service.snapshot()
    if end and end.error:
        raise end.error
    if end and end.status is TaskStatus.CANCELLED:
        raise click.Abort


def _row(info: ReportInfo) -> dict[str, Any]:
    return {"report": info.id, "is_whole": info.is_done, **info.plan.to_dict()}


def _line(info: ReportInfo) -> str:
    plan, day, time = info.plan, info.id[:8], info.id[9:13]
    temperatures = ", ".join(map("{:g}".format, plan.temperatures))
    sets = f"{plan.count} tunes each, temperature {temperatures}" if plan.count else "no tunes"
    parts = [f"{day[:4]}-{day[4:6]}-{day[6:]} {time[:2]}:{time[2:]} UTC",
             ", ".join(plan.checkpoints) or "a tunebook", sets,
             *([] if info.is_done else ["not whole yet"])]  # fmt: skip
    return f"{info.id}  {'; '.join(parts)}"
