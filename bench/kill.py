"""``python -m bench.kill --kills 100``: is nothing lost when a training is killed at any instant?

Small trainings run in processes of their own and are killed (SIGKILL) after a random time, resumed,
killed again, until they end. Every run must resume, and its last weights must be, bit for bit,
those of a run with the same settings that nobody disturbed. Exit status 1 if one is not.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch

from musicgen.config import Paths

STEPS = 1200
SETTINGS = {
    "hidden_size": 48, "embedding_dim": 16, "batch_size": 8, "seq_len": 32, "threads": 1,
    "eval_interval": 200, "save_interval": 25, "transpose": 3, "carry_state": "true",
    "average": 0.9, "dropout": 0.2,
}  # fmt: skip


def main() -> int:
    """Kills until enough were killed; prints a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    kills = failures = number = 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "data").symlink_to(Paths.default().data)
        while kills < asked.kills:
            number += 1
            whole, killed = f"whole-{number}", f"killed-{number}"
            _train(home, whole, number).wait()
            count = _train_and_kill(home, killed, number, chance)
            kills += count
            is_same = _weights_are_equal(home / "runs" / whole, home / "runs" / killed)
            failures += not is_same
            verdict = "the same weights" if is_same else "OTHER WEIGHTS"
            print(f"run {number}: killed {count} times, {verdict} ({kills} kills)", flush=True)
    return min(1, failures)


def _train_and_kill(home: Path, run: str, seed: int, chance: random.Random) -> int:
    kills = 0
    while True:
        is_begun = (home / "runs" / run / "config.json").exists()
        process = _train(home, run, seed, resume=is_begun)
        try:
            process.wait(timeout=chance.uniform(2.0, 8.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        if process.returncode:
            raise SystemExit(f"{run} could not be resumed after {kills} kills")
        return kills


def _train(home: Path, run: str, seed: int, resume: bool = False) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "musicgen", "train", "--run", run, "--json"]
    if resume:
        command.append("--resume")
    else:
        settings = SETTINGS | {"seed": seed}
        command += ["--preset", "quick", "--steps", str(STEPS)]
        command += [f"--set={name}={value}" for name, value in settings.items()]
    return subprocess.Popen(
        command, env=os.environ | {"MUSICGEN_HOME": str(home)}, stdout=subprocess.DEVNULL
    )


def _weights_are_equal(one: Path, other: Path) -> bool:
    """Whether the last save of two runs is the same: weights, optimizer, generators, average."""
    for file in ("model.safetensors", "trainer.safetensors"):
        weights = [safetensors.torch.load_file(run / "last" / file) for run in (one, other)]
        if weights[0].keys() != weights[1].keys():
            return False
        if not all(torch.equal(value, weights[1][name]) for name, value in weights[0].items()):
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
