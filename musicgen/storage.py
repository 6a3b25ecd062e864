"""Files that are either whole or not there: written under a temporary name, flushed, then renamed.

Others come and go while one looks: `list_folder`, `is_file`, `is_folder` and `modified_ns` answer
for what vanishes in that moment, or may not be read, as for what is not there.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from musicgen.errors import StorageError

FORGOTTEN_S = 3600.0
"""Age from which unfinished work that nobody holds a lock for is taken to be forgotten."""

_STAGED = re.compile(r"\.(import|bundle)-[0-9a-f]{8}")
_DOOMED = re.compile(r"\.deleted-[0-9a-f]{8}")
_UNFINISHED = (".new", ".old")
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}")


@contextlib.contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turns an `OSError` while writing `path` into a `StorageError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise explain(path, error) from error


def list_folder(root: Path) -> list[Path]:
    """What a folder holds; nothing of one that is not there, is a file, or may not be read."""
    try:
        return list(root.iterdir())
    except (OSError, ValueError):
        return []


def is_file(path: Path) -> bool:
    """Whether there is a file that one may ask about."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder that one may ask about."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def modified_ns(path: Path) -> int:
    """When a file or folder was last changed, in nanoseconds; 0 of one that is not there."""
    try:
        return path.stat().st_mtime_ns
    except (OSError, ValueError):
        return 0


def delete_folder(path: Path) -> None:
    """Removes a folder: it vanishes under its name in one step, its files one after another.

    Raises:
        StorageError: it cannot be removed.
    """
    doomed = path.with_name(f".deleted-{uuid.uuid4().hex[:8]}")
    with storing(path):
        path.replace(doomed)
        if doomed.is_symlink():
            doomed.unlink(missing_ok=True)
        else:
            shutil.rmtree(doomed, onerror=_pass_over_missing)


def _pass_over_missing(_function: object, _path: str, failure: tuple[Any, Any, Any]) -> None:
    if not isinstance(failure[1], FileNotFoundError):  # which another removed meanwhile
        raise failure[1]


@contextlib.contextmanager
def locking(path: Path, timeout_s: float = -1) -> Iterator[None]:
    """Holds a lock file; waits for it for ever, or that many seconds.

    Raises:
        StorageError: it cannot be made.
        filelock.Timeout: another holds it.
    """
    lock = filelock.FileLock(path, timeout=timeout_s)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise
    except (OSError, NotImplementedError) as error:
        reason = error if isinstance(error, OSError) else OSError(errno.ENOTSUP, str(error))
        raise explain(path, reason) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def staging_folder(root: Path, purpose: str) -> Iterator[Path]:
    """A hidden folder to fill below `root`; what is left in its place at the end is removed.

    A lock is held meanwhile, by which `clear_litter` knows that it is not forgotten.

    Args:
        root: Made if it is not there.
        purpose: ``import`` or ``bundle``; part of its name.

    Raises:
        StorageError: it cannot be made.
    """
    folder = root / f".{purpose}-{uuid.uuid4().hex[:8]}"
    lock = _lock_of(folder)
    with storing(folder):
        root.mkdir(parents=True, exist_ok=True)
    try:
        with locking(lock):
            with storing(folder):
                folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        with contextlib.suppress(OSError):
            lock.unlink(missing_ok=True)


def clear_litter(root: Path) -> None:
    """Removes what killed processes left in a folder; the work of living ones stays.

    That is: folders of `staging_folder` whose lock nobody holds, folders that were being deleted,
    and temporary files of `write_file` that are old. Where it cannot be removed it stays.
    """
    for path in list_folder(root):
        if _STAGED.fullmatch(path.name):
            _clear_staged(path)
        elif path.suffix == ".lock" and _STAGED.fullmatch(path.stem):
            if not is_folder(path.with_suffix("")):
                _clear_staged(path.with_suffix(""))
        elif _is_forgotten(path):
            _remove(path)


def _is_forgotten(path: Path) -> bool:
    if _DOOMED.fullmatch(path.name):
        return True
    return bool(_TEMPORARY.fullmatch(path.name)) and _age_s(path) > FORGOTTEN_S


def _clear_staged(folder: Path) -> None:
    lock = _lock_of(folder)
    if not is_file(lock) and _age_s(folder) <= FORGOTTEN_S:
        return  # of a version that held no lock
    try:
        with locking(lock, timeout_s=0):
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                lock.unlink(missing_ok=True)
    except (filelock.Timeout, StorageError):
        return


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _age_s(path: Path) -> float:
    changed = modified_ns(path)
    return time.time() - changed / 1e9 if changed else 0.0


def _remove(path: Path) -> None:
    try:
        is_real_folder = stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return
    if is_real_folder:
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


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
        _exchange(new, path, old)


def put_folder(new: Path, path: Path) -> None:
    """Flushes a filled folder with all in it, and puts it in the place of `path`.

    After a crash `path` is the old one, the new one, or, for a moment, named ``path.old``:
    `recover_folders` puts that right.

    Raises:
        StorageError: it cannot be moved there.
    """
    with storing(path):
        for folder in (*(item for item in new.rglob("*") if item.is_dir()), new):
            _sync_folder(folder)
        _exchange(new, path, _beside(path)[1])


def recover_folders(root: Path) -> None:
    """Finishes what a crash left of `put_folder` and `replacing_folder` among folders of `root`.

    Nothing is touched while somebody fills a folder there. Where it cannot be put right it stays.
    """
    found = list_folder(root)
    if any(_STAGED.fullmatch(path.name) for path in found):
        return
    for path in found:
        whole = path.with_suffix("")
        with contextlib.suppress(OSError):
            if path.suffix == ".old" and not is_folder(whole) and is_folder(path):
                path.replace(whole)
            elif path.suffix in _UNFINISHED and _age_s(path) > FORGOTTEN_S:
                shutil.rmtree(path, ignore_errors=True)


def is_unfinished(path: Path) -> bool:
    """Whether a folder is one that is being filled or replaced, or was when a process died."""
    return path.name.startswith(".") or path.suffix in _UNFINISHED


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
    return next((folder for folder in (path, new, old) if is_folder(folder)), path)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old")


def _exchange(new: Path, path: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.replace(old)
    new.replace(path)
    shutil.rmtree(old, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    for file in folder.iterdir():
        if not file.is_file():
            continue
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())
    if os.name == "posix":  # elsewhere a folder cannot be opened to be flushed
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def explain(path: Path, error: OSError) -> StorageError:
    """The error that says why a file or folder could not be written, and what to do."""
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
