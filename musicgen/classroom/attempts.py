"""How often somebody may try to sign in: few wrong codes for one name, more for a whole address.

A class often has one address for all, and one typing error each.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

WINDOW_S = 300.0
MOST_OF_BOTH, MOST_OF_NAME, MOST_OF_ADDRESS = 8, 40, 120
"""Wrong codes within the window for a name from one address, for a name, and from an address."""

MAX_KEPT = 10_000
"""Names and addresses that are remembered; the oldest go first."""

Key = tuple[str, str]


class Attempts:
    """Wrong codes of the last minutes. Safe to use from several threads.

    Args:
        clock: Seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[Key, deque[float]] = OrderedDict()

    def wait_s(self, name: str, address: str) -> float:
        """Seconds until another try is allowed; 0 if one is allowed now."""
        now = self._clock()
        with self._lock:
            return max(self._left_s(key, most, now) for key, most in _keys(name, address))

    def note(self, name: str, address: str) -> None:
        """Puts down a wrong code."""
        now = self._clock()
        with self._lock:
            for key, most in _keys(name, address):
                times = self._failed.setdefault(key, deque(maxlen=most))
                times.append(now)
                self._failed.move_to_end(key)
            while len(self._failed) > MAX_KEPT:
                self._failed.popitem(last=False)

    def forget(self, name: str, address: str) -> None:
        """A right code: the typing errors before it no longer count."""
        with self._lock:
            self._failed.pop((name, address), None)

    def _left_s(self, key: Key, most: int, now: float) -> float:
        times = self._failed.get(key, deque())
        if len(times) < most:
            return 0.0
        return max(0.0, times[-most] + WINDOW_S - now)


def _keys(name: str, address: str) -> Sequence[tuple[Key, int]]:
    return (
        ((name, address), MOST_OF_BOTH),
        ((name, ""), MOST_OF_NAME),
        (("", address), MOST_OF_ADDRESS),
    )
