"""Sounds and downloads stay for a moment when no page names them.

At the end of a run, of any session, Streamlit lets go of all files that no session names. A run
that begins names its files again one after the other: until then a player or a button of that page
asks in vain. So a file stays for some seconds after it was last named.
"""

import functools
import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from streamlit.runtime.media_file_manager import MediaFileManager

KEPT_S = 10.0
"""Longer than a run takes to name its files again."""

FindInactive = Callable[[Any], set[str]]

_since: "WeakKeyDictionary[Any, dict[str, float]]" = WeakKeyDictionary()
_looking: "WeakKeyDictionary[Any, threading.Timer]" = WeakKeyDictionary()


def keep_media_for_a_moment() -> None:
    """Lets files stay that were named a moment ago; in this process, once and for all."""
    if not hasattr(MediaFileManager._get_inactive_file_ids, "__wrapped__"):
        found = wait_a_moment(MediaFileManager._get_inactive_file_ids)
        MediaFileManager._get_inactive_file_ids = found  # type: ignore[method-assign,assignment]


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
        return {file_id for file_id in inactive if now - since[file_id] >= KEPT_S}

    return find_later


def _look_again(manager: Any) -> None:
    """Lets go of what is due, even if no run comes to its end by then."""

    def look() -> None:
        _looking.pop(manager, None)
        manager.remove_orphaned_files()

    timer = threading.Timer(KEPT_S, look)
    timer.daemon = True
    _looking[manager] = timer
    timer.start()
