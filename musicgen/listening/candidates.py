"""The version that is put to the gate: what was learned, and nearer to its start if it must be.

Where a version learned what it was to learn, and only costs too much of what was known (its tunes
share longer melodies with those it was trained on, say), half of it may be had for a quarter of the
cost (see `musicgen.listening.interpolation`). So such a version is tried again nearer to its start.
One that did not learn is not: the check that keeps noise out is passed before anything is tried
twice, and so lets no more of it through.
"""

from collections.abc import Sequence
from pathlib import Path

from musicgen.listening.gate import Evidence, judge_version
from musicgen.listening.interpolation import have_one_shape, hold_near, move_nearer
from musicgen.listening.verdict import GateVerdict
from musicgen.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from musicgen.sampling.composer import Composition

NEARER = (0.6, 0.36)
"""Shares of the way at which a version is tried again."""

LEARNED = frozenset({"preference", "new tunes"})
"""Checks of what a version was to learn."""


def judge_nearer(
    start: Checkpoint, path: Path, evidence: Evidence, before: Sequence[Composition] = ()
) -> tuple[Checkpoint, GateVerdict]:
    """A version as near to its start as the gate wants it, and what the gate says of it.

    Args:
        start: The version in its place.
        path: Folder of the tuned checkpoint; what is judged last is what it holds afterwards. Where
            nothing passes, that is the version as it was first judged.
        evidence: What the gate asks about.
        before: Tunes of the start as `compose_for_gate` makes them; made by the gate if empty.

    Raises:
        CheckpointError: the checkpoint cannot be read.
        StorageError: it cannot be written.
    """
    tuned = hold_near(start, path, evidence.real)
    first = judge_version(start, tuned, evidence, before)
    if not _costs_too_much(first) or not have_one_shape(start, tuned):
        return tuned, first
    for share in NEARER:
        nearer = move_nearer(start, path, tuned, share)
        verdict = judge_version(start, nearer, evidence, before)
        if verdict.is_accepted:
            return nearer, verdict
    save_checkpoint(path, tuned.network, tuned.metadata, extra_files=tuned.extra_files)
    return load_checkpoint(path), first


def _costs_too_much(verdict: GateVerdict) -> bool:
    """Whether it learned what it was to learn, and is turned away all the same."""
    asked = [check for check in verdict.checks if check.name in LEARNED]
    return bool(asked) and all(one.is_passed for one in asked) and not verdict.is_accepted
