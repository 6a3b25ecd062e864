"""``musicgen study``: blind listening studies, from the plan to the count."""

import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, formats_option, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.config import Paths, describe, parse_setting
from musicgen.errors import ConfigError, StudyError
from musicgen.json_reading import read_json
from musicgen.listening.plan import (
    MAX_PLAN_BYTES,
    StudyPlan,
    StudySettings,
    parse_version,
    setting_help,
)
from musicgen.listening.store import StudyInfo, StudyStore

_FORMATS = ("csv", "json", "html")


@click.group("study")
def study_group() -> None:
    """Blind listening studies: make, list, show, export, close, delete, compare.

    STUDY is the id that `list` shows, or its beginning. Listeners take part on the page Listen.
    """


def _plan_options(command: Any) -> Any:
    """The options that make a plan: a file, or versions with settings."""
    options = (
        click.argument("file", required=False, metavar="[PLAN.json]",
                       type=click.Path(dir_okay=False, path_type=Path)),
        click.option("--version", "versions", multiple=True, metavar="MODEL[:TEMPERATURE]",
                     help="A version to compare; real for held-out tunes. Once for each."),
        click.option("--title", default="", help="What listeners read above the pairs."),
        click.option("--set", "changes", multiple=True, metavar="NAME=VALUE",
                     help="A setting of the study; `study settings` lists them."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@study_group.command("settings")
@json_option
def settings_command(as_json: bool) -> None:
    """Every setting of a study, its default and what it means."""
    rows = [
        {"name": info.name, "default": info.default, "help": setting_help()[info.name]}
        for info in describe(StudySettings)
    ]
    if as_json:
        echo_json(rows)
    else:
        echo(*(f"{row['name']:12} {row['default']!s:8} {row['help']}" for row in rows))


@study_group.command("power")
@_plan_options
@json_option
def power_command(
    file: Path | None, versions: tuple[str, ...], title: str, changes: tuple[str, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Tell beforehand what a study of pairs can find out. Nothing is made."""
    from musicgen.listening.power import plan_power

    plan = _read_plan(file, versions, title or "power", changes)
    if not plan.settings.is_paired:
        raise StudyError("Power is told of studies of pairs.")
    found = plan_power(plan)
    if as_json:
        echo_json(found)
        return
    enough = f"{found.listeners:,}" if found.listeners else "no number of"
    echo(
        f"{found.ballots:,} ballots of {plan.settings.listeners} listeners find a preference of "
        f"{found.difference:.0%} with a probability of {found.power:.0%}.",
        f"With 80 % they find one of {found.smallest:.1%} or more.",
        f"For {found.difference:.0%}, {enough} listeners would do.",
    )


@study_group.command("make")
@_plan_options
@json_option
def make_command(
    file: Path | None, versions: tuple[str, ...], title: str, changes: tuple[str, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Make a study: compose its tunes, render them at one loudness, and open it."""
    from musicgen.listening.tunes import make_tunes

    plan = _read_plan(file, versions, title, changes)
    paths = Paths.default()
    with tqdm(unit="step", disable=as_json or None, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        tunes = make_tunes(plan, paths, show)
    study = _store().add(plan, tunes)
    if as_json:
        echo_json({"study": study, "tunes": len(tunes), "link": f"/Listen?study={study}"})
    else:
        echo(f"{study} is open. Listeners follow the link /Listen?study={study}")


@study_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """One line for each study, the newest first."""
    infos = _store().infos()
    if as_json:
        echo_json([_row(info) for info in infos])
        return
    if not infos:
        echo("There are no studies yet. Make one: python -m musicgen study make --title Tunes "
             "--version house --version real")  # fmt: skip
    for info in infos:
        listeners = "listener" if info.listeners == 1 else "listeners"
        state = "open" if info.is_open else "counted" if info.is_final else "closed"
        echo(
            f"{info.id}  {info.created[:10]}  {state:7}  {info.listeners:4} {listeners:9}  "
            f"{info.ballots:5}/{info.plan.planned_ballots} ballots  {info.plan.title}"
        )


@study_group.command("show")
@click.argument("key", metavar="STUDY")
@json_option
def show_command(key: str, as_json: bool) -> None:
    """Show the count of a study, as of the last look that is due."""
    from musicgen.listening.export import describe as tell
    from musicgen.listening.export import write_figure, write_share
    from musicgen.listening.results import count

    store = _store()
    info = store.get(key)
    ballots, numbers = store.ballots(info.id), store.numbers(info.id)
    result = count(info.plan, ballots, numbers, is_final=info.is_final)
    if as_json:
        echo_json(result.to_dict())
        return
    echo(info.plan.title, *(f"  {fact}" for fact in tell(result)))
    for one in result.versions:
        echo(f"  {one.name:24} {one.won:4} won {one.lost:4} lost {one.tied:4} tied  "
             f"{write_figure(one.strength)}")  # fmt: skip
    for pair in result.pairs:
        verdict = "different" if pair.is_different else "equal" if pair.is_equal else "not decided"
        echo(f"  {pair.first} / {pair.second}: {write_share(pair.preference)}, {verdict}")
    for rating in result.ratings:
        echo(f"  {rating.scale:10} {rating.name:24} {write_figure(rating.mean)}")


@study_group.command("export")
@click.argument("key", metavar="STUDY")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@formats_option("csv,json,html", _FORMATS)
@overwrite_option
@json_option
def export_command(
    key: str, out: Path, formats: tuple[str, ...], overwrite: bool, as_json: bool
) -> None:
    """Write every ballot as CSV, all of a study as JSON, and a page to print."""
    from musicgen.listening.export import export

    store = _store()
    info = store.get(key)
    files = {name: out / f"study-{info.id}.{name}" for name in formats}
    check_free(files.values(), overwrite)
    for name, path in files.items():
        write_output(path, export(store, info, name), overwrite)
    if as_json:
        echo_json({"study": info.id, "files": [str(path) for path in files.values()]})
    else:
        echo(f"{info.id}: {' '.join(map(str, files.values()))}")


@study_group.command("close")
@click.argument("key", metavar="STUDY")
@click.option("--reopen", is_flag=True, help="Open it again.")
@click.option(
    "--for-good",
    is_flag=True,
    help="Never to be opened again: the ballots that there are count as they are.",
)
@json_option
def close_command(key: str, reopen: bool, for_good: bool, as_json: bool) -> None:
    """Close a study: no further listeners and ballots."""
    if reopen and for_good:
        raise ConfigError("A study is closed for good or opened again, not both.")
    store = _store()
    info = store.get(key)
    if for_good:
        store.finish(info.id)
    else:
        store.close(info.id, is_open=reopen)
    if as_json:
        echo_json({"study": info.id, "open": reopen, "for_good": for_good or info.is_final})
    else:
        state = "open" if reopen else "closed for good" if for_good else "closed"
        echo(f"{info.id} is {state}.")


@study_group.command("delete")
@click.argument("key", metavar="STUDY")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete_command(key: str, yes: bool, as_json: bool) -> None:
    """Remove a study with its tunes and ballots. There is no way back."""
    store = _store()
    info = store.get(key)
    if not yes:
        click.confirm(f"Delete {info.plan.title!r} with {info.ballots} ballots for good?",
                      abort=True, err=True)  # fmt: skip
    store.delete(info.id)
    if as_json:
        echo_json({"deleted": info.id})
    else:
        echo(f"{info.id} is deleted.")


@study_group.command("compare")
@click.argument("keys", metavar="STUDY...", nargs=-1)
@json_option
def compare_command(keys: tuple[str, ...], as_json: bool) -> None:
    """Count several studies as one: how versions have fared over months.

    All of pairs if none is named.
    """
    from musicgen.listening.export import write_figure
    from musicgen.listening.pooling import pool

    store = _store()
    infos = [store.get(key) for key in keys]
    infos = infos or [one for one in store.infos() if one.plan.settings.is_paired]
    if not infos:
        raise StudyError("There are no studies yet.")
    versions = pool(store, infos)
    if as_json:
        echo_json(versions)
        return
    for one in versions:
        echo(f"{one.first_heard}  {one.name:32} {one.ballots:5} ballots  "
             f"{write_figure(one.strength)}")  # fmt: skip


def _store() -> StudyStore:
    return StudyStore(Paths.default().listening)


def _row(info: StudyInfo) -> dict[str, Any]:
    return {
        "study": info.id,
        "created": info.created,
        "title": info.plan.title,
        "open": info.is_open,
        "listeners": info.listeners,
        "ballots": info.ballots,
        "planned": info.plan.planned_ballots,
    }


def _read_plan(
    file: Path | None, versions: tuple[str, ...], title: str, changes: tuple[str, ...]
) -> StudyPlan:
    """The plan of a file, or of options, with the settings that are changed."""
    values: dict[str, Any] = {}
    if file:
        try:
            found = read_json(file, max_bytes=MAX_PLAN_BYTES)
        except (OSError, ValueError) as error:
            raise StudyError("{name} is no plan that can be read.", name=file) from error
        if not isinstance(found, dict):
            raise StudyError("A plan is an object with a title and versions.")
        values = found
    if versions:
        values["versions"] = [parse_version(text).to_dict() for text in versions]
    if title or "title" not in values:
        values["title"] = title
    known = {info.name: info for info in describe(StudySettings)}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in known:
            raise ConfigError(
                "There is no setting named {names}. Choose from: {known}.",
                names=repr(name[:60]),
                known=", ".join(known),
            )
        values[name] = parse_setting(known[name], text)
    return StudyPlan.from_dict(values)
