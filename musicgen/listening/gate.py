"""The gate: whether a new version of a model may take the old one's place.

What a version learned must not cost what the old one could do. So both compose tunes from the same
seeds without a critic, both read held-out tunes, and every check must pass:

- *loss*: over the bodies of held-out tunes it may rise by `MOST_LOSS` nats per character.
- *judge*: detectors may not tell its tunes from real ones clearly better (intervals apart).
- *diversity*: at least `LEAST_DIVERSITY` of what it was.
- *novelty*: the longest run of melody shared with a training tune may not be clearly longer.
- *length*: the median of notes of a tune stays within `MOST_LENGTH` of what it was.
- *preference*: on pairs that it never saw, the implied reward of direct preference optimisation,
  log π(y) − log π_old(y) per character, must prefer the tune that people preferred more often than
  not, by the exact bound of 95 % (C. J. Clopper, E. S. Pearson, Biometrika 26 (1934)). A version
  that learned noise passes this in at most one of twenty times.
- *new tunes*: where it learned new tunes, its loss on others of them must have fallen.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

import torch

from musicgen.config import SampleConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.judge.cross_validation import judge_tunes
from musicgen.evaluation.judge.features import extract_features
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.measures.diversity import estimate_diversity, find_grams
from musicgen.evaluation.statistics.estimate import Estimate, estimate_mean
from musicgen.listening.verdict import CHECKS, Check, GateVerdict, lowest_share
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.network import Network
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.engine import build_engine
from musicgen.training.loop.goals import encode_tune, mean_log_probs
from musicgen.training.preference_pairs import PreferencePair

MOST_LOSS = 0.02
LEAST_DIVERSITY = 0.95
MOST_LENGTH = 0.15
LEAST_FALL = 0.02
"""Share by which the loss on new tunes must fall."""

FEWEST_PAIRS = 20
"""Unseen pairs below which nothing is known about preferences."""

TUNES = 120
DETECTORS = ("ngrams",)
_SEED = 5_000_000
_READ_AT_ONCE = 16


@dataclass(frozen=True)
class Evidence:
    """What the gate asks about.

    `real` are held-out tunes as the model reads them; `unseen` pairs that were not learned from;
    `new_tunes` held-out ones of a tradition that was to be learned. `longest_melody` gives of a
    text the longest run shared with a training tune, None where that cannot be known.
    """

    real: Sequence[str]
    unseen: Sequence[PreferencePair] = ()
    new_tunes: Sequence[str] = ()
    longest_melody: Callable[[str], float] | None = None
    tunes: int = TUNES
    seed: int = 0
    on_step: Callable[[], None] = field(default=lambda: None)


def judge_version(
    old: Checkpoint,
    new: Checkpoint,
    evidence: Evidence,
    before: Sequence[Composition] = (),
) -> GateVerdict:
    """What the gate says of a new version.

    Args:
        old: The version in its place.
        new: The one that wants it.
        evidence: What is asked about; its `on_step` is called now and then, and may raise.
        before: Tunes of the old version as `compose_for_gate` makes them; made here if empty.
    """
    count, seed, on_step = evidence.tunes, evidence.seed, evidence.on_step
    before = before or compose_for_gate(old, count, seed, on_step)
    after = compose_for_gate(new, count, seed, on_step)
    checks = [_check_loss(old, new, evidence)]
    evidence.on_step()
    checks += [
        _check_judge(before, after, evidence),
        _check_diversity(before, after),
        _check_length(before, after),
    ]
    evidence.on_step()
    if evidence.longest_melody:
        checks.append(_check_novelty(before, after, evidence.longest_melody))
    if evidence.unseen:
        checks.append(_check_preference(old, new, evidence.unseen))
    if evidence.new_tunes:
        checks.append(_check_new_tunes(old, new, evidence.new_tunes))
    order = list(CHECKS)
    return GateVerdict(tuple(sorted(checks, key=lambda check: order.index(check.name))))


def compose_for_gate(
    checkpoint: Checkpoint, count: int, seed: int, on_step: Callable[[], None] = lambda: None
) -> list[Composition]:
    """Tunes of a version as the gate has them composed: without a critic, at temperature 1."""
    config = SampleConfig(temperature=1.0, count=count, candidates=1, seed=_SEED + seed)
    return compose(checkpoint, config, lambda _texts: on_step(), build_engine(checkpoint))


def _check_loss(old: Checkpoint, new: Checkpoint, evidence: Evidence) -> Check:
    before, after = (
        compute_loss(one.network, one.vocabulary, evidence.real).body_loss for one in (old, new)
    )
    bound = before + MOST_LOSS
    return Check("loss", before, after, bound, after <= bound)


def _check_judge(
    before: Sequence[Composition], after: Sequence[Composition], evidence: Evidence
) -> Check:
    real = [extract_features(text) for text in evidence.real]
    found: list[Estimate | None] = []
    for pieces in (before, after):
        features = [extract_features(one.abc) for one in pieces]
        judgement = judge_tunes(real, features, DETECTORS, on_step=evidence.on_step)
        found.append(judgement.auc(DETECTORS[0]))
    old, new = found
    if old is None or new is None:  # too few tunes to say anything
        return Check("judge", math.nan, math.nan, math.nan, is_passed=True)
    return Check("judge", old.value, new.value, old.high, is_passed=new.compare(old) <= 0)


def _check_diversity(before: Sequence[Composition], after: Sequence[Composition]) -> Check:
    old, new = (
        estimate_diversity([find_grams(one.tune) for one in pieces]).value
        for pieces in (before, after)
    )
    bound = LEAST_DIVERSITY * old
    return Check("diversity", old, new, bound, new >= bound or math.isnan(old))


def _check_length(before: Sequence[Composition], after: Sequence[Composition]) -> Check:
    old, new = (float(median(len(one.tune.notes) for one in pieces)) for pieces in (before, after))
    return Check("length", old, new, MOST_LENGTH * old, abs(new - old) <= MOST_LENGTH * old)


def _check_novelty(
    before: Sequence[Composition], after: Sequence[Composition], measure: Callable[[str], float]
) -> Check:
    old, new = (estimate_mean([measure(one.abc) for one in pieces]) for pieces in (before, after))
    return Check("novelty", old.value, new.value, old.high, is_passed=new.compare(old) <= 0)


def _check_preference(old: Checkpoint, new: Checkpoint, unseen: Sequence[PreferencePair]) -> Check:
    margins = find_margins(old, new, unseen)
    share = sum(margin > 0 for margin in margins) / len(margins)
    low = lowest_share(share, len(margins))
    return Check("preference", 0.5, share, low, low > 0.5 and len(margins) >= FEWEST_PAIRS)


def find_margins(old: Checkpoint, new: Checkpoint, pairs: Sequence[PreferencePair]) -> list[float]:
    """By how much the new version raised the chosen tune of each pair above the rejected one.

    In nats per character, over what the old version found.
    """
    after = _gaps(new.network, new.vocabulary, pairs)
    before = _gaps(old.network, old.vocabulary, pairs)
    return [one - other for one, other in zip(after, before, strict=True)]


def _gaps(network: Network, vocabulary: Vocabulary, pairs: Sequence[PreferencePair]) -> list[float]:
    found: list[float] = []
    for first in range(0, len(pairs), _READ_AT_ONCE):
        batch = pairs[first : first + _READ_AT_ONCE]
        tunes = [
            encode_tune(vocabulary, _known(vocabulary, text))
            for pair in batch
            for text in (pair.chosen, pair.rejected)
        ]
        with torch.no_grad():
            values = mean_log_probs(network, tunes, torch.float32).view(-1, 2)
        found += (values[:, 0] - values[:, 1]).tolist()
    return found


def _known(vocabulary: Vocabulary, text: str) -> str:
    unknown = set(vocabulary.unknown(text))
    return "".join(sign for sign in text if sign not in unknown)


def _check_new_tunes(old: Checkpoint, new: Checkpoint, tunes: Sequence[str]) -> Check:
    before, after = (
        compute_loss(one.network, one.vocabulary, tunes).body_loss for one in (old, new)
    )
    bound = (1 - LEAST_FALL) * before
    return Check("new tunes", before, after, bound, after <= bound)
