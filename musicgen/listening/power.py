"""What a study can find out, told before anybody has listened, and when it may be looked at.

Power is of the two-sided test at 5 % of one difference in strength. Listeners differ in taste by a
standard deviation τ in log-odds, and tunes of one version as much: with G listeners and T tunes a
difference has τ²(1/G + 1/T) of variance beside that of the ballots, for which no number of ballots
makes up.

A study that is looked at again and again, and stopped when it pleases, finds differences where
there are none. So it is looked at after equal parts of the ballots that were planned, and each time
against a bound that is stricter the earlier it is (P. C. O'Brien, T. R. Fleming, "A multiple
testing procedure for clinical trials", Biometrics 35 (1979); constants of C. Jennison, B. W.
Turnbull, "Group Sequential Methods" (2000), table 2.3, for 5 %). What came after the last look does
not count until the next.

A study that is closed for good before its end is looked at once more. Nobody has seen anything
before the first look, so that an only look needs no stricter bound. After it, the line of bounds is
gone on with to the ballots that there are: in sums of ballots it is one level, which is reached the
less often the earlier the study ends, so that no more is found by chance than in a whole study.
"""

import math
from dataclasses import dataclass, replace

from musicgen.listening.bradley_terry import expected_error, to_log_odds
from musicgen.listening.plan import StudyPlan

WANTED_POWER = 0.8
ASSUMED_TIES = 0.2
"""Share of ties between equal versions, where ties are allowed."""

_OBRIEN_FLEMING = {1: 1.960, 2: 1.977, 3: 2.004, 4: 2.024, 5: 2.040}
_MOST_LISTENERS = 100_000


@dataclass(frozen=True, slots=True)
class Power:
    """What a study can do.

    `power` is the probability, 0..1, of finding a true preference of `difference` (a share);
    `smallest` the share that it finds with a probability of 80 %, 1 where none is; `listeners` how
    many would be needed for `difference`, 0 where no number is enough.
    """

    ballots: int
    difference: float
    power: float
    smallest: float
    listeners: int


def plan_power(plan: StudyPlan) -> Power:
    """The power of a study of pairs between any two of its versions, the others between them."""
    settings = plan.settings
    difference = settings.difference
    return Power(
        plan.planned_ballots,
        difference,
        _power(plan, difference, settings.listeners),
        _smallest(plan),
        _listeners(plan),
    )


RATING_SPREAD = 1.0
"""Standard deviation of one listener's ratings of tunes of one version, in points."""

LOGISTIC_SPREAD = math.pi / math.sqrt(3)
"""Standard deviation of the logistic distribution, in log-odds."""


@dataclass(frozen=True, slots=True)
class RatingPower:
    """What a study of ratings can do: `smallest` is the difference of two means, in points of the
    scale, that it finds with a probability of 80 %.
    """

    ballots: int
    smallest: float


def plan_rating_power(plan: StudyPlan) -> RatingPower:
    """The power of a study of ratings between any two of its versions.

    Ratings of one listener vary by `RATING_SPREAD`; tastes and tunes as the plan says, in the same
    measure: a standard deviation in log-odds over that of the logistic distribution. Each listener
    hears as many tunes of each version as the versions share.
    """
    from scipy import stats

    settings, versions = plan.settings, len(plan.versions)
    each = settings.pairs / versions
    between = settings.spread / LOGISTIC_SPREAD * RATING_SPREAD
    ballots = RATING_SPREAD**2 / (settings.listeners * each)
    tastes = between**2 * (1 / settings.listeners + 1 / settings.tunes)
    error = math.sqrt(2 * ballots + 2 * tastes)
    freedom = max(1, settings.listeners - 1)
    critical = float(stats.t.ppf(stats.norm.cdf(final_bound(settings.looks)), freedom))
    found = error * (critical + float(stats.norm.ppf(WANTED_POWER)))
    return RatingPower(plan.planned_ballots, found)


def _power(plan: StudyPlan, share: float, listeners: int) -> float:
    from scipy import stats

    settings, gap = plan.settings, to_log_odds(share)
    strengths = [gap / 2, -gap / 2] + [0.0] * (len(plan.versions) - 2)
    ties = ASSUMED_TIES if settings.ties else 0.0
    error = expected_error(strengths, listeners * settings.pairs, ties, 0, 1)
    error = math.hypot(error, settings.spread * math.sqrt(1 / listeners + 1 / settings.tunes))
    bound = final_bound(settings.looks)
    clusters = min(listeners, settings.tunes) if settings.spread else listeners
    critical = float(stats.t.ppf(stats.norm.cdf(bound), max(1, clusters - 1)))
    shift = gap / error
    return float(stats.norm.cdf(shift - critical) + stats.norm.cdf(-shift - critical))


def _smallest(plan: StudyPlan) -> float:
    low, high = 0.5, 0.999
    if _power(plan, high, plan.settings.listeners) < WANTED_POWER:
        return 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        if _power(plan, middle, plan.settings.listeners) < WANTED_POWER:
            low = middle
        else:
            high = middle
    return high


def _listeners(plan: StudyPlan) -> int:
    low, high = 1, 2
    while _power(plan, plan.settings.difference, high) < WANTED_POWER:
        low, high = high, high * 2
        if high > _MOST_LISTENERS:
            return 0
    while high - low > 1:
        middle = (low + high) // 2
        if _power(plan, plan.settings.difference, middle) < WANTED_POWER:
            low = middle
        else:
            high = middle
    return high


def final_bound(looks: int) -> float:
    """The bound of the last look, in standard errors."""
    return _OBRIEN_FLEMING[looks]


def look_bound(look: int, looks: int) -> float:
    """The bound of a look, counted from 1: the constant times the root of looks / look."""
    return _OBRIEN_FLEMING[looks] * math.sqrt(looks / look)


@dataclass(frozen=True, slots=True)
class Look:
    """The last look that is due.

    `number` is 0 before the first; `ballots` is how many count at it, `next_at` with how many the
    next is due, 0 after the last; `bound` is in standard errors. `is_early` says that it was taken
    because the study was closed for good before its end.
    """

    number: int
    looks: int
    ballots: int
    next_at: int
    bound: float
    is_early: bool = False

    @property
    def is_last(self) -> bool:
        """Whether the study is complete, or was closed for good."""
        return self.number == self.looks or self.is_early


def early_look(taken: Look, planned: int, given: int) -> Look:
    """The look at a study that is closed for good before its end.

    Args:
        taken: The last one that was due.
        planned: Ballots of the whole study.
        given: Ballots that count, fewer than planned.
    """
    if given <= taken.ballots:  # nothing came since
        return replace(taken, next_at=0, is_early=True)
    bound = look_bound(1, 1)
    if taken.number:
        bound = final_bound(taken.looks) * math.sqrt(planned / given)
    return Look(taken.number + 1, taken.looks, given, 0, bound, is_early=True)


def find_look(planned: int, looks: int, given: int) -> Look:
    """The last look that is due after so many ballots of those that were planned.

    Args:
        planned: Ballots of the whole study, at least 1.
        looks: How often it is looked at, 1..5.
        given: Ballots that count so far; more than planned count too, once it is complete.
    """
    due = [math.ceil(planned * number / looks) for number in range(1, looks + 1)]
    number = sum(given >= one for one in due)
    if not number:
        return Look(0, looks, 0, due[0], math.inf)
    is_last = number == looks
    ballots = planned if is_last else due[number - 1]
    return Look(number, looks, ballots, 0 if is_last else due[number], look_bound(number, looks))
