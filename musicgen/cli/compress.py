"""``musicgen compress``: smaller versions of a trained network."""

from datetime import UTC, datetime
from pathlib import Path

import click

from musicgen.cli.export import measure_size
from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.compression.variants import MAX_SHARE, METHODS, MIN_SHARE, compress
from musicgen.config import Paths
from musicgen.models.checkpoint import WEIGHTS_FILE, find_checkpoint, load_checkpoint
from musicgen.training.runs.run import RunStore
from musicgen.version import __version__

DEFAULT_SHARE = 0.4


@click.group("compress")
def compress_group() -> None:
    """Make a trained model smaller; each version is a checkpoint of its own.

    Pruned ones are a beginning: `musicgen train --from NAME` goes on from them, with
    `--set keep_zeros=true` where single weights were taken out.
    """


def _run(checkpoint_name: str, method: str, name: str, share: float, as_json: bool) -> None:
    paths = Paths.default()
    ref = find_checkpoint(checkpoint_name, paths)
    run = compress(load_checkpoint(ref.path), method, name, RunStore(paths.runs), share)
    before, after = _measure(ref.path), _measure(run.path / "best")
    if as_json:
        echo_json({"checkpoint": run.id, "method": method, "from": ref.name, **after})
        return
    echo(f"{run.id}: {after['parameters']:,} parameters, {after['size_bytes']:,} bytes "
         f"({ref.name}: {before['parameters']:,}, {before['size_bytes']:,})")  # fmt: skip


def _measure(folder: Path) -> dict[str, int]:
    parameters = load_checkpoint(folder).network.num_parameters
    return {"parameters": parameters, "size_bytes": measure_size(folder / WEIGHTS_FILE)}


_source = click.argument("checkpoint_name", metavar="CHECKPOINT")
_name = click.option("--name", required=True, metavar="NAME", help="What the new one is called.")
_share = click.option("--share", type=click.FloatRange(MIN_SHARE, MAX_SHARE), show_default=True,
                      default=DEFAULT_SHARE, help="How much of it is to go.")  # fmt: skip


@compress_group.command("int8", help=METHODS["int8"].meaning)
@_source
@_name
@json_option
def int8_command(checkpoint_name: str, name: str, as_json: bool) -> None:
    """Keeps weights in 8 bits."""
    _run(checkpoint_name, "int8", name, DEFAULT_SHARE, as_json)


@compress_group.command("int4", help=METHODS["int4"].meaning)
@_source
@_name
@json_option
def int4_command(checkpoint_name: str, name: str, as_json: bool) -> None:
    """Keeps layers in 4 bits."""
    _run(checkpoint_name, "int4", name, DEFAULT_SHARE, as_json)


@compress_group.command("half", help=METHODS["half"].meaning)
@_source
@_name
@json_option
def half_command(checkpoint_name: str, name: str, as_json: bool) -> None:
    """Keeps weights in 16 bits."""
    _run(checkpoint_name, "half", name, DEFAULT_SHARE, as_json)


@compress_group.command("units", help=METHODS["units"].meaning)
@_source
@_name
@_share
@json_option
def units_command(checkpoint_name: str, name: str, share: float, as_json: bool) -> None:
    """Takes units out."""
    _run(checkpoint_name, "units", name, share, as_json)


@compress_group.command("weights", help=METHODS["weights"].meaning)
@_source
@_name
@_share
@json_option
def weights_command(checkpoint_name: str, name: str, share: float, as_json: bool) -> None:
    """Sets weights to zero."""
    _run(checkpoint_name, "weights", name, share, as_json)


@compress_group.command("report")
@click.argument("checkpoint_names", nargs=-1, required=True, metavar="CHECKPOINT...")
@click.option("--tunes", type=click.IntRange(0, 1000), default=50, show_default=True,
              help="Tunes to compose of each version, without the grammar.")  # fmt: skip
@click.option("--html", "html_path", type=click.Path(path_type=Path), metavar="FILE",
              help="Write a page with a table and charts.")  # fmt: skip
@overwrite_option
@json_option
def report_command(
    checkpoint_names: tuple[str, ...],
    tunes: int,
    html_path: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """What every version of a model costs, measured side by side in one run."""
    from musicgen.compression.measuring import measure_all
    from musicgen.compression.report_page import render_report, write_auc

    if html_path:
        check_free([html_path], overwrite)

    def show(name: str, done: int, total: int) -> None:
        echo(f"{done + 1} of {total}: {name}", err=True)

    rows = measure_all(checkpoint_names, Paths.default(), tunes, show)
    if html_path:
        page = render_report(rows, f"musicgen {__version__}, {datetime.now(UTC):%Y-%m-%d}.")
        write_output(html_path, page.encode("utf-8"), overwrite)
    if as_json:
        echo_json([one.to_dict() for one in rows])
        return
    for one in rows:
        made = f" ({one.made})" if one.made else ""
        echo(f"{one.name}{made}, {one.precision}: {one.size_bytes:,} bytes, "
             f"{one.body_loss:.3f} nats over bodies, {one.character_us[0]:,.0f} µs a character, "
             f"{one.start_s:.2f} s to start, {one.in_time_share:.0%} in time, "
             f"AUC {write_auc(one.auc)}")  # fmt: skip
