"""Administration of run folders: their size, renaming, deleting."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

from musicgen.config import to_json
from musicgen.errors import CheckpointError, RunError, StorageError
from musicgen.json_reading import read_json
from musicgen.models.checkpoint import METADATA_FILE, read_metadata
from musicgen.names import MAX_NAME_BYTES, MAX_NAME_CHARACTERS, find_folder
from musicgen.storage import delete_folder, is_folder, storing, write_file
from musicgen.training.runs.run import MOMENTS_FOLDER, Run, RunStore
from musicgen.training.runs.run_files import sweep_of
from musicgen.training.runs.run_names import check_id, check_new_id

CHECKPOINT_FOLDERS = ("best", "last", "start", "teacher")


def list_checkpoint_folders(run: Run) -> list[str]:
    """The folders of a run that are checkpoints, by their names in it, its moments among them."""
    moments = [f"{MOMENTS_FOLDER}/{folder.name}" for folder in run.list_moments().values()]
    return [name for name in CHECKPOINT_FOLDERS if is_folder(run.path / name)] + moments


def measure_size(run: Run) -> int:
    """Bytes that the files of a run take; 0 for a run that is gone."""
    total = 0
    for folder, _folders, names in os.walk(run.path):  # which passes over folders that vanish
        for name in names:
            try:
                total += (Path(folder) / name).lstat().st_size
            except OSError:  # a training replaces its folders while we look
                continue
    return total


def delete_run(store: RunStore, run_id: str) -> None:
    """Removes a run. It vanishes from the list in one step, its files one after another.

    One whose files are damaged or missing is removed as well.

    Raises:
        RunError: there is no such run, or it is being trained.
        StorageError: the folder cannot be removed.
    """
    path = find_folder(store.root, check_id(run_id))
    run = Run(path) if is_folder(path) else store.get(run_id)
    _require_idle(run)
    delete_folder(run.path)


def rename_run(store: RunStore, run_id: str, new_id: str) -> Run:
    """Gives a run another name, its checkpoints included, and returns it.

    Raises:
        RunError: there is no such run, it is being trained, or the new name is taken or not usable.
        StorageError: the folder cannot be renamed.
    """
    run = store.get(run_id)
    _require_idle(run)
    renamed = Run(find_folder(store.root, check_new_id(new_id)))
    if renamed.path.exists():
        raise RunError("There is a run named {name!r} already. Choose another name.", name=new_id)
    with storing(run.path):
        run.path.rename(renamed.path)
    name_checkpoints(renamed)
    return renamed


def name_checkpoints(run: Run, name: str = "") -> None:
    """Writes a run's name, or one it will have, into its checkpoints: players say who composed.

    Raises:
        StorageError: they cannot be written.
    """
    for part in list_checkpoint_folders(run):
        if part in CHECKPOINT_FOLDERS[2:]:  # others, under their own names
            continue
        folder = run.path / part
        if (folder / METADATA_FILE).is_file():
            try:
                metadata = replace(read_metadata(folder), name=name or run.id)
            except CheckpointError:  # damaged: nobody can play it under any name
                continue
            write_file(folder / METADATA_FILE, to_json(metadata.to_dict()).encode("utf-8"))


def drop_weights(run: Run, keep_best: bool = False) -> None:
    """Removes the checkpoints of a run and keeps its settings and curves.

    Raises:
        StorageError: they cannot be removed.
    """
    for name in ("last", MOMENTS_FOLDER) if keep_best else ("last", MOMENTS_FOLDER, "best"):
        with storing(run.path / name):
            shutil.rmtree(run.path / name, ignore_errors=True)


def find_free_id(store: RunStore, wanted: str) -> str:
    """The wanted name, or the first of ``name-2``, ``name-3`` … that is free.

    Raises:
        RunError: the wanted name cannot name a run.
    """
    wanted = check_new_id(wanted)
    name, number = wanted, 1
    while find_folder(store.root, name).exists():
        number += 1
        name = _with_ending(wanted, f"-{number}")
    return name


def _with_ending(name: str, ending: str) -> str:
    """The name with an ending, shortened where it would become too long."""
    name = name[: MAX_NAME_CHARACTERS - len(ending)]
    while len(f"{name}{ending}".encode()) > MAX_NAME_BYTES:
        name = name[:-1]
    return name + ending


def in_use_error(run_id: str) -> RunError:
    """The error that says that a run trains now and must be left alone."""
    return RunError(
        "The run {name!r} is being trained. Stop it first, or wait for its end.", name=run_id
    )


def read_sweep(run: Run) -> str:
    """The name of the sweep whose cell a run is; empty for other runs and damaged ones."""
    try:
        values = read_json(run.path / "config.json")
    except (OSError, ValueError):
        return ""
    return sweep_of(values) if isinstance(values, dict) else ""


def _require_idle(run: Run) -> None:
    """Tries the lock, which is surer than `Run.is_busy`: for changes that cannot be undone.

    Raises:
        RunError: the run is being trained.
    """
    try:
        with run.locked():
            return
    except StorageError:  # nobody trains where nothing can be written
        return
    except RunError as error:
        raise in_use_error(run.id) from error
