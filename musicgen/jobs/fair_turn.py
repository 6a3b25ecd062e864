"""Whose turn it is, where several people share what only one can use at a time.

Each has an account of the seconds for which they held the turn. It goes to whoever waits and has
used least, and one who holds it for a slice gives way to somebody who has used less: round robin
for equal wishes, and equal shares of the time for unequal ones (Ren and others, *Start-time fair
queueing*, 1996; the same rule as in the scheduler of Linux, CFS). Who comes new, or comes back,
begins with what the others have used least: nobody saves up time by staying away.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

SLICE_S = 60.0
"""For how long somebody holds the turn while others wait. Handing it on costs a save and a load."""


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of work that holds the turn or waits for it, and whose it is.

    `before` counts those that come first if nothing changes; it is 0 for the one that holds it.
    """

    person: str
    name: str
    has_turn: bool
    before: int


class FairQueue:
    """One turn, and those who wait for it. Safe to use from several threads.

    Args:
        slice_s: Seconds after which the turn is handed on, if somebody waits who has used less.
        clock: Seconds, for tests.
    """

    def __init__(
        self, slice_s: float = SLICE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.slice_s = slice_s
        self._clock = clock
        self._changed = threading.Condition()
        self._used_s: dict[str, float] = {}
        self._had_s: dict[str, float] = {}
        self._waiting: list[Ticket] = []
        self._holder: Ticket | None = None
        self._count = 0

    def ticket(self, person: str, name: str) -> "Ticket":
        """A ticket for a piece of work of somebody: ``with`` it, the turn is theirs."""
        with self._changed:
            self._count += 1
            return Ticket(self, person, name, self._count)

    def used_s(self) -> dict[str, float]:
        """Seconds by which it is decided whose turn it is.

        Who came later than others is put down as having used as much as they had, by then.
        """
        with self._changed:
            return {person: self._used(person) for person in self._used_s}

    def had_s(self) -> dict[str, float]:
        """Seconds for which each held the turn so far, this moment's included."""
        with self._changed:
            return {
                person: self._had_s.get(person, 0.0) + self._running(person)
                for person in self._used_s
            }

    def places(self) -> list[Place]:
        """What holds the turn, and what waits for it, in the order in which it will come."""
        with self._changed:
            row = [self._holder] if self._holder else []
            used = {one.person: self._used(one.person) for one in (*row, *self._waiting)}
            if self._holder:  # each turn is taken to last a slice
                used[self._holder.person] += self.slice_s
            left = list(self._waiting)
            while left:
                ticket = min(left, key=lambda one: (used[one.person], one.number))
                used[ticket.person] += self.slice_s
                left.remove(ticket)
                row.append(ticket)
            return [
                Place(one.person, one.name, one is self._holder, number)
                for number, one in enumerate(row)
            ]

    def acquire(self, ticket: "Ticket") -> bool:
        """Waits for the turn; False if the ticket was given up meanwhile."""
        with self._changed:
            self._enter(ticket)
            while not (ticket.is_given_up or self._is_next(ticket)):
                self._changed.wait()
            self._waiting.remove(ticket)
            if ticket.is_given_up:
                self._changed.notify_all()
                return False
            self._holder, ticket.since_s = ticket, self._clock()
            return True

    def release(self, ticket: "Ticket") -> None:
        """Hands the turn on; no effect if the ticket does not hold it."""
        with self._changed:
            if self._holder is ticket:
                ran_s = self._running(ticket.person)
                for kept in (self._used_s, self._had_s):
                    kept[ticket.person] = kept.get(ticket.person, 0.0) + ran_s
                self._holder = None
                self._changed.notify_all()

    def must_give_way(self, ticket: "Ticket") -> bool:
        """Whether the holder had a slice, and somebody waits who has used less."""
        with self._changed:
            if self._holder is not ticket or self._clock() - ticket.since_s < self.slice_s:
                return False
            used = self._used(ticket.person)
            return any(
                one.person != ticket.person and self._used_s[one.person] < used
                for one in self._waiting
            )

    def excuse(self, ticket: "Ticket", seconds: float) -> None:
        """Seconds in which the holder did not use the turn, for it stood aside."""
        with self._changed:
            ticket.since_s += seconds

    def give_up(self, ticket: "Ticket") -> None:
        """The ticket is not wanted any more; who waits with it goes on without the turn."""
        with self._changed:
            ticket.is_given_up = True
            self._changed.notify_all()

    def _enter(self, ticket: "Ticket") -> None:
        present = {one.person for one in self._waiting}
        present |= {self._holder.person} if self._holder else set()
        if ticket.person not in present:
            least = min(map(self._used, present), default=0.0)
            self._used_s[ticket.person] = max(self._used_s.get(ticket.person, 0.0), least)
        self._waiting.append(ticket)
        self._changed.notify_all()

    def _is_next(self, ticket: "Ticket") -> bool:
        if self._holder:
            return False
        wanted = [one for one in self._waiting if not one.is_given_up]
        return ticket is min(wanted, key=lambda one: (self._used_s[one.person], one.number))

    def _used(self, person: str) -> float:
        return self._used_s.get(person, 0.0) + self._running(person)

    def _running(self, person: str) -> float:
        """Seconds of the turn that somebody holds now."""
        holder = self._holder
        return self._clock() - holder.since_s if holder and holder.person == person else 0.0


class Ticket:
    """A place in a `FairQueue`. As a context it waits for the turn, and hands it on at the end."""

    def __init__(self, queue: FairQueue, person: str, name: str, number: int) -> None:
        self.person = person
        self.name = name
        self.number = number
        self.is_given_up = False
        self.since_s = 0.0
        self._queue = queue

    def __enter__(self) -> Self:
        """Waits for the turn; one that is given up comes back without it."""
        self.acquire()
        return self

    def __exit__(self, *_error: object) -> None:
        self.release()

    def acquire(self) -> bool:
        """Waits for the turn; False if the ticket was given up meanwhile."""
        return self._queue.acquire(self)

    def release(self) -> None:
        """Hands the turn on."""
        self._queue.release(self)

    def must_give_way(self) -> bool:
        """Whether somebody else should have the turn now."""
        return self._queue.must_give_way(self)

    def excuse(self, seconds: float) -> None:
        """Does not count some seconds in which the turn was not used."""
        self._queue.excuse(self, seconds)

    def give_up(self) -> None:
        """Waits no longer."""
        self._queue.give_up(self)

    @property
    def before(self) -> int:
        """How many come first, if nothing changes; 0 for the one that has the turn."""
        return next((one.before for one in self._queue.places() if one.name == self.name
                     and one.person == self.person), 0)  # fmt: skip
