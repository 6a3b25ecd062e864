"""What a run of a page drew last arrives, however soon the next run is asked for.

Streamlit hands over to its event loop what a run draws, piece by piece. A request that is looked at
when the run has ended, and its last pieces still wait their turn, gets a runner of its own, and
what comes from the runner before is thrown away. A page with a part that ticks asks once a second:
on a busy machine, now and then, a form or a list was missing until something was clicked. So a
request waits here until the run before has said that it is over, and those behind it wait with it.
"""

import functools
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

RETRY_S = 0.005
PATIENCE_S = 30.0
"""Longer than any ending takes, on a machine with ten times as much to do as it can, too: a second
was not. A run that was told to stop, and does not, holds nobody up for good."""

Request = Callable[[Any, ClientState | None], None]

_waiting: "WeakKeyDictionary[Any, deque[ClientState | None]]" = WeakKeyDictionary()


def let_runs_end() -> None:
    """Makes requests wait for the end of the run before; in this process, once and for all."""
    if not hasattr(AppSession.request_rerun, "__wrapped__"):
        AppSession.request_rerun = wait_for_end(AppSession.request_rerun)  # type: ignore[method-assign,assignment]


def wait_for_end(request: Request) -> Request:
    """`AppSession.request_rerun` that waits while the session's last run is ending."""

    @functools.wraps(request)
    def request_in_turn(session: Any, client_state: ClientState | None) -> None:
        waiting = _waiting.setdefault(session, deque())
        if not waiting and not is_ending(session):
            request(session, client_state)
            return
        waiting.append(client_state)
        if len(waiting) == 1:
            until = time.monotonic() + PATIENCE_S
            session._event_loop.call_soon_threadsafe(_go_on, session, request, until)

    return request_in_turn


def is_ending(session: Any) -> bool:
    """Whether the session's runner takes no more requests and has not said that it is over."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP


def _go_on(session: Any, request: Request, until: float) -> None:
    """Passes on what waits, in its order, or looks again a moment later."""
    waiting = _waiting[session]
    if is_ending(session) and time.monotonic() < until:
        session._event_loop.call_later(RETRY_S, _go_on, session, request, until)
        return
    while waiting:
        request(session, waiting.popleft())
