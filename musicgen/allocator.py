"""How the C library treats memory that was freed: give it back to the system, or keep it at hand.

Rendering a tune takes and frees blocks of some megabytes, in many threads. glibc learns from the
first of them to cut the next ones, up to 32 MiB, out of its heaps (the dynamic threshold of
mallopt(3)), where small blocks between them keep freed pages from ever going back. A server that
maps large blocks one by one gives back each as it is freed. A training takes and frees the same
large blocks at every step, and is faster when they stay.

Elsewhere than with glibc all of this does nothing.
"""

import contextlib
import ctypes
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

MAPPED_BYTES = 2**20
"""Blocks of a server from this size on are mapped one by one."""

KEPT_BYTES = 32 * 2**20
"""Those of a training: the most that glibc allows (``DEFAULT_MMAP_THRESHOLD_MAX``)."""

TOP_BYTES = 64 * 2**20
"""Free memory at the end of the heap that is not given back each time some is freed there."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


@dataclass
class _Users:
    """Who is there to be served, in this process."""

    is_server: bool = False
    trainings: int = 0


_lock = threading.Lock()
_users = _Users()


def map_large_blocks() -> None:
    """From now on large blocks go back to the system when they are freed, if nothing trains."""
    with _lock:
        _users.is_server = True
        _set()


@contextlib.contextmanager
def keeping_large_blocks() -> Iterator[None]:
    """Keeps large blocks at hand as long as the block of this statement runs."""
    with _lock:
        _users.trainings += 1
        _set()
    try:
        yield
    finally:
        with _lock:
            _users.trainings -= 1
            _set()


def give_back() -> None:
    """Hands free memory back to the system, wherever in the heaps it lies."""
    library = _find_glibc()
    if library:
        library.malloc_trim(0)


def mapped_from() -> int | None:
    """The size from which blocks are mapped; None where glibc is left to choose."""
    if _users.trainings:
        return KEPT_BYTES
    return MAPPED_BYTES if _users.is_server else None


def _set() -> None:
    library, size = _find_glibc(), mapped_from()
    if library and size:
        library.mallopt(_M_MMAP_THRESHOLD, size)
        library.mallopt(_M_TRIM_THRESHOLD, TOP_BYTES)


@cache
def _find_glibc() -> Any:
    """The C library, where it has both functions: musl and other systems have not."""
    if sys.platform.startswith("linux"):
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt") and hasattr(library, "malloc_trim"):
            return library
    return None
