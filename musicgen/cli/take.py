"""``musicgen take``: another character at one place of a tune, and the network goes on from it."""

from pathlib import Path

import click

from musicgen.cli.editing import editing_options, write_edited
from musicgen.cli.recompose import recompose_tune
from musicgen.errors import ConfigError
from musicgen.sampling.edit_list import MAX_NUMBER, Take


@click.command("take")
@click.option("--at", "offset", required=True, type=click.IntRange(0, MAX_NUMBER),
              help="Place in the text, as `notes` says it.")  # fmt: skip
@click.option("--character", required=True, help="What is to stand there.")
@editing_options
def take_command(  # noqa: PLR0913 - each is an option of the command
    file: Path,
    number: int,
    checkpoint_name: str,
    offset: int,
    character: str,
    out: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Take another note where the network had one in mind: it composes on from there.

    `notes FILE` lists the places and what else might have stood there.
    """
    if len(character) != 1:
        raise ConfigError("--character takes one character, not {text!r}.", text=character[:40])
    request, tune = recompose_tune(file, checkpoint_name, number)
    edit = Take(offset, character)
    write_edited(request, tune, edit, out, formats, overwrite=overwrite, as_json=as_json)
