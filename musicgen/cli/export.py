"""``musicgen export``: a trained network as files for other programs, checked before it is kept."""

import dataclasses
from pathlib import Path

import click

from musicgen.cli.options import checkpoint_option, echo, echo_json, json_option
from musicgen.cli.output import check_free, overwrite_option
from musicgen.config import Paths
from musicgen.errors import ConfigError, StorageError
from musicgen.export.chip import measure_chip
from musicgen.export.formats import (
    EXPORT_FORMATS,
    Agreement,
    ExportFormat,
    describe_agreement,
    get_format,
)
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint

CHIP_SEEDS = (1, 2)
"""Tunes that are composed on the chip: it is emulated, so more take long."""


@click.command("export")
@checkpoint_option
@click.option("--format", "key", default="onnx", show_default=True, metavar="FORMAT",
              help=f"What to write: {', '.join(EXPORT_FORMATS)}.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH",
              help="File or folder to write; by itself named after model and format.")  # fmt: skip
@click.option(
    "--chip",
    "on_chip",
    is_flag=True,
    help="With --format c: also build it for a Cortex-M4, run it in QEMU, and measure.",
)
@overwrite_option
@json_option
def export_command(
    checkpoint_name: str, key: str, out: Path | None, on_chip: bool, overwrite: bool, as_json: bool
) -> None:
    """Take a trained model away, as files for other programs.

    What is written is run beside our own engine first, over whole tunes; where it does not say the
    same, nothing is written.
    """
    form = get_format(key)
    if on_chip and key != "c":
        raise ConfigError("--chip is for the program in C: add --format c.")
    ref = find_checkpoint(checkpoint_name, Paths.default())
    path = out or Path(f"{ref.name}-{form.key}{form.suffix}")
    check_place(form, path, overwrite)
    checkpoint = load_checkpoint(ref.path)
    agreements = form.write(checkpoint, path)
    chip = measure_chip(checkpoint, CHIP_SEEDS) if on_chip else None
    if as_json:
        echo_json({"checkpoint": ref.name, "format": form.key, "path": str(path),
                   "size_bytes": measure_size(path),
                   "agreements": [describe_agreement(one) for one in agreements],
                   **({"chip": dataclasses.asdict(chip)} if chip else {})})  # fmt: skip
        return
    echo(f"{path}: {measure_size(path):,} bytes", *map(_line, agreements))
    if chip:
        echo(
            f"  on a Cortex-M4: {chip.flash_bytes:,} bytes of flash, {chip.ram_bytes:,} of RAM, "
            f"{chip.instructions:,} instructions a character; {chip.characters:,} characters, "
            f"{chip.wrong or 'none'} other than Python's"
        )


def check_place(form: ExportFormat, path: Path, overwrite: bool) -> None:
    """Checks that an export may be written to a path.

    Raises:
        StorageError: something is there that may not be written over.
    """
    if form.suffix:
        check_free([path], overwrite)
    elif path.exists() and not (overwrite and path.is_dir()):
        raise StorageError(
            "{name} is there already. Choose another place, or add --overwrite.", name=path
        )


def measure_size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files)


def _line(one: Agreement) -> str:
    accepted = f"at most {one.tolerance:g}" if one.tolerance else "the same bits"
    return f"  {one.subject}: {one.characters:,} characters, {one.largest:.2g} apart ({accepted})"
