"""Fits a critic: what tells the tunes that a network composes from those it learned from.

The real ones are the training tunes of its first book, the composed ones are drawn as one composes,
without a critic. Held-out tunes are not touched, so that a judge (`musicgen.evaluation.judge`) may
ask about them. The critic is a logistic regression on turns and another one beside it on figures,
of which the latter hears the word of the former about tunes it was not fitted to: its odds are then
the weights that importance resampling needs (`musicgen.sampling.critic`).
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.errors import CorpusError
from musicgen.evaluation.statistics.estimate import estimate_rate
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.aims import comes_home, find_share, measure_rates, meter_of
from musicgen.sampling.critic import Critic, find_bin, weigh_turns
from musicgen.sampling.critic_features import FIGURES, count_turns, measure_figures
from musicgen.sampling.stages import find_pauses

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from musicgen.models.checkpoint import Checkpoint

Features = NDArray[np.float64]
Labels = NDArray[np.int64]

MIN_TUNES = 100
"""Of each side: fewer say too little of what is real."""

TURNS = 6_000
"""Turns that are looked for: those in most tunes."""

STAGE_TURNS = 3_000
"""Of critics of beginnings, which are shorter."""

MIN_OF_METER = 10
"""Real tunes of a meter: of fewer no rate is known."""

STAGES = 4
"""Beginnings that have a critic: of one line, of two, of three, and of four or more."""

BINS = 8
_AT_ONCE = 1000
_FOLDS = 5
_STRENGTH = 0.3
_FIGURE_STRENGTH = 1.0
"""Both for the square of a weight: of turns, whose vectors have the length 1, and of bins."""


def compose_for_critic(
    checkpoint: "Checkpoint",
    count: int,
    seed: int = 0,
    on_text: Callable[[list[str]], None] | None = None,
    candidates: int = 1,
    meter: str = "",
) -> list[str]:
    """Tunes as one composes them without a critic, for `fit_critic`.

    Args:
        checkpoint: The network.
        count: How many tunes.
        seed: Of the first; others follow.
        on_text: Called with the texts so far.
        candidates: More than 1 for `find_aims`: drawings that the critic chooses from.
        meter: Of all of them; as the book has it where it is empty.
    """
    from musicgen.sampling.composer import compose

    done: list[str] = []

    def tell(texts: list[str]) -> None:
        if on_text:
            on_text(done + texts)

    while len(done) < count:
        here = min(_AT_ONCE, count - len(done))
        config = SampleConfig(count=here, seed=seed + len(done), candidates=candidates, meter=meter)
        done += [
            piece.abc if piece.is_complete else "" for piece in compose(checkpoint, config, tell)
        ]
    return [text for text in done if text]


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
    whole = _fit_calibrated(real, composed, seed, TURNS)
    stages = []
    for stage in range(STAGES):
        sides = [_begin(side, stage) for side in (real, composed)]
        if min(map(len, sides)) < MIN_TUNES:
            break
        stages.append(_fit_calibrated(sides[0], sides[1], seed, STAGE_TURNS))
    return replace(whole, stages=tuple(stages))


def find_aims(real: Sequence[str], chosen: Sequence[str]) -> dict[str, float]:
    """Of how many tunes something is to be asked outright (`musicgen.sampling.aims`).

    Args:
        real: Real tunes.
        chosen: Tunes that the network composed with its critic, of which nothing was asked.
    """
    wanted, found = (
        measure_rates([read_tune(text)[0] for text in texts]) for texts in (real, chosen)
    )
    return {name: round(find_share(wanted[name], found[name]), 3) for name in wanted}


def find_meter_aims(
    real: Sequence[str], share: float, compose_in: Callable[[str], Sequence[str]]
) -> dict[str, float]:
    """Shares of their own for meters whose tunes end on the tonic less often than real ones.

    Only where two intervals of 95 % do not touch, of `MIN_OF_METER` real tunes at least: in others
    one share for all serves as well.

    Args:
        real: Real tunes.
        share: Of how many composed tunes it was asked to come home.
        compose_in: Gives tunes of a meter, such as ``C|``, composed so.
    """
    meters: dict[str, list[Tune]] = {}
    for text in real:
        tune = read_tune(text)[0]
        if tune.meter.numerator:
            meters.setdefault(meter_of(tune), []).append(tune)
    found = {}
    for name, tunes in sorted(meters.items()):
        if len(tunes) < MIN_OF_METER:
            continue
        composed = [read_tune(text)[0] for text in compose_in(tunes[0].meter.text)]
        wanted, had = (
            estimate_rate(sum(map(comes_home, side)), len(side)) for side in (tunes, composed)
        )
        if had.compare(wanted) < 0:
            found[f"home {name}"] = round(
                share + (1 - share) * find_share(wanted.value, had.value), 3
            )
    return found


def _begin(texts: Sequence[str], stage: int) -> list[str]:
    """The beginnings of tunes: so many lines and one more of each that goes on behind them."""
    ends = [(text, find_pauses(text)) for text in texts]
    return [text[: pauses[stage]] for text, pauses in ends if len(pauses) > stage]


def _fit_calibrated(real: Sequence[str], composed: Sequence[str], seed: int, most: int) -> Critic:
    """A critic whose log-odds can be taken at their word.

    What the turns say of tunes that they were not fitted to is one more figure, beside which the
    figures get their weights (D. H. Wolpert, "Stacked generalization", Neural Networks 5, 1992): of
    thousands of turns many fit by chance, of a few figures hardly any.
    """
    tunes = [read_tune(text)[0] for text in (*real, *composed)]
    labels = np.array([1] * len(real) + [0] * len(composed))
    counts = [count_turns(tune) for tune in tunes]
    figures = np.array([measure_figures(tune) for tune in tunes])
    said = _say_of_others(counts, labels, seed, most)
    turns, bias = _fit_turns(counts, labels, most)
    edges = [_edges(column) for column in figures.T]
    trust, values, whole = _fit_figures(said, figures, edges, labels)
    return Critic(
        round(whole + trust * bias, 4),
        {turn: round(trust * weight, 3) for turn, weight in turns.items()},
        {
            name: (tuple(own), tuple(round(one, 4) for one in weights))
            for name, own, weights in zip(FIGURES, edges, values, strict=True)
        },
    )


def _fit_turns(
    counts: Sequence[Counter[str]], labels: Labels, most: int
) -> tuple[dict[str, float], float]:
    """The weight of each turn, and the bias of all, without any figure."""
    from sklearn.linear_model import LogisticRegression

    known = Counter(turn for one in counts for turn in one)
    turns = [turn for turn, _tunes in sorted(known.items(), key=lambda item: (-item[1], item[0]))]
    numbers = {turn: at for at, turn in enumerate(turns[:most])}
    model = LogisticRegression(C=1 / _STRENGTH, class_weight="balanced", max_iter=2000)
    model.fit(_count(counts, numbers), labels)
    weights = model.coef_[0].tolist()
    return {turn: weights[at] for turn, at in numbers.items()}, float(model.intercept_[0])


def _say_of_others(
    counts: Sequence[Counter[str]], labels: Labels, seed: int, most: int
) -> NDArray[np.float64]:
    """What turns say of each tune (N,), fitted to other tunes."""
    from sklearn.model_selection import StratifiedKFold

    said = np.zeros(len(labels))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(labels[:, None], labels):
        turns, bias = _fit_turns([counts[at] for at in train], labels[train], most)
        said[test] = [bias + weigh_turns(counts[at], turns) for at in test]
    return said


def _fit_figures(
    said: NDArray[np.float64],
    figures: Features,
    edges: Sequence[Sequence[float]],
    labels: Labels,
) -> tuple[float, list[list[float]], float]:
    """What to multiply the word of the turns by, the weights of each figure's bins, the bias."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    read = hstack([csr_matrix(said[:, None]), _bin(figures, edges)]).tocsr()
    model = LogisticRegression(C=1 / _FIGURE_STRENGTH, class_weight="balanced", max_iter=2000)
    model.fit(read, labels)
    trust, *weights = model.coef_[0].tolist()
    values, at = [], 0
    for own in edges:
        values.append(weights[at : at + len(own) + 2])
        at += len(own) + 2
    return max(0.0, trust), values, float(model.intercept_[0])


def _edges(values: NDArray[np.float64]) -> list[float]:
    """Edges of bins with about as many tunes each; fewer where values are few.

    Where nearly all tunes share their lowest value, what is above it has a bin all the same: a note
    that no instrument has is rare, and says much.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    cuts = np.quantile(known, np.arange(1, BINS) / BINS, method="closest_observation")
    found = {round(float(cut), 4) for cut in cuts}
    above = known[known > cuts.max()]
    if cuts.max() == known.min() and len(above):
        found.add(round(float(above.min()), 4))
    return sorted(found)


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
    values = np.ones(len(columns))
    return csr_matrix((values, (rows, columns)), shape=(len(figures), int(starts[-1])))


def judge_critic(critic: Critic, real: Sequence[Tune], composed: Sequence[Tune]) -> float:
    """Share, 0..1, of pairs of a real and a composed tune that a critic puts in the right order."""
    ours = np.array([critic.log_odds(tune) for tune in real])
    theirs = np.array([critic.log_odds(tune) for tune in composed])
    above = (ours[:, None] > theirs).mean() + 0.5 * (ours[:, None] == theirs).mean()
    return float(above)
