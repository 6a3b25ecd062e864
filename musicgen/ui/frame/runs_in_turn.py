"""Runs of a session come one after the other, and what was clicked meanwhile is done once.

With `runner.fastReruns` Streamlit answers a request by telling the run under way to stop, and
begins the next one at once in a thread of its own. Each has its own lock, so that on a busy machine
both go through the state of one session in turns: a press was done by both, what a field told was
lost to both, an old address came back. And a run that is told to stop before it has begun takes the
press that it was made for with it.

Without fast reruns there is one thread, and what the older run still draws reaches the page between
the pieces of the newer one.

So here the older run is told to stop and is not listened to any more, as with fast reruns; the next
one waits until that thread has ended; and whatever is asked for until then joins what waits
(`ScriptRequests`), as does what the older run had been asked for and not begun. It needs
``runner.fastReruns = false`` in `.streamlit/config.toml`, where Streamlit asks the runner first.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)

PATIENCE_S = 30.0
"""Longer than a run takes to see that it is to stop. One that does not holds nobody up for good."""

_before: "WeakKeyDictionary[Any, threading.Thread]" = WeakKeyDictionary()
"""Of each runner that has not begun: the thread that it waits for."""

_left: "WeakKeyDictionary[Any, RerunData]" = WeakKeyDictionary()
"""Of a runner that was told to stop: what it had been asked for and not begun."""

_created = threading.local()


def take_turns() -> None:
    """Lets runs wait for each other; in this process, once and for all."""
    if not hasattr(ScriptRunner.request_rerun, "__wrapped__"):
        ScriptRunner.request_rerun = stop_for_next(ScriptRunner.request_rerun)  # type: ignore[method-assign,assignment]
        ScriptRunner.start = start_in_turn(ScriptRunner.start)  # type: ignore[method-assign,assignment]
        ScriptRunner._run_script_thread = run_in_turn(ScriptRunner._run_script_thread)  # type: ignore[method-assign,assignment]
        AppSession._create_scriptrunner = create_in_turn(AppSession._create_scriptrunner)  # type: ignore[method-assign,assignment]


def stop_for_next(request: Callable[[Any, RerunData], bool]) -> Callable[[Any, RerunData], bool]:
    """`ScriptRunner.request_rerun`, which a runner that has begun refuses, and stops.

    It takes requests for parts of the page, which Streamlit keeps until the run is over.
    """

    @functools.wraps(request)
    def request_or_stop(runner: Any, new: RerunData) -> bool:
        has_begun = runner._script_thread is not None and runner not in _before
        if not has_begun or new.fragment_id:
            return request(runner, new)
        requests: ScriptRequests = runner._requests
        with requests._lock:
            if requests._state is ScriptRequestType.RERUN:
                _left[runner] = requests._rerun_data
            requests._state = ScriptRequestType.STOP
        runner.request_stop()
        return False

    return request_or_stop


def create_in_turn(create: Callable[[Any, RerunData], None]) -> Callable[[Any, RerunData], None]:
    """`AppSession._create_scriptrunner`, whose runner waits for the one before."""

    @functools.wraps(create)
    def create_behind(session: Any, wanted: RerunData) -> None:
        before = session._scriptrunner
        left = _left.pop(before, None) if before is not None else None
        _created.behind = before._script_thread if before is not None else None
        try:
            create(session, joined(left, wanted) if left else wanted)
        finally:
            _created.behind = None

    return create_behind


def joined(waiting: RerunData, new: RerunData) -> RerunData:
    """Two requests as one, as Streamlit joins what waits for a run."""
    requests = ScriptRequests()
    requests.request_rerun(waiting)
    requests.request_rerun(new)
    return requests._rerun_data


def start_in_turn(start: Callable[[Any], None]) -> Callable[[Any], None]:
    """`ScriptRunner.start`, which notes the thread of the run before."""

    @functools.wraps(start)
    def start_behind(runner: Any) -> None:
        thread = getattr(_created, "behind", None)
        if thread is not None and thread.is_alive():
            _before[runner] = thread
        start(runner)

    return start_behind


def run_in_turn(run: Callable[[Any], None]) -> Callable[[Any], None]:
    """`ScriptRunner._run_script_thread`, which begins when the run before has ended."""

    @functools.wraps(run)
    def wait_and_run(runner: Any) -> None:
        thread = _before.get(runner)
        if thread is not None:
            thread.join(PATIENCE_S)
            _before.pop(runner, None)
        run(runner)

    return wait_and_run
