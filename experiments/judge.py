"""Can composed tunes be told from real ones? The detectors of `musicgen.evaluation.judge` try.

python -m experiments.judge --checkpoint house --count 804
python -m experiments.judge --count 300 --temperature 1.0 --detectors ngrams,figures

An area under the curve of 0.5 is chance, 1.0 never wrong. The real tunes are those of the model's
own tunebook, training tunes included, as many as were composed; `evaluate` takes held-out ones
alone. The first column is the control: real tunes beside other real ones. Below are the figures
that give the composed tunes away, widest gap first.
"""

import argparse
import random

from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.judge.cross_validation import judge_tunes
from musicgen.evaluation.judge.detectors import DETECTORS
from musicgen.evaluation.judge.features import extract_features
from musicgen.evaluation.report.manner import first_source
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.sampling.composer import compose


def main() -> None:
    """Prints the verdicts and what they rest on."""
    parser = argparse.ArgumentParser(description="Composed tunes before the judge.")
    parser.add_argument("--checkpoint", default="house")
    parser.add_argument("--count", type=int, default=804)
    parser.add_argument("--temperature", type=float, default=SampleConfig().temperature)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--detectors", default=",".join(DETECTORS))
    asked = parser.parse_args()
    paths, detectors = Paths.default(), asked.detectors.split(",")
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, paths).path)
    tunes = load_dataset(first_source(checkpoint.metadata), paths).tunes
    real = [extract_features(tune.text) for tune in tunes]
    random.Random(asked.seed).shuffle(real)
    config = SampleConfig(
        temperature=asked.temperature, seed=asked.seed, count=min(asked.count, 1000)
    )
    composed = [extract_features(piece.abc) for piece in compose(checkpoint, config)]
    half = len(real) // 2
    control = judge_tunes(real[:half], real[half:], detectors)
    found = judge_tunes(real, composed, detectors)
    print(f"\n{asked.checkpoint}, temperature {asked.temperature:g}: {control.tunes} and "
          f"{found.tunes} tunes of each side\n")  # fmt: skip
    print("| detector | real beside real | composed beside real |\n|---|---|---|")
    for other, verdict in zip(control.verdicts, found.verdicts, strict=True):
        print(f"| {verdict.detector} | {_interval(other.auc)} | {_interval(verdict.auc)} |")
    print("\n| figure | real | composed | gap in standard deviations |\n|---|---|---|---|")
    for one in found.giveaways:
        means = f"{one.real.value:.3f} | {one.composed.value:.3f}"
        print(f"| {one.figure} | {means} | {_interval(one.gap)} |")


def _interval(one: Estimate) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


if __name__ == "__main__":
    main()
