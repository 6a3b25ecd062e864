"""Pruning at 20, 40, 60 and 80 %, and training on from it: ``python -m experiments.shrinking``.

Makes the versions of a model under ``MUSICGEN_HOME``: single weights and whole units taken out, and
each trained on from the tunes alone. What is there already is left alone, so that it can be
interrupted. ``musicgen compress report MODEL`` then measures all of them in one run.
"""

import argparse
import time

from musicgen.__main__ import main as musicgen
from musicgen.config import Paths
from musicgen.errors import CheckpointError
from musicgen.models.checkpoint import find_checkpoint

SHARES = (0.2, 0.4, 0.6, 0.8)
SETTINGS = {
    "batch_size": "24", "seq_len": "96", "transpose": "0", "first_readings": "1", "dropout": "0",
    "learning_rate": "0.001", "warmup_steps": "20", "samples": "0", "eval_interval": "100",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", default="student")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--methods", nargs="+", default=["units", "weights"])
    parser.add_argument("--shares", nargs="+", type=float, default=list(SHARES))
    options = parser.parse_args()
    for method in options.methods:
        for share in options.shares:
            make(options.checkpoint, method, share, options.steps)


def make(model: str, method: str, share: float, steps: int) -> None:
    """One version, and the same trained on."""
    name = f"{model}-{method}-{round(100 * share)}"
    if not is_there(name):
        run(["compress", method, model, "--share", str(share), "--name", name])
    tuned = f"{name}-tuned"
    if not is_there(tuned):
        start = time.perf_counter()
        settings = SETTINGS | ({"keep_zeros": "true"} if method == "weights" else {})
        pairs = [f"{key}={value}" for key, value in settings.items()]
        run(["train", "--preset", "student", "--from", name, "--run", tuned, "--steps", str(steps),
             *(word for pair in pairs for word in ("--set", pair))])  # fmt: skip
        print(f"{tuned}: {steps} steps in {time.perf_counter() - start:.0f} s", flush=True)


def is_there(name: str) -> bool:
    try:
        find_checkpoint(name, Paths.default())
    except CheckpointError:
        return False
    return True


def run(words: list[str]) -> None:
    """A command of the program, in this process."""
    if status := musicgen(words):
        raise SystemExit(status)


if __name__ == "__main__":
    main()
