"""Keeps the history of a browser tab when it loads the page again.

To Streamlit a page that is loaded again is a new session. So each session keeps its history here
too, under a random name, and the tab keeps that name (`visit.js`). A session that is given the name
of an earlier one continues from a copy, under a name of its own: a tab and its duplicate do not
disturb each other. Nothing personal is stored, and nothing is written to disk.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base import membership, state
from musicgen.ui.tune.history import History
from musicgen.ui.tune.session_state import play_session

MAX_VISITS = 64
MAX_TUNES = 600
"""Of all visits together; some 10 kB each."""

MAX_AGE_S = 12 * 60 * 60.0

_KEY = "starter_visit"
_HERE = Path(__file__).parent


class VisitStore:
    """Histories by the names of their visits: a bounded number of them, for a bounded time.

    Args:
        clock: Seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, History]] = OrderedDict()

    def keep(self, name: str, history: History) -> None:
        """Keeps the history of a visit; those that were left longest ago make room for it."""
        with self._lock:
            self._kept[name] = self._clock(), history
            self._kept.move_to_end(name)
            self._make_room()

    def find(self, name: str) -> History | None:
        """The history of a visit, None if it is not known (any more)."""
        with self._lock:
            self._make_room()
            kept = self._kept.get(name)
            return kept[1] if kept else None

    def _make_room(self) -> None:
        oldest = self._clock() - MAX_AGE_S
        tunes = sum(len(history.entries) for _when, history in self._kept.values())
        while self._kept:
            when, history = next(iter(self._kept.values()))
            if when >= oldest and len(self._kept) <= MAX_VISITS and tunes <= MAX_TUNES:
                return
            self._kept.popitem(last=False)
            tunes -= len(history.entries)


def follow_visit() -> None:
    """Keeps the history of this session, and takes over that of the tab; on every page."""
    name = state.VISIT.get() or secrets.token_urlsafe(12)
    state.VISIT.set(name)
    history = play_session().history
    if history.entries:
        _store().keep(_of_member(name), history)
    _visit()(
        key=_KEY,
        data={"name": name, "taken": state.VISIT_BEFORE.get()},
        on_before_change=_take_over,
    )


def _take_over() -> None:
    """Continues from the visit that the tab names. A browser may send anything."""
    found: Any = st.session_state.get(_KEY) or {}
    before = found.get("before")
    if not isinstance(before, str) or before == state.VISIT_BEFORE.get():
        return
    state.VISIT_BEFORE.set(before)
    earlier = _store().find(_of_member(before))
    if earlier:
        play_session().continue_from(earlier)


def _of_member(name: str) -> str:
    """A visit goes on as that of the same member alone, in a tab that others used before."""
    found = membership.member()
    return f"{found.id} {name}" if found else name


@st.cache_resource(show_spinner=False)
def _store() -> VisitStore:
    return VisitStore()


@cache
def _visit() -> ComponentRenderer:
    script = (_HERE / "visit.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_visit", js=script)
