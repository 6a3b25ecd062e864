"""One training in two processes that share its batches, beside the same in one.

    python -m bench.processes             300 steps each: losses, and the time of a step
    python -m bench.processes --kills 20  killed with signal 9: the same weights, to the bit

Exit status 1 where a loss is off by half a percent, or weights differ after kills.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import safetensors.torch
import torch

from musicgen.config import Paths
from musicgen.training.runs.run import Run, RunStore

PRESETS = ("baseline", "quick")
STEPS, LAST = 300, 50
COUNT = 2
BOUND = 0.005
KILLED_STEPS = 1200
SMALL = {
    "hidden_size": 48, "embedding_dim": 16, "batch_size": 8, "seq_len": 32, "eval_interval": 200,
    "save_interval": 25, "transpose": 3, "carry_state": "true", "average": 0.9, "dropout": 0.2,
}  # fmt: skip


def main() -> int:
    """Prints a line for each training; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument(
        "--precision",
        default="float32",
        choices=("float32", "auto"),
        help="In bfloat16 other sums are rounded in batches of another size.",
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "data").symlink_to(Paths.default().data)
        if asked.kills:
            return _compare_killed(home, asked.kills, random.Random(asked.seed))
        return max(_compare(home, preset, asked.precision) for preset in asked.presets)


def _compare(home: Path, preset: str, precision: str) -> int:
    ends, times = [], []
    for count in (1, COUNT):
        name = f"{preset}-{precision}-{count}"
        settings = {"threads": 1, "samples": 0, "precision": precision, "eval_interval": STEPS}
        _train(home, name, count, preset, STEPS, settings).wait()
        metrics = _run(home, name).read_metrics()
        ends.append(sum(item.train_loss for item in metrics[-LAST:]) / LAST)
        times.append(metrics[-1].elapsed_s / len(metrics))
    off = abs(ends[1] / ends[0] - 1)
    print(
        f"{preset}, {precision}: loss of the last {LAST} of {STEPS} steps {ends[0]:.5f} in one "
        f"process, {ends[1]:.5f} in {COUNT} ({off:.3%} off); {1000 * times[0]:.0f} and "
        f"{1000 * times[1]:.0f} ms a step, one thread each",
        flush=True,
    )
    return int(off > BOUND)


def _compare_killed(home: Path, wanted: int, chance: random.Random) -> int:
    kills = failures = number = 0
    while kills < wanted:
        number += 1
        whole, killed = f"whole-{number}", f"killed-{number}"
        settings = SMALL | {"seed": number, "threads": 1}
        _train(home, whole, COUNT, "quick", KILLED_STEPS, settings).wait()
        count = _kill_along(home, killed, settings, chance)
        kills += count
        is_same = _weights(home, whole) == _weights(home, killed)
        failures += not is_same
        verdict = "the same weights" if is_same else "OTHER WEIGHTS"
        print(f"run {number}: killed {count} times, {verdict} ({kills} kills)", flush=True)
    return min(1, failures)


def _kill_along(home: Path, name: str, settings: dict[str, object], chance: random.Random) -> int:
    """Trains to the end; now and then one of the processes, or their launcher, is killed.

    Later where nothing was kept since the last time: on a busy machine they take long to begin.
    """
    kills, kept, patience = 0, 0, 1.0
    launcher = _train(home, name, COUNT, "quick", KILLED_STEPS, settings)
    while True:
        try:
            launcher.wait(timeout=patience * chance.uniform(8.0, 16.0))
        except subprocess.TimeoutExpired:
            before, kept = kept, _kept_step(home, name)
            patience = 1.0 if kept > before else patience * 1.5
            workers = _children(launcher.pid)
            victim = chance.choice([*workers, launcher.pid])
            os.kill(victim, 9)
            kills += 1
            if victim == launcher.pid:
                launcher.wait()
                while any(Path(f"/proc/{worker}").exists() for worker in workers):
                    time.sleep(0.1)  # they see that it is gone, and end
                is_begun = (home / "runs" / name / "config.json").exists()
                launcher = _train(home, name, COUNT, "quick", KILLED_STEPS, settings, is_begun)
            continue
        if launcher.returncode:
            raise SystemExit(f"{name} could not be resumed after {kills} kills")
        return kills


def _kept_step(home: Path, name: str) -> int:
    """The step of the last save; 0 while there is no run yet."""
    is_there = (home / "runs" / name / "config.json").exists()
    return _run(home, name).info().step if is_there else 0


def _children(number: int) -> list[int]:
    text = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def _train(
    home: Path, name: str, count: int, preset: str, steps: int, settings: dict[str, object],
    resume: bool = False,
) -> subprocess.Popen[bytes]:  # fmt: skip
    command = [sys.executable, "-m", "musicgen", "train", "--run", name, "--json"]
    command += ["--processes", str(count)]
    if resume:
        command.append("--resume")
    else:
        command += ["--preset", preset, "--steps", str(steps)]
        command += [f"--set={key}={value}" for key, value in settings.items()]
    return subprocess.Popen(
        command, env=os.environ | {"MUSICGEN_HOME": str(home)}, stdout=subprocess.DEVNULL
    )


def _run(home: Path, name: str) -> Run:
    return RunStore(home / "runs").get(name)


def _weights(home: Path, name: str) -> bytes:
    path = home / "runs" / name / "last" / "model.safetensors"
    weights = safetensors.torch.load(path.read_bytes())
    return b"".join(
        weights[name].view(-1).view(torch.uint8).numpy().tobytes() for name in sorted(weights)
    )


if __name__ == "__main__":
    sys.exit(main())
