"""The tunes of a report before the judge: composed beside real, and real beside real as control."""

from collections.abc import Callable, Sequence

import numpy as np

from musicgen.evaluation.judge.cross_validation import FOLDS, MAX_TUNES, judge_tunes
from musicgen.evaluation.judge.families import find_families, keep_first
from musicgen.evaluation.judge.features import TuneFeatures, extract_features
from musicgen.evaluation.judge.result import MIN_TUNES, Judgement
from musicgen.evaluation.judge.sequence import EPOCHS
from musicgen.evaluation.report.reference import Reference
from musicgen.evaluation.statistics.estimate import BOOTSTRAP_SEED

STEPS = FOLDS * (EPOCHS + 2)
"""Steps of one judgement by all detectors: two of them take one a fold."""


def count_judged(reference: Reference, count: int) -> int:
    """How many tunes of each side will be judged at most; 0 where there are too few.

    Args:
        reference: The real tunes.
        count: Tunes that each set has.
    """
    judged = min(MAX_TUNES, len(reference.texts), count)
    return judged if judged >= MIN_TUNES else 0


def judge_sets(
    reference: Reference, sets: Sequence[Sequence[str]], on_step: Callable[[], None]
) -> tuple[Judgement, list[Judgement]]:
    """The control, and what detectors make of each set beside the real tunes.

    The control is the real tunes beside others of their book, as many as a set has, where the
    reference has others; else one half of them beside the other.

    Args:
        reference: The real tunes.
        sets: The texts of each set of composed tunes.
        on_step: Called before each of the `STEPS` of a judgement; what it raises ends the judging.
    """
    real = [extract_features(text) for text in reference.texts]
    count = max(map(len, sets), default=0)
    control = judge_tunes(*_control_sides(reference, real, count), on_step=on_step)
    found = [
        judge_tunes(real, [extract_features(text) for text in texts], on_step=on_step)
        for texts in sets
    ]
    return control, found


def _control_sides(
    reference: Reference, real: Sequence[TuneFeatures], count: int
) -> tuple[Sequence[TuneFeatures], Sequence[TuneFeatures]]:
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    if reference.others:
        drawn = np.sort(rng.permutation(len(reference.others))[:count])
        return real, [extract_features(reference.others[at]) for at in drawn]
    different = keep_first(find_families(real))
    mixed = [real[different[at]] for at in rng.permutation(len(different))]
    half = min(len(mixed) // 2, count)
    return mixed[:half], mixed[half : 2 * half]
