"""Composes what somebody will probably ask for next, while they listen to what is there.

One thread serves the whole server and makes one thing at a time, what was asked for last first. Of
each owner, as a rule a visit, there is one thing at most: a newer wish takes its place, and cuts
short what is under way. The thread never calls Streamlit.
"""

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

from musicgen.errors import CompositionError, MusicgenError
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled

logger = logging.getLogger(__name__)

T = TypeVar("T")

DELAY_S = 0.6
"""From a wish to the beginning of the work: the browser draws the tune before, and a slider that
is being moved makes many wishes."""

IDLE_S = 30.0
"""The thread ends after so long without a wish."""

MAX_OWNERS = 12
"""Wishes kept, done or not; the oldest goes."""

SWITCH = "MUSICGEN_COMPOSE_AHEAD"

_NEVER = CompositionError("The next tune could not be composed ahead.")

Check = Callable[[], None]
"""Called now and then by the work: it stands aside for those who wait, and ends what is not wanted
any more by raising `TaskCancelled`."""


def is_switched_on() -> bool:
    """Whether this server composes ahead: unless ``MUSICGEN_COMPOSE_AHEAD`` is 0."""
    return os.environ.get(SWITCH, "1") != "0"


@dataclass
class _Wish:
    """Something to be made. `is_awaited` says that somebody waits for it already."""

    key: Hashable
    make: Callable[[Check], Any]
    due_s: float
    value: Any = None
    is_done: bool = False
    is_unwanted: bool = False
    is_awaited: bool = False


class ComposeAhead(Generic[T]):
    """What is made ahead, one thing for each owner.

    Args:
        stand_aside: Called between two pieces of the work; lets those who wait go first.
        delay_s: Seconds from a wish to the beginning of the work.
        clock: Seconds, for tests.
    """

    def __init__(
        self,
        stand_aside: Check,
        delay_s: float = DELAY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stand_aside = stand_aside
        self._delay_s = delay_s
        self._clock = clock
        self._changed = threading.Condition()
        self._wishes: OrderedDict[str, _Wish] = OrderedDict()
        self._current: _Wish | None = None
        self._is_working = False

    def ask(
        self,
        owner: str,
        key: Hashable,
        make: Callable[[Check], T],
        delay_s: float | None = None,
    ) -> None:
        """Has something made ahead, unless the owner asked for the same before; returns at once.

        Args:
            owner: Whose wish it is.
            key: What it is; the same key stands for the same thing.
            make: Makes it, in the thread; calls what it is given now and then.
            delay_s: Seconds until it begins; those of all if None.
        """
        with self._changed:
            known = self._wishes.get(owner)
            if known and known.key == key:
                return
            self._forget(owner)
            delay_s = self._delay_s if delay_s is None else delay_s
            self._wishes[owner] = _Wish(key, make, self._clock() + delay_s)
            while len(self._wishes) > MAX_OWNERS:
                self._forget(next(iter(self._wishes)))
            if not self._is_working:
                self._is_working = True
                BackgroundTask("compose ahead", self._work, _NEVER).start()
            self._changed.notify_all()

    def cancel(self, owner: str) -> None:
        """Forgets what an owner asked for."""
        with self._changed:
            self._forget(owner)

    def hand_over(self, giver: str, owner: str, key: Hashable) -> bool:
        """Makes what one owner asked for another's, done or not, if it has that key.

        Otherwise it is forgotten: nobody waits for it any more. Whether there was such a thing.
        """
        with self._changed:
            wish = self._wishes.get(giver)
            if wish is None or wish.key != key:
                self._forget(giver)
                return False
            del self._wishes[giver]
            self._forget(owner)
            self._wishes[owner] = wish
            return True

    def take(self, owner: str, key: Hashable) -> T | None:
        """What was made ahead, which is forgotten here; None where there is nothing of that key.

        Waits for what is under way, which then goes before all others.
        """
        with self._changed:
            wish = self._wishes.get(owner)
            if wish and wish.key == key and wish is self._current:
                wish.is_awaited = True
                self._changed.wait_for(lambda: wish.is_done)
            self._forget(owner)
            return cast("T | None", wish.value) if wish and wish.key == key else None

    def is_ready(self, owner: str) -> bool:
        """Whether what an owner asked for is there."""
        with self._changed:
            wish = self._wishes.get(owner)
            return bool(wish and wish.is_done and wish.value is not None)

    def _forget(self, owner: str) -> None:
        wish = self._wishes.pop(owner, None)
        if wish:
            wish.is_unwanted = True

    def _work(self) -> None:
        while wish := self._next():
            try:
                wish.value = wish.make(partial(self._check, wish))
            except (TaskCancelled, MusicgenError):
                wish.value = None  # whoever asks for it composes it again, and is told why
            except Exception:
                logger.exception("Composing ahead failed")
                wish.value = None
            finally:
                with self._changed:
                    wish.is_done = True
                    self._current = None
                    self._changed.notify_all()

    def _next(self) -> _Wish | None:
        """What is to be made now; None after a long time without any, and the thread ends."""
        with self._changed:
            end = self._clock() + IDLE_S
            while True:
                now = self._clock()
                open_wishes = [wish for wish in self._wishes.values() if not wish.is_done]
                due = [wish for wish in open_wishes if wish.due_s <= now]
                if due:
                    self._current = due[-1]
                    return self._current
                if not open_wishes and now >= end:
                    self._is_working = False
                    return None
                until = min((wish.due_s for wish in open_wishes), default=end)
                self._changed.wait(max(0.01, until - now))

    def _check(self, wish: _Wish) -> None:
        if not wish.is_awaited and not wish.is_unwanted:
            self._stand_aside()
        if wish.is_unwanted:
            raise TaskCancelled
