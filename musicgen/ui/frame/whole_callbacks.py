"""What a click asks for is done whole, whatever else is asked for meanwhile.

Streamlit looks for another request each time that a run reads or writes session state, and gives up
the run where it finds one. Callbacks are not spared: a click that is followed by a second one, or
by a part of the page that ticks, could be lost before its callback began, or stop half way through
it, with a tune kept and nobody told. So that look waits here until all callbacks of a run have come
to their end.
"""

import functools
from collections.abc import Callable
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.safe_session_state import SafeSessionState

from musicgen.ui.base.uninterrupted import is_uninterrupted, uninterrupted


def keep_callbacks_whole() -> None:
    """Lets callbacks come to their end; in this process, once and for all."""
    if not hasattr(SafeSessionState.on_script_will_rerun, "__wrapped__"):
        call = SafeSessionState.on_script_will_rerun
        SafeSessionState.on_script_will_rerun = call_whole(call)  # type: ignore[method-assign]
        look = ScriptRunner._maybe_handle_execution_control_request
        ScriptRunner._maybe_handle_execution_control_request = look_later(look)  # type: ignore[method-assign,assignment]


def call_whole(call: Callable[..., None]) -> Callable[..., None]:
    """`SafeSessionState.on_script_will_rerun`, during which no other request is looked for."""

    @functools.wraps(call)
    def call_in_peace(*arguments: Any, **named: Any) -> None:
        with uninterrupted():
            call(*arguments, **named)

    return call_in_peace


def look_later(look: Callable[[Any], None]) -> Callable[[Any], None]:
    """The look of a runner for other requests, which it leaves out while callbacks run.

    The runner looks again right after the last callback; so it does around what a button of
    `musicgen.ui.base.asked.act_button` does.
    """

    @functools.wraps(look)
    def look_unless_calling(runner: Any) -> None:
        if not is_uninterrupted():
            look(runner)

    return look_unless_calling
