r"""``python -m experiments.tastes``: does a network learn what listeners like, and nothing else?

Simulated listeners have a hidden taste: tunes that come home, that go in small steps, or of a
livelier rhythm. Each gives 500 ballots on pairs of tunes of the start (`quick` on the lab's tunes,
trained here, or the model that `--start` names), and prefers a tune by one standard
deviation of the taste with odds of e² to 1.
The network is trained on four fifths of the ballots as `musicgen adapt` does, the gate is
asked with the last fifth, and fresh pairs, one tune of the start and one of the new version, are
put to the same listener.

A taste that is noise must be turned away by the gate. Networks are trained on ballots that a coin
gave (`--noise-steps`), and the check of preferences, which must pass, is asked about the last
fifth: as the coin gave it, and with `COINS` further throws for each network.

Results go to a JSON file one by one; what is there is not made again. One core for some twenty
minutes, or two minutes to see that it works::

    python -m experiments.tastes
    python -m experiments.tastes --steps 8 --seeds 0 --noise 1 --noise-steps 4 --ballots 60 \
        --fresh 20 --results tastes.json
"""

import argparse
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import numpy as np

from musicgen.config import Paths, SampleConfig, to_json
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.report.novelty_scorer import find_novelty_scorer
from musicgen.jobs.adapt_service import PAIR_STEPS, AdaptPlan, make_preset
from musicgen.listening.candidates import judge_nearer
from musicgen.listening.gate import (
    TUNES,
    Evidence,
    compose_for_gate,
    find_margins,
)
from musicgen.listening.interpolation import hold_near
from musicgen.listening.learning import is_held_back
from musicgen.listening.taste import strengthen
from musicgen.listening.verdict import lowest_share
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.notation.analysis.melody import melody_notes, tonic_of
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
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
START = "tastes-start"
AT_ONCE = 500
COINS = 1000
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
    length = float(sum(note.quarters for note in notes))
    return len(notes) / length if length else 0.0


TASTES: dict[str, Callable[[Tune], float]] = {"home": home, "steps": steps, "lively": lively}


@dataclass(frozen=True)
class Known:
    """A tune that was composed: its text as the network wrote it, and as it was read."""

    abc: str
    tune: Tune


class Listener:
    """Prefers the tune of a pair that has more of a taste, with some doubt; noise if None.

    Args:
        taste: What is liked.
        known: Tunes by which a standard deviation of the taste is known.
        seed: Of the doubt.
    """

    def __init__(
        self, taste: Callable[[Tune], float] | None, known: list[Known], seed: int
    ) -> None:
        self._taste = taste
        self._chance = random.Random(seed)
        self._scale = pstdev([taste(one.tune) for one in known]) if taste else 1.0

    def prefers_first(self, one: Known | Composition, other: Known | Composition) -> bool:
        """What is said of a pair."""
        if self._taste is None:
            return self._chance.random() < 0.5
        gap = (self._taste(one.tune) - self._taste(other.tune)) / (self._scale or 1.0)
        return self._chance.random() < 1 / (1 + math.exp(-SHARPNESS * gap))


@dataclass(frozen=True)
class Given:
    """What all tastes of one seed share: tunes of the start for ballots, fresh pairs, the gate.

    Those for ballots are of one pool, put together anew for each seed.
    """

    seed: int
    ballots: list[Known]
    fresh: list[Composition]
    before: list[Composition]


