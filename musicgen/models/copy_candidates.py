"""Candidates for copying: for each character, what would follow if the tune repeated itself.

Four echoes each offer a next character, with a level of evidence:

- *the longest run*: the place of this tune whose last characters are the present ones, the longest
  such run, the newest of several, and the character after it;
- *the bar 2, 4 and 8 bars before*: the character at the same place of that bar. Phrases of dance
  tunes correspond at these distances.

Nothing here is learned, and nothing looks beyond the tune: a blank line empties the memory. All is
plain arithmetic on whole batches. Shapes: B batch, T time, W places, K = 4 echoes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

BARS_BEFORE = (2, 4, 8)
ECHOES = 1 + len(BARS_BEFORE)
LEVELS = 8
"""Level 0 is of an echo that offers nothing."""

PLACES = 640
"""Characters of a tune that are remembered; the longest of the lab's has 603."""

_BARS = 128
_SHORT = 3
"""A bar with fewer characters than this, its line included, is an upbeat or a double bar line."""

_RUNS = np.array([1, 2, 3, 4, 6, 9, 15])
"""Lengths of a run from which on its level is one more."""

_RUN_LEVEL = np.searchsorted(_RUNS, np.arange(_RUNS[-1] + 1), "right")
_BEFORE = np.array(BARS_BEFORE)

_AGREEMENT = np.array([[7, 7], [6, 6], [1, 2], [3, 3], [3, 3], [4, 4], [4, 4], [4, 4], [5, 5]])
"""Level by how many characters of this bar agreed so far (-2 for several misses, -1 for one, 6 for
6 or more), and by whether the bar before did."""

_NUMBER, _BAR, _WAS_LINE = 0, 1, 2
_AGREED, _TRUSTED, _OFFERED = 3, 3 + len(BARS_BEFORE), 3 + 2 * len(BARS_BEFORE)
_COUNTERS = 3 + 3 * len(BARS_BEFORE)
SIZE = 2 * PLACES + _BARS + _COUNTERS
"""Numbers that a memory holds for each tune of a batch."""


@dataclass(frozen=True, slots=True)
class StructureTokens:
    """Ids of the characters that order a tune; -1 for one that the vocabulary lacks."""

    bar: int
    line: int
    colon: int


def empty_memory(batch_size: int) -> Ints:
    """A memory (B, SIZE) of tunes that have not begun."""
    memory = np.zeros((batch_size, SIZE), np.int64)
    memory[:, :PLACES] = -1
    memory[:, 2 * PLACES + _BARS + _OFFERED :] = -1
    return memory


def find_candidates(ids: Ints, memory: Ints, signs: StructureTokens) -> tuple[Ints, Ints, Ints]:
    """What the echoes offer after each character.

    Args:
        ids: Characters (B, T).
        memory: The characters read before, (B, SIZE); it is not changed.
        signs: Which characters order a tune.

    Returns:
        The characters offered (B, T, K), -1 for none; their levels (B, T, K), 0 to `LEVELS` - 1;
        and the memory after the last character.
    """
    memory = memory.copy()
    offered = np.empty((*ids.shape, ECHOES), np.int64)
    levels = np.empty((*ids.shape, ECHOES), np.int64)
    for time in range(ids.shape[1]):
        offered[:, time], levels[:, time], _ = _update_memory(ids[:, time], memory, signs)
    return offered, levels, memory


def locate_candidates(ids: Ints, signs: StructureTokens) -> tuple[Ints, Ints, Ints]:
    """What the echoes offer after each character of one tune, and where they have it from.

    Args:
        ids: Characters (T,) from the beginning of the tune on.
        signs: Which characters order a tune.

    Returns:
        The characters offered (T, K), -1 for none; their levels (T, K); and the places (T, K) in
        `ids` of the characters offered, -1 for none.
    """
    memory = empty_memory(1)
    found = [_update_memory(ids[time : time + 1], memory, signs) for time in range(len(ids))]
    if not found:
        return (np.zeros((0, ECHOES), np.int64),) * 3
    offered, levels, places = (np.concatenate(part) for part in zip(*found, strict=True))
    return offered, levels, np.where(offered >= 0, places, -1)


