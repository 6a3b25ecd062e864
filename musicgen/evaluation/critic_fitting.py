"""Fits a critic: what tells the tunes that a network composes from those it learned from.

The real ones are the training tunes of its first book, the composed ones are drawn as one composes,
without a critic. Held-out tunes are not touched, so that a judge (`musicgen.evaluation.judge`) may
ask about them. The critic is a logistic regression, calibrated on tunes it was not fitted to: its
odds are then the weights that importance resampling needs (`musicgen.sampling.critic`).
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.errors import CorpusError
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.critic import Critic, find_bin
from musicgen.sampling.critic_features import FIGURES, count_turns, measure_figures

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from musicgen.models.checkpoint import Checkpoint

Features = NDArray[np.float64]
Labels = NDArray[np.int64]

MIN_TUNES = 100
"""Of each side: fewer say too little of what is real."""

TURNS = 6_000
"""Turns that are looked for: those in most tunes."""

BINS = 8
_FOLDS = 5
_STRENGTH = 0.3
_FIGURE_SCALE = 0.3
"""How much a figure weighs beside all turns of a tune, whose vector has the length 1."""


def compose_for_critic(
    checkpoint: "Checkpoint",
    count: int,
    seed: int = 0,
    on_text: Callable[[list[str]], None] | None = None,
) -> list[str]:
    """Tunes as one composes them without a critic, for `fit_critic`.

    Args:
        checkpoint: The network.
        count: How many tunes.
        seed: Of the first; others follow.
        on_text: Called with the texts so far.
    """
    from musicgen.sampling.composer import compose

    config = SampleConfig(count=count, seed=seed, candidates=1)
    return [piece.abc for piece in compose(checkpoint, config, on_text) if piece.is_complete]


def fit_critic(real: Sequence[str], composed: Sequence[str], seed: int = 0) -> Critic:
    """A critic that tells real tunes from composed ones.

    Args:
        real: ABC texts, one tune each.
        composed: ABC texts, one tune each.
        seed: Of the folds that it is calibrated on.

    Raises:
        CorpusError: there are fewer than `MIN_TUNES` of either.
    """
    if min(len(real), len(composed)) < MIN_TUNES:
        raise CorpusError(
            "A critic needs {least} real and {least} composed tunes; here are {real} and "
            "{composed}.",
            least=MIN_TUNES,
            real=len(real),
            composed=len(composed),
        )
    tunes = [read_tune(text)[0] for text in (*real, *composed)]
    labels = np.array([1] * len(real) + [0] * len(composed))
    counts = [count_turns(tune) for tune in tunes]
    figures = np.array([measure_figures(tune) for tune in tunes])
    scale = _calibrate(counts, figures, labels, seed)
    return _fit(counts, figures, labels, scale)


def _fit(counts: Sequence[Counter[str]], figures: Features, labels: Labels, scale: float) -> Critic:
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression

    known = Counter(turn for one in counts for turn in one)
    turns = [turn for turn, _tunes in sorted(known.items(), key=lambda item: (-item[1], item[0]))]
    numbers = {turn: at for at, turn in enumerate(turns[:TURNS])}
    edges = [_edges(column) for column in figures.T]
    read = hstack([_count(counts, numbers), _bin(figures, edges)]).tocsr()
    model = LogisticRegression(C=1 / _STRENGTH, class_weight="balanced", max_iter=2000)
    model.fit(read, labels)
    weights = scale * model.coef_[0]
    at, found = len(numbers), {}
    for name, own in zip(FIGURES, edges, strict=True):
        size = len(own) + 2
        part = weights[at : at + size] * _FIGURE_SCALE
        found[name] = (tuple(own), tuple(round(float(one), 4) for one in part))
        at += size
    return Critic(
        round(float(scale * model.intercept_[0]), 4),
        {turn: round(float(weights[number]), 3) for turn, number in numbers.items()},
        found,
    )


def _edges(values: NDArray[np.float64]) -> list[float]:
    """Edges of bins with about as many tunes each; fewer where values are few."""
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    cuts = np.quantile(known, np.arange(1, BINS) / BINS, method="closest_observation")
    return sorted({round(float(cut), 4) for cut in cuts})


def _count(counts: Sequence[Counter[str]], numbers: dict[str, int]) -> "csr_matrix":
    """Tunes in rows, turns in columns, each 1 + log of its count, rows of length 1."""
    from scipy.sparse import csr_matrix

    rows, columns, values = [], [], []
    for row, one in enumerate(counts):
        own = [(numbers[turn], 1.0 + math.log(n)) for turn, n in one.items() if turn in numbers]
        length = math.sqrt(sum(value * value for _column, value in own))
        for column, value in own:
            rows.append(row)
            columns.append(column)
            values.append(value / length)
    return csr_matrix((values, (rows, columns)), shape=(len(counts), len(numbers)))


def _bin(figures: Features, edges: Sequence[Sequence[float]]) -> "csr_matrix":
    """Tunes in rows, bins of all figures in columns."""
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0, *(len(own) + 2 for own in edges)])
    columns = [
        starts[number] + find_bin(float(value), own)
        for row in figures
        for number, (value, own) in enumerate(zip(row, edges, strict=True))
    ]
    rows = np.repeat(np.arange(len(figures)), len(edges))
    values = np.full(len(columns), _FIGURE_SCALE)
    return csr_matrix((values, (rows, columns)), shape=(len(figures), int(starts[-1])))


def _calibrate(
    counts: Sequence[Counter[str]], figures: Features, labels: Labels, seed: int
) -> float:
    """What log-odds are to be multiplied by, from tunes that each fold left out (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    said = np.zeros(len(labels))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(figures, labels):
        critic = _fit([counts[at] for at in train], figures[train], labels[train], 1.0)
        said[test] = [critic.weigh(counts[at], figures[at].tolist()) for at in test]
    model = LogisticRegression(C=1e6, class_weight="balanced", fit_intercept=True)
    model.fit(said[:, None], labels)
    return float(np.clip(model.coef_[0][0], 0.05, 5.0))


def judge_critic(critic: Critic, real: Sequence[Tune], composed: Sequence[Tune]) -> float:
    """Share, 0..1, of pairs of a real and a composed tune that a critic puts in the right order."""
    ours = np.array([critic.log_odds(tune) for tune in real])
    theirs = np.array([critic.log_odds(tune) for tune in composed])
    above = (ours[:, None] > theirs).mean() + 0.5 * (ours[:, None] == theirs).mean()
    return float(above)
