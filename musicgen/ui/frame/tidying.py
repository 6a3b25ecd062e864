"""Gives back what visitors held who have left: their sounds, their state, and the pages of memory.

Streamlit keeps the session of somebody whose connection broke for ``server.disconnectedSessionTTL``
seconds, and lets go of it when the next visitor comes. What it held is in reference cycles and
waits for Python's rare full collection, and what that frees often stays with the C library. So the
server looks every few seconds, from its own event loop.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from typing import Any

from streamlit.runtime import exists, get_instance

from musicgen.allocator import give_back, map_large_blocks

INTERVAL_S = 5.0
"""Between two looks."""

TRIM_S = 10.0
"""From one time that memory is given back to the next, if nobody has left meanwhile."""

SLOW_S = 0.1
"""A collection that takes longer walks through torch and the like: they are set aside, for good."""


@contextlib.asynccontextmanager
async def tidying(_app: object) -> AsyncIterator[None]:
    """Tidies while the server runs; the ``lifespan`` of `streamlit.App`."""
    map_large_blocks()
    task = asyncio.create_task(_tidy_for_ever(), name="musicgen-tidying")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _tidy_for_ever() -> None:
    trimmed_at = time.monotonic()
    waiting: set[str] = set()
    while True:
        await asyncio.sleep(INTERVAL_S)
        before, waiting = waiting, let_expired_go()
        has_left = bool(before - waiting)
        if has_left:
            collect()
        if has_left or time.monotonic() - trimmed_at > TRIM_S:
            trimmed_at = time.monotonic()
            await asyncio.to_thread(give_back)


def let_expired_go() -> set[str]:
    """Lets go of the sessions that nobody can come back to; names those that wait for somebody.

    Call it from the server's event loop, as Streamlit does with all that concerns sessions. A
    session that is let go lets go of its sounds and uploads when it is collected.
    """
    manager = getattr(get_instance(), "_session_mgr", None) if exists() else None
    stored: Any = getattr(getattr(manager, "_session_storage", None), "_cache", None)
    if stored is None:  # another version of Streamlit: they go when the next visitor comes
        return set()
    stored.expire()
    return {str(name) for name in stored}


def collect() -> None:
    """Frees what is in cycles, and sees to it that the next time takes a moment only."""
    start = time.perf_counter()
    gc.collect()
    if time.perf_counter() - start > SLOW_S:
        gc.freeze()
