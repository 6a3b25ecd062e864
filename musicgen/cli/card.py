"""``musicgen card``: the model card of a checkpoint, with what a report found of it."""

from pathlib import Path

import click

from musicgen.cli.options import echo
from musicgen.cli.output import overwrite_option, write_output
from musicgen.config import Paths
from musicgen.errors import ReportError
from musicgen.evaluation.model_card import CARD_FILE, render_model_card
from musicgen.evaluation.report.result import Report
from musicgen.evaluation.report.store import MAX_REPORT_BYTES
from musicgen.json_reading import read_json
from musicgen.models.checkpoint import WEIGHTS_FILE, find_checkpoint, load_checkpoint
from musicgen.storage import storing


@click.command("card")
@click.argument("name", metavar="CHECKPOINT")
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    help="What evaluate --json wrote: its figures of this checkpoint go into the card.",
)
@overwrite_option
def card_command(name: str, report_path: Path | None, overwrite: bool) -> None:
    """Write the model card of a checkpoint into its folder, and print it.

    The card that ``bundle`` wrote is replaced; any other only with --overwrite.
    """
    path = find_checkpoint(name, Paths.default()).path
    checkpoint = load_checkpoint(path)
    report = _read_report(report_path) if report_path else None
    with storing(path / CARD_FILE):
        size = (path / WEIGHTS_FILE).stat().st_size
    card = render_model_card(checkpoint.metadata, size, report, checkpoint.fingerprint)
    file = path / CARD_FILE
    is_bundled = _read(file) == render_model_card(checkpoint.metadata, size).encode("utf-8")
    is_same = _read(file) == card.encode("utf-8")
    write_output(file, card.encode("utf-8"), overwrite or is_bundled or is_same)
    echo(*card.splitlines())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _read_report(path: Path) -> Report:
    try:
        values = read_json(path, max_bytes=MAX_REPORT_BYTES, allow_nan=True)
    except OSError as error:
        raise ReportError(
            "{path} cannot be read: {why}.", path=path, why=error.strerror or error
        ) from error
    except ValueError as error:
        raise ReportError("This is no report that this program can read.") from error
    if not isinstance(values, dict):
        raise ReportError("This is no report that this program can read.")
    return Report.from_dict(values)
