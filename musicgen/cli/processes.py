"""One training in several processes of this machine: they are started, watched, and replaced."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from musicgen.cli.options import echo
from musicgen.cli.signals import asking_to_stop
from musicgen.errors import ProcessLost
from musicgen.training.runs.run import Run

LAUNCHER = "MUSICGEN_LAUNCHER"
"""Number of the process that started this one: where it is gone, the training ends and is kept."""

_TRIES = 10
"""Losses in a row without a step between them, after which a training is given up."""

_GRACE_S = 20.0
"""How long the others have to notice that one is lost."""

_ORPHAN_S = 60.0
"""How long a process goes on without its launcher: the one that leads stops, and keeps its work."""

_LOOK_S = 0.2

LOST = 75
"""Exit status of a process that has lost the others (EX_TEMPFAIL of sysexits.h: try again)."""


def train_in_processes(run: Run, count: int, is_quiet: bool) -> None:
    """Trains a run in `count` processes that share its batches, to its end or until told to stop.

    Where one is killed, all begin again at the last save.

    Args:
        run: Made and not busy.
        count: Processes, each with its share of the machine's cores.
        is_quiet: Without a progress bar.

    Raises:
        SystemExit: it failed; the process that leads has said why.
        ProcessLost: processes are lost time and again.
    """
    stop = threading.Event()
    tries = 0
    with asking_to_stop(stop.set):
        while True:
            step = run.info().step
            codes = _watch(_start(run, count, is_quiet), stop)
            if stop.is_set() or not any(codes):
                return
            if not any(code < 0 or code == LOST for code in codes):
                raise SystemExit(max(codes))
            tries = 0 if run.info().step > step else tries + 1
            if tries == _TRIES:
                raise ProcessLost(
                    "A process of this training was lost. Go on from the last save with --resume."
                )
            echo("A process was lost; going on from the last save.", err=True)


def launcher_is_gone() -> bool:
    """Whether the process that started this one for a training has ended."""
    number = os.environ.get(LAUNCHER, "")
    return number.isdecimal() and os.name == "posix" and os.getppid() != int(number)


def end_without_launcher(has_met: threading.Event) -> None:
    """Ends this process where the one that started it is gone; nothing where nobody did.

    One that still waits for the others to come would wait for hours: it ends at once.

    Args:
        has_met: Set as soon as all are there. From then on the leader sees for itself that it has
            to stop, and what does not end by that is ended a minute later.
    """
    if LAUNCHER in os.environ:
        threading.Thread(target=_end_with_launcher, args=(has_met,), daemon=True).start()


def _end_with_launcher(has_met: threading.Event) -> None:
    while not launcher_is_gone():
        time.sleep(_LOOK_S)
    if has_met.is_set():
        time.sleep(_ORPHAN_S)
    os._exit(LOST)


def _start(run: Run, count: int, is_quiet: bool) -> Sequence[subprocess.Popen[bytes]]:
    """The processes, the leader first."""
    command = [sys.executable, "-m", "musicgen", "train", "--run", run.id, "--resume"]
    cores = max(1, (os.cpu_count() or 1) // count)
    known = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    shared = {
        "OMP_NUM_THREADS": str(cores),
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, known)),  # wherever the command was called
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        LAUNCHER: str(os.getpid()),
    }
    if sys.platform == "linux":
        shared.setdefault("GLOO_SOCKET_IFNAME", "lo")  # without a network as well
    return [
        subprocess.Popen(
            command + ["--json"] * is_quiet,
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the launcher, which tells the leader
        )
        for rank in range(count)
    ]


def _watch(processes: Sequence[subprocess.Popen[bytes]], stop: threading.Event) -> list[int]:
    """Waits for their end, and ends them where one is lost; the exit codes of all."""
    is_told, lost_at = False, None
    try:
        while any(process.poll() is None for process in processes):
            if stop.is_set() and not is_told:
                processes[0].terminate()
                is_told = True
            if lost_at is None and any(process.poll() for process in processes):
                lost_at = time.monotonic()
            if lost_at is not None and time.monotonic() - lost_at > _GRACE_S:
                _kill(processes)
            time.sleep(_LOOK_S)
    finally:
        _kill(processes)
    return [process.wait() for process in processes]


def _kill(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
