from pathlib import Path

import pytest

from musicgen.machine import available_memory_bytes, free_disk_bytes

GB = 10**9


@pytest.fixture
def system(tmp_path: Path) -> tuple[Path, Path]:
    """A ``/proc`` of a machine with 16 GB to give, and no control groups."""
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    groups.mkdir()
    (proc / "meminfo").write_text("MemTotal: 32000000 kB\nMemAvailable: 16000000 kB\n")
    (proc / "self" / "cgroup").write_text("0::/\n")
    return proc, groups


def write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def test_without_limits_it_is_what_the_system_says(system: tuple[Path, Path]) -> None:
    assert available_memory_bytes(*system) == 16_000_000 * 1024


def test_a_limit_of_version_2_counts_less_what_is_used_and_not_cached(
    system: tuple[Path, Path],
) -> None:
    write(system[1], memory__max=4 * GB, memory__current=3 * GB)
    (system[1] / "memory.stat").write_text(f"anon 1\ninactive_file {GB}\n")
    assert available_memory_bytes(*system) == 2 * GB


def test_the_tightest_limit_of_all_groups_above_holds(system: tuple[Path, Path]) -> None:
    proc, groups = system
    (proc / "self" / "cgroup").write_text("0::/a/b\n")
    write(groups / "a", memory__max=2 * GB, memory__current=GB)
    write(groups / "a" / "b", memory__max="max", memory__current=GB)
    assert available_memory_bytes(proc, groups) == GB


def test_a_limit_of_version_1_counts_and_its_sign_for_none_does_not(
    system: tuple[Path, Path],
) -> None:
    proc, groups = system
    (proc / "self" / "cgroup").write_text("4:memory:/box\n0::/\n")
    write(groups / "memory", memory__limit_in_bytes=2**63 - 4096, memory__usage_in_bytes=GB)
    assert available_memory_bytes(proc, groups) == 16_000_000 * 1024
    write(groups / "memory" / "box", memory__limit_in_bytes=GB, memory__usage_in_bytes=2 * GB)
    assert available_memory_bytes(proc, groups) == 0


@pytest.mark.parametrize("text", ["", "noise", "MemAvailable: lots kB\n", "\0\n"])
def test_files_that_say_nothing_are_passed_over(system: tuple[Path, Path], text: str) -> None:
    (system[0] / "meminfo").write_text(text)
    write(system[1], memory__max=text, memory__current=text)
    found = available_memory_bytes(*system)
    assert found is None or found > 0


def test_this_machine_has_memory_and_a_disk(tmp_path: Path) -> None:
    assert (available_memory_bytes() or 1) > 0
    assert (free_disk_bytes(tmp_path / "not" / "there") or 1) > 0