def main() -> None:
    """Trains what is not there, measures what was not measured, and prints the table."""
    asked = read_arguments()
    start = find_start(asked.start)
    results = json.loads(asked.results.read_text()) if asked.results.is_file() else {}
    pool: list[Known] = []
    for seed in asked.seeds:
        names = [f"{name} {seed}" for name in TASTES]
        noises = [f"noise {number}" for number in range(seed, asked.noise, 3)]
        if not {*names, *noises} - set(results):
            continue
        pool = pool or find_pool(start, 2 * asked.ballots + 60)
        given = prepare(start, pool, seed, asked)
        for key in (*names, *noises):
            if key not in results:
                measure = measure_noise if key in noises else measure_taste
                results[key] = measure(start, given, key, asked)
                write_file(asked.results, to_json(results).encode())
            print(key, json.dumps(results[key]), flush=True)
    tell(results)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--start", default="")
    parser.add_argument("--steps", type=int, default=PAIR_STEPS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--noise", type=int, default=12)
    parser.add_argument("--noise-steps", type=int, default=40)
    parser.add_argument("--ballots", type=int, default=500)
    parser.add_argument("--fresh", type=int, default=150)
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


def find_start(name: str) -> Checkpoint:
    """The model to begin with: the one that is named, else `quick`, trained if need be."""
    if name:
        return load_checkpoint(find_checkpoint(name, PATHS).path)
    if not (PATHS.runs / START / "best").is_dir():
        preset = get_preset("quick")
        config = preset.training.replace(threads=1, samples=0, moments=False, eval_interval=200)
        run = RunStore(PATHS.runs).create(
            START, type(preset).without_meaning("quick", preset.network, config)
        )
        set_threads(config)
        dataset = load_dataset(config.source, PATHS, config.plain, config.described)
        TrainingSession(run, dataset, lambda _metrics: None).train()
    return load_checkpoint(PATHS.runs / START / "best")


def draw(model: Checkpoint, count: int, seed: int) -> list[Composition]:
    """Tunes that came to their end, drawn without a critic."""
    engine, found = build_engine(model), []
    for first in range(0, count, AT_ONCE):
        config = SampleConfig(
            temperature=1.0, count=min(AT_ONCE, count - first), seed=seed + first, candidates=1
        )
        found += compose(model, config, engine=engine)
    return [one for one in found if one.is_complete and one.tune.notes]


def find_pool(start: Checkpoint, count: int) -> list[Known]:
    """Tunes of the start for ballots; composed once, and kept next to the runs."""
    path = PATHS.home / f"tastes-{start.fingerprint[:12]}-{count}.json"
    if not path.is_file():
        write_file(path, to_json([one.abc for one in draw(start, count, BALLOT_SEED)]).encode())
    return [Known(text, read_tune(text)[0]) for text in json.loads(path.read_text())]


def prepare(start: Checkpoint, pool: list[Known], seed: int, asked: argparse.Namespace) -> Given:
    """The tunes of a seed."""
    return Given(
        seed,
        random.Random(seed).sample(pool, len(pool)),
        draw(start, asked.fresh, FRESH_SEED + 1_000 * seed),
        compose_for_gate(start, TUNES, seed),
    )


def vote(
    given: Given, listener: Listener, key: str, most: int
) -> tuple[list[PreferencePair], list[PreferencePair]]:
    """Ballots to learn from, and those held back."""
    train: list[PreferencePair] = []
    unseen: list[PreferencePair] = []
    for one, other in zip(given.ballots[::2], given.ballots[1::2], strict=False):
        count = len(train) + len(unseen)
        if count == most:
            break
        if one.abc == other.abc:
            continue
        first, second = (one, other) if listener.prefers_first(one, other) else (other, one)
        side = unseen if is_held_back(f"{key} {count}") else train
        side.append(PreferencePair(first.abc, second.abc))
    return train, unseen


def measure_taste(
    start: Checkpoint, given: Given, key: str, asked: argparse.Namespace
) -> dict[str, Any]:
    """Ballots, training, gate and fresh pairs of one taste."""
    listener = Listener(TASTES[key.split(maxsplit=1)[0]], given.ballots, given.seed)
    train, unseen = vote(given, listener, key, asked.ballots)
    path = learn(start, key, strengthen(train, given.seed), asked.steps)
    scorer = find_novelty_scorer(start, PATHS)
    evidence = Evidence(
        held_out_texts(start), unseen, (), lambda text: scorer(text)["longest_melody"],
        tunes=TUNES, seed=given.seed,
    )  # fmt: skip
    new, verdict = judge_nearer(start, path, evidence, given.before)
    ours = draw(new, asked.fresh, FRESH_SEED + 500_000 + 1_000 * given.seed)
    wins = [listener.prefers_first(a, b) for a, b in zip(ours, given.fresh, strict=False)]
    return {
        "ballots": len(train) + len(unseen),
        "wins": fmean(wins),
        "share": share_of(new),
        "fresh pairs": len(wins),
        "accepted": verdict.is_accepted,
        "checks": verdict.to_list(),
    }


def share_of(new: Checkpoint) -> float:
    """How far a version is from its start, of the way that its training went."""
    way = new.metadata.corpus.get("interpolated") or {"share": 1.0}
    return float(way["share"])


def measure_noise(
    start: Checkpoint, given: Given, key: str, asked: argparse.Namespace
) -> dict[str, Any]:
    """How often the check of preferences lets a network through that learned from a coin."""
    number = int(key.split()[1])
    train, unseen = vote(given, Listener(None, [], 1000 + number), key, asked.ballots)
    path = learn(start, key, strengthen(train, number), asked.noise_steps)
    new = hold_near(start, path, held_out_texts(start))
    margins = np.array(find_margins(start, new, unseen))
    coins = np.random.default_rng(number).choice((-1, 1), (COINS, len(margins)))
    shares = (coins * margins > 0).mean(axis=1)
    through = [lowest_share(float(share), len(margins)) > 0.5 for share in shares]
    return {
        "unseen": len(unseen),
        "share": float((margins > 0).mean()),
        "accepted": lowest_share(float((margins > 0).mean()), len(margins)) > 0.5,
        "accepted of coins": fmean(through),
        "moved": float(np.abs(margins).mean()),
    }


def learn(start: Checkpoint, key: str, pairs: list[PreferencePair], steps_: int) -> Path:
    """The folder of the start after a training on the pairs, as `musicgen adapt` trains."""
    store = RunStore(PATHS.runs)
    name, seed = key.split()
    run_id = store.new_id(f"taste-{name}-{seed}")
    source = str(start.metadata.corpus["source"]).split("+")[0]
    config = start.metadata.training
    plan = AdaptPlan(start.name, steps=steps_, seed=int(seed))
    preset = make_preset(plan, source, has_pairs=True, is_plain=config.plain)
    preset = follow_manner(preset, start, PATHS)
    config = preset.training.replace(threads=1, preference_pairs="ballots")
    preset = type(preset).without_meaning("adapt", preset.network, config)
    run = store.create(run_id, preset, start, pairs=pairs)
    set_threads(config)
    dataset = load_dataset(config.source, PATHS, config.plain, config.described)
    TrainingSession(run, dataset, lambda _metrics: None).train()
    return run.path / "best"


def held_out_texts(start: Checkpoint) -> list[str]:
    """Tunes of its tunebook that a model did not learn."""
    config = start.metadata.training
    source = str(start.metadata.corpus["source"])
    return load_dataset(source, PATHS, config.plain, config.described).texts("val")


def tell(results: dict[str, Any]) -> None:
    """The table: a row for each taste."""
    print("| taste | wins of fresh pairs | most loss | least diversity | longest melody | passed |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in TASTES:
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
        loss = max(after - before for before, after in by_check["loss"])
        diversity = min(after / before for before, after in by_check["diversity"])
        melody = [fmean(pair[at] for pair in by_check["novelty"]) for at in (0, 1)]
        wins = ", ".join(f"{row['wins']:.0%}" for row in rows)
        passed = sum(row["accepted"] for row in rows)
        print(f"| {name} | {wins} | {loss:+.3f} | {diversity:.3f} × | {melody[0]:.1f} → "
              f"{melody[1]:.1f} | {passed} of {len(rows)} |")  # fmt: skip
    noises = [row for key, row in results.items() if key.split()[0] == "noise"]
    if noises:
        share = 1 - fmean(row["accepted of coins"] for row in noises)
        kept = sum(not row["accepted"] for row in noises)
        print(f"noise: the old version is kept in {kept} of {len(noises)} trainings, and in "
              f"{share:.1%} of {len(noises) * COINS:,} throws of their unseen ballots")  # fmt: skip


if __name__ == "__main__":
    main()
