"""A critic: of several drawings of a tune it says how real each looks, so that one can be kept.

It is a logistic regression on the turns of a tune and on figures of the whole
(`musicgen.sampling.critic_features`), fitted to tell the tunes that one network composes from those
it learned from (`musicgen.evaluation.critic_fitting`). What it says of a tune is the logarithm of
how much likelier it is among the real ones than among the composed ones. Drawing one of several
candidates with these odds as weights is sampling–importance resampling (D. B. Rubin, "Using the
SIR Algorithm to Simulate Posterior Distributions", Bayesian Statistics 3, 1988), for composed
things discriminator rejection sampling (S. Azadi et al., ICLR 2019). The best of all candidates is
not taken: the most real of many is found out more easily than a likely one.

A critic lies beside the weights of its network, as JSON, and is plain arithmetic.
"""

import dataclasses
import json
import math
import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from musicgen.errors import CheckpointError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.aims import OF_BEGINNINGS, draw_aims, is_aim, meet, meter_of
from musicgen.sampling.critic_features import FIGURES, count_turns, measure_figures
from musicgen.sampling.stages import find_pauses, take_lines

FORMAT = "musicgen-critic"
FORMAT_VERSION = 1

MAX_STAGES = 16

NO_CHANCE = -1000.0
"""Log-odds of what is no tune."""


@dataclass(frozen=True)
class Critic:
    """The weights of a critic.

    `turns` has a weight for each turn that counts, `figures` for each figure the edges of its bins
    and one weight more than edges, behind which comes the one of a value that is missing.
    `sharpness` multiplies log-odds where a candidate is drawn by them. `stages` are critics of
    tunes that are not ended: of the first line, of the first two, and so on, the last one of all
    longer beginnings (`musicgen.sampling.stages`); none where only whole tunes are compared. `aims`
    are the shares of tunes of which something is asked outright (`musicgen.sampling.aims`).
    """

    bias: float
    turns: Mapping[str, float]
    figures: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]
    sharpness: float = 1.0
    stages: tuple["Critic", ...] = ()
    aims: Mapping[str, float] = field(default_factory=dict)

    def choose_beginning(self, texts: Sequence[str], seed: int, stage: int) -> int:
        """The place of the drawing to go on with, of those of a tune that pause.

        Args:
            texts: Of each drawing; whole lines, and the beginning of another one.
            seed: Of the tune.
            stage: How many lines were chosen before.
        """
        read = [take_lines(text) for text in texts]
        tunes = [read_tune(lines)[0] for lines in read]
        asked = draw_aims(self.aims, seed, meter_of(tunes[0]))
        places = meet(tunes, [name for name in asked if name in OF_BEGINNINGS])
        odds = [self.weigh_beginning(read[at], tunes[at]) for at in places]
        return places[choose(odds, self.sharpness, seed, stage)]

    def choose_tune(self, tunes: Sequence[Tune], log_odds: Sequence[float], seed: int) -> int:
        """The place of the drawing that is kept.

        Args:
            tunes: The drawings of one tune, all of them ended.
            log_odds: Of each; `NO_CHANCE` for what is not to be kept.
            seed: Of the tune.
        """
        places = [at for at, value in enumerate(log_odds) if value > NO_CHANCE]
        if not places:
            return 0
        asked = draw_aims(self.aims, seed, meter_of(tunes[places[0]]))
        met = meet([tunes[at] for at in places], asked)
        places = [places[at] for at in met]
        return places[choose([log_odds[at] for at in places], self.sharpness, seed)]

    def weigh_beginning(self, lines: str, tune: Tune | None = None) -> float:
        """The log-odds of the whole lines of a tune that goes on; there is a critic of them.

        Args:
            lines: The lines, with the header.
            tune: What they are read as, where they have been read.
        """
        lines_before = len(find_pauses(lines))
        stage = self.stages[min(lines_before, len(self.stages) - 1)]
        return stage.log_odds(tune or read_tune(lines)[0])

    def log_odds(self, tune: Tune) -> float:
        """How much likelier a tune is to be real than composed, in nats; 0 is even.

        `NO_CHANCE` where nothing sounds.
        """
        counts = count_turns(tune)
        return self.weigh(counts, measure_figures(tune)) if counts else NO_CHANCE

    def weigh(self, counts: Mapping[str, int], figures: Sequence[float]) -> float:
        """The log-odds by what `critic_features` finds in a tune."""
        found = self.bias + weigh_turns(counts, self.turns)
        for name, value in zip(FIGURES, figures, strict=True):
            if name in self.figures:
                edges, weights = self.figures[name]
                found += weights[find_bin(value, edges)]
        return found

    def to_json(self) -> bytes:
        """The critic as a file, the same for the same weights."""
        values = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "sharpness": self.sharpness,
            **self._weights(),
            "aims": dict(sorted(self.aims.items())),
            "stages": [stage._weights() for stage in self.stages],
        }
        text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return (text + "\n").encode()

    def _weights(self) -> dict[str, Any]:
        return {
            "bias": self.bias,
            "figures": {name: [list(edges), list(own)] for name, (edges, own) in
                        sorted(self.figures.items())},
            "turns": dict(sorted(self.turns.items())),
        }  # fmt: skip


