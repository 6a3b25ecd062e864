"""``python -m experiments.incremental``: are new tunes learned without the old ones forgotten?

The network `quick`, which knows the lab's tunes alone (`experiments.tastes` trains it, or `--start`
names another), learns some 100 tunes of another tradition as ``musicgen adapt --tunes`` does: with
the lab's tunes mixed in, and a fifth of the book kept for the gate. By default it is Bruce and
Stokoe's *Northumbrian Minstrelsy* (1882). What is printed: the loss on tunes of both books that
nobody learned from, before and after, in nats a character, and the seconds of one core::

    python -m experiments.incremental
    python -m experiments.incremental --book aird --tunes 125 --steps 400 --seeds 3
"""

import argparse
import json
import random
import time
from pathlib import Path
from statistics import fmean
from typing import Any

from experiments.tastes import PATHS, find_start
from musicgen.config import to_json
from musicgen.corpus.dataset import read_tunes
from musicgen.errors import StudyError
from musicgen.jobs.adapt_service import TUNE_STEPS, AdaptPlan, AdaptService
from musicgen.jobs.training_job import JobRegistry
from musicgen.storage import write_file
from musicgen.training.loop.precision import set_threads
from musicgen.training.runs.run import RunStore

RESULTS = Path("experiments/incremental.json")


def main() -> None:
    """Learns the book once for each seed, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--start", default="")
    parser.add_argument("--book", default="northumbrian")
    parser.add_argument("--tunes", type=int, default=125, help="a fifth is kept for the gate")
    parser.add_argument("--steps", type=int, default=TUNE_STEPS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    start = find_start(asked.start)
    set_threads(start.metadata.training.replace(threads=1))
    results = json.loads(asked.results.read_text()) if asked.results.is_file() else {}
    for seed in range(asked.seeds):
        key = f"{start.name} {asked.book} {asked.tunes} {asked.steps} {seed}"
        if key not in results:
            results[key] = learn(start.name, asked.book, asked.tunes, asked.steps, seed)
            write_file(asked.results, to_json(results).encode())
        print(key, json.dumps(results[key]), flush=True)
    tell(list(results.values()))


def learn(model: str, book: str, count: int, steps: int, seed: int) -> dict[str, Any]:
    """One adaptation: what the gate found, and the seconds of a core that it took in all."""
    tunes, _report = read_tunes(book, PATHS)
    chosen = random.Random(seed).sample(tunes, min(count, len(tunes)))
    data = "\n\n".join(tune.text.strip("\n") for tune in chosen).encode("utf-8")
    service = AdaptService(JobRegistry(RunStore(PATHS.runs), PATHS), PATHS)
    plan = AdaptPlan(model, "", (), (book, data), steps, seed)
    started = time.process_time()
    service.start(plan)
    service.wait()
    seconds = time.process_time() - started
    now = service.snapshot()
    if now is None or now.verdict is None:
        raise (now and now.error) or StudyError("It was not learned.")
    checks = {check.name: check for check in now.verdict.checks}
    return {
        "tunes": len(chosen),
        "new before": checks["new tunes"].before,
        "new after": checks["new tunes"].after,
        "lab before": checks["loss"].before,
        "lab after": checks["loss"].after,
        "accepted": now.verdict.is_accepted,
        "checks": now.verdict.to_list(),
        "core seconds": seconds,
    }


def tell(rows: list[dict[str, Any]]) -> None:
    """The means over all seeds."""
    fall = fmean(1 - row["new after"] / row["new before"] for row in rows)
    rise = max(row["lab after"] - row["lab before"] for row in rows)
    seconds = max(row["core seconds"] for row in rows)
    print(f"loss on unseen new tunes {fmean(row['new before'] for row in rows):.3f} → "
          f"{fmean(row['new after'] for row in rows):.3f} ({-fall:.1%}), on the lab's "
          f"{rise:+.3f} at most; {seconds:.0f} s of a core at most, gate included; "
          f"let through {sum(row['accepted'] for row in rows)} of {len(rows)}")  # fmt: skip


if __name__ == "__main__":
    main()
