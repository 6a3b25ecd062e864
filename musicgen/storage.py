"""Files that are either whole or not there: written beside their place, flushed, then renamed."""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from musicgen.errors import StorageError


@contextlib.contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turns an `OSError` while writing `path` into a `StorageError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise _explain(path, error) from error


def write_file(path: Path, data: bytes) -> None:
    """Writes a file in one piece: readers see the old one or the new one, never a part.

    Raises:
        StorageError: the disk is full or the folder cannot be written; the old file is untouched.
    """
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A new folder to fill that takes the place of `path` at the end, or vanishes on an error.

    The new folder is complete and flushed before the old one moves away, so after a crash either
    `path` or ``path.new`` is whole; `recover_folder` puts that right.

    Raises:
        StorageError: the disk is full or the folder cannot be written; the old one is untouched.
    """
    new, old = _beside(path)
    with storing(path):
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            yield new
            _sync_folder(new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            path.replace(old)
        new.replace(path)
        shutil.rmtree(old, ignore_errors=True)


def recover_folder(path: Path) -> None:
    """Finishes or undoes a `replacing_folder` that a crash cut short.

    Only for the one who writes the folder: it removes what another writer may be filling.
    """
    new, old = _beside(path)
    with storing(path):
        if not path.exists() and new.exists():
            new.replace(path)
        elif not path.exists() and old.exists():
            old.replace(path)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def whole_folder(path: Path) -> Path:
    """Where a reader finds the folder now: `path`, or its new or old self while it is replaced."""
    new, old = _beside(path)
    return next((folder for folder in (path, new, old) if folder.exists()), path)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old")


def _sync_folder(folder: Path) -> None:
    for file in folder.iterdir():
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())
    if os.name == "posix":  # elsewhere a folder cannot be opened to be flushed
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(path: Path, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            "The disk is full: {name} could not be saved. Free some space and try again.",
            name=path.name,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            "{name} could not be saved: the folder {folder} is not writable.",
            name=path.name,
            folder=path.parent,
        )
    return StorageError(
        "{name} could not be saved in {folder}: {reason}.",
        name=path.name,
        folder=path.parent,
        reason=error.strerror or error,
    )
