"""Ballots and thumbs as pairs of tunes of which one is preferred, for a network to learn from.

A ballot of a study of pairs counts where both tunes were composed, by the model or by one that it
was trained on from, and one was preferred; of the question which one a machine made, the other one
is. Real tunes are left out: they are held out from trainings. A tune with a thumb up is preferred
to tunes with a thumb down, in the same meter where there are any.

A fifth is never learned from: what the gate asks about (`musicgen.listening.gate`). The side goes
by the tunes, so that no pair of that fifth has a tune that was learned from.
"""

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.library.serialization import header_field
from musicgen.listening.plan import REAL
from musicgen.listening.results import find_excluded, winner
from musicgen.listening.store import StudyInfo, StudyStore
from musicgen.listening.thumbs import Thumb, ThumbStore
from musicgen.listening.trials import COUNTED
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.sampling.composer import SEEDS
from musicgen.training.preference_pairs import MAX_CHARACTERS, PreferencePair

UNSEEN = 5
"""One of so many is held back."""

PARTNERS = 3
"""Tunes with a thumb down that one with a thumb up is set against, at most."""


@dataclass(frozen=True, slots=True)
class CollectedPairs:
    """Pairs to learn from, those held back, and how many ballots and thumbs they come from."""

    train: tuple[PreferencePair, ...]
    unseen: tuple[PreferencePair, ...]
    ballots: int
    thumbs: int


def lineage(metadata: CheckpointMetadata) -> set[str]:
    """The name of a model and of those that it was trained on from."""
    names, start = {metadata.name}, metadata.corpus.get("started_from")
    while isinstance(start, Mapping):
        names.add(str(start.get("name", "")))
        start = start.get("started_from")
    return names


def collect_pairs(
    studies: StudyStore, thumbs: ThumbStore, names: Collection[str], only: Sequence[str] = ()
) -> CollectedPairs:
    """All pairs that ballots and thumbs on tunes of some models give.

    Args:
        studies: Where ballots are.
        thumbs: Where thumbs are.
        names: Of the models.
        only: Ids of the studies that count; all, and thumbs, if empty.
    """
    train: list[PreferencePair] = []
    unseen: list[PreferencePair] = []
    ballots = 0
    for info in studies.infos():
        if info.plan.settings.is_paired and (not only or info.id in only):
            for slot, pair in _pairs_of_study(studies, info, names):
                ballots += 1
                (unseen if is_held_back(f"{info.id} {slot}") else train).append(pair)
    known = [] if only else [one for one in thumbs.list() if one.model in names]
    for pair in pair_thumbs(known):
        (unseen if is_held_back(pair.chosen) else train).append(pair)
    return CollectedPairs(
        tuple(dict.fromkeys(train)), tuple(dict.fromkeys(unseen)), ballots, len(known)
    )


def is_held_back(key: str) -> bool:
    """Whether what has this name is never learned from."""
    return hashlib.sha256(key.encode("utf-8")).digest()[0] % UNSEEN == 0


def _pairs_of_study(
    studies: StudyStore, info: StudyInfo, names: Collection[str]
) -> list[tuple[int, PreferencePair]]:
    texts = studies.raw_texts(info.id)
    own = {
        number for number, version in enumerate(info.plan.versions)
        if version.model != REAL and version.model in names
    }  # fmt: skip
    is_reversed = info.plan.settings.scale_names == ("machine",)
    found = []
    ballots = studies.ballots(info.id)
    excluded = find_excluded(ballots)
    for one in ballots:
        trial, won = one.trial, winner(one)
        if one.listener in excluded or trial.kind != COUNTED:
            continue
        if won is None or not {trial.left, trial.right} <= own:
            continue
        lost = trial.right if won == trial.left else trial.left
        chosen, rejected = (lost, won) if is_reversed else (won, lost)
        pair = make_pair(texts.get((trial.slot, chosen), ""), texts.get((trial.slot, rejected), ""))
        if pair:
            found.append((trial.slot, pair))
    return found


def make_pair(chosen: str, rejected: str) -> PreferencePair | None:
    """A pair of two texts; None where they cannot be one."""
    one, other = chosen.strip("\n") + "\n", rejected.strip("\n") + "\n"
    is_fit = all(text.strip() and "\n\n" not in text and len(text) <= MAX_CHARACTERS
                 for text in (one, other))  # fmt: skip
    return PreferencePair(one, other) if is_fit and one != other else None


def pair_thumbs(thumbs: Sequence[Thumb]) -> list[PreferencePair]:
    """Each tune with a thumb up against some with a thumb down, of the same side (`is_held_back`).

    A tune that some liked and others did not is left out.
    """
    up = {one.abc for one in thumbs if one.is_up}
    down = {one.abc for one in thumbs if not one.is_up}
    both = up & down
    chance = random.Random(len(thumbs) % SEEDS)
    pairs = []
    for chosen in sorted(up - both):
        side = is_held_back(chosen.strip("\n") + "\n")
        others = [
            text for text in sorted(down - both)
            if is_held_back(text.strip("\n") + "\n") == side
        ]  # fmt: skip
        meter = header_field(chosen, "M")
        same = [text for text in others if header_field(text, "M") == meter] or others
        for rejected in chance.sample(same, min(PARTNERS, len(same))):
            pair = make_pair(chosen, rejected)
            pairs += [pair] if pair else []
    return pairs


def describe_pairs(collected: CollectedPairs) -> dict[str, Any]:
    """JSON-ready: how many there are of each."""
    return {
        "train": len(collected.train),
        "unseen": len(collected.unseen),
        "ballots": collected.ballots,
        "thumbs": collected.thumbs,
    }
