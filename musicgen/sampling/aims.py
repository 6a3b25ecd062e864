"""What a tune is drawn to be like: whether it comes home, who can play it, whether it stands still.

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
from itertools import compress, groupby

from musicgen.notation.analysis.melody import key_at, melody_bars, melody_notes, tonic_of
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.notation.model import Tune

INSTRUMENTS = ("whistle", "fiddle")
"""From the one with the fewest notes to the one with the most."""

EQUAL_BARS = 3
"""In a row one hears them as a machine's."""


@dataclass(frozen=True, slots=True, order=True)
class Aim:
    """What real tunes are, each as often as it is found.

    `is_home` says that the last note is the tonic; `reach` is the place in `INSTRUMENTS` of the
    first that has all notes, their number where none has; `stands_still` that `EQUAL_BARS` bars in
    a row are equal.
    """

    is_home: bool
    reach: int
    stands_still: bool = False


def find_aim(tune: Tune) -> Aim | None:
    """What a whole tune is like; None where nothing sounds or there is no tonic."""
    notes = melody_notes(tune)
    tonic = tonic_of(key_at(tune, notes[-1].bar)) if notes else None
    if tonic is None:
        return None
    return Aim(notes[-1].pitch % 12 == tonic, find_reach(tune), stands_still(tune))


def find_reach(tune: Tune) -> int:
    """The place in `INSTRUMENTS` of the first that has all notes; their number if none has."""
    can_play = (not notes_outside(tune, name) for name in INSTRUMENTS)
    return next(compress(range(len(INSTRUMENTS)), can_play), len(INSTRUMENTS))


def stands_still(tune: Tune) -> bool:
    """Whether `EQUAL_BARS` bars in a row have the same notes."""
    bars = [bar for bar in melody_bars(tune) if bar]
    return any(len(list(run)) >= EQUAL_BARS for _bar, run in groupby(bars))


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
    """The places of the tunes that meet an aim: first its end, then the rest, where any do."""
    found = [find_aim(tune) for tune in tunes]
    places = range(len(tunes))
    home = [at for at in places if (one := found[at]) and one.is_home == aim.is_home]
    return _meet(tunes, home or list(places), aim)


def meet_beginning(tunes: Sequence[Tune], aim: Aim) -> list[int]:
    """The places of the beginnings that meet an aim so far; all where none does."""
    return _meet(tunes, list(range(len(tunes))), aim)


def _meet(tunes: Sequence[Tune], places: list[int], aim: Aim) -> list[int]:
    """Those that need the aim's instrument, else one with fewer notes; and move on as it says."""
    reach = {at: find_reach(tunes[at]) for at in places}
    exact = [at for at in places if reach[at] == aim.reach]
    near = exact or [at for at in places if reach[at] < aim.reach] or places
    return [at for at in near if stands_still(tunes[at]) <= aim.stands_still] or near
