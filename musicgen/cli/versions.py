"""``musicgen versions``: the versions of models that learn from people, and the way back."""

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.config import Paths
from musicgen.listening.versions import ModelLine, VersionStore


@click.group("versions")
def versions_group() -> None:
    """The versions of models that learn from people: list, show, use."""


@versions_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """One line for each line of versions."""
    lines = VersionStore(Paths.default()).lines()
    if as_json:
        echo_json([{"line": line.name, **line.to_dict()} for line in lines])
        return
    if not lines:
        echo("There are no versions yet. Make one: python -m musicgen adapt house")
    for line in lines:
        echo(f"{line.name}: {line.current} plays; versions: {len(line.versions)}")


@versions_group.command("show")
@click.argument("line")
@json_option
def show_command(line: str, as_json: bool) -> None:
    """Every version of LINE: from what it is, and what the gate said."""
    found = VersionStore(Paths.default()).find(line)
    if as_json:
        echo_json(found.to_dict())
        return
    echo(*_describe(found))


@versions_group.command("use")
@click.argument("line")
@click.argument("version")
@json_option
def use_command(line: str, version: str, as_json: bool) -> None:
    """Let another VERSION of LINE play: the way back."""
    found = VersionStore(Paths.default()).choose(line, version)
    if as_json:
        echo_json({"line": found.name, "current": found.current})
    else:
        echo(f"{found.current} plays as {found.name} now.")


def _describe(line: ModelLine) -> list[str]:
    rows = []
    for one in line.versions:
        mark = "*" if one.model == line.current else " "
        learned = ", ".join(f"{value} {name}" for name, value in one.learned.items()
                            if isinstance(value, int))  # fmt: skip
        failed = ", ".join(check.name for check in one.verdict.checks if not check.is_passed)
        said = f"kept aside: {failed}" if failed else "accepted"
        rows.append(f"{mark} {one.model}  {one.created}  {learned or 'the beginning'}  {said}")
    return rows
