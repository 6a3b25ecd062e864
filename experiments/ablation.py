"""``python -m experiments.ablation``: what each way of reading and regularising brings.

Trains a preset once as it is and once with each change, the same steps and seed, and prints the
best held-out loss of each (nats per character, validation tunes) and its step.
"""

import argparse
import math

from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.presets import apply_overrides, get_preset
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer

CHANGES = {
    "as it is": {},
    "transposition by up to 2": {"transpose": "2"},
    "transposition by up to 6": {"transpose": "6"},
    "a fifth of the tunes shortened": {"truncate": "0.2"},
    "a fifth with another rhythm": {"vary_rhythm": "0.2"},
    "short tunes first (first half)": {"curriculum": "0.5"},
    "memory carried on": {"carry_state": "true"},
    "averaged weights (0.99)": {"average": "0.99"},
    "label smoothing 0.05": {"label_smoothing": "0.05"},
    "dropout 0.3": {"dropout": "0.3"},
    "layer normalisation": {"layer_norm": "true"},
    "orthogonal initialisation": {"init": "orthogonal"},
}


PLAIN = {
    "kind": "lstm", "position": "false", "relative": "false", "dropout": "0.1",
    "described": "false", "carry_state": "false", "average": "0", "batch_size": "32",
    "learning_rate": "0.005", "eval_interval": "100",
}  # fmt: skip
"""What makes `quick` the plain LSTM that each change is tried on."""


def main() -> None:
    """One training after another; each prints its line when it ends."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the row to begin with")
    asked = parser.parse_args()
    for name, changes in list(CHANGES.items())[asked.first :]:
        settings = {"max_steps": str(asked.steps), "threads": str(asked.threads)}
        settings |= PLAIN if asked.preset == "quick" else {}
        loss, step = best_loss(asked.preset, settings | changes)
        print(f"{name:<34} {loss:.4f} at step {step}", flush=True)


def best_loss(preset_name: str, changes: dict[str, str]) -> tuple[float, int]:
    """The lowest held-out loss of a training, and its step."""
    dataset = load_dataset("lab", Paths.default())
    preset = fit_preset(apply_overrides(get_preset(preset_name), changes), dataset.vocabulary)
    set_threads(preset.training)
    best = (math.inf, 0)

    def watch(metrics: StepMetrics) -> None:
        nonlocal best
        if metrics.val_loss is not None:
            best = min(best, (metrics.val_loss, metrics.step))

    texts = dataset.texts("train"), dataset.texts("val")
    Trainer(preset, dataset.vocabulary, *texts).train(watch)
    return best


if __name__ == "__main__":
    main()
