"""What a page says once, when something is done: that tunes were added, that a run was taken in.

A run may be cut short by the next one, and a part of the page that has just appeared may ask for
one at once. So what is said stays until a page that says it has been drawn to its end, and for some
seconds more. It stands in a container that is always there: where it goes, nothing below it moves
up into another place, which would fold what was unfolded.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

from musicgen.ui.base.state import Slot

SAID_S = 10.0
"""For how long a page says it again when it is drawn anew."""


@dataclass(frozen=True, slots=True)
class _Said:
    value: Any
    drawn_at: float | None = None
    is_whole: bool = False


_SAID: Slot[dict[str, _Said]] = Slot("told", {})


def tell(key: str, value: Any) -> None:
    """Has the page say something the next time that it is drawn.

    Args:
        key: Of what is said; the same said again takes its place.
        value: What `told` gives to the page.
    """
    _SAID.set(_SAID.get() | {key: _Said(value)})


def told(key: str) -> Any:
    """What the page is to say now; None where there is nothing, or it has been said."""
    said = _SAID.get().get(key)
    if said is None:
        return None
    now = time.monotonic()
    if said.drawn_at is None:
        _SAID.set(_SAID.get() | {key: replace(said, drawn_at=now)})
    elif said.is_whole and now - said.drawn_at > SAID_S:
        _SAID.set({name: one for name, one in _SAID.get().items() if name != key})
        return None
    return said.value


def all_is_drawn() -> None:
    """The page has been drawn to its end, with all that it said."""
    found = _SAID.get()
    if any(one.drawn_at is not None and not one.is_whole for one in found.values()):
        _SAID.set(
            {name: replace(one, is_whole=one.drawn_at is not None) for name, one in found.items()}
        )


def forget_told() -> None:
    """Another page was opened: what was said belongs to the one before."""
    if _SAID.get():
        _SAID.set({})
