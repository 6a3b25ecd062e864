"""The command line: ``python -m musicgen COMMAND``.

Exit status 0 on success, 2 with one sentence on bad input, 130 when interrupted.
"""

import importlib
import logging
import sys
from collections.abc import Sequence

import click

from musicgen.errors import MusicgenError
from musicgen.safe_text import escape_controls
from musicgen.version import __version__

BAD_INPUT = 2
INTERRUPTED = 130

COMMANDS = {
    "corpus": ("corpus_group", "The tunebooks a network can learn from."),
    "train": ("train_command", "Train a network."),
    "runs": ("runs_group", "The runs there are: look, compare, rename, delete, export, import."),
    "sweeps": ("sweeps_group", "Sweeps over batch size and learning rate."),
    "compose": ("compose_command", "Compose tunes, or make the tunes of a file again."),
    "ladder": ("ladder_command", "One seed at several temperatures."),
    "temperature": ("temperature_command", "What temperature does to the next character."),
    "set": ("set_command", "Tunes that follow one another without a gap, as one file."),
    "rewrite": ("rewrite_command", "Other ways to go through some bars of a composed tune."),
    "notes": ("notes_command", "Name the notes of a tune; what else might have stood there."),
    "take": ("take_command", "Take another note, and the network goes on from there."),
    "favourites": ("favourites_group", "The tunes that are kept: list, add, remove, export."),
    "tunebook": ("tunebook_group", "Your tunes and sets: search, tag, print, export, back up."),
    "practise": ("practise_command", "A tune with count-in and metronome, slower and in parts."),
    "render": ("render_command", "Render every tune of an ABC file: sound and sheet music."),
    "check": ("check_command", "Say what is wrong with the tunes of an ABC file, and where."),
    "evaluate": ("evaluate_command", "Figures of composed tunes and of real ones."),
    "reports": ("reports_group", "The reports that are kept: list, show, export, delete."),
    "inspect": ("inspect_group", "Look inside a network: units, probes, what silence costs."),
    "lessons": ("lessons_group", "The lessons: list them, worksheets and notebooks of them."),
    "novelty": ("novelty_command", "Is it copied? Compare tunes with those a model learned from."),
    "critic": ("critic_command", "Teach a critic, which chooses among several drawings."),
    "preferences": ("preferences_command", "Pairs of tunes of which a critic prefers one."),
    "compress": ("compress_group", "Make a model smaller: 8 bits, fewer units or weights."),
    "export": ("export_command", "Take a model away: ONNX, checked against our engine."),
    "study": ("study_group", "Blind listening studies: make, show, export, compare."),
    "adapt": ("adapt_command", "Let a model learn from ballots, thumbs or new tunes."),
    "versions": ("versions_group", "Versions of models that learn: list, show, go back."),
    "bundle": ("bundle_command", "Measure a checkpoint of a run, and keep it."),
    "card": ("card_command", "Write the model card of a checkpoint, and print it."),
    "serve": ("serve_command", "Serve tunes to other programs over HTTP."),
    "waits": ("waits_command", "How long the app let people wait, and errors it showed."),
    "classroom": ("classroom_group", "A class on one server: its members, codes and limits."),
    "app": ("app_command", "Serve the app in a browser."),
}
"""The commands: what each is called in the module of its name, and what it does in one line. So
a list of them need not import them."""


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
        command: click.Command = getattr(module, COMMANDS[cmd_name][0])
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click asks so
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, does) for name, (_, does) in COMMANDS.items()])


_KEEPING = frozenset(
    (
        "train",
        "runs",
        "compose",
        "evaluate",
        "reports",
        "corpus",
        "bundle",
        "card",
        "compress",
        "critic",
        "preferences",
        "adapt",
    )
)
"""Commands that read or write what is kept on the disk, and begin by clearing it up."""


def _clear_litter() -> None:
    from musicgen.config import Paths
    from musicgen.training.runs.litter import clear_all_litter

    clear_all_litter(Paths.default())


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="musicgen", prog_name="musicgen")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is going on.")
@click.pass_context
def cli(context: click.Context, verbose: bool) -> None:
    """Train a recurrent network on folk tunes in ABC notation, and play what it composes."""
    level = logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
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
        _complain(escape_controls(error.format_message(), is_layout_kept=True))
        return BAD_INPUT
    except MusicgenError as error:
        _complain(escape_controls(f"{error}"))
        return BAD_INPUT
    except OSError as error:
        # Whatever of the disk nobody foresaw: a folder that may not be read, a device that fails.
        place = f"{error.filename}: " if error.filename else ""
        _complain(escape_controls(f"{place}{error.strerror or error}."))
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)  # noqa: TID251 - our own word
        return INTERRUPTED
    return 0


def _complain(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)  # noqa: TID251 - escaped


if __name__ == "__main__":
    sys.exit(main())
