"""``python -m experiments.adversarial``: does a discriminator, or do preferences, help?

A small model (`quick`, trained here, or the one that `--start` names) goes on for the same number
of steps with likelihood alone, with a reward from a discriminator beside it, and with preferences
by its critic, each with several seeds. Each network is measured as it is at the end: loss over the
bodies of validation tunes, what the judge's detectors make of tunes it composes without a critic
(AUC, 0.5 is chance), how different these are from one another, and how many end on the tonic.

Everything goes to one folder, and results to a JSON file one by one: what is there is not made
again, and a training that was interrupted goes on. One core for an hour or two, or in a minute to
see that it works::

    python -m experiments.adversarial --threads 1
    python -m experiments.adversarial --first-steps 60 --steps 8 --seeds 1 --tunes 24 --pairs 8
"""

import argparse
import json
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from musicgen.config import Paths, SampleConfig, to_json
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.evaluation.judge.cross_validation import judge_tunes
from musicgen.evaluation.judge.detectors import DETECTORS
from musicgen.evaluation.judge.features import TuneFeatures, extract_features
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.measures.diversity import estimate_diversity, find_grams
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.notation.analysis.melody import melody_notes, tonic_of
from musicgen.notation.model import Tune
from musicgen.presets import Preset, get_preset
from musicgen.sampling.composer import compose
from musicgen.storage import write_file
from musicgen.training.critic_pairs import compose_pairs, find_or_fit_critic
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.session import TrainingSession
from musicgen.training.preference_pairs import PreferencePair, read_pairs, write_pairs
from musicgen.training.runs.run import RunStore

PATHS = Paths.default()
RESULTS = Path("experiments/adversarial.json")
FIRST_SEED = 1_000
"""Of the tunes that are composed: the same for every network."""

ARMS: dict[str, dict[str, Any]] = {
    "likelihood": {},
    "adversarial": {"adversary": 0.3, "adversary_interval": 2},
    "preferences": {"preferences": 1.0},
}
_NOT_TRAINED = "start"
_GRAM = 4


