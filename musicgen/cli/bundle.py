"""``musicgen bundle``: a run becomes a checkpoint that comes with the project."""

from dataclasses import replace
from pathlib import Path

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import CheckpointError, NameFault
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.model_card import CARD_FILE, render_model_card
from musicgen.models.checkpoint import (
    FLOAT,
    INT8,
    WEIGHTS_FILE,
    Checkpoint,
    find_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from musicgen.names import check_name, normalize_name
from musicgen.storage import put_folder, staging_folder, storing, write_file
from musicgen.training.runs.bundled_history import write_bundled_training
from musicgen.training.runs.run import RunStore


@click.command("bundle")
@click.argument("run_name", metavar="RUN")
@click.option("--name", required=True, help="Name of the bundled checkpoint, such as house.")
@click.option("--last", is_flag=True, help="Keep the end of the run as it is, not its best state.")
@click.option("--int8", is_flag=True, help="Keep the weights in 8 bits, a quarter of the size.")
@click.option("--overwrite", is_flag=True, help="Replace a checkpoint that has this name.")
@json_option
def bundle_command(
    run_name: str, name: str, last: bool, int8: bool, overwrite: bool, as_json: bool
) -> None:
    """Measure the best or the last checkpoint of a run, and keep it in half precision or 8 bits.

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
    if folder.exists() and not overwrite:
        raise CheckpointError(
            "There is a checkpoint named {name} already. Choose another name, or add --overwrite.",
            name=name,
        )
    path = find_checkpoint(run_name, paths).path
    chosen = load_checkpoint(path.parent / "last" if last else path)
    metadata = replace(chosen.metadata, name=name)
    known = [info.id for info in RunStore(paths.runs).list()]
    with staging_folder(paths.checkpoints, "bundle") as staged:
        # All of it is made aside: whoever is killed here leaves no checkpoint without its figures.
        save_checkpoint(
            staged / name, chosen.network, metadata,
            half_precision=not int8, weights=INT8 if int8 else FLOAT,
            extra_files=chosen.extra_files,
        )  # fmt: skip
        kept = load_checkpoint(staged / name)
        card = _write_with_results(staged / name, kept, paths)
        if normalize_name(run_name) in known:
            write_bundled_training(RunStore(paths.runs).get(run_name), staged / name, kept)
        put_folder(staged / name, folder)
    if as_json:
        echo_json(load_checkpoint(folder).metadata.metrics)
        return
    echo(*card.splitlines())


def _write_with_results(folder: Path, checkpoint: Checkpoint, paths: Paths) -> str:
    """Measures the weights as kept, and writes the figures and the card beside them."""
    learned = checkpoint.metadata
    source, config = str(learned.corpus.get("source", "")), learned.training
    dataset = load_dataset(source, paths, config.plain, config.described)
    results = {
        side: compute_loss(checkpoint.network, checkpoint.vocabulary, dataset.texts(side)).to_dict()
        for side in ("val", "test")
    }
    metrics = checkpoint.metadata.metrics | results
    metadata = replace(checkpoint.metadata, metrics=metrics)
    save_checkpoint(
        folder, checkpoint.network, metadata,
        half_precision=learned.weights == FLOAT, weights=learned.weights,
        extra_files=checkpoint.extra_files,
    )  # fmt: skip
    with storing(folder):
        size_bytes = (folder / WEIGHTS_FILE).stat().st_size
    card = render_model_card(metadata, size_bytes)
    write_file(folder / CARD_FILE, card.encode("utf-8"))
    return card
