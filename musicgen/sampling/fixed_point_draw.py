"""Drawing characters in whole numbers, with a random generator that every language can have.

The generator is PCG32 (M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically
Good Algorithms for Random Number Generation", 2014): a state of 64 bits, 32 random bits a time.
Each tune has streams of its own: one for its music, one for its header, one for its title.

Shapes: B tunes at once, V vocabulary.
"""

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musicgen.sampling.fixed_point import LOGIT_BITS, Ints

T = TypeVar("T")

HEADER_STREAM = 1
TITLE_STREAM = 2
MUSIC_STREAM = 54
"""The stream of the generator's own examples. Where a tune is drawn again because it was not
complete, the streams that follow are taken, one by one."""

CHANCE_BITS = 24
"""The likeliest character has a chance of 2**24, the others in proportion."""

_BITS_64 = 2**64 - 1
_MULTIPLIER = 6364136223846793005
_LOG2_E = 1.4426950408889634
_STEPS = 256


class Pcg32:
    """PCG-XSH-RR with 64 bits of state and 32 of output."""

    def __init__(self, seed: int, stream: int = MUSIC_STREAM) -> None:
        self._step = (stream << 1 | 1) & _BITS_64
        self._state = 0
        self.next()
        self._state = (self._state + seed) & _BITS_64
        self.next()

    def next(self) -> int:
        """32 random bits."""
        old = self._state
        self._state = (old * _MULTIPLIER + self._step) & _BITS_64
        mixed = ((old >> 18 ^ old) >> 27) & 0xFFFFFFFF
        turn = old >> 59
        return (mixed >> turn | mixed << (-turn & 31)) & 0xFFFFFFFF

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1; `count` is at most 2**32."""
        return self.next() * count >> 32


class FixedLuck(random.Random):
    """What headers and titles are drawn with: `choice` and `choices` from a `Pcg32`."""

    def __init__(self, seed: int, stream: int) -> None:
        self._generator = Pcg32(seed, stream)
        super().__init__()

    def choice(self, seq: Any) -> Any:
        """One of a sequence."""
        return seq[self._generator.below(len(seq))]

    def choices(  # type: ignore[override]  # with whole weights alone
        self, population: Sequence[T], weights: Sequence[int]
    ) -> list[T]:
        """One element, as a list, each as often as its whole weight says."""
        point = self._generator.below(sum(weights))
        for one, weight in zip(population, weights, strict=True):
            point -= weight
            if point < 0:
                return [one]
        raise ValueError("no weights")


def random_words(seed: int, stream: int = MUSIC_STREAM) -> Iterator[int]:
    """Numbers of 32 bits without end."""
    generator = Pcg32(seed, stream)
    while True:
        yield generator.next()


def sharpness(temperature: float) -> int:
    """log2(e) divided by the temperature, in Q16: what chances are computed with."""
    return int(np.floor(_LOG2_E / temperature * 2.0**LOGIT_BITS + 0.5))


def compute_chances(logits: ArrayLike, temperature: float = 1.0) -> Ints:
    """Chances (B, V) in whole numbers, 2**24 for the likeliest; 0 where nothing may be drawn.

    Args:
        logits: (B, V), multiples of 2**-16; minus infinity where nothing may be drawn.
        temperature: Logits are divided by it.
    """
    values = np.asarray(logits, np.float64) * 2.0**LOGIT_BITS
    is_allowed = np.isfinite(values)
    largest = values.max(-1, keepdims=True)
    below = np.where(is_allowed, largest - values, 0).astype(np.int64)
    fall = (below * sharpness(temperature)) >> LOGIT_BITS  # in Q16, to the base 2
    table = exp2_table()
    places = (fall >> 8) & (_STEPS - 1)
    found = table[places]
    found -= ((found - table[places + 1]) * (fall & 255)) >> 8
    chances: Ints = np.where(is_allowed, found >> np.minimum(fall >> LOGIT_BITS, 63), 0)
    return chances


def draw_chances(chances: Ints, words: Sequence[int]) -> NDArray[np.int64]:
    """Ids (B,) at the points that random words of 32 bits, (B,), choose."""
    cumulative = chances.cumsum(-1).astype(np.uint64)
    points = (np.array(words, np.uint64)[:, None] * cumulative[:, -1:]) >> np.uint64(32)
    ids: NDArray[np.int64] = (cumulative > points).argmax(-1)
    return ids


@lru_cache(maxsize=1)
def exp2_table() -> Ints:
    """2**-x in Q24 at x = 0, 1/256, ..., 1; exact to half a unit on every machine."""
    with localcontext() as context:
        context.prec = 30
        values = [Decimal(2) ** (-Decimal(k) / _STEPS) * 2**CHANCE_BITS for k in range(_STEPS + 1)]
        return np.array([int(value.to_integral_value()) for value in values], np.int64)
