"""What is asked of some tunes, so that composed ones have it as often as real ones.

A critic weighs the drawings of a tune by their odds of being real, and what a player hears first,
whether the tune comes home, is but one of the many things it weighs: tunes came home more often
than drafts, and less often than real ones. So of a share of the tunes, which the seed draws, it is
asked outright, and only those drawings are weighed that have it; all of them where none has. The
share is what lifts the rate of composed tunes to that of the real ones (`find_share`): then no
tune is kept from what is good. A meter whose tunes still come home less often than real ones has a
share of its own: waltzes end on the tonic, slip jigs often go round.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType

from musicgen.notation.analysis.melody import key_at, melody_bars, melody_notes, tonic_of
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.notation.model import Tune

_METER = re.compile(r"[0-9]{1,2}/[0-9]{1,2}")

EQUAL_BARS = 3
"""In a row one hears them as a machine's."""


def comes_home(tune: Tune) -> bool:
    """Whether the last note is the tonic; False where there is none."""
    notes = melody_notes(tune)
    return bool(notes) and notes[-1].pitch % 12 == tonic_of(key_at(tune, notes[-1].bar))


def moves_on(tune: Tune) -> bool:
    """Whether no `EQUAL_BARS` bars in a row have the same notes."""
    bars = [bar for bar in melody_bars(tune) if bar]
    return all(len(list(run)) < EQUAL_BARS for _bar, run in groupby(bars))


AIMS: Mapping[str, Callable[[Tune], bool]] = MappingProxyType(
    {
        "home": comes_home,
        "fiddle": lambda tune: not notes_outside(tune, "fiddle"),
        "whistle": lambda tune: not notes_outside(tune, "whistle"),
        "moves_on": moves_on,
    }
)
"""What may be asked, the most important one first."""

OF_BEGINNINGS = tuple(name for name in AIMS if name != "home")
"""What can be said of a tune that is not ended."""


def measure_rates(tunes: Sequence[Tune]) -> dict[str, float]:
    """The share of tunes, 0..1, that have each; there must be one tune at least."""
    return {name: sum(map(has, tunes)) / len(tunes) for name, has in AIMS.items()}


def find_share(real: float, composed: float) -> float:
    """Of how many tunes something is to be asked so that as many have it as of the real ones.

    Args:
        real: The share of real tunes that have it, 0..1.
        composed: The same of composed tunes of which it is not asked.
    """
    return 0.0 if composed >= real else (real - composed) / (1.0 - composed)


def meter_of(tune: Tune) -> str:
    """The meter of a tune in figures, such as ``3/4``: C is ``4/4``, C| is ``2/2``."""
    return f"{tune.meter.numerator}/{tune.meter.denominator}"


def is_aim(name: str) -> bool:
    """Whether something by this name may be asked: ``home``, or of one meter, ``home 3/4``."""
    aim, _space, meter = name.partition(" ")
    return aim in AIMS and (not meter or _METER.fullmatch(meter) is not None)


def draw_aims(shares: Mapping[str, float], seed: int, meter: str = "") -> tuple[str, ...]:
    """What is asked of the tune of a seed, the most important one first.

    Args:
        shares: Of how many tunes each is asked, 0..1; a meter may have a share of its own.
        seed: Of the tune.
        meter: Of the tune, as `meter_of` says it.
    """
    return tuple(
        name
        for name in AIMS
        if random.Random(f"aim/{name}/{seed}").random()
        < shares.get(f"{name} {meter}", shares.get(name, 0))
    )


def meet(tunes: Sequence[Tune], asked: Iterable[str]) -> list[int]:
    """The places of the tunes that have what is asked; what none has is not asked any more."""
    places = list(range(len(tunes)))
    for name in asked:
        places = [at for at in places if AIMS[name](tunes[at])] or places
    return places
