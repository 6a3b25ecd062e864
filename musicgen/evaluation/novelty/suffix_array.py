"""Which stretches of one sequence stand in others: a suffix array over many sequences.

A sequence is a string; every character is one symbol, whatever it stands for. The array lists
all suffixes of all sequences in alphabetical order (Manber and Myers, "Suffix arrays: a new method
for on-line string searches", 1993), so that the longest match of a suffix stands beside its place.
It is sorted by doubling, each time only where neighbours are still equal (Larsson and Sadakane,
"Faster suffix sorting", 2007). N is the number of symbols, one end of sequence for each included:
building takes O(N log N) time and 4 N log2(longest repetition) bytes, which are given back; what
stays takes some 8 bytes a symbol.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

SENTINEL = "\0"
"""Stands behind every sequence and may stand in none."""

UNKNOWN = "\U0010ffff"
"""A symbol that equals nothing in any sequence of an index."""


@dataclass(frozen=True, slots=True)
class Match:
    """The longest match of a suffix: `length` symbols, and where in which sequence they stand."""

    length: int
    sequence: int
    position: int


@dataclass(frozen=True, eq=False)
class SuffixIndex:
    """Sequences, one after the other in `text` with `SENTINEL` behind each, and their suffix array.

    `order` (N,) int32 lists positions of `text`; `starts` (number of sequences,) int32 says where
    each begins.
    """

    text: str
    order: NDArray[np.int32]
    starts: NDArray[np.int32]

    @cached_property
    def _starts(self) -> list[int]:
        return [int(start) for start in self.starts]

    def __len__(self) -> int:
        return len(self.starts)

    def sequence(self, number: int) -> str:
        """A sequence itself."""
        start = self._starts[number]
        return self.text[start : self.text.index(SENTINEL, start)]

    def match(self, query: str, without: Collection[int] = ()) -> list[Match]:
        """The longest match of each suffix of a query, by place; a length of 0 where there is none.

        Args:
            query: Symbols; none may be `SENTINEL`.
            without: Sequences whose matches do not count.
        """
        return [self._match(query[place:], without) for place in range(len(query))]

    def find(self, query: str) -> Integers:
        """The numbers of the sequences that have the query in them, ascending."""
        size = len(query)
        low = bisect_left(self.order, query, key=lambda at: self.text[at : at + size])
        high = bisect_right(self.order, query, low, key=lambda at: self.text[at : at + size])
        places = self.order[low:high]
        return np.unique(np.searchsorted(self.starts, places, side="right") - 1)

    def _match(self, query: str, without: Collection[int]) -> Match:
        size = len(query)
        place = bisect_left(self.order, query, key=lambda at: self.text[at : at + size])
        best = Match(0, -1, -1)
        for neighbours in (range(place - 1, -1, -1), range(place, len(self.order))):
            found = self._first(neighbours, without)
            if found:
                length = _common(query, self.text, found[1])
                best = max(best, Match(length, *found), key=lambda match: match.length)
        return best if best.length else Match(0, -1, -1)

    def _first(self, neighbours: range, without: Collection[int]) -> tuple[int, int] | None:
        """Sequence of the first suffix that counts, and its position in the text."""
        for neighbour in neighbours:
            position = int(self.order[neighbour])
            sequence = bisect_right(self._starts, position) - 1
            if sequence not in without:
                return sequence, position
        return None


@dataclass(frozen=True, eq=False)
class SuffixTable:
    """An index together with how far any two of its suffixes agree, which takes more memory."""

    index: SuffixIndex
    _ranks: list[NDArray[np.int32]]

    @classmethod
    def build(cls, sequences: Sequence[str]) -> Self:
        """Sorts all suffixes of the sequences; empty sequences are allowed."""
        text = "".join(sequence + SENTINEL for sequence in sequences)
        lengths = np.array([len(sequence) + 1 for sequence in sequences], dtype=np.int32)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(lengths) else lengths
        ranks = list(_doubling(_symbols(text, len(sequences))))
        order = np.argsort(ranks[-1]).astype(np.int32)
        return cls(SuffixIndex(text, order, starts.astype(np.int32)), ranks)

    def agreement(self, first: Integers, second: Integers) -> Integers:
        """How many symbols the suffixes at pairs of positions (P,) have in common (P,)."""
        length = np.zeros(len(first), dtype=np.int64)
        for level in reversed(range(len(self._ranks))):
            rank = self._ranks[level]
            equal = rank[first + length] == rank[second + length]
            length[equal] += 1 << level
        return length

    def longest_elsewhere(self, groups: Sequence[int]) -> list[Integers]:
        """For each sequence and place, the longest match in a sequence of any other group.

        Args:
            groups: The group of each sequence: those of one group are not compared.

        Returns:
            For each sequence of T symbols an array (T,).
        """
        order = self.index.order.astype(np.int64)
        owner = np.searchsorted(self.index.starts, order, side="right") - 1
        group = np.asarray(groups, dtype=np.int64)[owner]
        # Of the suffixes of other groups the nearest before and behind agree the longest.
        change = np.flatnonzero(np.diff(group)) + 1
        first, last = np.concatenate([[0], change]), np.concatenate([change, [len(order)]])
        stretch = np.repeat(np.arange(len(first)), last - first)
        longest = np.zeros(len(order), dtype=np.int64)
        for other in (first[stretch] - 1, last[stretch]):
            is_there = (other >= 0) & (other < len(order))
            mine, theirs = order[is_there], order[other[is_there]]
            np.maximum.at(longest, mine, self.agreement(mine, theirs))
        bounds = [*(int(start) for start in self.index.starts), len(order)]
        return [longest[bounds[i] : bounds[i + 1] - 1] for i in range(len(self.index))]


def _symbols(text: str, count: int) -> NDArray[np.int32]:
    """Symbols as numbers, the ends all different and below all others, in the order they come."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.int32) + count
    ends = codes == count
    codes[ends] = np.arange(np.count_nonzero(ends), dtype=np.int32)
    return codes


