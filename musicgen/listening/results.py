"""The count of a study: who was preferred by how much, how sure that is, and how people listened.

What does not count: practice, checks, ballots after the last look that is due
(`power.find_look`), and all ballots of listeners who failed more than half of their checks.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from musicgen.listening.bradley_terry import (
    LEVEL,
    NOTHING,
    Fit,
    Interval,
    PairedBallots,
    fit,
    to_log_odds,
)
from musicgen.listening.plan import StudyPlan
from musicgen.listening.power import Look, early_look, find_look
from musicgen.listening.store import LEFT, RIGHT, TIE, Ballot
from musicgen.listening.trials import CHECK, COUNTED, NOISE

_OUTCOMES = {LEFT: 0, RIGHT: 1, TIE: 2}
_TOST_LEVEL = 0.9
"""Two one-sided tests at 5 % are one interval of 90 % (D. J. Schuirmann, "A comparison of the two
one-sided tests procedure and the power approach …", J. Pharmacokin. Biopharm. 15 (1987))."""

_HIGHEST_NOISE = 2
"""The best rating of noise that passes a check."""


@dataclass(frozen=True, slots=True)
class VersionResult:
    """A version of a study of pairs. `strength` is in log-odds against the mean of all."""

    name: str
    won: int
    lost: int
    tied: int
    strength: Interval


@dataclass(frozen=True, slots=True)
class PairResult:
    """Two versions that met.

    `preference` is the share of preferences for the first, ties aside; `is_different` says that it
    passes the bound of the look, `is_equal` that its 90 % interval lies within the margin.
    """

    first: str
    second: str
    won: int
    lost: int
    tied: int
    preference: Interval
    is_different: bool
    is_equal: bool


@dataclass(frozen=True, slots=True)
class RatingResult:
    """The mean rating, 1..5, of a version on a scale, and how far above the first version it is."""

    name: str
    scale: str
    count: int
    mean: Interval
    difference: Interval


@dataclass(frozen=True, slots=True)
class ListenerResult:
    """A listener, by number. `scores` has for each version the share of its pairs that it won, a
    tie as a half (of ratings the mean), None where it was not heard; times in seconds.
    """

    number: int
    ballots: int
    scores: tuple[float | None, ...]
    median_s: float
    failed_checks: int
    is_counted: bool
    years: int | None


@dataclass(frozen=True)
class StudyResult:
    """What a study has found so far.

    `agreement` is Krippendorff's α among listeners, 1 for full agreement, 0 for chance; NaN without
    a pair of tunes that two of them heard. `left_share` is the share of preferences that went to
    the left side between equal versions. Times are seconds from the pair to the answer.
    """

    plan: StudyPlan
    look: Look
    ballots: int
    listeners: tuple[ListenerResult, ...]
    versions: tuple[VersionResult, ...]
    pairs: tuple[PairResult, ...]
    ratings: tuple[RatingResult, ...]
    agreement: float
    left_share: Interval
    checks: int
    failed_checks: int
    times_s: tuple[float, float, float]

    @property
    def excluded(self) -> int:
        """How many listeners do not count."""
        return sum(not one.is_counted for one in self.listeners)

    @property
    def missing_listeners(self) -> int:
        """How many more would complete the study, if each gives all answers."""
        if self.look.is_last:
            return 0
        missing = self.plan.planned_ballots - self.ballots
        return max(0, math.ceil(missing / self.plan.settings.pairs))

    @property
    def shown_listeners(self) -> tuple[ListenerResult, ...]:
        """The listeners, without what each preferred before the first look: that would tell."""
        if self.look.number:
            return self.listeners
        return tuple(replace(one, scores=(None,) * len(one.scores)) for one in self.listeners)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "title": self.plan.title,
            "look": asdict(self.look)
            | {"bound": self.look.bound if math.isfinite(self.look.bound) else None},
            "ballots": self.ballots,
            "versions": [_row(one) for one in self.versions],
            "pairs": [_row(one) for one in self.pairs],
            "ratings": [_row(one) for one in self.ratings],
            "agreement": _plain(self.agreement),
            "left_share": self.left_share.to_dict(),
            "checks": {"shown": self.checks, "failed": self.failed_checks},
            "excluded_listeners": self.excluded,
            "seconds": dict(zip(("p10", "median", "p90"), map(_plain, self.times_s), strict=True)),
            "listeners": [asdict(one) for one in self.shown_listeners],
        }


