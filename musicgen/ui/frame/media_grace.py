"""Sounds and downloads stay for a moment when no page names them.

At the end of a run, of any session, Streamlit lets go of all files that no session names. A run
that begins names its files again one after the other: until then a player or a button of that page
asks in vain. So a file stays for some seconds after it was last named, and those that the run
before named stay while the next one is at work.
"""

import functools
import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from streamlit.runtime import media_file_manager
from streamlit.runtime.media_file_manager import MediaFileManager

KEPT_S = 10.0
"""For how long a file stays after it was last named."""

NAMED_S = 120.0
"""For how long the files stay that the run before named: with thirty sessions at work, a run may
take a while until it names its files again."""

FindInactive = Callable[[Any], set[str]]
Clear = Callable[..., None]

_since: "WeakKeyDictionary[Any, dict[str, float]]" = WeakKeyDictionary()
_before: "WeakKeyDictionary[Any, dict[str, tuple[float, frozenset[str]]]]" = WeakKeyDictionary()
"""By session: when a run began, and the files that the one before it had named."""

_looking: "WeakKeyDictionary[Any, threading.Timer]" = WeakKeyDictionary()


def keep_media_for_a_moment() -> None:
    """Lets files stay that were named a moment ago; in this process, once and for all."""
    if not hasattr(MediaFileManager._get_inactive_file_ids, "__wrapped__"):
        found = wait_a_moment(MediaFileManager._get_inactive_file_ids)
        MediaFileManager._get_inactive_file_ids = found  # type: ignore[method-assign,assignment]
    if not hasattr(MediaFileManager.clear_session_refs, "__wrapped__"):
        clear = remember_names(MediaFileManager.clear_session_refs)
        MediaFileManager.clear_session_refs = clear  # type: ignore[method-assign]


def remember_names(clear: Clear) -> Clear:
    """`MediaFileManager.clear_session_refs`, which remembers what the run before had named.

    A run that begins calls it for its own session; named is the session where it ends, and then
    nothing needs to stay.
    """

    @functools.wraps(clear)
    def clear_later(manager: Any, session_id: str | None = None) -> None:
        before = _before.setdefault(manager, {})
        session = media_file_manager._get_session_id() if session_id is None else session_id
        with manager._lock:
            named = frozenset(manager._files_by_session_and_coord.get(session, {}).values())
            if session_id is not None:
                before.pop(session, None)
            elif named:  # a run that was cut short has named nothing yet
                before[session] = time.monotonic(), named
        clear(manager, session_id)

    return clear_later


def wait_a_moment(find: FindInactive) -> FindInactive:
    """`MediaFileManager._get_inactive_file_ids` without files that were named a moment ago."""

    @functools.wraps(find)
    def find_later(manager: Any) -> set[str]:
        inactive, now = find(manager), time.monotonic()
        since = _since.setdefault(manager, {})
        for file_id in since.keys() - inactive:
            del since[file_id]
        for file_id in inactive:
            since.setdefault(file_id, now)
        if inactive and manager not in _looking:
            _look_again(manager)
        kept = _named_before(manager, now)
        return {one for one in inactive if one not in kept and now - since[one] >= KEPT_S}

    return find_later


def _named_before(manager: Any, now: float) -> set[str]:
    """The files that the last runs of all sessions had named; forgets those of long ago."""
    before = _before.setdefault(manager, {})
    for session in [one for one, (begun, _named) in before.items() if now - begun >= NAMED_S]:
        del before[session]
    return {file_id for _begun, named in before.values() for file_id in named}


def _look_again(manager: Any) -> None:
    """Lets go of what is due, even if no run comes to its end by then."""

    def look() -> None:
        _looking.pop(manager, None)
        manager.remove_orphaned_files()

    timer = threading.Timer(KEPT_S, look)
    timer.daemon = True
    _looking[manager] = timer
    timer.start()
