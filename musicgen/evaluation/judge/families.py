"""Variants of a tune: the same melody in any key, octave or rhythm, or the same beginning."""

from collections.abc import Sequence

from musicgen.evaluation.judge.features import TuneFeatures


def find_families(tunes: Sequence[TuneFeatures]) -> list[int]:
    """A number for each tune, the same for tunes that share a fingerprint, over others as well.

    A is in the family of C where both share one with B. Tunes without a fingerprint are alone.
    """
    parents = list(range(len(tunes)))

    def find(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    first: dict[str, int] = {}
    for number, tune in enumerate(tunes):
        for fingerprint in tune.fingerprints:
            parents[find(number)] = find(first.setdefault(fingerprint, number))
    return [find(number) for number in range(len(tunes))]


def keep_first(families: Sequence[int]) -> list[int]:
    """The places of the first tune of each family, in ascending order."""
    first: dict[int, int] = {}
    for place, family in enumerate(families):
        first.setdefault(family, place)
    return list(first.values())