def main() -> None:
    """Trains what is not there, measures what was not measured, and prints the table."""
    asked = _parse()
    store = RunStore(asked.folder / "runs")
    start = _find_start(asked, store)
    training = start.metadata.training
    source = str(start.metadata.corpus.get("source") or "lab")
    dataset = load_dataset(source, PATHS, training.plain, training.described)
    results = _read(asked.results)
    if _NOT_TRAINED not in results:
        _keep(asked, _NOT_TRAINED, 0, measure(start, dataset, asked.tunes, asked.detectors))
    pairs = _find_pairs(asked, start, dataset)
    for seed in range(1, asked.seeds + 1):
        for arm in asked.arms:
            if str(seed) in _read(asked.results).get(arm, {}):
                continue
            changes = ARMS[arm] | {
                "seed": seed, "max_steps": asked.steps, "threads": asked.threads, "source": source,
                "plain": training.plain, "described": training.described,
                "learning_rate": asked.learning_rate,
            }  # fmt: skip
            found, figures = go_on(store, f"{arm}-{seed}", changes, start, dataset, pairs)
            figures |= measure(found, dataset, asked.tunes, asked.detectors)
            _keep(asked, arm, seed, figures)
    _print(_read(asked.results))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--start", default="", help="model to go on from; else quick is trained")
    parser.add_argument("--first-steps", type=int, default=1500, help="of quick")
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--tunes", type=int, default=300, help="composed by each network")
    parser.add_argument("--pairs", type=int, default=512)
    parser.add_argument("--detectors", default=",".join(DETECTORS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=PATHS.cache / "adversarial")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    asked.arms, asked.detectors = asked.arms.split(","), asked.detectors.split(",")
    return asked


def _find_start(asked: argparse.Namespace, store: RunStore) -> Checkpoint:
    """The model to go on from; without a name `quick`, trained on the lab's tunes."""
    if asked.start:
        return load_checkpoint(find_checkpoint(asked.start, PATHS).path)
    quick = get_preset("quick")
    settings = quick.training.replace(
        max_steps=asked.first_steps, threads=asked.threads, samples=0, carry_state=True
    )
    preset = Preset.without_meaning("quick", quick.network, settings)
    dataset = load_dataset(settings.source, PATHS)
    folder = store.root / _NOT_TRAINED
    run = store.get(_NOT_TRAINED) if folder.exists() else store.create(_NOT_TRAINED, preset)
    if run.info().step < asked.first_steps:
        TrainingSession(run, dataset, lambda _metrics: None).train()
    return load_checkpoint(run.path / "best")


def _find_pairs(
    asked: argparse.Namespace, start: Checkpoint, dataset: Dataset
) -> list[PreferencePair]:
    """The pairs that all seeds learn from, composed once."""
    path = asked.folder / "pairs.jsonl"
    if "preferences" not in asked.arms:
        return []
    if not path.is_file():
        first = dataset.source.split("+")[0]
        real = [tune.text for tune in dataset.split.train if tune.source == first]
        write_pairs(path, compose_pairs(start, find_or_fit_critic(start, real), asked.pairs))
    return read_pairs(path)


def go_on(
    store: RunStore,
    name: str,
    changes: dict[str, Any],
    start: Checkpoint,
    dataset: Dataset,
    pairs: list[PreferencePair],
) -> tuple[Checkpoint, dict[str, Any]]:
    """The network at the end of a training from a start, and what the training showed."""
    fine = get_preset("fine-tune")
    settings = fine.training.replace(average=0.0, samples=0, warmup_steps=20, transpose=0)
    settings = settings.replace(**changes)
    shape = start.metadata.network.replace(dropout=fine.network.dropout / 2)
    preset = Preset.without_meaning("fine-tune", shape, settings)
    used = pairs if settings.preferences else []
    is_there = (store.root / name).exists()
    run = store.get(name) if is_there else store.create(name, preset, start, pairs=used)
    TrainingSession(run, dataset, lambda _metrics: None).train()
    metrics = run.read_metrics()
    last: dict[str, float] = {}
    for item in metrics:
        last |= item.figures
    shown = {"seconds": round(metrics[-1].elapsed_s), "steps": metrics[-1].step, "last": last}
    return load_checkpoint(run.path / "last"), shown


def measure(
    checkpoint: Checkpoint, dataset: Dataset, count: int, detectors: list[str]
) -> dict[str, Any]:
    """What is asked of every network; its tunes have the same seeds as those of all others."""
    loss = compute_loss(checkpoint.network, checkpoint.vocabulary, dataset.texts("val"))
    config = SampleConfig(count=count, seed=FIRST_SEED, candidates=1)
    pieces = compose(checkpoint, config)
    tunes = [piece.tune for piece in pieces]
    judged = judge_tunes(
        _read_real(dataset.source), [extract_features(piece.abc) for piece in pieces], detectors
    )
    grams = [find_grams(tune) for tune in tunes]
    every = Counter(gram for tune in tunes for gram in _list_grams(tune))
    return {
        "body_loss": loss.body_loss,
        "auc": {verdict.detector: verdict.auc.to_dict() for verdict in judged.verdicts},
        "ends_on_tonic": fmean(map(_ends_on_tonic, tunes)),
        "distinct_runs": len(every) / max(1, every.total()),
        "self_similarity": 1.0 - estimate_diversity(grams).value,
        "complete": fmean(piece.is_complete for piece in pieces),
        "interventions": fmean(piece.intervention_share for piece in pieces),
        "characters": fmean(len(piece.abc) for piece in pieces),
    }


@cache
def _read_real(source: str) -> list[TuneFeatures]:
    """What detectors get of all real tunes of the first book."""
    first = source.partition("+")[0]
    return [extract_features(tune.text) for tune in load_dataset(first, PATHS).tunes]


def _list_grams(tune: Tune) -> list[tuple[int, ...]]:
    """All runs of four steps of a melody, as often as they come (distinct-n, Li et al. 2016)."""
    pitches = [note.pitch for note in melody_notes(tune)]
    steps = [b - a for a, b in pairwise(pitches)]
    return [tuple(steps[at : at + _GRAM]) for at in range(len(steps) - _GRAM + 1)]


def _ends_on_tonic(tune: Tune) -> bool:
    notes, tonic = melody_notes(tune), tonic_of(tune.key)
    return bool(notes) and tonic is not None and (notes[-1].pitch - tonic) % 12 == 0


def _read(path: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return known


def _keep(asked: argparse.Namespace, arm: str, seed: int, figures: dict[str, Any]) -> None:
    results = _read(asked.results)
    results.setdefault(arm, {})[str(seed)] = figures
    write_file(asked.results, to_json(results).encode("utf-8"))
    print(f"{arm} {seed}: body loss {figures['body_loss']:.4f}", flush=True)


def _print(results: dict[str, Any]) -> None:
    """Means over seeds, and their standard deviation where there are several."""
    detectors = sorted({name for arm in results.values() for one in arm.values()
                        for name in one["auc"]})  # fmt: skip
    names = ["body_loss", "ends_on_tonic", "distinct_runs", "self_similarity", "seconds"]
    print("\n| | " + " | ".join([*names[:1], *detectors, *names[1:]]) + " |")
    print("|---" * (len(names) + len(detectors) + 1) + "|")
    for arm, seeds in results.items():
        ones = list(seeds.values())
        cells = [_write([one["body_loss"] for one in ones])]
        cells += [_write([one["auc"][name]["value"] for one in ones]) for name in detectors]
        cells += [_write([one.get(name, 0.0) for one in ones]) for name in names[1:]]
        print(f"| {arm} | " + " | ".join(cells) + " |")


def _write(values: list[float]) -> str:
    spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{fmean(values):.3f}{spread}"


if __name__ == "__main__":
    set_threads(get_preset("quick").training.replace(threads=1))
    main()
