"""``python -m experiments.recipe``: what each ingredient of `house` brings.

The recipe of `house` is trained at a scale that a laptop has time for (one layer of 256 in place of
two of 640, fewer steps, and with less dropout, which is for many more steps), once as it is and
once without each ingredient: the same steps and the same seed. Told are the loss over the bodies
of the lab's validation tunes (nats a character), and of tunes composed freely, without a critic:
how well detectors tell them from the lab's (area under the curve, 0.5 is chance), and what a player
notices. Results go to a JSON file one by one; what is there is not made again. One core for some
fifty minutes, or two minutes to see that it works::

    python -m experiments.recipe
    python -m experiments.recipe --steps 20 --count 40 --results recipe.json
"""

import argparse
import json
from pathlib import Path
from typing import Any

from experiments.players import find_usual_keys, measure
from musicgen.config import Paths, SampleConfig, to_json
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.evaluation.judge.cross_validation import judge_tunes
from musicgen.evaluation.judge.features import extract_features
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.presets import Preset, apply_overrides, get_preset
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import build_engine
from musicgen.storage import write_file
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import RunStore

SMALL = {
    "hidden_size": "256", "embedding_dim": "64", "num_layers": "1", "dropout": "0.2",
    "recurrent_dropout": "0.2", "learning_rate": "0.004", "warmup_steps": "50", "samples": "0",
    "eval_interval": "200", "save_interval": "200", "threads": "1",
}  # fmt: skip

CHANGES: dict[str, dict[str, str]] = {
    "as it is": {},
    "no echo: a plain LSTM": {"kind": "lstm"},
    "not told the place": {"position": "false"},
    "header as in the book": {"described": "false"},
    "memory not carried on": {"carry_state": "false"},
    "weights not averaged": {"average": "0"},
    "the lab's book alone": {"source": "lab"},
    "the lab's book read once": {"first_readings": "1"},
    "no transposition": {"transpose": "0"},
    "no dropout in the state": {"recurrent_dropout": "0"},
    "no dropout between layers": {"dropout": "0"},
    "usual first weights": {"init": "pytorch"},
    "constant learning rate": {"schedule": "constant"},
}
DETECTORS = ("ngrams", "figures")
_SEED = 1


def main() -> None:
    """One training after another; each prints its row when it is measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--count", type=int, default=400, help="tunes that each composes")
    parser.add_argument("--results", type=Path, default=Path("experiments/recipe.json"))
    asked = parser.parse_args()
    paths = Paths.default()
    lab = load_dataset("lab", paths, described=True)
    results = json.loads(asked.results.read_text()) if asked.results.is_file() else {}
    print("| | nats a character | n-grams | figures | on the tonic | usual key | whole parts |")
    print("|---|---|---|---|---|---|---|")
    for name, changes in CHANGES.items():
        if name not in results:
            checkpoint = train(name, changes, asked.steps, paths)
            results[name] = look_at(checkpoint, lab, asked.count)
            write_file(asked.results, to_json(results).encode())
        print(f"| {name} | {' | '.join(_cells(results[name]))} |", flush=True)


def train(name: str, changes: dict[str, str], steps: int, paths: Paths) -> Checkpoint:
    """The best checkpoint of one training; its run is kept under the name of the change."""
    run_id = "recipe-" + "".join(c if c.isalnum() else "-" for c in name)
    store = RunStore(paths.runs)
    if not (paths.runs / run_id / "best").is_dir():
        settings = SMALL | {"max_steps": str(steps)} | changes
        preset = apply_overrides(get_preset("house"), settings)
        set_threads(preset.training)
        config = preset.training
        dataset = load_dataset(config.source, paths, config.plain, config.described)
        run = store.create(run_id, Preset.without_meaning("house", preset.network, config))
        TrainingSession(run, dataset, lambda _metrics: None).train()
    return load_checkpoint(paths.runs / run_id / "best")


def look_at(checkpoint: Checkpoint, lab: Dataset, count: int) -> dict[str, Any]:
    """All figures of a row, as JSON values."""
    held = lab.texts("val") if checkpoint.metadata.training.described else _undescribed()
    loss = compute_loss(checkpoint.network, checkpoint.vocabulary, held).body_loss
    config = SampleConfig(seed=_SEED, count=count, candidates=1)
    pieces = [
        one
        for one in compose(checkpoint, config, engine=build_engine(checkpoint))
        if one.is_complete and one.tune.notes
    ]
    texts = [tune.text for tune in load_dataset("lab", Paths.default()).tunes]
    real = [extract_features(text) for text in texts]
    found = judge_tunes(real, [extract_features(one.abc) for one in pieces], DETECTORS)
    noticed = measure([one.tune for one in pieces], find_usual_keys(texts))
    return {
        "loss": loss,
        "judges": {one.detector: one.auc.to_dict() for one in found.verdicts},
        "noticed": {name: one.to_dict() for name, one in noticed.items()},
    }


def _undescribed() -> list[str]:
    return load_dataset("lab", Paths.default(), plain=True).texts("val")


def _cells(row: dict[str, Any]) -> list[str]:
    judges = [Estimate.from_dict(row["judges"][name]) for name in DETECTORS]
    names = "ends on the tonic", "usual key", "parts of 4, 8, 12, 16"
    noticed = [Estimate.from_dict(row["noticed"][name]) for name in names]
    return [
        f"{row['loss']:.4f}",
        *(f"{one.value:.3f} ({one.low:.3f}–{one.high:.3f})" for one in judges),
        *(f"{one.value:.0%} ({one.low:.0%}–{one.high:.0%})" for one in noticed),
    ]


if __name__ == "__main__":
    main()
