"""Who works on a folder: known without a lock being tried."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest

from musicgen import work_lock
from musicgen.work_lock import HOLDER, LOCK, MOVED_S, holding, is_held

HOLD = """
import sys
from pathlib import Path
from musicgen.work_lock import holding
with holding(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the folder until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_is_held_while_somebody_works_on_it(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with holding(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(filelock.Timeout), holding(tmp_path):
            pass
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    assert not (tmp_path / HOLDER).exists()


def test_another_process_is_known_and_let_go_at_its_end(
    tmp_path: Path, worker: "subprocess.Popen[str]"
) -> None:
    assert is_held(tmp_path)
    worker.communicate()
    assert not is_held(tmp_path)


def test_a_killed_process_holds_nothing(tmp_path: Path, worker: "subprocess.Popen[str]") -> None:
    worker.kill()
    worker.wait()
    assert (tmp_path / HOLDER).exists()
    assert not is_held(tmp_path)
    with holding(tmp_path):
        assert is_held(tmp_path)


def test_who_asks_turns_nobody_away(tmp_path: Path) -> None:
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            is_held(tmp_path)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(300):
            with holding(tmp_path):
                assert is_held(tmp_path)
    finally:
        is_over.set()
        for thread in asking:
            thread.join()


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="the start is not known here")
def test_a_later_process_of_the_same_number_is_another(tmp_path: Path) -> None:
    number, start, place = work_lock._describe(os.getpid()).split(" ", 2)
    (tmp_path / HOLDER).write_text(f"{number} {start} {place}")
    assert is_held(tmp_path)
    (tmp_path / HOLDER).write_text(f"{number} {int(start) + 1} {place}")
    assert not is_held(tmp_path)


@pytest.mark.parametrize("start", ["123", "?"])
def test_elsewhere_a_process_counts_while_its_files_change(tmp_path: Path, start: str) -> None:
    place = "elsewhere pid:[1]" if start == "123" else work_lock._place()
    (tmp_path / HOLDER).write_text(f"{os.getpid()} {start} {place}")
    assert is_held(tmp_path)
    long_ago = time.time() - 2 * MOVED_S
    os.utime(tmp_path / HOLDER, (long_ago, long_ago))
    assert not is_held(tmp_path)
    (tmp_path / "metrics.jsonl").touch()
    assert is_held(tmp_path)


@pytest.mark.parametrize(
    "data", [b"", b"1", b"x y z", b"\xff\xfe", b"\xc2\xb2 1 here", b"1 2", b"9" * 99_999]
)
def test_what_is_no_holder_holds_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / HOLDER).write_bytes(data)
    assert not is_held(tmp_path)


def test_a_lock_of_an_earlier_version_names_nobody(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    assert not is_held(tmp_path)
    assert not is_held(tmp_path / "nothing")
