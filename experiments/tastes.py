"""``python -m experiments.tastes``: does a network learn what listeners like, and nothing else?

Simulated listeners have a hidden taste: tunes that come home, that go in small steps, or of a
livelier rhythm. Each gives 500 ballots on pairs of tunes of the start (`quick`, trained here, or
the one that `--start` names), and prefers a tune by one standard deviation of the taste with odds
of e² to 1. Then the network is trained on four fifths of the ballots as `musicgen adapt` does, the
gate is asked with the last fifth, and fresh pairs, one tune of the start and one of the new
version, are put to the same listener. A taste that is noise must be turned away by the gate.

Results go to a JSON file one by one; what is there is not made again. Two cores for some twenty
minutes, or a minute to see that it works::

    python -m experiments.tastes
    python -m experiments.tastes --first-steps 60 --steps 8 --seeds 1 --noise 1 --ballots 60
"""

import argparse
import json
import math
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from musicgen.config import Paths, SampleConfig, to_json
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.evaluation.report.novelty_scorer import find_novelty_scorer
from musicgen.jobs.adapt_service import AdaptPlan, make_preset
from musicgen.listening.gate import Evidence, judge_version
from musicgen.listening.learning import is_held_back
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.notation.analysis.melody import melody_notes, tonic_of
from musicgen.notation.model import Tune
from musicgen.presets import get_preset
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.engine import build_engine
from musicgen.storage import write_file
from musicgen.training.loop.distillation import follow_manner
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.session import TrainingSession
from musicgen.training.preference_pairs import PreferencePair
from musicgen.training.runs.run import RunStore

PATHS = Paths.default()
RESULTS = Path("experiments/tastes.json")
SHARPNESS = 2.0
AT_ONCE = 500
BALLOT_SEED, FRESH_SEED = 10_000_000, 20_000_000


def home(tune: Tune) -> float:
    """How many of the last notes of bars four, eight and so on are the tonic, the last twice."""
    tonic = tonic_of(tune.key)
    notes = melody_notes(tune)
    if not notes or tonic is None:
        return 0.0
    ends = [bar.notes[-1] for bar in tune.bars if bar.notes and bar.closing not in ("", "|")]
    pitches = [note.pitches[-1] for note in ends if note.pitches] + [notes[-1].pitch] * 2
    return fmean(float(pitch % 12 == tonic) for pitch in pitches)


def steps(tune: Tune) -> float:
    """Minus the mean distance of successive notes in semitones."""
    pitches = [note.pitch for note in melody_notes(tune)]
    gaps = [abs(b - a) for a, b in pairwise(pitches)]
    return -fmean(gaps) if gaps else -12.0


def lively(tune: Tune) -> float:
    """Notes in a quarter note."""
    notes = melody_notes(tune)
    length = float(sum(note.duration for note in notes))
    return len(notes) / length if length else 0.0


TASTES: dict[str, Callable[[Tune], float]] = {"home": home, "steps": steps, "lively": lively}


class Listener:
    """Prefers the tune of a pair that has more of a taste, with some doubt; noise if None.

    Args:
        taste: What is liked.
        known: Tunes by which a standard deviation of the taste is known.
        seed: Of the doubt.
    """

    def __init__(
        self, taste: Callable[[Tune], float] | None, known: list[Composition], seed: int
    ) -> None:
        self._taste = taste
        self._chance = random.Random(seed)
        self._scale = pstdev([taste(one.tune) for one in known]) if taste else 1.0

    def prefers_first(self, one: Composition, other: Composition) -> bool:
        """What is said of a pair."""
        if self._taste is None:
            return self._chance.random() < 0.5
        gap = (self._taste(one.tune) - self._taste(other.tune)) / (self._scale or 1.0)
        return self._chance.random() < 1 / (1 + math.exp(-SHARPNESS * gap))


