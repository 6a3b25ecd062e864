"""The tunes of a visit: back to the one before without composing it again.

What is kept is small: requests and texts. Sound is rendered again when it is wanted.
"""

from dataclasses import dataclass, replace
from typing import Self

from musicgen.library.serialization import Values
from musicgen.ui.tune.request import Request

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

        So the step back leads to what was played last, and nothing is lost by a step back before.
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

    def with_values(self, values: Values) -> Self:
        """With other values of the take on the screen."""
        entry = self.entries[self.at]
        at = min(entry.request.take, len(entry.takes) - 1)
        changed = replace(entry, takes=(*entry.takes[:at], values, *entry.takes[at + 1 :]))
        entries = [changed if one is entry else one for one in self.entries]
        return replace(self, entries=tuple(entries))

    def find(self, request: Request) -> Self | None:
        """With the take of a request on the screen; None where there is no such tune."""
        for at, entry in enumerate(self.entries):
            if entry.request == request and request.take < len(entry.takes):
                return self.moved(at).with_take(request.take)
        return None


def join(earlier: History, now: History) -> History:
    """An earlier history with the tunes of another behind it; the other's tune is on the screen."""
    if now.current is None:
        return earlier
    known = [entry.request for entry in earlier.entries]
    new = [entry for entry in now.entries if entry.request not in known]
    entries: list[Entry] = [*earlier.entries, *new]
    at = [entry.request for entry in entries].index(now.current.request)
    take = now.current.request.take
    kept = entries[at]
    if take < len(kept.takes):
        entries[at] = replace(kept, request=replace(kept.request, take=take))
    return History(tuple(entries), at)
