"""Pairs that a network makes for itself: one tune gone on with in several ways, by a known taste.

Two tunes of a ballot differ in much that nobody asked about. Where a taste was found behind ballots
(`musicgen.listening.taste`), there is no need to learn from those tunes alone: the network composes
a tune, goes on from one of its bars several times, and the way on that the taste likes most is set
against the one it likes least. What both begin with does not count in the training, so what is left
to learn is what the taste is about. Drawing pairs from the network that is to learn, and ranking
them by a model of the ballots, is statistical rejection sampling for preferences (T. Liu and
others, "Statistical Rejection Sampling Improves Preference Optimization", ICLR 2024).
"""

import random
import re
from collections.abc import Callable, Sequence

import numpy as np

from musicgen.config import SampleConfig
from musicgen.errors import GrammarError
from musicgen.evaluation.loss.bodies import body_start
from musicgen.listening.taste import Taste, find_taste, measure_liked, strengthen
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import Engine, build_engine
from musicgen.training.preference_pairs import PreferencePair

BEGINNINGS = 240
"""Tunes that are gone on with."""

WAYS = 6
"""Ways on that are drawn from each place."""

LEAST_GAP = 1.0
"""Log-odds by which the best way on must be liked more than the worst: e to 1."""

FEWEST = 40
"""Pairs of its own below which those of the ballots are taken."""

_LATEST = 0.75
_TEMPERATURE = 1.0
_SEED = 30_000_000
_BAR = re.compile(r"\|(?![|:\]1-9])")


def find_pairs_to_learn(
    start: Checkpoint,
    pairs: Sequence[PreferencePair],
    seed: int = 0,
    on_step: Callable[[], None] = lambda: None,
    beginnings: int = BEGINNINGS,
) -> list[PreferencePair]:
    """What a network learns from ballots: pairs of its own where there is a taste behind them.

    Where no taste is found the ballots stay as they are.

    Args:
        start: The network that is to learn.
        pairs: What listeners preferred.
        seed: Of what is drawn.
        on_step: Called now and then; it may raise.
        beginnings: Tunes to go on with.
    """
    taste = find_taste(pairs)
    if taste is None:
        return list(pairs)
    own = draw_pairs(start, taste, beginnings, seed, on_step)
    return own if len(own) >= FEWEST else strengthen(pairs, seed)


def draw_pairs(
    start: Checkpoint,
    taste: Taste,
    beginnings: int,
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> list[PreferencePair]:
    """Pairs of ways on from one place, the liked one first; none where all are liked alike.

    Args:
        start: Who composes.
        taste: What is liked.
        beginnings: Tunes to go on with.
        seed: Of what is drawn.
        on_step: Called now and then; it may raise.
    """
    engine, chance = build_engine(start), random.Random(seed)
    config = SampleConfig(
        temperature=_TEMPERATURE, count=beginnings, seed=_SEED + seed, candidates=1
    )
    found = []
    for whole in compose(start, config, lambda _texts: on_step(), engine):
        on_step()
        place = find_place(whole.abc, chance)
        if place and whole.is_complete:
            ways = _go_on(start, whole.abc[:place], chance.randrange(2**30), engine)
            pair = choose_pair(taste, [whole.abc, *ways])
            found += [pair] if pair else []
    return found


def find_place(text: str, chance: random.Random) -> int:
    """Where a tune is left: at a bar line that is not near its end; 0 where there is none."""
    first = body_start(text)
    last = first + _LATEST * (len(text) - first)
    places = [bar.end() for bar in _BAR.finditer(text, first) if bar.end() <= last]
    return chance.choice([first, *places]) if places else 0


def choose_pair(taste: Taste, texts: Sequence[str]) -> PreferencePair | None:
    """The text that is liked most and the one liked least; None where they are liked alike."""
    different = list(dict.fromkeys(texts))
    if len(different) < 2:
        return None
    scores = taste.scores(measure_liked(different))
    best, worst = int(np.argmax(scores)), int(np.argmin(scores))
    if scores[best] - scores[worst] < LEAST_GAP:
        return None
    return PreferencePair(different[best], different[worst])


def _go_on(start: Checkpoint, beginning: str, seed: int, engine: Engine) -> list[str]:
    config = SampleConfig(
        temperature=_TEMPERATURE, count=WAYS, seed=seed, prompt=beginning, candidates=1
    )
    try:
        found = compose(start, config, engine=engine)
    except GrammarError:  # what it was free to write leaves no way on that keeps all rules
        return []
    return [one.abc for one in found if one.is_complete]