def count(
    plan: StudyPlan,
    ballots: Sequence[Ballot],
    listener_numbers: dict[str, int],
    *,
    is_final: bool = False,
) -> StudyResult:
    """The count of a study.

    Args:
        plan: What was carried out.
        ballots: All of them, in the order in which they were given.
        listener_numbers: The number of each listener by id.
        is_final: Whether it was closed for good, and is counted as it is.
    """
    checks, failed = _count_checks(ballots)
    excluded = find_excluded(ballots)
    valid = [one for one in ballots if one.trial.kind == COUNTED and one.listener not in excluded]
    look, used = take_look(plan, ballots, is_final=is_final)
    is_paired = plan.settings.is_paired
    ties, tunes_differ = plan.settings.ties, plan.settings.spread > 0
    found = fit_ballots(used, len(plan.versions), ties, tunes_differ) if is_paired else None
    return StudyResult(
        plan=plan,
        look=look,
        ballots=len(valid),
        listeners=_listeners(plan, ballots, listener_numbers, failed, excluded),
        versions=_versions(plan, used, found) if found else (),
        pairs=_pairs(plan, used, found, look) if found else (),
        ratings=() if is_paired else _ratings(plan, used),
        agreement=_agreement(used),
        left_share=found.side_advantage.as_share() if found else NOTHING,
        checks=checks.total(),
        failed_checks=failed.total(),
        times_s=_times([one for one in valid if one.duration_ms]),
    )


def find_excluded(ballots: Iterable[Ballot]) -> set[str]:
    """The listeners who failed more than half of their checks, by these ballots."""
    checks, failed = _count_checks(ballots)
    return {name for name in failed if 2 * failed[name] > checks[name]}


def take_look(
    plan: StudyPlan, ballots: Sequence[Ballot], *, is_final: bool = False
) -> tuple[Look, list[Ballot]]:
    """The last look that was due, and the ballots that counted then.

    A look is taken once so many ballots count, and stays as it was taken: a listener who fails a
    check later is left out of the looks that follow.

    Args:
        plan: What is carried out.
        ballots: All of them, in the order in which they were given.
        is_final: Whether it was closed for good: then those that there are are looked at.
    """
    planned, looks = plan.planned_ballots, plan.settings.looks
    taken: tuple[Look, list[Ballot]] = find_look(planned, looks, 0), []
    given: Counter[str] = Counter()
    checks: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for number, ballot in enumerate(ballots, 1):
        name = ballot.listener
        if ballot.trial.kind == CHECK:
            checks[name] += 1
            failed[name] += not passes_check(ballot)
        elif ballot.trial.kind == COUNTED:
            given[name] += 1
        out = {one for one in failed if 2 * failed[one] > checks[one]}
        look = find_look(planned, looks, sum(given[one] for one in given.keys() - out))
        if look.number > taken[0].number:
            valid = [
                one
                for one in ballots[:number]
                if one.trial.kind == COUNTED and one.listener not in out
            ]
            taken = look, valid[: look.ballots]
            if look.is_last:
                return taken
    if not is_final:
        return taken
    excluded = find_excluded(ballots)
    valid = [one for one in ballots if one.trial.kind == COUNTED and one.listener not in excluded]
    look = early_look(taken[0], planned, len(valid))
    return look, valid if look.number > taken[0].number else taken[1]


def _count_checks(ballots: Iterable[Ballot]) -> tuple[Counter[str], Counter[str]]:
    """How many checks each listener had, and how many of them each failed."""
    checks = [one for one in ballots if one.trial.kind == CHECK]
    failed = Counter(one.listener for one in checks if not passes_check(one))
    return Counter(one.listener for one in checks), failed


def passes_check(ballot: Ballot) -> bool:
    """Whether a ballot on a check took music for music."""
    if isinstance(ballot.answer, dict):
        asked = [value for scale, value in ballot.answer.items() if scale != "machine"]
        return not asked or min(asked) <= _HIGHEST_NOISE
    return ballot.answer == (RIGHT if ballot.trial.left == NOISE else LEFT)


def fit_ballots(
    ballots: Sequence[Ballot], versions: int, has_ties: bool, tunes_differ: bool
) -> Fit:
    """The strengths of versions from ballots on pairs; see `fit`."""
    numbers: dict[str, int] = {}
    rows = [
        (
            one.trial.left,
            one.trial.right,
            _OUTCOMES[str(one.answer)],
            numbers.setdefault(one.listener, len(numbers)),
            one.trial.slot,
        )
        for one in ballots
    ]
    return fit(PairedBallots.of(rows), versions, has_ties, tunes_differ)


def winner(ballot: Ballot) -> int | None:
    """The version that was preferred; None for a tie."""
    if ballot.answer == TIE:
        return None
    return ballot.trial.left if ballot.answer == LEFT else ballot.trial.right


