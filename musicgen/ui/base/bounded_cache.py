"""Things that are large and can be made again, kept for all sessions within a number of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedCache(Generic[T]):
    """The values that were wanted last; each is made once, however many threads want it.

    Safe to call from several threads.

    Args:
        max_bytes: What all values together may take; the newest is kept whatever it takes.
        size_of: Bytes of a value.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[T], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """What all values together take."""
        with self._lock:
            return sum(map(self._size_of, self._values.values()))

    def __contains__(self, key: Hashable) -> bool:
        """Whether the value of a key is there now."""
        with self._lock:
            return key in self._values

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made now if it is not there; what `make` raises is passed on."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            self._keep(key, value)
            return value

    def _keep(self, key: Hashable, value: T) -> None:
        with self._lock:
            self._values[key] = value
            total = sum(map(self._size_of, self._values.values()))
            while total > self._max_bytes and len(self._values) > 1:
                _oldest, gone = self._values.popitem(last=False)
                total -= self._size_of(gone)
