"""Several studies counted as one: how the versions of a model have fared over months.

Versions are the same where model, temperature and fingerprint are; the real tunes are one version.
Strengths can be compared only where a chain of versions leads from one study to the next.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from musicgen.errors import StudyError
from musicgen.listening.bradley_terry import Interval
from musicgen.listening.plan import REAL
from musicgen.listening.results import fit_ballots, take_look
from musicgen.listening.store import Ballot, StudyInfo, StudyStore

_FINGERPRINT = re.compile(r"\bfingerprint=([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class PooledVersion:
    """A version over all studies; `first_heard` is the day of the first of them."""

    name: str
    first_heard: str
    studies: int
    ballots: int
    strength: Interval


def pool(store: StudyStore, studies: Sequence[StudyInfo]) -> list[PooledVersion]:
    """All versions of several studies of pairs, in the order in which they were first heard.

    Of each study those ballots count that counted at its last look.

    Raises:
        StudyError: they ask different things, none had its first look, or they have no version in
            common.
    """
    asked = {(one.plan.settings.design, one.plan.settings.scales) for one in studies}
    if len(asked) != 1 or not all(one.plan.settings.is_paired for one in studies):
        raise StudyError("Only studies of pairs that ask the same can be counted together.")
    names: dict[str, int] = {}
    heard: dict[str, list[str]] = {}
    slots: dict[tuple[str, int], int] = {}
    ballots: list[Ballot] = []
    for study in sorted(studies, key=lambda one: one.created):
        keys = _keys(store, study)
        places = [names.setdefault(key, len(names)) for key in keys]
        for key in keys:
            heard.setdefault(key, []).append(study.created[:10])
        ballots += [
            _renumbered(one, places, slots.setdefault((study.id, one.trial.slot), len(slots)))
            for one in take_look(study.plan, store.ballots(study.id), is_final=study.is_final)[1]
        ]
    _require_chain(ballots, len(names))
    has_ties = any(one.plan.settings.ties for one in studies)
    tunes_differ = any(one.plan.settings.spread > 0 for one in studies)
    found = fit_ballots(ballots, len(names), has_ties, tunes_differ)
    return [
        PooledVersion(
            name,
            heard[name][0],
            len(heard[name]),
            sum(number in (one.trial.left, one.trial.right) for one in ballots),
            found.strength(number),
        )
        for name, number in names.items()
    ]


def _keys(store: StudyStore, study: StudyInfo) -> list[str]:
    texts = store.texts(study.id)
    found = []
    for number, version in enumerate(study.plan.versions):
        match = _FINGERPRINT.search(texts.get((0, number), ("", ""))[1])
        is_real = version.model == REAL or match is None
        found.append(version.name if is_real or not match else f"{version.name} · {match[1][:6]}")
    return found


def _renumbered(ballot: Ballot, places: Sequence[int], slot: int) -> Ballot:
    trial = ballot.trial
    moved = replace(trial, left=places[trial.left], right=places[trial.right], slot=slot)
    return replace(ballot, trial=moved)


def _require_chain(ballots: Sequence[Ballot], versions: int) -> None:
    if not ballots:
        raise StudyError("None of these studies has come to its first look yet.")
    groups = list(range(versions))

    def root(number: int) -> int:
        while groups[number] != number:
            number = groups[number]
        return number

    for one in ballots:
        groups[root(one.trial.left)] = root(one.trial.right)
    if len({root(number) for number in range(versions)}) > 1:
        raise StudyError(
            "These studies have no version in common: their strengths cannot be compared."
        )
