"""``musicgen bundle``: a run becomes a checkpoint that comes with the project."""

from dataclasses import replace
from pathlib import Path

import click

from musicgen.cli.options import echo_json, json_option
from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import CheckpointError, NameFault
from musicgen.evaluation.loss import compute_loss
from musicgen.evaluation.model_card import CARD_FILE, render_model_card
from musicgen.models.checkpoint import (
    WEIGHTS_FILE,
    Checkpoint,
    find_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from musicgen.names import check_name, normalize_name
from musicgen.storage import write_file
from musicgen.training.record import keep_record
from musicgen.training.runs import RunStore


@click.command("bundle")
@click.argument("run_name", metavar="RUN")
@click.option("--name", required=True, help="Name of the bundled checkpoint, such as house.")
@click.option("--last", is_flag=True, help="Keep the end of the run as it is, not its best state.")
@json_option
def bundle_command(run_name: str, name: str, last: bool, as_json: bool) -> None:
    """Measure the best or the last checkpoint of a run, and keep it in half precision.

    A model card is written beside it, and the record of a training from first weights; ``card``
    adds the figures of a report.

    Held-out losses are those of the weights as they are kept. Reads the test tunes: do it once,
    when the run has been chosen.
    """
    try:
        name = check_name(name)
    except NameFault as fault:
        raise CheckpointError(
            "{name!r} cannot name a checkpoint: {reason}.", name=name, reason=fault
        ) from fault
    paths = Paths.default()
    folder = paths.checkpoints / name
    path = find_checkpoint(run_name, paths).path
    chosen = load_checkpoint(path.parent / "last" if last else path)
    chosen = replace(chosen, metadata=replace(chosen.metadata, name=name))
    save_checkpoint(folder, chosen.network, chosen.metadata, half_precision=True)
    kept = load_checkpoint(folder)
    card = _write_with_results(folder, kept, paths)
    known = [info.id for info in RunStore(paths.runs).list()]
    if normalize_name(run_name) in known:
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
