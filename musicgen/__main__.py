"""The command line: ``python -m musicgen COMMAND``.

Exit status 0 on success, 2 with one sentence on bad input, 130 when interrupted.
"""

import logging
import sys
from collections.abc import Sequence

import click

from musicgen import __version__
from musicgen.cli.app import app_command
from musicgen.cli.bundle import bundle_command
from musicgen.cli.compose import compose_command
from musicgen.cli.corpus import corpus_group
from musicgen.cli.evaluate import evaluate_command
from musicgen.cli.render import render_command
from musicgen.cli.train import train_command
from musicgen.errors import MusicgenError

BAD_INPUT = 2
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="musicgen", prog_name="musicgen")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is going on.")
def cli(verbose: bool) -> None:
    """Train a recurrent network on folk tunes in ABC notation, and play what it composes."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)


for _command in (
    corpus_group,
    train_command,
    compose_command,
    render_command,
    evaluate_command,
    bundle_command,
    app_command,
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit status; every error of a user becomes one sentence."""
    try:
        cli.main(
            list(arguments) if arguments is not None else None,
            prog_name="musicgen",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except MusicgenError as error:
        click.echo(f"Error: {error}", err=True)
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
