"""Work on a Ray cluster of this machine, next to the same work in this process.

    python -m bench.cluster             sweep, report and 2,000 tunes: the same, and how long
    python -m bench.cluster --kills 20  a sweep whose workers and drivers are killed with signal 9

Two workers, each a process of its own. Needs ``requirements-cluster.txt``.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from musicgen.config import NetworkConfig, Paths, SampleConfig, TrainingConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.report_service import ReportService
from musicgen.jobs.sweep import SweepRunner
from musicgen.jobs.sweep_plan import SweepPlan, SweepStore, grid_plan
from musicgen.jobs.training_job import JobRegistry
from musicgen.models.checkpoint import find_checkpoint
from musicgen.places.place import LOCAL, Place, find_place, has_ray
from musicgen.presets import Preset
from musicgen.training.runs.run import Run, RunStore

SIZES, RATES = (4, 8), (1e-3, 3e-3, 1e-2)
STEPS, KILLED_STEPS = 60, 400
TUNES, PART = 2_000, 1_000
REPORT_TUNES = 32
MODEL = "student"

PRESET = Preset.without_meaning(
    "small",
    NetworkConfig(embedding_dim=16, hidden_size=48),
    TrainingConfig(seq_len=32, eval_interval=20, save_interval=20, samples=2, threads=1,
                   precision="float32", seed=1),
)  # fmt: skip


def main() -> None:
    """Prints what it measures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--driver", metavar="HOME", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not has_ray():
        print("Ray is not installed: pip install -r requirements-cluster.txt")
        return
    if asked.driver:
        drive(Path(asked.driver), asked.address)
    elif asked.kills:
        print(json.dumps(kill(asked.kills), indent=2))
    else:
        print(json.dumps(compare(), indent=2))


def compare() -> dict[str, Any]:
    """The same work here and on two workers: whether it is the same, and the seconds it took."""
    import ray

    begun = time.perf_counter()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    place = find_place("ray")
    found: dict[str, Any] = {"cluster_start_s": _since(begun)}
    with tempfile.TemporaryDirectory() as folder:
        for name, work in (("sweep", sweep), ("report", report), ("tunes", tunes)):
            results, seconds = [], []
            for where, label in ((LOCAL, "here"), (place, "there")):
                home = Paths(Paths.default().project, Path(folder) / label)
                home.home.mkdir(exist_ok=True)
                begun = time.perf_counter()
                results.append(work(home, where))
                seconds.append(_since(begun))
            found[name] = {
                "is_same": results[0] == results[1],
                "here_s": seconds[0],
                "there_s": seconds[1],
            }
    ray.shutdown()
    return found


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 2)


def _plan(name: str, steps: int) -> SweepPlan:
    return grid_plan(name, PRESET, SIZES, RATES, steps)


def _runner(home: Paths) -> SweepRunner:
    _link_corpus(home)
    runs = RunStore(home.runs)
    return SweepRunner(SweepStore(home.home / "sweeps", runs), JobRegistry(runs, home))


def _link_corpus(home: Paths) -> None:
    data = home.home / "data"
    if not data.exists():
        shutil.copytree(Paths.default().home / "data", data)


def sweep(home: Paths, place: Place) -> list[Any]:
    """Losses of all steps of all cells."""
    runner = _runner(home)
    runner.start(_plan("sweep", STEPS), place)
    runner.wait()
    now = runner.snapshot()
    if now and now.error:
        raise now.error
    return [_losses(Run(home.runs / cell.run_id)) for cell in _plan("sweep", STEPS).cells()]


def _losses(run: Run) -> list[Any]:
    return [(one.step, one.train_loss, one.val_loss) for one in run.read_metrics()]


def report(home: Paths, place: Place) -> dict[str, Any]:
    """A report less the moment and the seconds it took."""
    _link_corpus(home)
    service = ReportService(ReportStore(home.reports), home)
    plan = ReportPlan((MODEL,), REPORT_TUNES, (0.8, 1.0), judge=False)
    report_id = service.start(plan, place)
    service.wait()
    now = service.snapshot()
    if now and now.error:
        raise now.error
    values = service.store.read(report_id).to_dict()
    del values["created"]
    for one in values["sets"]:
        del one["composed_s"]
    return values


def tunes(home: Paths, place: Place) -> list[tuple[int, str]]:
    """Seeds and texts of many short tunes."""
    folder = find_checkpoint(MODEL, home).path
    config = SampleConfig(count=PART, candidates=1, bars=4, sections=1)
    made = [
        tune
        for first in range(0, TUNES, PART)
        for tune in place.compose(folder, replace(config, seed=first))
    ]
    return [(tune.seed, tune.abc) for tune in made]


def drive(home: Path, address: str) -> None:
    """Goes on with the sweep of a home, on a cluster, to its end."""
    import ray

    ray.init(address=address, namespace="musicgen", log_to_driver=False)
    runner = _runner(Paths(Paths.default().project, home))
    runner.resume("sweep", find_place("ray"))
    runner.wait()
    now = runner.snapshot()
    if now and now.error:
        raise now.error


def kill(count: int) -> dict[str, Any]:
    """Kills workers, and each third time the driver, until that many are dead; then what is left.

    The losses of all steps are compared with those of the same sweep that nobody disturbed.
    """
    import ray

    chance = random.Random(1)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        calm, home = (Paths(Paths.default().project, Path(folder) / name) for name in ("a", "b"))
        for one in (calm, home):
            _link_corpus(one)
        load_dataset("lab", home)
        plan = _plan("sweep", KILLED_STEPS)
        runner = _runner(calm)
        runner.start(plan)
        runner.wait()
        undisturbed_s = _since(begun)
        _runner(home).store.create(plan)
        context = ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        address = context.address_info["address"]
        begun, dead = time.perf_counter(), {"workers": 0, "drivers": 0}
        driver = _start_driver(home.home, address)
        while sum(dead.values()) < count and not _is_over(home, plan):
            time.sleep(chance.uniform(0.2, 1.5))
            if driver.poll() is not None:
                driver = _start_driver(home.home, address)
            elif sum(dead.values()) % 3 == 2:
                if _workers(home, plan):  # it has come so far
                    driver.kill()
                    driver.wait()
                    dead["drivers"] += 1
                    driver = _start_driver(home.home, address)
            else:
                for number in _workers(home, plan)[:1]:
                    os.kill(number, signal.SIGKILL)
                    dead["workers"] += 1
        while not _is_over(home, plan):
            if driver.wait() and not _is_over(home, plan):
                driver = _start_driver(home.home, address)
        driver.wait()
        losses = [
            [_losses(Run(one.runs / cell.run_id)) for cell in plan.cells()] for one in (calm, home)
        ]
        ray.shutdown()
    return {
        "killed": dead,
        "all_finished": all(len(cell) == KILLED_STEPS for cell in losses[1]),
        "same_losses": losses[0] == losses[1],
        "undisturbed_here_s": undisturbed_s,
        "with_kills_s": _since(begun),
    }


def _start_driver(home: Path, address: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.cluster", "--driver", str(home), "--address", address]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _is_over(home: Paths, plan: SweepPlan) -> bool:
    return all(cell.is_done for cell in _runner(home).store.read_cells(plan))


def _workers(home: Paths, plan: SweepPlan) -> list[int]:
    """The processes that train cells now."""
    found = []
    for cell in plan.cells():
        try:
            holder = (home.runs / cell.run_id / ".holder").read_text()
        except OSError:
            continue
        if Run(home.runs / cell.run_id).is_busy():
            found.append(int(holder.split()[0]))
    return found


if __name__ == "__main__":
    main()
