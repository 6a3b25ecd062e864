"""What a tune is drawn to be like: whether it comes home, and which instrument can play it.

A critic weighs the drawings of a tune by their odds of being real, and each of these is but one of
the many things it weighs: so tunes came home more often than drafts, and less often than real ones.
Therefore each tune has an aim, drawn by its seed as often as the real tunes of the book are so, and
of its drawings those that meet it are weighed (stratified sampling: W. G. Cochran, "Sampling
Techniques", 1977, chapter 5); all of them where none does.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from musicgen.notation.analysis.melody import key_at, melody_notes, tonic_of
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.notation.model import Tune

INSTRUMENTS = ("whistle", "fiddle")
"""From the one with the fewest notes to the one with the most."""


@dataclass(frozen=True, slots=True, order=True)
class Aim:
    """What real tunes are, each as often as it is found.

    `is_home` says that the last note is the tonic; `reach` is the place in `INSTRUMENTS` of the
    first that has all notes, their number where none has.
    """

    is_home: bool
    reach: int


def find_aim(tune: Tune) -> Aim | None:
    """What a whole tune is like; None where nothing sounds or there is no tonic."""
    notes = melody_notes(tune)
    tonic = tonic_of(key_at(tune, notes[-1].bar)) if notes else None
    return None if tonic is None else Aim(notes[-1].pitch % 12 == tonic, find_reach(tune))


def find_reach(tune: Tune) -> int:
    """The place in `INSTRUMENTS` of the first that has all notes; their number if none has."""
    can_play = (not notes_outside(tune, name) for name in INSTRUMENTS)
    return next(compress(range(len(INSTRUMENTS)), can_play), len(INSTRUMENTS))


def count_aims(tunes: Sequence[Tune]) -> dict[Aim, int]:
    """How many tunes there are of each kind."""
    return dict(Counter(aim for tune in tunes if (aim := find_aim(tune))))


def draw_aim(aims: Mapping[Aim, int], seed: int) -> Aim | None:
    """The aim of the tune of a seed; None where there are none to draw from."""
    if not aims:
        return None
    kinds = sorted(aims)
    return random.Random(f"aim/{seed}").choices(kinds, [aims[kind] for kind in kinds])[0]


def meet_whole(tunes: Sequence[Tune], aim: Aim) -> list[int]:
    """The places of the tunes that meet an aim: first its end, then its reach, where any do."""
    found = [find_aim(tune) for tune in tunes]
    places = range(len(tunes))
    home = [at for at in places if (one := found[at]) and one.is_home == aim.is_home]
    return _within(tunes, home or list(places), aim.reach)


def meet_beginning(tunes: Sequence[Tune], aim: Aim) -> list[int]:
    """The places of the beginnings within the reach of an aim; all where none is."""
    return _within(tunes, list(range(len(tunes))), aim.reach)


def _within(tunes: Sequence[Tune], places: list[int], reach: int) -> list[int]:
    return [at for at in places if find_reach(tunes[at]) <= reach] or places
