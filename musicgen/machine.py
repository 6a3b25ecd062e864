"""What this machine has to give now: memory and room on the disk, as its limits allow.

In a container the system says what the whole computer has; the control group (version 1 or 2) of
the process says what of it may be used. Sources: proc(5) for ``MemAvailable``; the Linux kernel's
documentation of ``memory.max`` and ``memory.stat`` (cgroup v2) and of ``memory.limit_in_bytes``
(v1).
"""

import os
import shutil
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_PROC = Path("/proc")
_NO_LIMIT = 2**60
"""Version 1 writes a number near 2**63 where there is no limit."""


def available_memory_bytes(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int | None:
    """Bytes of memory that can be had without pushing others out; None where nobody says.

    Args:
        proc: Where the kernel's files about processes lie.
        cgroups: Where its files about control groups lie.
    """
    known = [_free_of_system(proc), *_free_of_groups(proc, cgroups)]
    return min((size for size in known if size is not None), default=None)


def resident_bytes(proc: Path = _PROC) -> int | None:
    """Memory that this process takes now; None where the system does not say so."""
    try:
        pages = int((proc / "self" / "statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def free_disk_bytes(folder: Path) -> int | None:
    """Bytes that can be written below a folder, which need not be there yet; None if unknown."""
    for place in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def _free_of_system(proc: Path) -> int | None:
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii").splitlines()
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError, IndexError):
        return _free_of_posix()


def _free_of_posix() -> int | None:
    """Free pages, where there is no ``/proc``; less than could be had, for caches count as used."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _free_of_groups(proc: Path, cgroups: Path) -> list[int | None]:
    """What is left of the limit of each control group that the process is in, and of those above.

    A container often sees its own group as the root, so the root itself is looked at, too.
    """
    found: list[int | None] = []
    for hierarchy, kinds, path in _memory_groups(proc):
        root = cgroups / hierarchy
        place = Path(path.lstrip("/"))
        found += [_left_of(root / part, *kinds) for part in (place, *place.parents)]
    return found


_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def _memory_groups(proc: Path) -> list[tuple[str, tuple[str, str, str], str]]:
    """Folder of the hierarchy, names of its files, and path of the group, of each kind."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    groups = [("", _V2, "/"), ("memory", _V1, "/")]
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            groups.append(("", _V2, path))
        elif "memory" in controllers.split(","):
            groups.append(("memory", _V1, path))
    return groups


def _left_of(group: Path, limit: str, usage: str, reclaimable: str) -> int | None:
    """Limit less use; files in the cache do not count as used, for they make way."""
    try:
        most = (group / limit).read_text(encoding="ascii").strip()
        if most == "max" or int(most) >= _NO_LIMIT:
            return None
        used = int((group / usage).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return max(0, int(most) - max(0, used - _statistic(group, reclaimable)))


def _statistic(group: Path, name: str) -> int:
    try:
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
        return int(dict(line.split(" ", 1) for line in lines if " " in line).get(name, "0"))
    except (OSError, ValueError):
        return 0