def main() -> None:
    """Trains what is not there, measures what was not measured, and prints the table."""
    asked = read_arguments()
    start = train_start(asked.start, asked.first_steps)
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() and not asked.anew else {}
    rounds = [(name, seed) for seed in range(asked.seeds) for name in TASTES]
    rounds += [("noise", seed) for seed in range(asked.noise)]
    for name, seed in rounds:
        key = f"{name} {seed}"
        if key not in results:
            results[key] = measure(start, name, seed, asked)
            write_file(RESULTS, to_json(results).encode())
        print(key, json.dumps(results[key]), flush=True)
    tell(results)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--start", default="")
    parser.add_argument("--first-steps", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--noise", type=int, default=10)
    parser.add_argument("--ballots", type=int, default=500)
    parser.add_argument("--fresh", type=int, default=200)
    parser.add_argument("--anew", action="store_true")
    return parser.parse_args()


def train_start(name: str, steps_: int) -> Checkpoint:
    """The model to begin with; `quick` on the lab's tunes, if none is named."""
    if name:
        return load_checkpoint(find_checkpoint(name, PATHS).path)
    store, run_id = RunStore(PATHS.runs), f"tastes-{steps_}"
    if not (PATHS.runs / run_id / "best").is_dir():
        preset = get_preset("quick")
        config = preset.training.replace(max_steps=steps_, threads=1, samples=0, moments=False)
        preset = type(preset).without_meaning("quick", preset.network, config)
        run = store.create(run_id, preset)
        dataset = load_dataset(config.source, PATHS, config.plain, config.described)
        TrainingSession(run, dataset, lambda _metrics: None).train()
    return load_checkpoint(PATHS.runs / run_id / "best")


def draw(model: Checkpoint, count: int, seed: int) -> list[Composition]:
    """Tunes that came to their end, drawn without a critic."""
    engine, found = build_engine(model), []
    for first in range(0, count, AT_ONCE):
        config = SampleConfig(
            temperature=1.0, count=min(AT_ONCE, count - first), seed=seed + first, candidates=1
        )
        found += compose(model, config, engine=engine)
    return [one for one in found if one.is_complete and one.tune.notes]


def measure(start: Checkpoint, name: str, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Ballots, training, gate and fresh pairs of one taste."""
    tunes = draw(start, 2 * asked.ballots + 60, BALLOT_SEED + 100_000 * seed)
    listener = Listener(TASTES.get(name), tunes, seed)
    train: list[PreferencePair] = []
    unseen: list[PreferencePair] = []
    for one, other in zip(tunes[::2], tunes[1::2], strict=False):
        if len(train) + len(unseen) == asked.ballots or one.abc == other.abc:
            continue
        first, second = (one, other) if listener.prefers_first(one, other) else (other, one)
        pair = PreferencePair(first.abc, second.abc)
        (unseen if is_held_back(f"{name} {seed} {len(train) + len(unseen)}") else train).append(
            pair
        )
    new = learn(start, name, seed, train, asked.steps)
    config = start.metadata.training
    source = str(start.metadata.corpus["source"])
    dataset = load_dataset(source, PATHS, config.plain, config.described)
    verdict = judge(start, new, dataset, unseen, seed)
    ours, theirs = (draw(one, asked.fresh, FRESH_SEED + 1_000 * seed) for one in (new, start))
    wins = [listener.prefers_first(a, b) for a, b in zip(ours, theirs, strict=False)]
    return {
        "ballots": len(train) + len(unseen),
        "wins": fmean(wins),
        "fresh pairs": len(wins),
        "accepted": verdict.is_accepted,
        "checks": verdict.to_list(),
    }


def learn(
    start: Checkpoint, name: str, seed: int, pairs: list[PreferencePair], steps_: int
) -> Checkpoint:
    """The start after a training on the pairs, as `musicgen adapt` trains."""
    store = RunStore(PATHS.runs)
    run_id = store.new_id(f"taste-{name}-{seed}")
    source = str(start.metadata.corpus["source"]).split("+")[0]
    plan = AdaptPlan(start.name, steps=steps_, seed=seed)
    preset = follow_manner(make_preset(plan, source, has_pairs=True), start, PATHS)
    config = preset.training.replace(threads=1, preference_pairs="ballots")
    preset = type(preset).without_meaning("adapt", preset.network, config)
    run = store.create(run_id, preset, start, pairs=pairs)
    set_threads(config)
    dataset = load_dataset(config.source, PATHS, config.plain, config.described)
    TrainingSession(run, dataset, lambda _metrics: None).train()
    return load_checkpoint(run.path / "best")


def judge(
    start: Checkpoint, new: Checkpoint, dataset: Dataset, unseen: list[PreferencePair], seed: int
) -> Any:
    """What the gate says."""
    scorer = find_novelty_scorer(start, PATHS)
    evidence = Evidence(
        dataset.texts("val"), unseen, (), lambda text: scorer(text)["longest_melody"], seed=seed
    )
    return judge_version(start, new, evidence)


def tell(results: dict[str, Any]) -> None:
    """The table: a row for each taste."""
    print("| taste | wins of fresh pairs | loss | diversity | longest melody | let through |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in (*TASTES, "noise"):
        rows = [row for key, row in results.items() if key.split()[0] == name]
        if not rows:
            continue
        by_check = {
            check["name"]: [
                (one["before"], one["after"])
                for row in rows
                for one in row["checks"]
                if one["name"] == check["name"]
            ]
            for check in rows[0]["checks"]
        }
        loss = fmean(after - before for before, after in by_check["loss"])
        diversity = fmean(after / before for before, after in by_check["diversity"])
        melody = [fmean(pair[at] for pair in by_check["novelty"]) for at in (0, 1)]
        wins = ", ".join(f"{row['wins']:.0%}" for row in rows)
        passed = sum(row["accepted"] for row in rows)
        print(f"| {name} | {wins} | {loss:+.3f} | {diversity:.3f} × | {melody[0]:.1f} → "
              f"{melody[1]:.1f} | {passed} of {len(rows)} |")  # fmt: skip


if __name__ == "__main__":
    main()
