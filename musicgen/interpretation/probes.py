"""Linear probes: can a fact be read off a layer by a weighted sum of its units?

A multinomial logistic regression is fitted on the recordings of some tunes and asked about others
(G. Alain and Y. Bengio, "Understanding intermediate layers using linear classifier probes", 2016).
That it finds a fact says that the layer holds it, not that the network uses it (Y. Belinkov,
"Probing Classifiers: Promises, Shortcomings, and Advances", 2022): interventions say that.

Shapes: T characters of all tunes, H units, K classes.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.errors import ConfigError
from musicgen.interpretation.associations import stack_facts, stack_values
from musicgen.interpretation.facts import FACTS, NOTHING, TuneFacts
from musicgen.interpretation.recording import Recording

MAX_STEPS = 200
"""Steps of the optimizer of a probe."""

_SLACK = 0.3
"""Inverse strength of the pull towards zero."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A fitted probe: `weights` (K, H) and `bias` (K,) of standardized units, for `classes` (K,).

    `accuracy` and `baseline` are shares, 0..1, of the `characters` of held-out tunes: what the
    probe guesses, and what one guesses who always says the commonest value of the other tunes.
    """

    layer: int
    fact: str
    accuracy: float
    baseline: float
    characters: int
    classes: NDArray[np.int64]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    @property
    def unit_weights(self) -> NDArray[np.float64]:
        """How much the probe relies on each unit, (H,): the norm of its weights."""
        found: NDArray[np.float64] = np.linalg.norm(self.weights - self.weights.mean(0), axis=0)
        return found


def fit_probe(
    recordings: Sequence[Recording],
    facts: Sequence[TuneFacts],
    layer: int,
    fact: str,
    held_out: Sequence[int] | None = None,
) -> Probe:
    """A probe for a fact on a layer, fitted on some tunes and tried on the others.

    Args:
        recordings: One for each tune, none of which the network learned.
        facts: Of the same tunes, in the same order.
        layer: Number of the layer in a recording.
        fact: Name of the fact.
        held_out: Numbers of the tunes that it is tried on; every second one if not given.

    Raises:
        ConfigError: one of the sides has nothing to learn from, or all of it is alike.
    """
    chosen = set(range(1, len(recordings), 2) if held_out is None else held_out)
    sides = [[one for one in range(len(recordings)) if (one in chosen) is side]
             for side in (False, True)]  # fmt: skip
    fitting, trying = (_take(recordings, facts, layer, fact, side) for side in sides)
    if not len(trying[1]) or len(np.unique(fitting[1])) < 2:
        raise ConfigError(
            "There is too little to learn {fact} from: give more tunes.", fact=FACTS[fact].label
        )
    mean, scale = fitting[0].mean(0), fitting[0].std(0) + 1e-6
    model = _fit((fitting[0] - mean) / scale, fitting[1])
    accuracy = float(model.score((trying[0] - mean) / scale, trying[1]))
    kinds, counts = np.unique(fitting[1], return_counts=True)
    baseline = float((trying[1] == kinds[counts.argmax()]).mean())
    return Probe(
        layer, fact, accuracy, baseline, len(trying[1]),
        np.asarray(model.classes_), np.asarray(model.coef_), np.asarray(model.intercept_),
    )  # fmt: skip


def fit_probes(
    recordings: Sequence[Recording],
    facts: Sequence[TuneFacts],
    names: Sequence[str] = tuple(FACTS),
    held_out: Sequence[int] | None = None,
) -> list[Probe]:
    """Probes for several facts on every layer, layer by layer.

    Facts that do not vary, or of which the tunes of a side say nothing, are left out.

    Args are those of `fit_probe`.

    Raises:
        ConfigError: of none of the facts there is something to learn.
    """
    found = []
    problem: ConfigError | None = None
    for layer in range(len(recordings[0].layers)):
        for name in names:
            values = stack_facts(facts, name)
            if len(np.unique(values[values != NOTHING])) > 1:
                try:
                    found.append(fit_probe(recordings, facts, layer, name, held_out))
                except ConfigError as error:
                    problem = error
    if problem and not found:
        raise problem
    return found


def _take(
    recordings: Sequence[Recording],
    facts: Sequence[TuneFacts],
    layer: int,
    fact: str,
    tunes: Sequence[int],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Values (T, H) and classes (T,) of some tunes, where there is something to say."""
    values = stack_values([recordings[one] for one in tunes], layer)
    known = stack_facts([facts[one] for one in tunes], fact)
    return values[known != NOTHING], known[known != NOTHING]


def _fit(values: NDArray[np.float32], classes: NDArray[np.int64]) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_SLACK, max_iter=MAX_STEPS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a probe may stop early
        return model.fit(values, classes)
