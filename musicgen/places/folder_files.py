"""The files of a run or a checkpoint as bytes, to be sent where its folder is not seen.

What belongs together travels together: a checkpoint's folder is one part, and takes the place of
the one before in one step.
"""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from musicgen.errors import CheckpointError, StorageError
from musicgen.models.checkpoint import CRITIC_FILE, METADATA_FILE, WEIGHTS_FILE
from musicgen.storage import (
    is_file,
    is_folder,
    list_folder,
    replacing_folder,
    whole_folder,
    write_file,
)
from musicgen.training.runs.run import MOMENTS_FOLDER

Files = dict[str, bytes]
"""Contents by path below a folder, with ``/`` between its parts."""

Stamps = dict[str, tuple[tuple[str, int, int], ...]]
"""Names, times and sizes of the files of each part."""

_ATTEMPTS, _PAUSE_S = 4, 0.05
_UNSENT = (".lock", ".holder")
_FOLDERS = ("best", "last", "start", "teacher")


def read_files(folder: Path) -> Files:
    """All files of a folder that belong to it; none of one that is not there."""
    return {name: data for part in _parts(folder) for name, data in _read(folder, part).items()}


def read_checkpoint_files(folder: Path) -> Files:
    """The files of a checkpoint that others compose with, by their names.

    Raises:
        CheckpointError: they cannot be read.
    """
    for _attempt in range(_ATTEMPTS):
        held = whole_folder(folder)  # a training may replace it meanwhile
        with contextlib.suppress(OSError):
            return {
                one.name: one.read_bytes()
                for one in (held / METADATA_FILE, held / WEIGHTS_FILE, held / CRITIC_FILE)
                if one.name != CRITIC_FILE or is_file(one)
            }
        time.sleep(_PAUSE_S)
    raise CheckpointError("{name} is not a checkpoint.", name=folder.name)


def read_changed(folder: Path, known: Stamps) -> tuple[Files, Stamps]:
    """The parts that have changed, and how all of them are now.

    Args:
        folder: Of a run.
        known: How they were when they were last sent.
    """
    now = {part: _stamp(folder, part) for part in _parts(folder)}
    files: Files = {}
    for part, stamp in now.items():
        if known.get(part) != stamp:
            files |= _read(folder, part)
    return files, now


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files below a folder; parts that are folders take the place of what was there.

    Raises:
        StorageError: they cannot be written, or a path leads out of the folder.
    """
    parts: dict[str, Files] = {}
    for name, data in files.items():
        parts.setdefault(_part_of(name), {})[name] = data
    for part, held in parts.items():
        if list(held) == [part]:
            write_file(folder / part, held[part])
            continue
        with replacing_folder(folder / part) as new:
            for name, data in held.items():
                (new / PurePosixPath(name).name).write_bytes(data)


def _parts(folder: Path) -> list[str]:
    """What travels together: plain files and folders of checkpoints, by their paths."""
    found = [part for part in _FOLDERS if is_folder(whole_folder(folder / part))]
    moments = list_folder(folder / MOMENTS_FOLDER)
    found += sorted(f"{MOMENTS_FOLDER}/{one.name}" for one in moments if one.name.isdigit())
    found += sorted(
        one.name
        for one in list_folder(folder)
        if one.is_file() and one.name not in _UNSENT and not one.name.startswith(".")
    )
    return found


def _stamp(folder: Path, part: str) -> tuple[tuple[str, int, int], ...]:
    path = whole_folder(folder / part)
    files = sorted(list_folder(path)) if is_folder(path) else [path]
    return tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files)


def _read(folder: Path, part: str) -> Files:
    path = whole_folder(folder / part)
    if not is_folder(path):
        return {part: path.read_bytes()}
    return {f"{part}/{one.name}": one.read_bytes() for one in list_folder(path) if one.is_file()}


def _part_of(name: str) -> str:
    """The part that a file belongs to.

    Raises:
        StorageError: its path leads elsewhere.
    """
    pieces = PurePosixPath(name).parts
    deepest = 3 if pieces[:1] == (MOMENTS_FOLDER,) else 2
    if not 1 <= len(pieces) <= deepest or any(piece in ("..", "/") for piece in pieces):
        raise StorageError("{name} is no file of a run.", name=name)
    return "/".join(pieces[:2]) if pieces[0] == MOMENTS_FOLDER else pieces[0]
