"""What a browser has asked for is not lost where the page asks to be drawn again.

A step back or forward, or a click on another page, may come when a run is asked for already, as by
one that ends with `st.rerun` because a tune is new. Streamlit joins both into one request and takes
the address and the page of the later one, which may be those of the run: the address would tell one
tune and the page show another, or the click on the other page would be lost.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)

Request = Callable[[Any, RerunData], bool]


def keep_what_browsers_ask() -> None:
    """Lets a browser's request win over the page's own; in this process, once and for all."""
    if not hasattr(ScriptRequests._request_rerun_locked, "__wrapped__"):
        request = keep_address(ScriptRequests._request_rerun_locked)
        ScriptRequests._request_rerun_locked = request  # type: ignore[method-assign,assignment]


def keep_address(request: Request) -> Request:
    """`ScriptRequests._request_rerun_locked` that keeps where a waiting request leads."""

    @functools.wraps(request)
    def request_and_keep(requests: Any, new: RerunData) -> bool:
        if requests._state is ScriptRequestType.RERUN:
            new = joined(requests._rerun_data, new)
        return request(requests, new)

    return request_and_keep


def joined(waiting: RerunData, new: RerunData) -> RerunData:
    """A new request, with the address and the page of the waiting one if that leads elsewhere.

    Only requests of a browser tell the states of widgets. Where it stays on its page, and takes no
    step, the run knows the address better: it may just have changed it. A step stays one when more
    is asked for at the address that it leads to.
    """
    is_same_page = waiting.page_script_hash == new.page_script_hash
    if new.widget_states is not None:
        is_there = is_same_page and waiting.query_string == new.query_string
        is_step = new.is_history_navigation or (waiting.is_history_navigation and is_there)
        return replace(new, is_history_navigation=is_step)
    is_from_browser = waiting.widget_states is not None
    if not is_from_browser or (is_same_page and not waiting.is_history_navigation):
        return new
    return replace(
        new,
        query_string=waiting.query_string,
        page_script_hash=waiting.page_script_hash,
        page_name=waiting.page_name,
        is_history_navigation=waiting.is_history_navigation,
        cached_message_hashes=waiting.cached_message_hashes,
        context_info=waiting.context_info,
    )
