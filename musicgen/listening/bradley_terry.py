"""Strengths of versions from pairs, ties and sides included, with 95 % intervals.

The model is R. R. Davidson's ("On extending the Bradley-Terry model to accommodate ties in paired
comparison experiments", JASA 65 (1970)), with the advantage of a side of R. R. Davidson and R. J.
Beaver (Biometrics 33 (1977)). With strengths θ, the left side's advantage β and the weight of
ties λ, a ballot has probabilities in proportion to

    left  exp(θ_left + β/2)
    right exp(θ_right − β/2)
    tie   exp(λ + (θ_left + θ_right)/2)

The logarithm of the likelihood is concave; Newton's method finds its top. Ballots of one listener
depend on one another. So the covariance is the jackknife's over listeners (each left out in turn,
by one Newton step), and intervals are Student's with one degree of freedom fewer than there are
listeners. Ballots on one slot of tunes depend on one another too, where some tunes of a version are
better than others and the version as such is asked about. Then the variance of each difference has
what slots add to that of independent ballots (A. C. Cameron, J. B. Gelbach, D. L. Miller, "Robust
inference with multiway clustering", Journal of Business & Economic Statistics 29 (2011)), and the
degrees of freedom go by slots if there are fewer of them than of listeners.

Arrays: N ballots, P parameters (θ of all versions but the first, β, λ).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_CLUSTERS = 5
"""With fewer listeners than this the ballots count as independent of one another."""

LEVEL = 0.95
_PRIOR_SD = 5.0
"""Of all parameters: keeps them finite where one version won every time."""

_MOST_STEPS = 60
_CLOSE = 1e-9
_DEGENERATE = 0.25


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the ends of its 95 % interval; NaN where nothing is known."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """JSON-ready values; what is not finite becomes None."""
        return {
            name: value if math.isfinite(value) else None
            for name, value in (("value", self.value), ("low", self.low), ("high", self.high))
        }

    def as_share(self) -> "Interval":
        """Of a difference in log-odds the share of preferences, 0..1."""
        return Interval(*(to_share(value) for value in (self.value, self.low, self.high)))


NOTHING = Interval(math.nan, math.nan, math.nan)


def to_share(log_odds: float) -> float:
    """The probability of log-odds, 0..1."""
    return 0.5 * (1.0 + math.tanh(log_odds / 2))


def to_log_odds(share: float) -> float:
    """The log-odds of a probability, 0..1 without its ends."""
    return math.log(share / (1 - share))


@dataclass(frozen=True)
class PairedBallots:
    """Ballots as arrays of N.

    `outcome` is 0 where the left side was preferred, 1 where the right was, 2 for a tie; `listener`
    and `slot` are numbers that say what belongs together.
    """

    left: Ints
    right: Ints
    outcome: Ints
    listener: Ints
    slot: Ints

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int, int, int]]) -> "PairedBallots":
        """Ballots from rows of (left, right, outcome, listener, slot)."""
        columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
        return cls(*columns)

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True)
class Fit:
    """What was found.

    `strengths` has θ of all versions with mean 0, `side` the left side's advantage β, `tie` λ
    (NaN where ties were not allowed); `covariance` is (V + 1, V + 1) of the strengths and the side,
    `of_tunes` what slots of tunes add to it, which counts where it is positive. `freedom` are the
    degrees of freedom of the intervals.
    """

    strengths: Floats
    side: float
    tie: float
    covariance: Floats
    of_tunes: Floats
    freedom: float

    def strength(self, version: int) -> Interval:
        """The strength of a version in log-odds, against the mean of all."""
        weights = np.zeros(len(self.covariance))
        weights[version] = 1
        return self._interval(weights, LEVEL)

    def difference(self, first: int, second: int, level: float = LEVEL) -> Interval:
        """By how many log-odds the first of two versions is stronger."""
        weights = np.zeros(len(self.covariance))
        weights[first] += 1
        weights[second] -= 1
        return self._interval(weights, level)

    def error(self, first: int, second: int) -> float:
        """The standard error of that difference."""
        gap = self.difference(first, second)
        return (gap.high - gap.low) / 2 / self._quantile(LEVEL)

    @property
    def side_advantage(self) -> Interval:
        """The left side's advantage in log-odds; 0 for none."""
        weights = np.zeros(len(self.covariance))
        weights[-1] = 1
        return self._interval(weights, LEVEL)

    def _interval(self, weights: Floats, level: float) -> Interval:
        value = float(weights @ np.append(self.strengths, self.side))
        own, added = (
            max(0.0, float(weights @ part @ weights)) for part in (self.covariance, self.of_tunes)
        )
        reach = self._quantile(level) * math.sqrt(own + added)
        return Interval(value, value - reach, value + reach)

    def _quantile(self, level: float) -> float:
        from scipy import stats

        return float(stats.t.ppf(0.5 + level / 2, self.freedom))


