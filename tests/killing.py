"""Kills a piece of work at each of many points, and says what is left of it each time.

Run as a program of its own: it is forked for each kill, which a process with threads must not be.
Points are the calls that change the disk, counted; the same number is always the same point.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}


def die_at(point: int) -> None:
    """Ends this process by SIGKILL right before it changes the disk for that many times."""
    left = point

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event not in CHANGES or (event == "open" and not _writes(arguments)):
            return
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def _writes(arguments: tuple[object, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(sign in mode for sign in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def kill_at_every_point(
    home: Path, work: Callable[[], None], look: Callable[[], object], step: int = 1
) -> list[object]:
    """What `look` finds after each kill, until the work comes to its end; its end is the last.

    Args:
        home: Put back as it was before each try.
        work: Done in a process of its own.
        look: Called in this one.
        step: Points between two kills.
    """
    before = home.with_name("before")
    shutil.copytree(home, before)
    found: list[object] = []
    point = 0
    while True:
        shutil.rmtree(home)
        shutil.copytree(before, home)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                die_at(point)
                work()
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        found.append(look())
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0, point
            return found
        point += step


def names(folder: Path) -> list[str]:
    """What a folder holds, but for lock files of its own."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def main(task: str, home: Path) -> None:
    """Prints what was found as JSON."""
    from tests import kills

    print(json.dumps(getattr(kills, task)(home)))  # noqa: T201 - for the test that started it


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