def weigh_turns(counts: Mapping[str, int], weights: Mapping[str, float]) -> float:
    """The sum of the weights of turns, each by 1 + log of its count, over the length of all."""
    known = [(weights[turn], 1.0 + math.log(n)) for turn, n in counts.items() if turn in weights]
    length = math.sqrt(sum(own * own for _weight, own in known))
    return sum(weight * own for weight, own in known) / length if length else 0.0


def find_bin(value: float, edges: Sequence[float]) -> int:
    """The bin of a value: 0 below the first edge, the last one of all for a missing value."""
    return len(edges) + 1 if math.isnan(value) else bisect_right(edges, value)


def choose(log_odds: Sequence[float], sharpness: float, seed: int, stage: int | None = None) -> int:
    """The place of one candidate, drawn by its odds of being real; the same for the same seed.

    The first one where none has a chance. Each stage of a tune has luck of its own.
    """
    best = max(log_odds)
    if best <= NO_CHANCE:
        return 0
    weights = [math.exp(sharpness * (value - best)) for value in log_odds]
    luck = f"choice/{seed}" if stage is None else f"choice/{seed}/{stage}"
    return random.Random(luck).choices(range(len(weights)), weights)[0]


def candidate_seeds(seed: int, count: int) -> list[int]:
    """A seed for each candidate of a tune: the first is the tune's own."""
    luck = random.Random(f"candidates/{seed}")
    return [seed, *(luck.randrange(2**31) for _ in range(count - 1))]


def find_critic(checkpoint: Checkpoint) -> Critic | None:
    """The critic of a network; None where it has none.

    Raises:
        CheckpointError: it is damaged.
    """
    return _read(checkpoint.critic, checkpoint.name) if checkpoint.critic else None


@lru_cache(maxsize=8)
def _read(data: bytes, name: str) -> Critic:
    try:
        return read_critic(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError("The critic of {name} is damaged.", name=name) from error


def read_critic(values: Mapping[str, Any]) -> Critic:
    """A critic from the values of `Critic.to_json`.

    Raises:
        ValueError, KeyError, TypeError: they are not those of a critic.
    """
    if (values["format"], values["format_version"]) != (FORMAT, FORMAT_VERSION):
        raise ValueError("not a critic of this version")
    stages = values.get("stages", [])
    if len(stages) > MAX_STAGES:
        raise ValueError("too many stages")
    own = tuple(_read_weights(one, 1.0) for one in stages)
    whole = _read_weights(values, _number(values["sharpness"]))
    return dataclasses.replace(whole, stages=own, aims=_read_aims(values.get("aims", {})))


def _read_aims(values: Mapping[str, Any]) -> dict[str, float]:
    aims = {str(name): _number(share) for name, share in values.items()}
    if not all(is_aim(name) and 0 <= share <= 1 for name, share in aims.items()):
        raise ValueError("not a share of what may be asked")
    return aims


def _read_weights(values: Mapping[str, Any], sharpness: float) -> Critic:
    figures = {}
    for name, (edges, weights) in values["figures"].items():
        if len(weights) != len(edges) + 2 or sorted(edges) != edges:
            raise ValueError(f"{name} does not fit")
        figures[str(name)] = tuple(map(_number, edges)), tuple(map(_number, weights))
    turns = {str(turn): _number(weight) for turn, weight in values["turns"].items()}
    return Critic(_number(values["bias"]), turns, figures, sharpness)


def _number(value: Any) -> float:
    found = float(value)
    if isinstance(value, bool | str) or not np.isfinite(found):
        raise ValueError("not a finite number")
    return found
