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
from musicgen.safe_text import escape_controls

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


class _Formatter(logging.Formatter):
    """Log lines quote files too."""

    def format(self, record: logging.LogRecord) -> str:
        return escape_controls(super().format(record), is_layout_kept=True)


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


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="musicgen", prog_name="musicgen")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is going on.")
def cli(verbose: bool) -> None:
    """Train a recurrent network on folk tunes in ABC notation, and play what it composes."""
    level = logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit status; every error of a user becomes one sentence."""
    try:
        cli.main(
            list(arguments) if arguments is not None else None,
            prog_name="musicgen",
            standalone_mode=False,
        )
    except click.ClickException as error:
        _complain(escape_controls(error.format_message(), is_layout_kept=True))
        return BAD_INPUT
    except MusicgenError as error:
        _complain(escape_controls(f"{error}"))
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)  # noqa: TID251 - our own word
        return INTERRUPTED
    return 0


def _complain(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)  # noqa: TID251 - escaped


if __name__ == "__main__":
    sys.exit(main())
