"""The tunes of this session: back to the one before without composing it again.

What is kept is small: requests and texts. Sound is rendered again when it is wanted.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from musicgen.library.serialization import Values, from_values, to_values
from musicgen.sampling.composer import Composition
from musicgen.ui.base import state
from musicgen.ui.tune.permalink import Request

MAX_ENTRIES = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """What one request brought: its takes as `library.serialization.to_values` has them."""

    request: Request
    takes: tuple[Values, ...]

    @property
    def values(self) -> Values:
        """The take that is looked at."""
        return self.takes[min(self.request.take, len(self.takes) - 1)]


@dataclass(frozen=True, slots=True)
class History:
    """Entries in the order in which they were last left, and which one is on the screen."""

    entries: tuple[Entry, ...] = ()
    at: int = -1

    @property
    def current(self) -> Entry | None:
        """The entry on the screen; None before the first."""
        return self.entries[self.at] if self.entries else None

    def added(self, entry: Entry) -> Self:
        """With a new entry at the end, behind the one that was on the screen.

        So the step back leads to what was heard last, and nothing is lost by a step back before.
        """
        others = [one for index, one in enumerate(self.entries) if index != self.at]
        kept = [one for one in (*others, self.current) if one and one.takes != entry.takes]
        entries = (*kept, entry)[-MAX_ENTRIES:]
        return replace(self, entries=entries, at=len(entries) - 1)

    def moved(self, at: int) -> Self:
        """With another entry on the screen, the nearest there is."""
        return replace(self, at=max(0, min(at, len(self.entries) - 1)))

    def with_take(self, take: int) -> Self:
        """With another take of the entry on the screen."""
        entry = self.entries[self.at]
        changed = replace(entry, request=replace(entry.request, take=take))
        entries = [changed if one is entry else one for one in self.entries]
        return replace(self, entries=tuple(entries))


def session() -> History:
    """The history of this session."""
    kept: History | None = state.HISTORY.get()
    return kept or History()


def remember(request: Request, takes: Sequence[Composition]) -> None:
    """Keeps what was composed, as the entry on the screen."""
    entry = Entry(request, tuple(map(to_values, takes)))
    state.HISTORY.set(session().added(entry))


def recall(request: Request) -> Composition | None:
    """The take of the entry on the screen, if that is what is wanted from the history."""
    entry = session().current
    if not state.RECALLED.get() or entry is None or entry.request != request:
        return None
    return from_values(entry.values)


def find(request: Request, fingerprint: str) -> Composition | None:
    """The same composed earlier in this session by the same network; it becomes the current one."""
    for entry in session().entries:
        if entry.request == request and entry.values["fingerprint"] == fingerprint:
            state.HISTORY.set(session().added(Entry(request, entry.takes)))
            return from_values(entry.takes[request.take])
    return None


def go_to(request: Request) -> bool:
    """Asks for a tune of this session, as `show_current`; whether there is one of that request.

    So Back and forward in the browser move along the history, and change nothing in it.
    """
    is_known = move_to(request)
    if is_known:
        show_current()
    return is_known


def move_to(request: Request) -> bool:
    """Puts the tune of a request on the screen of the history; whether there is one."""
    tunes = session()
    for at, entry in enumerate(tunes.entries):
        if entry.request == request and request.take < len(entry.takes):
            state.HISTORY.set(tunes.moved(at).with_take(request.take))
            return True
    return False


def show_current() -> None:
    """Asks for the entry on the screen to be shown and heard, without composing it again."""
    entry = session().current
    if entry is None:
        return
    state.SHOWN.set(None)
    state.WANTED.set(entry.request)
    state.RECALLED.set(True)
    state.AUTOPLAY.set(secrets.token_hex(4))
