"""Can composed tunes be told from real ones? The detectors of `experiments.judge` try.

python -m experiments.judge --checkpoint house --count 804
python -m experiments.judge --count 300 --temperature 1.0 --detectors ngrams,figures

An area under the curve of 0.5 is chance, 1.0 never wrong. The real tunes are those of the model's
own tunebook, as many as were composed; the first line is the control: real tunes beside other real
ones. Below are the figures that give the composed tunes away, widest gap first.
"""

import argparse
import random

import numpy as np

from experiments.judge.detectors import DETECTORS, judge_tunes
from experiments.judge.features import FIGURES, measure_figures
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.report.reference import first_source
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import compose


def main() -> None:
    """Prints the verdicts and what they rest on."""
    parser = argparse.ArgumentParser(description="Composed tunes before the judge.")
    parser.add_argument("--checkpoint", default="house")
    parser.add_argument("--count", type=int, default=804)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--detectors", default=",".join(DETECTORS))
    asked = parser.parse_args()
    paths, detectors = Paths.default(), asked.detectors.split(",")
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, paths).path)
    tunes = load_dataset(first_source(checkpoint.metadata), paths).tunes
    real = [tune.text for tune in tunes]
    random.Random(asked.seed).shuffle(real)
    config = SampleConfig(
        temperature=asked.temperature, seed=asked.seed, count=min(asked.count, 1000)
    )
    composed = [piece.abc for piece in compose(checkpoint, config)]
    half = len(real) // 2
    print(f"\n{asked.checkpoint}, temperature {asked.temperature:g}, {len(composed)} tunes\n")
    print("| detector | real beside real | composed beside real |\n|---|---|---|")
    controls = judge_tunes(real[:half], real[half : 2 * half], detectors)
    verdicts = judge_tunes(real[: len(composed)], composed, detectors)
    for control, verdict in zip(controls, verdicts, strict=True):
        print(f"| {verdict.detector} | {_interval(control.auc)} | {_interval(verdict.auc)} |")
    _print_figures(real, composed)


def _interval(auc: Estimate) -> str:
    return f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})"


def _print_figures(real: list[str], composed: list[str]) -> None:
    ours, theirs = (
        np.array([measure_figures(read_tune(text)[0]) for text in texts])
        for texts in (composed, real)
    )
    means, wanted = np.nanmean(ours, 0), np.nanmean(theirs, 0)
    gaps = np.abs(means - wanted) / np.maximum(np.nanstd(theirs, 0), 1e-9)
    print("\n| figure | real | composed | gap in standard deviations |\n|---|---|---|---|")
    names = list(FIGURES)
    for at in np.argsort(-gaps):
        print(f"| {names[at]} | {wanted[at]:.3f} | {means[at]:.3f} | {gaps[at]:.2f} |")


if __name__ == "__main__":
    main()
