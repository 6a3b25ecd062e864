"""``python -m experiments.memorising --preset baseline``: what is learned by heart, and when.

Trains a preset on the lab's tunes as they are, keeps a checkpoint at each of some steps, and asks
of each: the loss on the tunes it learns from and on held-out ones, how many of either it goes on
with word for word when it hears a beginning (`musicgen.evaluation.novelty.memorization`), and how
long a stretch its own tunes share with those it learned from. Test tunes are not read. Results
are added to a JSON file one by one; a checkpoint or a result that is there is not made again.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from musicgen.config import Paths, SampleConfig, to_json
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.novelty.comparison import compare
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.memorization import recital_rate
from musicgen.evaluation.novelty.training_sources import TrainingSource
from musicgen.models.checkpoint import (
    Checkpoint,
    CheckpointMetadata,
    load_checkpoint,
    save_checkpoint,
)
from musicgen.presets import get_preset
from musicgen.sampling.composer import compose
from musicgen.storage import write_file
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer

PATHS = Paths.default()
STEPS = (100, 200, 300, 400, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000)
RESULTS = Path("experiments/memorising.json")


def main() -> None:
    """Trains what is not there, judges what was not judged, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="baseline")
    parser.add_argument("--tunes", type=int, default=200, help="composed at each step")
    parser.add_argument("--folder", type=Path, help="of the checkpoints, each named by its step")
    asked = parser.parse_args()
    folder = asked.folder or PATHS.cache / "memorising" / asked.preset
    dataset = load_dataset("lab", PATHS)
    if not (folder / str(STEPS[-1])).is_dir():
        train(asked.preset, dataset, folder)
    for step in STEPS:
        results = read_results()
        known = results.get(asked.preset, {})
        if str(step) not in known and (folder / str(step)).is_dir():
            checkpoint = load_checkpoint(folder / str(step))
            known = {**known, str(step): judge(checkpoint, dataset, asked.tunes)}
            write_file(RESULTS, to_json(results | {asked.preset: known}).encode("utf-8"))
            print(step, known[str(step)], flush=True)
    print(table(read_results()[asked.preset]))


def read_results() -> dict[str, dict[str, dict[str, float]]]:
    """All results so far, by preset and step."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}


def train(name: str, dataset: Dataset, folder: Path) -> None:
    """One training from first weights, with a checkpoint at each of the steps."""
    preset = get_preset(name)
    preset = fit_preset(preset, dataset.vocabulary)
    set_threads(preset.training)
    trainer = Trainer(preset, dataset.vocabulary, dataset.texts("train"), dataset.texts("val"))

    def keep(metrics: StepMetrics) -> None:
        if metrics.step in STEPS:
            metadata = CheckpointMetadata(
                f"{name}-{metrics.step}", metrics.step, preset.network, preset.training,
                dataset.vocabulary.characters,
            )  # fmt: skip
            save_checkpoint(folder / str(metrics.step), trainer.trained, metadata)

    trainer.train(keep)


def judge(checkpoint: Checkpoint, dataset: Dataset, count: int) -> dict[str, float]:
    """The figures of one checkpoint."""
    network, vocabulary = checkpoint.network, checkpoint.vocabulary
    known, held_out = dataset.texts("train"), dataset.texts("val")
    index = load_index((TrainingSource("lab"),), PATHS)
    composed = compose(checkpoint, SampleConfig(temperature=1.0, seed=1, count=count))
    longest = [compare(index, tune.abc).characters.longest for tune in composed]
    figures: dict[str, Any] = {
        "train_loss": compute_loss(network, vocabulary, known).loss,
        "val_loss": compute_loss(network, vocabulary, held_out).loss,
        "train_recital": recital_rate(network, vocabulary, known).value,
        "val_recital": recital_rate(network, vocabulary, held_out).value,
        "longest_median": float(np.median(longest)),
        "longest_90th": float(np.percentile(longest, 90)),
    }
    return {key: round(value, 4) for key, value in figures.items()}


def table(results: dict[str, dict[str, float]]) -> str:
    """The results of one preset, in Markdown."""
    lines = [
        "| step | loss, learned | held out | by heart, learned | held out | longest run, median "
        "| 90th |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for step, row in sorted(results.items(), key=lambda item: int(item[0])):
        lines.append(
            f"| {int(step):,} | {row['train_loss']:.3f} | {row['val_loss']:.3f} "
            f"| {row['train_recital']:.1%} | {row['val_recital']:.1%} "
            f"| {row['longest_median']:g} | {row['longest_90th']:g} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
