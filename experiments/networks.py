"""``python -m experiments.networks``: the kinds of networks side by side, on held-out tunes.

Every entry has about as many parameters (1 M; the students have their own size) and as much time
of one processor core, for training steps alone, on the same tunes in the same order. Before the
first training a few steps of each entry are taken in turn, side by side, so that a busy machine is
as busy for all; the processor time they take says how many steps each may train. The learning rate
falls to zero over them. The losses are those of validation tunes, nats per character: test tunes
are not read.

Results are added to a JSON file one by one; what stands there is not computed again.
"""

import argparse
import json
import logging
import math
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from musicgen.config import NetworkConfig, Paths, TrainingConfig, to_json
from musicgen.corpus.augmentation import move
from musicgen.corpus.auxiliary_labels import label_characters
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.sampling.engine import build_engine
from musicgen.storage import write_file
from musicgen.training.estimate import count_parameters
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer

logger = logging.getLogger(__name__)

PARAMETERS = 1_000_000
_TRIED_ROUNDS, _TRIED_STEPS = 5, 3
_LOOKS = 12
_CHARACTERS = 300

NETWORK = {"embedding_dim": 64, "num_layers": 2, "dropout": 0.25, "init": "orthogonal"}
TRAINING = {
    "carry_state": True, "transpose": 2, "batch_size": 16, "seq_len": 80, "learning_rate": 4e-3,
    "optimizer": "adamw", "weight_decay": 0.02, "grad_clip": 1.0,
    "schedule": "cosine", "samples": 0, "threads": 1,
}  # fmt: skip
STUDENT = {"hidden_size": 128, "num_layers": 2, "dropout": 0.1}
ENTRIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "lstm": ({}, {}),
    "echo": ({"kind": "echo"}, {}),
    "attention": ({"kind": "attention"}, {}),
    "hierarchical": ({"kind": "hierarchical"}, {}),
    "hawk": ({"kind": "hawk", "num_layers": 4}, {}),
    "lstm with tasks": ({}, {"multi_task": 0.3}),
    "student": (STUDENT, {}),
}
"""Name to what differs from `NETWORK` and `TRAINING`. None has a teacher: the tunes are read as the
lab has them, and `house` reads them otherwise."""


def main() -> None:
    """Trains what the results lack, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="processor time of each")
    parser.add_argument("--seeds", type=int, default=1, help="1, 2 … so many")
    parser.add_argument("--entries", default=",".join(ENTRIES), help="names, with commas")
    parser.add_argument("--results", type=Path, default=Path("experiments/networks.json"))
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    dataset = load_dataset("lab", Paths.default())
    logger.info("Moving all tunes to all keys and labelling them: a minute or two.")
    warm_up(dataset)
    if not ENTRIES.keys() <= read_results(asked.results).get("costs", {}).keys():
        logger.info("Measuring a step of each of %d entries: a minute or two.", len(ENTRIES))
        keep(asked.results, "costs", calibrate(dataset))
    for seed in range(1, asked.seeds + 1):
        for name in asked.entries.split(","):
            key = f"{name}/{asked.seconds:g}/{seed}"
            results = read_results(asked.results)
            if key not in results:
                steps = round(1000 * asked.seconds / results["costs"][name]["step_ms"])
                logger.info("Training %s: %d steps on one core.", key, steps)
                keep(asked.results, key, train(build_preset(name, dataset, seed), dataset, steps))
                print(key, read_results(asked.results)[key], flush=True)
    print(table(read_results(asked.results)))


def read_results(path: Path) -> dict[str, dict[str, Any]]:
    """All results so far, by entry, seconds and seed."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def keep(path: Path, key: str, result: dict[str, Any]) -> None:
    """Adds a result to those of the file as it is now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, to_json(read_results(path) | {key: result}).encode("utf-8"))


def warm_up(dataset: Dataset) -> None:
    """Moves all tunes to all keys and labels them, once and for all: it is kept in memory."""
    most = TRAINING["transpose"]
    for tune in dataset.texts("train"):
        for semitones in range(-most, most + 1):
            label_characters(move(tune, semitones))


def calibrate(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Size and milliseconds of a step of each entry, all measured in turn, and of a character."""
    trainers = {name: build_trainer(build_preset(name, dataset), dataset, 100) for name in ENTRIES}
    times: dict[str, list[float]] = {name: [] for name in ENTRIES}
    for _ in range(_TRIED_ROUNDS):
        for name, trainer in trainers.items():
            trainer.train_step()  # the first after another network finds its memory cold
            for _ in range(_TRIED_STEPS):
                before = time.process_time()
                trainer.train_step()
                times[name].append(time.process_time() - before)
    return {
        name: {
            "step_ms": round(1000 * statistics.median(times[name]), 1),
            "character_ms": round(1000 * character_s(trainer.network.config), 3),
            "parameters": trainer.network.num_parameters,
            "hidden_size": trainer.network.config.hidden_size,
            "num_layers": trainer.network.config.num_layers,
        }
        for name, trainer in trainers.items()
    }


