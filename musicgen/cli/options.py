"""Options that several commands share, and the JSON they print."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from musicgen.config import SampleConfig, SettingInfo, describe
from musicgen.errors import ConfigError
from musicgen.safe_text import escape_controls, escape_json

F = TypeVar("F", bound=Callable[..., Any])

_SAMPLE = {info.name: info for info in describe(SampleConfig)}

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")

checkpoint_option = click.option(
    "--checkpoint",
    "checkpoint_name",
    required=True,
    metavar="NAME",
    help="A bundled checkpoint, a run, or the path of a checkpoint's folder.",
)


on_option = click.option(
    "--on",
    "place_name",
    default="local",
    show_default=True,
    metavar="PLACE",
    help="Where to run: local, ray (a cluster on this machine, or that of RAY_ADDRESS) or "
    "ray://HOST:PORT.",
)


def sample_option(flag: str, name: str) -> Callable[[F], F]:
    """A click option for a setting of `SampleConfig`, with its type, default and meaning."""
    info = _SAMPLE[name]
    if info.kind is bool:
        return click.option(flag, name, is_flag=True, help=_help(info))
    if info.choices:
        known = click.Choice([one for one in info.choices if one])
        return click.option(flag, name, type=known, default=None, callback=_or_empty,
                            help=_help(info))  # fmt: skip
    return click.option(
        flag, name, type=info.kind, default=info.default, show_default=info.default != "",
        help=_help(info),
    )  # fmt: skip


def _or_empty(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    return value or ""


def formats_option(default: str, known: tuple[str, ...]) -> Callable[[F], F]:
    """The option ``--formats abc,midi,wav``, checked against the formats there are."""

    def parse(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[str, ...]:
        names = tuple(
            dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip())
        )
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            wrong = f"{unknown[0]!r} is not a format." if unknown else "No format is named."
            raise ConfigError(f"{wrong} Choose from: {', '.join(known)}.")
        return names

    return click.option(
        "--formats", default=default, show_default=True, callback=parse, metavar="LIST",
        help=f"Files to write, separated by commas: {', '.join(known)}.",
    )  # fmt: skip


def echo_json(value: Any) -> None:
    """Prints a value as JSON; dataclasses become objects."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=dataclasses.asdict)
    click.echo(escape_json(text))  # noqa: TID251 - escaped in the way of JSON


def echo(*lines: str, err: bool = False) -> None:
    """Prints lines; what a terminal would obey in them, from a title or a name, is escaped."""
    for line in lines:
        click.echo(escape_controls(line), err=err)  # noqa: TID251 - the one place


def _help(info: SettingInfo) -> str:
    bounds = "" if info.low is None else f" [{info.low:,} to {info.high:,}]"
    return info.help + bounds
