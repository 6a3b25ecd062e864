"""Composes and renders tune after tune in a thread of its own, a little ahead of what is played.

One queue serves one browser session. It composes only while the page asks for the next tune, and
keeps few tunes, so that hours of music need no more memory than minutes. The thread never calls
Streamlit: the page polls `TuneQueue.look`.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from musicgen.errors import AudioError, CompositionError
from musicgen.jobs.background_task import BackgroundTask

logger = logging.getLogger(__name__)

AHEAD = 2
"""Tunes that are ready beyond the one that sounds."""

KEPT = 30
"""Tunes before the one that sounds that one can go back to; what was composed, not its sound."""

IDLE_S = 60.0
"""Seconds without a request after which the listener is taken to have left."""

_MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class QueuedTune:
    """A tune of the row, ready to sound: its number, and whatever was rendered of it."""

    number: int
    content: Any


def _as_it_is(composed: Any) -> Any:
    return composed


@dataclass(frozen=True, slots=True)
class _Step:
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
        render: Renders its sound, in the thread.
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
        self._task: BackgroundTask | None = None

    def look(self, playing: int = -1) -> tuple[QueuedTune, ...]:
        """The tunes from the one that is playing on; asks for more.

        Raises:
            MusicgenError: what keeps it from composing.
        """
        with self._changed:
            self._asked = self._clock()
            self._playing = playing
            window = self._window()
            self._ready = {n: piece for n, piece in self._ready.items() if n in window}
            self._forget()
            if self._task and self._task.state.error:
                error, self._task = self._task.state.error, None
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
        """Ends the row; the tune under way is the last that is made, and is thrown away."""
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
        """Whether the thread runs: it ends when requests stop."""
        return self._task is not None and not self._task.is_over

    def _window(self) -> list[int]:
        """Numbers of the composed tunes that are to be ready."""
        return sorted(n for n in self._composed if n >= self._playing)[: AHEAD + 1]

    def _forget(self) -> None:
        past = sorted(number for number in self._composed if number < self._playing)
        for number in past[:-KEPT]:
            del self._composed[number]

    def _awaken(self) -> None:
        if self._is_on and not self.is_working:
            self._task = BackgroundTask(
                "tune-queue",
                self._work,
                CompositionError("The next tune could not be made. The server's log says where."),
            )
            self._task.start()

    def _work(self) -> None:
        failures = 0
        while step := self._wait_for_step():
            try:
                composed = step.composed if step.composed is not None else self._make(step.number)
                content = self._render(composed)
            except (AudioError, CompositionError) as error:  # a tune without notes: the next one
                failures += 1
                logger.info("Tune %d of the row is left out: %s", step.number, error)
                self._drop(step)
                if failures >= _MOST_FAILURES:
                    raise
                continue
            failures = 0
            self._add(step, composed, content)

    def _add(self, step: _Step, composed: Any, content: Any) -> None:
        with self._changed:
            if self._is_on and step.version == self._version:
                self._composed[step.number] = composed
                if step.number in self._window():
                    self._ready[step.number] = QueuedTune(step.number, content)

    def _drop(self, step: _Step) -> None:
        with self._changed:
            self._composed.pop(step.number, None)

    def _wait_for_step(self) -> _Step | None:
        """What to make next, once there is room for it; None when the listener has left."""
        with self._changed:
            while self._is_on and self._clock() - self._asked <= IDLE_S:
                window = self._window()
                for number in window:
                    if number not in self._ready:
                        return _Step(number, self._version, self._composed[number])
                if len(window) <= AHEAD:
                    self._next += 1
                    return _Step(self._next - 1, self._version)
                self._changed.wait(1.0)
            return None