def fit(
    ballots: PairedBallots, versions: int, has_ties: bool = True, tunes_differ: bool = False
) -> Fit:
    """The strengths of `versions` versions; NaN without any ballots.

    Args:
        ballots: What listeners said.
        versions: How many there are, at least 2.
        has_ties: Whether a tie could be said.
        tunes_differ: Whether the intervals are to hold for other tunes of the versions as well.
    """
    if not len(ballots):
        nothing, unknown = np.full(versions, np.nan), np.full((versions + 1,) * 2, np.nan)
        return Fit(nothing, math.nan, math.nan, unknown, unknown, math.inf)
    design = _design(ballots, versions, has_ties)
    found, information = _maximise(design, ballots.outcome)
    covariance, of_tunes, freedom = _covariance(design, ballots, found, information, tunes_differ)
    spread = _centring(versions)  # (V + 1, V) from the free parameters without λ
    free = versions  # θ of all but the first, and β
    centred = spread @ found[:free]
    return Fit(
        centred[:-1],
        float(found[versions - 1]),
        float(found[versions]) if has_ties else math.nan,
        spread @ covariance[:free, :free] @ spread.T,
        spread @ of_tunes[:free, :free] @ spread.T,
        freedom,
    )


def _design(ballots: PairedBallots, versions: int, has_ties: bool) -> Floats:
    """(N, 3 or 2, P): what each parameter adds to the exponents of left, right and tie."""
    count, parameters = len(ballots), versions + int(has_ties)
    rows = np.arange(count)
    theta = np.zeros((count, 2, versions))  # of left and right
    theta[rows, 0, ballots.left] = 1
    theta[rows, 1, ballots.right] = 1
    design = np.zeros((count, 3 if has_ties else 2, parameters))
    design[:, :2, : versions - 1] = theta[:, :, 1:]
    design[:, 0, versions - 1], design[:, 1, versions - 1] = 0.5, -0.5
    if has_ties:
        design[:, 2, : versions - 1] = theta[:, :, 1:].mean(axis=1)
        design[:, 2, versions] = 1
    return design


def probabilities(design: Floats, parameters: Floats) -> Floats:
    """(N, 3 or 2): how likely each outcome of each ballot is."""
    exponents = design @ parameters
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _maximise(design: Floats, outcome: Ints) -> tuple[Floats, Floats]:
    """The most likely parameters (P), and the information there (P, P), prior included."""
    parameters = np.zeros(design.shape[2])
    information = np.eye(design.shape[2])
    for _ in range(_MOST_STEPS):
        scores, information = _slopes(design, outcome, parameters)
        slope = scores.sum(axis=0) - parameters / _PRIOR_SD**2
        step = np.linalg.solve(information, slope)
        longest = float(np.abs(step).max())
        parameters = parameters + step * min(1.0, 2.0 / max(longest, 1e-12))
        if longest < _CLOSE:
            break
    return parameters, information


def _slopes(design: Floats, outcome: Ints, parameters: Floats) -> tuple[Floats, Floats]:
    """The slope of each ballot (N, P), and the information of all with the prior's (P, P)."""
    expected = probabilities(design, parameters)
    told = np.zeros_like(expected)
    told[np.arange(len(outcome)), outcome] = 1
    scores = np.einsum("no,nop->np", told - expected, design)
    return scores, _information(design, expected).sum(axis=0) + _prior(design.shape[2])