def build_preset(name: str, dataset: Dataset, seed: int = 0) -> Preset:
    """The settings of an entry, at the size that all have unless it has its own."""
    changes, reading = ENTRIES[name]
    training = TrainingConfig(**TRAINING | {"seed": seed} | reading)
    shape = NetworkConfig(**NETWORK | changes)
    preset = fit_preset(Preset(name, "", shape, training), dataset.vocabulary)
    return preset if "hidden_size" in changes else replace(preset, network=widen(preset.network))


def build_trainer(preset: Preset, dataset: Dataset, steps: int) -> Trainer:
    """A trainer with so many steps ahead of it, a first twentieth of which it warms up."""
    settings = preset.training.replace(
        max_steps=steps, eval_interval=math.ceil(steps / _LOOKS), warmup_steps=max(1, steps // 20)
    )
    sides = dataset.texts("train"), dataset.texts("val")
    return Trainer(replace(preset, training=settings), dataset.vocabulary, *sides)


def train(preset: Preset, dataset: Dataset, steps: int) -> dict[str, Any]:
    """Trains so many steps; the losses on the way, and the processor time of the steps alone."""
    trainer = build_trainer(preset, dataset, steps)
    losses: list[tuple[float, int]] = []
    spent_s = 0.0
    while not trainer.is_done:
        before = time.process_time()
        metrics = trainer.train_step()
        if metrics.val_loss is None:
            spent_s += time.process_time() - before
        else:
            losses.append((metrics.val_loss, metrics.step))
            logger.info("step %d of %d: %.4f", metrics.step, steps, metrics.val_loss)
    best, best_step = min(losses)
    return {
        "loss": round(best, 4), "step": best_step, "steps": steps, "spent_s": round(spent_s, 1),
        "train_loss": round(metrics.train_loss, 4), "looks": [round(loss, 4) for loss, _ in losses],
    }  # fmt: skip


def widen(config: NetworkConfig) -> NetworkConfig:
    """The network with the hidden size that comes closest to the parameters that all have."""
    sizes = [config.replace(hidden_size=size, init="pytorch") for size in range(32, 1025, 4)]
    best = min(sizes, key=lambda size: abs(count_parameters(size) - PARAMETERS))
    return best.replace(init=config.init)


def character_s(config: NetworkConfig) -> float:
    """Processor time of one character for one tune, as the sampler steps it."""
    engine = build_engine(build_network(config, 0).eval().requires_grad_(False))
    state, ids = engine.init_state(1), np.zeros(1, np.int64)
    _, state = engine.step(ids, state)
    before = time.process_time()
    for _ in range(_CHARACTERS):
        _, state = engine.step(ids, state)
    return (time.process_time() - before) / _CHARACTERS


def table(results: dict[str, dict[str, Any]]) -> str:
    """Markdown: one row an entry and budget, with the mean over its seeds."""
    costs = results["costs"]
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for key, result in results.items():
        if key != "costs":
            name, seconds, _ = key.split("/")
            rows.setdefault((seconds, name), []).append(result)
    lines = [
        "| network | parameters | time | steps | held-out loss | seeds | a step | a character |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for (seconds, name), found in sorted(rows.items(), key=lambda row: _order(*row)):
        losses = [result["loss"] for result in found]
        spread = f" ± {statistics.stdev(losses):.4f}" if len(losses) > 1 else ""
        cost = costs[name]
        lines.append(
            f"| {name} | {cost['parameters']:,} | {seconds} s | {found[0]['steps']:,} | "
            f"{statistics.mean(losses):.4f}{spread} | {len(losses)} | "
            f"{cost['step_ms']:.0f} ms | {cost['character_ms']:.2f} ms |"
        )
    return "\n".join(lines)


def _order(key: tuple[str, str], found: list[dict[str, Any]]) -> tuple[float, float]:
    """The shorter time first, then the better network."""
    return float(key[0]), statistics.mean(result["loss"] for result in found)


if __name__ == "__main__":
    main()
