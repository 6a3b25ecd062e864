"""``musicgen classroom``: who belongs to the class of this server, their codes, and its limits."""

from pathlib import Path

import click

from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import PUPIL, TEACHER, ClassStore, Member, NewCode
from musicgen.classroom.work import measure_home, share_run
from musicgen.cli.options import echo, echo_json, json_option
from musicgen.config import Paths, describe, parse_setting
from musicgen.errors import ClassError, ConfigError

_MEGABYTE = 1_000_000
_MAX_LIST_BYTES = 100_000
ONCE = "Write the codes down now: they are not kept, only what checks them."


@click.group("classroom")
def classroom_group() -> None:
    """A class on one server: its members, their codes, and what they may ask for."""


@classroom_group.command("new")
@click.argument("name")
@click.option("--teacher", default="Teacher", show_default=True, help="Name of the teacher.")
@json_option
def new_command(name: str, teacher: str, as_json: bool) -> None:
    """Make the class NAME, and print the teacher's code."""
    made = _store().create(name, teacher)
    _print_codes([made], as_json)
    if not as_json:
        echo("", "Add members: python -m musicgen classroom add NAME NAME",
             "Serve them:  python -m musicgen app --class")  # fmt: skip


@classroom_group.command("add")
@click.argument("names", nargs=-1)
@click.option("--from", "list_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A text file with one name a line.")  # fmt: skip
@click.option("--teacher", is_flag=True, help="They see the board, and have no limits.")
@click.option("--account", default="", metavar="ADDRESS",
              help="With the school's own login: the address of the one who is added.")  # fmt: skip
@json_option
def add_command(
    names: tuple[str, ...], list_file: Path | None, teacher: bool, account: str, as_json: bool
) -> None:
    """Add members by NAMES, and print their codes."""
    wanted = [*names, *(_read_names(list_file) if list_file else ())]
    if not wanted:
        raise ClassError("Name somebody, or a file with --from.")
    if account and len(wanted) > 1:
        raise ClassError("An address is one member's: add them one after the other.")
    _print_codes(_store().add(wanted, TEACHER if teacher else PUPIL, account), as_json)


@classroom_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """One line for each member: what they have, and how much room it takes."""
    store = _store()
    room = store.read()
    rows = [_row(store, member) for member in room.members]
    if as_json:
        echo_json({"name": room.name, "limits": room.limits.to_dict(), "members": rows})
        return
    echo(f"{room.name}: {len(rows)} members")
    for row in rows:
        account = f"  {row['account']}" if row["account"] else ""
        echo(f"{row['name']:<24} {row['role']:<8} {row['runs']:>4} runs {row['mb']:>8.1f} MB"
             f"  {row['folder']}{account}")  # fmt: skip


@classroom_group.command("code")
@click.argument("name")
@json_option
def code_command(name: str, as_json: bool) -> None:
    """Give NAME a new code; the old one, and whoever is signed in with it, no longer counts."""
    _print_codes([_store().renew_code(name)], as_json)


@classroom_group.command("remove")
@click.argument("name")
@click.option("--with-work", is_flag=True, help="Delete their runs, corpora and tunes as well.")
@json_option
def remove_command(name: str, with_work: bool, as_json: bool) -> None:
    """Remove NAME from the class; their work stays on the disk unless you say otherwise."""
    store = _store()
    member = store.remove(name, with_work=with_work)
    folder = store.paths_of(member).home
    is_kept = folder.is_dir() and not member.is_teacher
    if as_json:
        echo_json({"removed": member.name, "work": str(folder) if is_kept else ""})
        return
    echo(f"{member.name} is no longer in the class.")
    if is_kept:
        echo(f"The work stays in {folder}")


@classroom_group.command("limits")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change a limit.")
@json_option
def limits_command(changes: tuple[str, ...], as_json: bool) -> None:
    """Show or change what each member may ask for."""
    store = _store()
    limits = store.read().limits
    if changes:
        limits = limits.replace(**dict(map(_parse_change, changes)))
        store.set_limits(limits)
    if as_json:
        echo_json(limits.to_dict())
        return
    for info in describe(Limits):
        echo(f"{info.name:<12} {getattr(limits, info.name):>12,}  {info.help}")


@classroom_group.command("share")
@click.argument("name")
@click.argument("run")
@json_option
def share_command(name: str, run: str, as_json: bool) -> None:
    """Let all members play and look at a RUN of the member NAME; a copy, the run stays theirs."""
    store = _store()
    member = store.read().get(name)
    if member.is_teacher:
        raise ClassError("What teachers train is for all to read already.")
    shared = share_run(run, store.paths_of(member), Paths.default(), member.id)
    if as_json:
        echo_json({"shared": shared})
    else:
        echo(f"All members can play {shared} now.")


def _store() -> ClassStore:
    return ClassStore(Paths.default())


def _row(store: ClassStore, member: Member) -> dict[str, object]:
    paths = store.paths_of(member)
    has_own = not member.is_teacher
    runs = len(list(paths.runs.glob("*/config.json")))
    return {
        "id": member.id,
        "name": member.name,
        "role": member.role,
        "account": member.account,
        "created": member.created,
        "runs": runs,
        "mb": round(measure_home(paths.home if has_own else paths.runs) / _MEGABYTE, 1),
        "folder": f"members/{member.id}" if has_own else ".",
    }


def _print_codes(made: list[NewCode], as_json: bool) -> None:
    if as_json:
        echo_json([{"name": one.member.name, "role": one.member.role, "code": one.code}
                   for one in made])  # fmt: skip
        return
    for one in made:
        echo(f"{one.member.name:<24} {one.code}")
    echo("", ONCE)


def _read_names(file: Path) -> list[str]:
    try:
        with file.open("rb") as opened:
            text = opened.read(_MAX_LIST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ClassError("{name} cannot be read as UTF-8 text.", name=file.name) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _parse_change(text: str) -> tuple[str, object]:
    name, is_there, value = text.partition("=")
    info = next((one for one in describe(Limits) if one.name == name.strip()), None)
    if info is None or not is_there:
        known = ", ".join(one.name for one in describe(Limits))
        raise ConfigError("Write a limit as NAME=VALUE, with one of: {known}.", known=known)
    return info.name, parse_setting(info, value.strip())
