"""``musicgen bundle``: a run becomes a checkpoint that comes with the project."""

from dataclasses import replace
from pathlib import Path

import click

from musicgen.cli.options import echo_json, json_option
from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import CheckpointError
from musicgen.evaluation.loss import compute_loss
from musicgen.evaluation.model_card import CARD_FILE, render_model_card
from musicgen.models.checkpoint import (
    WEIGHTS_FILE,
    Checkpoint,
    find_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from musicgen.storage import write_file
from musicgen.training.record import keep_record
from musicgen.training.runs import RunStore


@click.command("bundle")
@click.argument("run_name", metavar="RUN")
@click.option("--name", required=True, help="Name of the bundled checkpoint, such as house.")
@click.option("--last", is_flag=True, help="Keep the end of the run as it is, not its best state.")
@click.option("--overwrite", is_flag=True, help="Replace a checkpoint that has this name.")
@json_option
def bundle_command(run_name: str, name: str, last: bool, overwrite: bool, as_json: bool) -> None:
    """Measure the best or the last checkpoint of a run, and keep it in half precision.

    A model card is written beside it, and the record of a training from first weights; ``card``
    adds the figures of a report.

    Held-out losses are those of the weights as they are kept. Reads the test tunes: do it once,
    when the run has been chosen.
    """
    if not name.isidentifier():
        raise CheckpointError(f"{name!r} cannot name a checkpoint: use letters, digits and '_'.")
    paths = Paths.default()
    folder = paths.checkpoints / name
    if folder.exists() and not overwrite:
        raise CheckpointError(
            "There is a checkpoint named {name} already. Choose another name, or add --overwrite.",
            name=name,
        )
    path = find_checkpoint(run_name, paths).path
    chosen = load_checkpoint(path.parent / "last" if last else path)
    metadata = replace(chosen.metadata, name=name)
    save_checkpoint(folder, chosen.network, metadata, half_precision=True)
    kept = load_checkpoint(folder)
    card = _write_with_results(folder, kept, paths)
    known = [info.id for info in RunStore(paths.runs).list()]
    if run_name in known:
        keep_record(RunStore(paths.runs).get(run_name), folder, kept)
    if as_json:
        echo_json(load_checkpoint(folder).metadata.metrics)
        return
    click.echo(card)


def _write_with_results(folder: Path, checkpoint: Checkpoint, paths: Paths) -> str:
    """Measures the weights as kept, and writes the figures and the card beside them."""
    dataset = load_dataset(str(checkpoint.metadata.corpus.get("source", "")), paths)
    results = {
        side: compute_loss(checkpoint.network, checkpoint.vocabulary, dataset.texts(side)).to_dict()
        for side in ("val", "test")
    }
    metrics = checkpoint.metadata.metrics | results
    metadata = replace(checkpoint.metadata, metrics=metrics)
    save_checkpoint(folder, checkpoint.network, metadata, half_precision=True)
    card = render_model_card(metadata, (folder / WEIGHTS_FILE).stat().st_size)
    write_file(folder / CARD_FILE, card.encode("utf-8"))
    return card
