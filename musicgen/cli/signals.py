"""Ctrl-C and what ends a service ask long work to stop and to keep what it has."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ASKING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def asking_to_stop(ask: Callable[[], object]) -> Iterator[None]:
    """While it lasts, SIGINT (Ctrl-C) and SIGTERM (`kill`, a service's end) only ask to stop.

    Args:
        ask: Called for each of them; it returns at once.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        ask()

    before = {number: signal.signal(number, handle) for number in _ASKING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
