"""Train, validation and test tunes: 80, 10 and 10 %, apart by tune and fixed for ever.

The side of a tune is a hash of its title and of nothing else, so it never moves, whatever tunes are
added, dropped or put in another order. Tunes of one title are together by that. A melody can occur
under two titles: then the tunes held out stay, and those that would teach it (on the training side,
or on the validation side of a test tune) are left out.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from musicgen.corpus.cleaning import CorpusTune
from musicgen.notation.analysis.fingerprint import intervals, melody
from musicgen.notation.parsing.reader import read_tune

SIDES = ("train", "val", "test")
_BOUNDS = ((0.8, "train"), (0.9, "val"))
_RUN = 8
_SHARED_MELODY = 0.2


@dataclass(frozen=True, slots=True)
class Split:
    """Tunes by side, in the order of the corpus; `left_out` would have taught a held-out melody."""

    train: tuple[CorpusTune, ...]
    val: tuple[CorpusTune, ...]
    test: tuple[CorpusTune, ...]
    left_out: tuple[CorpusTune, ...]

    def side(self, name: str) -> tuple[CorpusTune, ...]:
        """The tunes of ``train``, ``val`` or ``test``."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]


def split_tunes(tunes: Sequence[CorpusTune]) -> Split:
    """The three sides of a corpus. Empty input gives empty sides."""
    sides: dict[str, list[CorpusTune]] = {side: [] for side in SIDES}
    for tune in tunes:
        sides[choose_side(title_key(tune))].append(tune)
    left_out: list[CorpusTune] = []
    for side, held_out in (("val", sides["test"]), ("train", sides["test"] + sides["val"])):
        melodies = {tune.fingerprint for tune in held_out}
        left_out += [tune for tune in sides[side] if tune.fingerprint in melodies]
        sides[side] = [tune for tune in sides[side] if tune.fingerprint not in melodies]
    train, val, test = (tuple(sides[side]) for side in SIDES)
    return Split(train, val, test, tuple(left_out))


def add_for_training(split: Split, tunes: Iterable[CorpusTune]) -> Split:
    """The split with further tunes to train on, those left out that would teach a held-out one.

    They would under its title, or with a fifth of its melody: so much of the runs of eight
    intervals of the one are in the other, in whatever key.
    """
    further = list(tunes)
    new = find_unknown(split.val + split.test, further)
    kept = {id(tune) for tune in new}
    known = tuple(tune for tune in further if id(tune) not in kept)
    return replace(split, train=(*split.train, *new), left_out=split.left_out + known)


def find_unknown(known: Sequence[CorpusTune], tunes: Iterable[CorpusTune]) -> list[CorpusTune]:
    """The tunes that share neither their title nor a fifth of the melody with any known one.

    So much of the runs of eight intervals of a known tune are not in them, in whatever key.
    """
    titles = {title_key(tune) for tune in known}
    runs = _MelodyIndex(known)
    return [
        tune
        for tune in tunes
        if title_key(tune) not in titles and runs.share(tune) < _SHARED_MELODY
    ]


class _MelodyIndex:
    """Which tunes have which runs of intervals."""

    def __init__(self, tunes: Sequence[CorpusTune]) -> None:
        self._sizes: list[int] = []
        self._tunes: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for number, tune in enumerate(tunes):
            runs = _melody_runs(tune)
            self._sizes.append(len(runs))
            for run in runs:
                self._tunes[run].append(number)

    def share(self, tune: CorpusTune) -> float:
        """The largest share, 0..1, of a known tune's runs that this one has."""
        found = Counter(number for run in _melody_runs(tune) for number in self._tunes.get(run, ()))
        return max((count / self._sizes[number] for number, count in found.items()), default=0.0)


def _melody_runs(tune: CorpusTune) -> set[tuple[int, ...]]:
    steps = intervals(melody(read_tune(tune.text)[0]))
    return {steps[at : at + _RUN] for at in range(len(steps) - _RUN + 1)}


def choose_side(key: str) -> str:
    """The side of all tunes with this key, from the first 64 bits of its SHA-256."""
    number = int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") / 2**64
    return next((side for bound, side in _BOUNDS if number < bound), "test")


def title_key(tune: CorpusTune) -> str:
    """What tunes of one title share: letters and digits only, no accents, no article, no case.

    A tune without a title has its melody's fingerprint instead.
    """
    plain = unicodedata.normalize("NFKD", tune.title).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    return " ".join(word for word in words if word not in ("the", "a", "an")) or tune.fingerprint
