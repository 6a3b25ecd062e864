"""A part of the page that ticks presses nothing.

What is pressed in the browser is noted at once and sent a moment later, with all that was pressed
by then. A part that ticks (``run_every`` of `st.fragment`) sends all that the browser has noted,
too. On a busy machine its timer is overdue as often as not, and goes off between the two: the press
was sent twice, and done twice. One press put a tune into a set two times.

So presses are taken out of what a timer sends. They are lost by no means: they follow at once.
"""

import functools
from collections.abc import Callable
from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

PRESSES = frozenset(
    {"trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value"}
)
"""What a widget sends once, and not again with the next request (``WidgetState.value``)."""


def let_timers_press_nothing() -> None:
    """Takes presses out of what timers send; in this process, once and for all."""
    if not hasattr(AppSession._handle_rerun_script_request, "__wrapped__"):
        handle = AppSession._handle_rerun_script_request
        AppSession._handle_rerun_script_request = handle_without_presses(handle)  # type: ignore[method-assign,assignment]


def handle_without_presses(
    handle: Callable[[Any, ClientState | None], None],
) -> Callable[[Any, ClientState | None], None]:
    """`AppSession._handle_rerun_script_request` to which no timer tells of a press."""

    @functools.wraps(handle)
    def handle_what_stays(session: Any, client_state: ClientState | None = None) -> None:
        if client_state is not None and client_state.is_auto_rerun:
            widgets = client_state.widget_states.widgets
            stays = [widget for widget in widgets if widget.WhichOneof("value") not in PRESSES]
            if len(stays) < len(widgets):
                del widgets[:]
                widgets.extend(stays)
        handle(session, client_state)

    return handle_what_stays
