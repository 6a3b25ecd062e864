"""All measures of a set of tunes: each tune is measured once, then the set is summed up.

A measure is a share of tunes (a *rate*), the mean of one number for each tune, a *divergence* from
the corpus, or a figure of the set as a whole. Nothing says that more is better: what is near the
value of real tunes is good.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from musicgen.evaluation.measures.distribution import DISTRIBUTIONS, Counts
from musicgen.evaluation.measures.diversity import (
    Grams,
    estimate_distinct,
    estimate_diversity,
    find_grams,
)
from musicgen.evaluation.measures.pitch_range import compute_leap_share, compute_range, is_playable
from musicgen.evaluation.measures.repetition import (
    compute_repetition,
    is_aabb,
    repeats_first_section,
)
from musicgen.evaluation.measures.tonality import (
    agrees_with_profile,
    compute_scale_share,
    ends_on_tonic,
)
from musicgen.evaluation.statistics.divergence import estimate_divergence, sum_counts
from musicgen.evaluation.statistics.estimate import Estimate, estimate_mean, estimate_rate
from musicgen.notation.analysis.checking import check_tune
from musicgen.notation.analysis.fingerprint import interval_fingerprint
from musicgen.notation.analysis.melody import melody_notes
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune

RATES: dict[str, Callable[[Tune], bool | None]] = {
    "key_profile": agrees_with_profile,
    "tonic_end": ends_on_tonic,
    "first_again": repeats_first_section,
    "aabb": is_aabb,
    "playable": is_playable,
}
"""Shares of tunes, beside those of `analysis.checking.TuneCheck`: readable, complete, in_time."""

MEANS: dict[str, Callable[[Tune], float]] = {
    "scale": compute_scale_share,
    "repetition": compute_repetition,
    "range": compute_range,
    "leaps": compute_leap_share,
    "bars": lambda tune: float(len(tune.bars)),
    "notes": lambda tune: float(len(melody_notes(tune))),
    "size": lambda tune: float(len(tune.text.strip())),
}
"""One number for each tune."""


@dataclass(frozen=True, slots=True)
class TuneFigures:
    """All that is measured of one tune; `extra` are numbers that do not follow from its text.

    A rate is None, and a number NaN, where the tune has nothing to measure.
    """

    rates: Mapping[str, bool | None]
    numbers: Mapping[str, float]
    counts: Mapping[str, Counts]
    grams: Grams
    melody: str
    extra: Mapping[str, float] = field(default_factory=dict)

    @property
    def has_notes(self) -> bool:
        """Whether anything sounds."""
        return bool(self.counts["lengths"])


def measure_tune(
    text: str,
    extra: Mapping[str, float] | None = None,
    header: tuple[tuple[str, str], ...] = (),
) -> TuneFigures:
    """The figures of the first tune of a text, whatever is in it.

    Args:
        text: ABC.
        extra: Further numbers, such as how sure the network was.
        header: Fields of its tunebook's header.
    """
    reading = read_tune(text, defaults=header)
    tune = reading[0]
    check = check_tune(text, header=header, reading=reading)
    checked = {
        "readable": check.is_readable,
        "complete": check.is_complete,
        "in_time": check.is_in_time if check.is_metered or not check.notes else None,
    }
    return TuneFigures(
        checked | {name: rate(tune) for name, rate in RATES.items()},
        {name: compute(tune) for name, compute in MEANS.items()},
        {name: count(tune) for name, count in DISTRIBUTIONS.items()},
        find_grams(tune),
        interval_fingerprint(tune),
        dict(extra or {}),
    )


def count_corpus(texts: Iterable[str]) -> dict[str, Counts]:
    """The distributions of all tunes of a corpus together, by name."""
    total: dict[str, Counts] = {name: Counter() for name in DISTRIBUTIONS}
    for text in texts:
        tune, _problems = read_tune(text)
        for name, count in DISTRIBUTIONS.items():
            total[name].update(count(tune))
    return total


def summarise_tunes(
    tunes: Sequence[TuneFigures], corpus: Mapping[str, Counts] | None, size: int
) -> dict[str, Estimate]:
    """Every measure of a set of tunes, by name; NaN where there is nothing to measure.

    Args:
        tunes: The figures of its tunes.
        corpus: What its distributions are compared with; without it there are no divergences.
        size: Tunes in a draw of `statistics.divergence.estimate_divergence`; the same for sets
            to be compared.
    """
    found: dict[str, Estimate] = {}
    for name in ("readable", "complete", "in_time", *RATES):
        known = [value for tune in tunes if (value := tune.rates[name]) is not None]
        found[name] = estimate_rate(sum(known), len(known))
    for name in MEANS:
        found[name] = estimate_mean([tune.numbers[name] for tune in tunes])
    for name in sorted({name for tune in tunes for name in tune.extra}):
        found[name] = estimate_mean([tune.extra.get(name, math.nan) for tune in tunes])
    found["diversity"] = estimate_diversity([tune.grams for tune in tunes])
    found["distinct"] = estimate_distinct([tune.melody for tune in tunes])
    if corpus is not None:
        for name in DISTRIBUTIONS:
            counts = [tune.counts[name] for tune in tunes]
            found[name] = estimate_divergence(counts, corpus[name], size)
    return found


def sum_distributions(tunes: Sequence[TuneFigures]) -> dict[str, Counts]:
    """The distributions of a set of tunes, by name."""
    return {name: sum_counts([tune.counts[name] for tune in tunes]) for name in DISTRIBUTIONS}
