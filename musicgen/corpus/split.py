"""Train, validation and test tunes: 80, 10 and 10 %, apart by tune and fixed for ever.

The side of a tune is a hash of its title and of nothing else, so it never moves, whatever tunes are
added, dropped or put in another order. Tunes of one title are together by that. A melody can occur
under two titles: then the tunes held out stay, and those that would teach it (on the training side,
or on the validation side of a test tune) are left out.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from musicgen.corpus.cleaning import CorpusTune

SIDES = ("train", "val", "test")
_BOUNDS = ((0.8, "train"), (0.9, "val"))


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