def _tally(ballots: Iterable[Ballot]) -> Counter[tuple[int, int | None, int]]:
    """How often each version, met by each other, saw which end: 1 won, -1 lost, 0 tied."""
    found: Counter[tuple[int, int | None, int]] = Counter()
    for one in ballots:
        won = winner(one)
        for mine, other in ((one.trial.left, one.trial.right), (one.trial.right, one.trial.left)):
            end = 0 if won is None else 1 if won == mine else -1
            found[mine, other, end] += 1
            found[mine, None, end] += 1
    return found


def _versions(plan: StudyPlan, used: Sequence[Ballot], found: Fit) -> tuple[VersionResult, ...]:
    tally = _tally(used)
    return tuple(
        VersionResult(
            version.name,
            tally[number, None, 1],
            tally[number, None, -1],
            tally[number, None, 0],
            found.strength(number) if used else NOTHING,
        )
        for number, version in enumerate(plan.versions)
    )


def _pairs(
    plan: StudyPlan, used: Sequence[Ballot], found: Fit, look: Look
) -> tuple[PairResult, ...]:
    tally = _tally(used)
    rows = []
    for first, second in plan.version_pairs:
        difference = found.difference(first, second)
        rows.append(
            PairResult(
                plan.versions[first].name,
                plan.versions[second].name,
                tally[first, second, 1],
                tally[first, second, -1],
                tally[first, second, 0],
                difference.as_share(),
                bool(used) and _is_different(found, first, second, look),
                bool(used) and is_equal(found, first, second, plan.settings.margin),
            )
        )
    return tuple(rows)


def _is_different(found: Fit, first: int, second: int, look: Look) -> bool:
    from scipy import stats

    critical = float(stats.t.ppf(stats.norm.cdf(look.bound), found.freedom))
    error = found.error(first, second)
    return abs(found.difference(first, second).value) > critical * error


def is_equal(found: Fit, first: int, second: int, margin: float) -> bool:
    """Whether two one-sided tests at 5 % say that a preference lies within the margin.

    Args:
        found: The fit.
        first: A version.
        second: Another one.
        margin: Share of preferences, above 0.5.
    """
    difference = found.difference(first, second, _TOST_LEVEL)
    reach = to_log_odds(margin)
    return -reach < difference.low and difference.high < reach


def _ratings(plan: StudyPlan, used: Sequence[Ballot]) -> tuple[RatingResult, ...]:
    rows = []
    tunes_differ = plan.settings.spread > 0
    for scale in plan.settings.scale_names:
        values: list[list[Rating]] = [[] for _ in plan.versions]
        for one in used:
            if isinstance(one.answer, dict):
                trial = one.trial
                values[trial.left].append(
                    Rating(one.listener, (trial.left, trial.slot), one.answer[scale])
                )
        for number, version in enumerate(plan.versions):
            others = values[0] if number else []
            rows.append(
                RatingResult(
                    version.name,
                    scale,
                    len(values[number]),
                    mean_difference(values[number], [], tunes_differ=tunes_differ),
                    mean_difference(values[number], others, tunes_differ=tunes_differ)
                    if others
                    else NOTHING,
                )
            )
    return tuple(rows)


class Rating(NamedTuple):
    """A rating, whose it is and of which tune."""

    listener: str
    tune: Hashable
    value: float


def mean_difference(
    ours: Sequence[Rating], theirs: Sequence[Rating], *, tunes_differ: bool
) -> Interval:
    """The difference of two means with its 95 % interval; of one mean where `theirs` is empty.

    Ratings of one listener go together, and so do those of one tune: the variance is that of sums
    over listeners plus that of sums over tunes, less that of single ratings (A. C. Cameron, J. B.
    Gelbach, D. L. Miller, "Robust inference with multiway clustering", J. Bus. Econ. Stat. 29
    (2011)), with Student's bounds for the fewer of the two.

    Args:
        ours: Ratings of one version.
        theirs: Those of the other.
        tunes_differ: Whether the interval is of the versions; else of the tunes that were heard,
            and over listeners alone.
    """
    from scipy import stats

    means = [_mean([one.value for one in side]) for side in (ours, theirs)]
    value = means[0] - (means[1] if theirs else 0.0)
    parts = [
        (one, sign * (one.value - mean) / len(side))
        for side, mean, sign in ((ours, means[0], 1), (theirs, means[1], -1))
        for one in side
    ]
    listeners = len({one.listener for one, _part in parts})
    tunes = len({one.tune for one, _part in parts})
    if not ours or listeners < 2 or (tunes_differ and tunes < 2):
        return Interval(value, math.nan, math.nan)
    of_listeners = _variance([(one.listener, part) for one, part in parts])
    variance, freedom = of_listeners, listeners - 1
    if tunes_differ:
        of_tunes = _variance([(one.tune, part) for one, part in parts])
        alone = sum(part * part for _one, part in parts)
        variance = max(of_listeners + of_tunes - alone, of_listeners, of_tunes)
        freedom = min(listeners, tunes) - 1
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * math.sqrt(variance)
    return Interval(value, value - reach, value + reach)