def _information(design: Floats, expected: Floats) -> Floats:
    """(N, P, P): the expected information of each ballot."""
    mean = np.einsum("no,nop->np", expected, design)
    square = np.einsum("no,nop,noq->npq", expected, design, design)
    return np.asarray(square - mean[:, :, None] * mean[:, None, :])


def _prior(parameters: int) -> Floats:
    return np.eye(parameters) / _PRIOR_SD**2


def _covariance(
    design: Floats,
    ballots: PairedBallots,
    parameters: Floats,
    information: Floats,
    tunes_differ: bool,
) -> tuple[Floats, Floats, float]:
    """(P, P), what slots of tunes add to it (P, P), and the degrees of freedom."""
    plain = np.asarray(np.linalg.inv(information), dtype=np.float64)
    nothing = np.zeros_like(plain)
    listeners = len(np.unique(ballots.listener))
    if listeners < FEWEST_CLUSTERS:
        return plain, nothing, math.inf
    scores, _ = _slopes(design, ballots.outcome, parameters)
    each = _information(design, probabilities(design, parameters))
    found = _at_least(_jackknife(scores, each, ballots.listener, information), plain)
    slots = len(np.unique(ballots.slot))
    if not tunes_differ or slots < FEWEST_CLUSTERS:
        return found, nothing, float(listeners - 1)
    added = _jackknife(scores, each, ballots.slot, information) - plain
    return found, added, float(min(listeners, slots) - 1)


def _jackknife(scores: Floats, each: Floats, cluster: Ints, information: Floats) -> Floats:
    """(P, P): the covariance from leaving out each cluster in turn, by one Newton step.

    (G−1)/G · Σ (θ₍g₎ − mean)(θ₍g₎ − mean)ᵀ, as in B. Efron, C. Stein, "The jackknife estimate of
    variance", Annals of Statistics 9 (1981).
    """
    _, place = np.unique(cluster, return_inverse=True)
    groups = int(place.max()) + 1
    slopes = np.zeros((groups, scores.shape[1]))
    np.add.at(slopes, place, scores)
    weights = np.zeros((groups, *each.shape[1:]))
    np.add.at(weights, place, each)
    moved = np.linalg.solve(information[None] - weights, -slopes[:, :, None])[:, :, 0]
    apart = moved - moved.mean(axis=0)
    return np.asarray((groups - 1) / groups * apart.T @ apart)


def _at_least(found: Floats, plain: Floats) -> Floats:
    """The jackknife's covariance; the model's own where it degenerates, as when one always wins."""
    ratio = np.diag(found) / np.diag(plain)
    return plain if float(ratio[:-1].min(initial=math.inf)) < _DEGENERATE else found


def _centring(versions: int) -> Floats:
    """(V + 1, V): strengths with mean 0 and the side, from θ of all but the first and the side."""
    matrix = np.zeros((versions + 1, versions))
    matrix[1:versions, : versions - 1] = np.eye(versions - 1)
    matrix[:versions, : versions - 1] -= 1 / versions
    matrix[versions, versions - 1] = 1
    return matrix


def expected_error(
    strengths: Sequence[float], ballots: int, tie_share: float, first: int, second: int
) -> float:
    """The standard error of a difference in log-odds before anybody has listened.

    All pairs of versions meet equally often, on either side equally often, ballots independent.

    Args:
        strengths: Assumed log-odds.
        ballots: How many there are in all, at least 1.
        tie_share: Share of ties between equal versions, 0..1 without 1; 0 for no ties.
        first: A version.
        second: Another one.
    """
    versions = len(strengths)
    rows = [(a, b, 0, 0, 0) for a in range(versions) for b in range(versions) if a != b]
    design = _design(PairedBallots.of(rows), versions, has_ties=tie_share > 0)
    theta = np.asarray(strengths, dtype=float)
    ties = [math.log(2 * tie_share / (1 - tie_share))] if tie_share else []
    parameters = np.concatenate([theta[1:] - theta[0], [0.0], ties])
    each = _information(design, probabilities(design, parameters)).mean(axis=0)
    covariance = np.linalg.inv(each * ballots)
    spread = _centring(versions)
    centred = spread @ covariance[:versions, :versions] @ spread.T
    weights = np.zeros(versions + 1)
    weights[first], weights[second] = 1, -1
    return math.sqrt(float(weights @ centred @ weights))