def _update_memory(ids: Ints, memory: Ints, signs: StructureTokens) -> tuple[Ints, Ints, Ints]:
    """Adds characters (B,) to the memory, in place.

    Returns candidates and levels after them and where the candidates stand, each (B, K).
    """
    is_line = ids == signs.line
    ends = is_line & (memory[:, 2 * PLACES + _BARS + _WAS_LINE] > 0)
    if ends.any():
        memory[ends] = empty_memory(int(ends.sum()))
    starts, counters = memory[:, 2 * PLACES : -_COUNTERS], memory[:, -_COUNTERS:]
    rows = np.arange(len(ids))
    number = counters[:, _NUMBER]
    filled = int(number.max()) + 1  # places beyond are empty in every tune
    heard, runs = memory[:, : min(filled, PLACES)], memory[:, PLACES : PLACES + filled]
    runs = runs[:, : heard.shape[1]]

    runs[:, 1:] = np.where(heard[:, 1:] == ids[:, None], runs[:, :-1] + 1, 0)
    runs[:, 0] = heard[:, 0] == ids
    is_kept = (number < PLACES) & ~ends
    memory[rows[is_kept], number[is_kept]] = ids[is_kept]
    number += is_kept
    _compare(ids, counters, is_kept)
    _begin_bars(ids, starts, counters, rows, signs)
    counters[:, _WAS_LINE] = is_line

    run, run_level, run_place = _follow_run(memory, runs, rows)
    bars, bar_levels, bar_places = _follow_bars(memory, starts, counters, rows)
    counters[:, _OFFERED:] = bars
    return (
        np.column_stack([run, bars]),
        np.column_stack([run_level, bar_levels]),
        np.column_stack([run_place, bar_places]),
    )


def _compare(ids: Ints, counters: Ints, is_kept: NDArray[np.bool_]) -> None:
    """Counts how long this bar has agreed with each of the earlier ones; below 0, its misses."""
    agreed, offered = counters[:, _AGREED:_TRUSTED], counters[:, _OFFERED:]
    is_right = offered == ids[:, None]
    after = np.where(agreed >= 0, np.where(is_right, agreed + 1, -1), agreed - ~is_right)
    agreed[:] = np.where(is_kept[:, None] & (offered >= 0), after, agreed)


def _begin_bars(
    ids: Ints, starts: Ints, counters: Ints, rows: Ints, signs: StructureTokens
) -> None:
    """Lets a bar begin after a bar line, and once more after what is no bar yet."""
    is_bar_line = ids == signs.bar
    again = (ids == signs.line) | (ids == signs.colon)
    if not (is_bar_line | again).any():
        return
    number, bar = counters[:, _NUMBER], counters[:, _BAR]
    length = number - starts[rows, bar]
    is_bar = is_bar_line & (length > _SHORT) & (bar < _BARS - 1)
    again &= (ids == signs.line) | (length == 1)
    agreed, trusted = counters[:, _AGREED:_TRUSTED], counters[:, _TRUSTED:_OFFERED]
    trusted[is_bar] = agreed[is_bar] > _SHORT
    bar += is_bar
    begins = np.flatnonzero(is_bar_line | again)
    agreed[begins] = 0
    starts[begins, bar[begins]] = number[begins]


def _follow_run(memory: Ints, runs: Ints, rows: Ints) -> tuple[Ints, Ints, Ints]:
    place = runs.shape[1] - 1 - runs[:, ::-1].argmax(1)  # the newest of the longest
    level = _RUN_LEVEL[np.minimum(runs[rows, place], _RUNS[-1])]
    follows = memory[rows, np.minimum(place + 1, PLACES - 1)]
    is_there = (level > 0) & (follows >= 0) & (place + 1 < PLACES)
    return np.where(is_there, follows, -1), level * is_there, place + 1


def _follow_bars(memory: Ints, starts: Ints, counters: Ints, rows: Ints) -> tuple[Ints, Ints, Ints]:
    number, bar = counters[:, _NUMBER, None], counters[:, _BAR, None]
    rows = rows[:, None]
    before = bar - _BEFORE
    place = starts[rows, np.maximum(before, 0)] + number - starts[rows, bar]
    is_there = (before >= 0) & (place < number) & (number < PLACES)
    follows = memory[rows, place * is_there]
    agreed, trusted = counters[:, _AGREED:_TRUSTED], counters[:, _TRUSTED:_OFFERED]
    level = _AGREEMENT[np.minimum(np.maximum(agreed, -2), 6) + 2, trusted]
    return np.where(is_there, follows, -1), level * is_there, place