def _doubling(codes: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """Ranks (N,) of all suffixes by their first 1, 2, 4 … symbols, until all differ.

    The rank of a suffix is the number of suffixes that come before all that equal it.
    """
    size = len(codes)
    order = np.argsort(codes, kind="stable")
    rank = np.empty(size, dtype=np.int32)
    rank[order] = _starts_of_equal(codes[order])
    yield rank
    live, step = _still_equal(order, rank), 1
    while len(live):
        # The next half stands inside the sequence: behind its end, which equals no other, none
        # would be equal any more.
        key = rank[live].astype(np.int64) * size + rank[live + step]
        sorting = np.argsort(key, kind="stable")
        live, key = live[sorting], key[sorting]
        before = rank[live]
        inside = _starts_of_equal(key) - _starts_of_equal(before)
        rank = rank.copy()
        rank[live] = before + inside
        yield rank
        live, step = _still_equal(live, rank), 2 * step


def _starts_of_equal(values: NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.int32]:
    """For each of some sorted values the index of the first that equals it."""
    indices = np.arange(len(values), dtype=np.int32)
    is_first = np.concatenate([[True], values[1:] != values[:-1]]) if len(values) else indices > 0
    return np.maximum.accumulate(np.where(is_first, indices, 0)).astype(np.int32)


def _still_equal(order: Integers, rank: NDArray[np.int32]) -> Integers:
    """Those of some suffixes, in their order, whose rank another one has, too."""
    ranks = rank[order]
    same = ranks[1:] == ranks[:-1]
    return (
        order[np.concatenate([[False], same]) | np.concatenate([same, [False]])]
        if len(order)
        else order
    )


def _common(query: str, text: str, position: int) -> int:
    """How many symbols of a query stand at a position of a text."""
    length = 0
    for wanted, there in zip(query, text[position : position + len(query)], strict=False):
        if wanted != there:
            break
        length += 1
    return length
