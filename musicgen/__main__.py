"""The command line: ``python -m musicgen COMMAND``.

Exit status 0 on success, 2 with one sentence on bad input, 130 when interrupted.
"""

import importlib
import logging
import sys
from collections.abc import Sequence

import click

from musicgen import __version__
from musicgen.errors import MusicgenError

BAD_INPUT = 2
INTERRUPTED = 130

COMMANDS = {
    "corpus": "corpus_group",
    "train": "train_command",
    "runs": "runs_group",
    "compose": "compose_command",
    "render": "render_command",
    "check": "check_command",
    "evaluate": "evaluate_command",
    "novelty": "novelty_command",
    "bundle": "bundle_command",
    "card": "card_command",
    "app": "app_command",
}


class _Commands(click.Group):
    """Imports a command when it is asked for: rendering a tune need not wait for torch."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click asks so
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click asks so
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"musicgen.cli.{cmd_name}")
        command: click.Command = getattr(module, COMMANDS[cmd_name])
        return command


_KEEPING = frozenset(("train", "runs", "compose", "evaluate", "corpus", "bundle", "card"))
"""Commands that read or write what is kept on the disk, and begin by clearing it up."""


def _clear_litter() -> None:
    from musicgen.config import Paths
    from musicgen.training.litter import clear_all_litter

    clear_all_litter(Paths.default())


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="musicgen", prog_name="musicgen")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is going on.")
@click.pass_context
def cli(context: click.Context, verbose: bool) -> None:
    """Train a recurrent network on folk tunes in ABC notation, and play what it composes."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    if context.invoked_subcommand in _KEEPING:
        _clear_litter()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit status; every error of a user becomes one sentence."""
    try:
        cli.main(
            list(arguments) if arguments is not None else None,
            prog_name="musicgen",
            standalone_mode=False,
        )
    except click.ClickException as error:
        click.echo(f"Error: {error.format_message()}", err=True)
        return BAD_INPUT
    except MusicgenError as error:
        click.echo(f"Error: {error}", err=True)
        return BAD_INPUT
    except OSError as error:
        # Whatever of the disk nobody foresaw: a folder that may not be read, a device that fails.
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {place}{error.strerror or error}.", err=True)
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
