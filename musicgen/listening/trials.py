"""Which tunes a listener hears, in which order, and on which side: drawn by chance, and balanced.

A *slot* has one tune of each version, all in one meter. In a trial two versions of one slot meet.
Nobody hears a slot twice. Over all listeners each pair of versions meets equally often, and so
does each slot; each side of a pair goes to either version equally often for each listener.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from musicgen.listening.plan import StudyPlan

PRACTICE, CHECK, COUNTED = "practice", "check", "counted"
NOISE = -1
"""The version of a check that is no music: a tune of the study with other pitches."""

NOBODY = -2
"""The right side of a trial in which one tune is rated."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Two versions of a slot, or one; `position` counts from 0."""

    position: int
    kind: str
    slot: int
    left: int
    right: int


Meetings = Counter[tuple[int, int, int]]
"""How often two versions of a slot have met: (slot, lower version, higher version)."""


def draw_trials(plan: StudyPlan, met: Meetings, seed: int) -> list[Trial]:
    """The trials of one listener, in the order in which they come.

    Args:
        plan: What is to be carried out.
        met: What earlier listeners were given; for ratings, twice the same version.
        seed: Of this listener; the same seed after the same meetings gives the same trials.
    """
    chance = random.Random(seed)
    rows = [(COUNTED, *row) for row in _counted(plan, met, chance)]
    for number in range(plan.settings.checks):
        slot = plan.settings.tunes + plan.practice_slots + number
        place = chance.randint(min(2, len(rows)), len(rows))
        rows.insert(place, (CHECK, *_check(plan, slot, chance)))
    if plan.settings.practice:
        rows.insert(0, (PRACTICE, *_practice(plan, chance)))
    return [Trial(position, *row) for position, row in enumerate(rows)]


def _counted(plan: StudyPlan, met: Meetings, chance: random.Random) -> list[tuple[int, int, int]]:
    """(slot, left, right) of all trials that count, shuffled."""
    pairs = plan.version_pairs if plan.settings.is_paired else _singles(plan)
    by_pair = Counter(dict.fromkeys(pairs, 0))
    by_slot: Counter[int] = Counter()
    for (slot, low, high), times in met.items():
        by_pair[low, high] += times
        by_slot[slot] += times
    slots = _least_used(range(plan.settings.tunes), by_slot, chance)[: plan.settings.pairs]
    chosen = []
    for slot in slots:
        pair = min(pairs, key=lambda one: (by_pair[one], met[slot, *one], chance.random()))
        by_pair[pair] += 1
        chosen.append((slot, *pair))
    if not plan.settings.is_paired:
        return _shuffled([(slot, low, NOBODY) for slot, low, _high in chosen], chance)
    # The lower version of each pair stands on the left half of the times.
    turned = _balanced_sides([(low, high) for _slot, low, high in chosen], chance)
    return _shuffled(
        [
            (slot, high, low) if is_turned else (slot, low, high)
            for (slot, low, high), is_turned in zip(chosen, turned, strict=True)
        ],
        chance,
    )


def _singles(plan: StudyPlan) -> tuple[tuple[int, int], ...]:
    return tuple((number, number) for number in range(len(plan.versions)))


def _least_used(slots: Sequence[int], used: Counter[int], chance: random.Random) -> list[int]:
    return sorted(slots, key=lambda slot: (used[slot], chance.random()))


def _balanced_sides(pairs: Sequence[tuple[int, int]], chance: random.Random) -> list[bool]:
    """Of the trials of each pair of versions half are turned; of an odd number one more or less."""
    turned = [False] * len(pairs)
    for pair in sorted(set(pairs)):
        places = [number for number, one in enumerate(pairs) if one == pair]
        chance.shuffle(places)
        half = len(places) // 2 + (len(places) % 2 and chance.random() < 0.5)
        for place in places[:half]:
            turned[place] = True
    return turned


def _check(plan: StudyPlan, slot: int, chance: random.Random) -> tuple[int, int, int]:
    version = chance.randrange(len(plan.versions))
    if not plan.settings.is_paired:
        return slot, NOISE, NOBODY
    return (slot, version, NOISE) if chance.random() < 0.5 else (slot, NOISE, version)


def _practice(plan: StudyPlan, chance: random.Random) -> tuple[int, int, int]:
    slot = plan.settings.tunes
    if not plan.settings.is_paired:
        return slot, chance.randrange(len(plan.versions)), NOBODY
    left, right = chance.sample(range(len(plan.versions)), 2)
    return slot, left, right


def _shuffled(
    rows: list[tuple[int, int, int]], chance: random.Random
) -> list[tuple[int, int, int]]:
    chance.shuffle(rows)
    return rows
