"""The lock of a folder that one process works on, and who holds it.

::

    .lock      held by the process that works
    .holder    who that is, while it works: number, start and place of the process

To find out, read `.holder`. A lock that was tried for a moment would turn away
a process that begins to work in that moment.
"""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

from musicgen.errors import StorageError
from musicgen.storage import list_folder, locking, modified_ns, write_file

LOCK, HOLDER = ".lock", ".holder"

MOVED_S = 60.0
"""A holder on another computer or in another container cannot be asked for. It counts as alive
while a file in the folder has changed within this time."""

_MAX_BYTES = 1_000
_PROC = Path("/proc")
_UNKNOWN = "?"


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder, and writes down who holds it; does not wait for another.

    Raises:
        StorageError: the lock cannot be made.
        filelock.Timeout: another holds it.
    """
    with locking(folder / LOCK, timeout_s=0):
        with contextlib.suppress(StorageError):  # on a full disk the work goes on
            write_file(folder / HOLDER, _describe(os.getpid()).encode())
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                (folder / HOLDER).unlink(missing_ok=True)


def is_held(folder: Path) -> bool:
    """Whether a process works on a folder. Only reads: nobody is turned away meanwhile."""
    try:
        with (folder / HOLDER).open(encoding="utf-8", errors="replace") as file:
            holder = file.read(_MAX_BYTES)
    except (OSError, ValueError):
        return False
    number, _, rest = holder.partition(" ")
    start, _, place = rest.partition(" ")
    if not (number.isascii() and number.isdigit()) or not place:
        return False
    if place != _place() or start == _UNKNOWN:
        return _has_moved(folder)
    return _start_of(int(number)) == start


def _describe(number: int) -> str:
    return f"{number} {_start_of(number)} {_place()}"


def _place() -> str:
    """The computer, and in a container the container: where a number means this process."""
    try:
        space = (_PROC / "self/ns/pid").readlink()
    except OSError:
        space = Path()
    return f"{platform.node()} {space}"


def _start_of(number: int) -> str:
    """What tells a living process from a later one of the same number; empty if none lives.

    On Linux the clock ticks from the start of the system to that of the process (proc(5), field 22
    of ``stat``). Other systems of the POSIX family say only that it lives. On Windows the answer is
    a question mark.
    """
    if (_PROC / "self/stat").is_file():
        try:
            text = (_PROC / str(number) / "stat").read_text(errors="replace")
        except OSError:
            return ""
        fields = text.rpartition(")")[2].split()  # from the third on
        is_alive = len(fields) > 19 and fields[0] not in "ZX"  # a zombie holds no lock
        return fields[19] if is_alive else ""
    if os.name != "posix":
        return _UNKNOWN
    try:
        os.kill(number, 0)
    except PermissionError:  # somebody else's
        return "alive"
    except (OSError, OverflowError):
        return ""
    return "alive"


def _has_moved(folder: Path) -> bool:
    changed = max((modified_ns(path) for path in list_folder(folder)), default=0)
    return time.time() - changed / 1e9 < MOVED_S
