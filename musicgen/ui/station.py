"""Composes and renders tune after tune in a thread of its own, a little ahead of who listens.

One station serves one browser session. It composes only while somebody asks what comes next, and
keeps few tunes, so that hours of music need no more memory than minutes. The thread knows no
screen: the page polls `Station.look`.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from musicgen.errors import AudioError, CompositionError, MusicgenError

logger = logging.getLogger(__name__)

AHEAD = 2
"""Tunes that are ready beyond the one that sounds."""

IDLE_S = 60.0
"""Seconds without a question after which nobody is taken to listen any more."""

_MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """A tune of the row, ready to sound: its number, and whatever the maker made of it."""

    number: int
    content: object


class Station:
    """An endless row of pieces.

    Args:
        make: Makes the piece of a number, in the thread; a failure skips the number.
        clock: Seconds, for tests.
    """

    def __init__(
        self, make: Callable[[int], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = make
        self._clock = clock
        self._changed = threading.Condition()
        self._ready: list[Piece] = []
        self._next = 0
        self._version = 0
        self._asked = clock()
        self._is_on = True
        self._error: MusicgenError | None = None
        self._thread: threading.Thread | None = None

    def look(self, playing: int = -1) -> tuple[Piece, ...]:
        """The pieces from the one that is playing on; asks for more.

        Raises:
            MusicgenError: what keeps the station from composing.
        """
        with self._changed:
            self._asked = self._clock()
            self._ready = [piece for piece in self._ready if piece.number >= playing]
            if self._error:
                error, self._error = self._error, None
                raise error
            self._awaken()
            self._changed.notify_all()
            return tuple(self._ready)

    def change(self, make: Callable[[int], object], playing: int) -> None:
        """Makes what is not playing yet in another way."""
        with self._changed:
            self._make = make
            self._version += 1
            self._ready = [piece for piece in self._ready if piece.number <= playing]
            self._changed.notify_all()

    def stop(self) -> None:
        """Ends the row; the piece under way is the last that is made, and is thrown away."""
        with self._changed:
            self._is_on = False
            self._ready = []
            self._changed.notify_all()

    @property
    def is_working(self) -> bool:
        """Whether the thread lives: it ends when nobody asks."""
        return self._thread is not None and self._thread.is_alive()

    def _awaken(self) -> None:
        if self._is_on and not self.is_working:
            self._thread = threading.Thread(target=self._work, name="station", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        failures = 0
        while task := self._wait_for_task():
            make, number, version = task
            try:
                content = make(number)
            except (AudioError, CompositionError) as error:  # a tune without notes: the next one
                failures += 1
                logger.info("Tune %d of the row is left out: %s", number, error)
                if failures >= _MOST_FAILURES:
                    return self._fail(error)
                continue
            except MusicgenError as error:
                return self._fail(error)
            failures = 0
            with self._changed:
                if self._is_on and version == self._version:
                    self._ready.append(Piece(number, content))
        return None

    def _wait_for_task(self) -> tuple[Callable[[int], object], int, int] | None:
        """What to make next, once there is room for it; None when nobody listens any more."""
        with self._changed:
            while self._is_on and len(self._ready) > AHEAD:
                if self._clock() - self._asked > IDLE_S:
                    return None
                self._changed.wait(1.0)
            if not self._is_on or self._clock() - self._asked > IDLE_S:
                return None
            number = self._next
            self._next += 1
            return self._make, number, self._version

    def _fail(self, error: MusicgenError) -> None:
        with self._changed:
            self._error = error
