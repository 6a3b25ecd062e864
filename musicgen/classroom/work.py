"""The work of members: how much room it takes, and what of it the class may have."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from musicgen.classroom.limits import check_disk, check_training
from musicgen.classroom.roster import ClassStore
from musicgen.config import Paths, TrainingConfig
from musicgen.names import MAX_NAME_CHARACTERS, make_name

if TYPE_CHECKING:  # which loads torch
    from musicgen.training.estimate import TrainingEstimate

_IN_MEMORY_BYTES = 20_000_000


def measure_home(home: Path) -> int:
    """Bytes of all files below a folder; 0 of one that is not there."""
    total = 0
    for folder, _folders, names in os.walk(home):  # which passes over folders that vanish
        for name in names:
            try:
                total += (Path(folder) / name).lstat().st_size
            except OSError:  # a training replaces its files while we look
                continue
    return total


def check_room(store: ClassStore, home: Paths, wanted: int = 0) -> None:
    """Makes sure that a member may keep some more bytes; in the server's own home, one may.

    Args:
        store: The class.
        home: The member's paths.
        wanted: Bytes that come on top of what lies there.

    Raises:
        ClassError: it would be more than the class allows.
    """
    if home.shared:
        check_disk(store.read().limits, measure_home(home.home) + wanted)


def admit(
    store: ClassStore,
    home: Paths,
    estimate: "TrainingEstimate",
    training: TrainingConfig,
    active: int,
) -> None:
    """Makes sure that whoever works in a home may train, as `limits.check_training` does.

    Raises:
        ClassError: it is more than the class allows.
    """
    if home.shared:
        kept = measure_home(home.home)
        check_training(store.read().limits, estimate, training, active, kept)


def share_run(run_id: str, owner: Paths, everybody: Paths, prefix: str = "") -> str:
    """Copies a run to where all members may read it, without what going on needs; gives its name.

    Args:
        run_id: The run.
        owner: The paths of whoever made it; it stays theirs, as it is.
        everybody: The server's own paths.
        prefix: The maker's id, which comes first in the name of the copy.

    Raises:
        RunError: there is no such run, or it is being trained.
        StorageError: it cannot be written.
    """
    from musicgen.training.runs.archive import export_run, import_run
    from musicgen.training.runs.run import RunStore

    run = RunStore(owner.runs).get(run_id)
    name = make_name(f"{prefix}-{run.id}" if prefix else run.id, MAX_NAME_CHARACTERS)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
        export_run(run, file, can_resume=False)
        file.seek(0)
        return import_run(RunStore(everybody.runs), file, name).id
