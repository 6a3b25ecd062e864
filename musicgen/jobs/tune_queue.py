"""Composes and renders tune after tune in a thread of its own, a little ahead of who listens.

One queue serves one browser session. It composes only while somebody asks what comes next, and
keeps few tunes, so that hours of music need no more memory than minutes. The thread knows no
screen: the page polls `TuneQueue.look`.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from musicgen.errors import AudioError, CompositionError, MusicgenError

logger = logging.getLogger(__name__)

AHEAD = 2
"""Tunes that are ready beyond the one that sounds."""

KEPT = 30
"""Tunes before the one that sounds that one can go back to; what was composed, not its sound."""

IDLE_S = 60.0
"""Seconds without a question after which nobody is taken to listen any more."""

_MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class QueuedTune:
    """A tune of the row, ready to sound: its number, and whatever was rendered of it."""

    number: int
    content: Any


def _as_it_is(composed: Any) -> Any:
    return composed


@dataclass(frozen=True, slots=True)
class _Task:
    """What the thread does next: renders what is composed, or composes where there is nothing."""

    number: int
    version: int
    composed: Any = None


class TuneQueue:
    """An endless row of tunes.

    What was composed is kept for a while, it is small; what was rendered only from the tune that
    sounds on, and rendered again for those who go back.

    Args:
        make: Composes the tune of a number, in the thread; a failure skips the number.
        render: Makes what can be heard of it, in the thread.
        clock: Seconds, for tests.
    """

    def __init__(
        self,
        make: Callable[[int], Any],
        render: Callable[[Any], Any] = _as_it_is,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._render = render
        self._clock = clock
        self._changed = threading.Condition()
        self._composed: dict[int, Any] = {}
        self._ready: dict[int, QueuedTune] = {}
        self._next = 0
        self._playing = -1
        self._version = 0
        self._asked = clock()
        self._is_on = True
        self._error: MusicgenError | None = None
        self._thread: threading.Thread | None = None

    def look(self, playing: int = -1) -> tuple[QueuedTune, ...]:
        """The pieces from the one that is playing on; asks for more.

        Raises:
            MusicgenError: what keeps the station from composing.
        """
        with self._changed:
            self._asked = self._clock()
            self._playing = playing
            window = self._window()
            self._ready = {n: piece for n, piece in self._ready.items() if n in window}
            self._forget()
            if self._error:
                error, self._error = self._error, None
                raise error
            self._awaken()
            self._changed.notify_all()
            return tuple(self._ready[number] for number in sorted(self._ready))

    def change(
        self,
        make: Callable[[int], Any],
        playing: int,
        render: Callable[[Any], Any] | None = None,
    ) -> None:
        """Makes what is not playing yet in another way."""
        with self._changed:
            self._make = make
            self._render = render or self._render
            self._version += 1
            self._composed = {n: one for n, one in self._composed.items() if n <= playing}
            self._ready = {n: one for n, one in self._ready.items() if n <= playing}
            self._changed.notify_all()

    def stop(self) -> None:
        """Ends the row; the piece under way is the last that is made, and is thrown away."""
        with self._changed:
            self._is_on = False
            self._version += 1
            self._ready = {}
            self._changed.notify_all()

    def go_on(self) -> None:
        """Goes on with a row that was stopped, at the next question."""
        with self._changed:
            self._is_on = True

    def composed(self, upto: int) -> list[tuple[int, Any]]:
        """Numbers and tunes of the row as far as that number, the last one first."""
        with self._changed:
            return sorted(
                ((n, one) for n, one in self._composed.items() if n <= upto),
                key=lambda pair: -pair[0],
            )

    @property
    def is_on(self) -> bool:
        """Whether the row goes on."""
        return self._is_on

    @property
    def is_working(self) -> bool:
        """Whether the thread lives: it ends when nobody asks."""
        return self._thread is not None and self._thread.is_alive()

    def _window(self) -> list[int]:
        """Numbers of the composed tunes that are to be ready."""
        return sorted(n for n in self._composed if n >= self._playing)[: AHEAD + 1]

    def _forget(self) -> None:
        past = sorted(number for number in self._composed if number < self._playing)
        for number in past[:-KEPT]:
            del self._composed[number]

    def _awaken(self) -> None:
        if self._is_on and not self.is_working:
            self._thread = threading.Thread(target=self._work, name="station", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        failures = 0
        while task := self._wait_for_task():
            try:
                composed = task.composed if task.composed is not None else self._make(task.number)
                content = self._render(composed)
            except (AudioError, CompositionError) as error:  # a tune without notes: the next one
                failures += 1
                logger.info("Tune %d of the row is left out: %s", task.number, error)
                self._drop(task)
                if failures >= _MOST_FAILURES:
                    return self._fail(error)
                continue
            except MusicgenError as error:
                return self._fail(error)
            failures = 0
            self._add(task, composed, content)
        return None

    def _add(self, task: _Task, composed: Any, content: Any) -> None:
        with self._changed:
            if self._is_on and task.version == self._version:
                self._composed[task.number] = composed
                if task.number in self._window():
                    self._ready[task.number] = QueuedTune(task.number, content)

    def _drop(self, task: _Task) -> None:
        with self._changed:
            self._composed.pop(task.number, None)

    def _wait_for_task(self) -> _Task | None:
        """What to make next, once there is room for it; None when nobody listens any more."""
        with self._changed:
            while self._is_on and self._clock() - self._asked <= IDLE_S:
                window = self._window()
                for number in window:
                    if number not in self._ready:
                        return _Task(number, self._version, self._composed[number])
                if len(window) <= AHEAD:
                    self._next += 1
                    return _Task(self._next - 1, self._version)
                self._changed.wait(1.0)
            return None

    def _fail(self, error: MusicgenError) -> None:
        with self._changed:
            self._error = error
