"""Who waits for an answer comes first: a training lets what somebody listens for go ahead."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

MOST_S = 1.5
"""The longest that a training stands aside at a time."""


class ForegroundPriority:
    """Between those who wait for an answer and a training that has time.

    After standing aside a training goes on for at least as long, so that it gets half of the time
    however much is asked for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._guests = 0
        self._free = threading.Event()
        self._free.set()
        self._again_s = 0.0

    @contextmanager
    def foreground(self) -> Iterator[None]:
        """Goes ahead of the training while the block runs."""
        with self._lock:
            self._guests += 1
            self._free.clear()
        try:
            yield
        finally:
            with self._lock:
                self._guests -= 1
                if not self._guests:
                    self._free.set()

    def yield_if_busy(self) -> None:
        """Stands aside between two steps while somebody goes ahead; at once back if nobody does."""
        start = time.monotonic()
        if self._free.is_set() or start < self._again_s:
            return
        self._free.wait(MOST_S)
        end = time.monotonic()
        self._again_s = end + (end - start)