def _variance(parts: Sequence[tuple[Hashable, float]]) -> float:
    """The sum of the squares of what each group adds up to, for so few groups."""
    sums: defaultdict[Hashable, float] = defaultdict(float)
    for name, part in parts:
        sums[name] += part
    count = len(sums)
    return count / (count - 1) * sum(one * one for one in sums.values())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _agreement(used: Sequence[Ballot]) -> float:
    units: defaultdict[Hashable, list[float]] = defaultdict(list)
    is_rating = False
    for one in used:
        if isinstance(one.answer, dict):
            is_rating = True
            units[one.trial.slot, one.trial.left].append(next(iter(one.answer.values())))
        else:
            won = winner(one)
            pair = (min(one.trial.left, one.trial.right), max(one.trial.left, one.trial.right))
            units[one.trial.slot, pair].append(-1 if won is None else won)
    return krippendorff(list(units.values()), _square if is_rating else _is_other)


def _is_other(one: float, other: float) -> float:
    return float(one != other)


def _square(one: float, other: float) -> float:
    return (one - other) ** 2


def krippendorff(
    units: Sequence[Sequence[float]], distance: Callable[[float, float], float]
) -> float:
    """Krippendorff's α, 1 − observed / expected disagreement; NaN where nothing can be compared.

    K. Krippendorff, "Content Analysis", chapter 12. Units with one value say nothing.

    Args:
        units: What different people said of the same thing.
        distance: How far two answers are apart, 0 for the same.
    """
    pairable = [Counter(unit) for unit in units if len(unit) > 1]
    whole: Counter[float] = Counter()
    for unit in pairable:
        whole += unit
    total = whole.total()
    if not total:
        return math.nan
    observed = sum(_apart(unit, distance) / (unit.total() - 1) for unit in pairable) / total
    expected = _apart(whole, distance) / (total * (total - 1))
    return 1 - observed / expected if expected else math.nan


def _apart(values: Counter[float], distance: Callable[[float, float], float]) -> float:
    """The sum of the distances of all ordered pairs."""
    return sum(
        times * more * distance(one, other)
        for one, times in values.items()
        for other, more in values.items()
    )


def _listeners(
    plan: StudyPlan,
    ballots: Sequence[Ballot],
    numbers: dict[str, int],
    failed: Counter[str],
    excluded: set[str],
) -> tuple[ListenerResult, ...]:
    by_listener: defaultdict[str, list[Ballot]] = defaultdict(list)
    for one in ballots:
        by_listener[one.listener].append(one)
    rows = []
    for name, mine in by_listener.items():
        counted = [one for one in mine if one.trial.kind == COUNTED]
        rows.append(
            ListenerResult(
                numbers.get(name, 0) + 1,
                len(counted),
                _scores(plan, counted),
                _times(counted)[1],
                failed[name],
                name not in excluded,
                mine[0].years,
            )
        )
    return tuple(sorted(rows, key=lambda row: row.number))


def _scores(plan: StudyPlan, ballots: Sequence[Ballot]) -> tuple[float | None, ...]:
    values: list[list[float]] = [[] for _ in plan.versions]
    for one in ballots:
        if isinstance(one.answer, dict):
            values[one.trial.left].append(_mean(list(one.answer.values())))
            continue
        won = winner(one)
        for version in (one.trial.left, one.trial.right):
            values[version].append(0.5 if won is None else float(won == version))
    return tuple(_mean(one) if one else None for one in values)


def _times(ballots: Sequence[Ballot]) -> tuple[float, float, float]:
    """The 10th, 50th and 90th percentile of the times in seconds; NaN of none."""
    if not ballots:
        return (math.nan,) * 3
    found = np.percentile([one.duration_ms / 1000 for one in ballots], (10, 50, 90))
    return float(found[0]), float(found[1]), float(found[2])


def _row(one: VersionResult | PairResult | RatingResult) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return {
        name: value.to_dict() if isinstance(value, Interval) else value
        for name, value in values.items()
    }


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
