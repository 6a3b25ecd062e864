"""What a timer of the page sends says nothing of a press, which follows by itself."""

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.app_session import AppSession

from musicgen.ui.frame.timer_requests import (
    PRESSES,
    handle_without_presses,
    let_timers_press_nothing,
)

PRESSED = {
    "trigger_value": WidgetState(id="button", trigger_value=True),
    "string_trigger_value": WidgetState(id="menu"),
    "json_trigger_value": WidgetState(id="score", json_trigger_value='[{"event": "note"}]'),
    "chat_input_value": WidgetState(id="chat"),
}
PRESSED["string_trigger_value"].string_trigger_value.data = "of a menu"
PRESSED["chat_input_value"].chat_input_value.data = "said"


def handled(*widgets, **facts):
    """What reaches a session of a request with these widgets."""
    got = []
    request = ClientState(fragment_id="clock", **facts)
    request.widget_states.widgets.extend(widgets)
    handle_without_presses(lambda _session, state: got.append(state))(object(), request)
    return [widget.id for widget in got[0].widget_states.widgets]


@pytest.mark.parametrize("kind", sorted(PRESSES))
def test_a_timer_presses_nothing(kind):
    field = WidgetState(id="field", string_value="typed")
    assert handled(field, PRESSED[kind], is_auto_rerun=True) == ["field"]


@pytest.mark.parametrize("kind", sorted(PRESSES))
def test_a_press_is_told_by_its_own_request(kind):
    field = WidgetState(id="field", string_value="typed")
    assert handled(field, PRESSED[kind]) == ["field", PRESSED[kind].id]


def test_all_kinds_of_presses_are_known():
    """A new kind in Streamlit must be looked at: it would be done twice."""
    kinds = {field.name for field in WidgetState.DESCRIPTOR.fields}
    assert {kind for kind in kinds if "trigger" in kind or kind == "chat_input_value"} == PRESSES


def test_it_is_put_in_place_once():
    before = AppSession._handle_rerun_script_request
    try:
        let_timers_press_nothing()
        found = AppSession._handle_rerun_script_request
        let_timers_press_nothing()
        assert AppSession._handle_rerun_script_request is found
        assert found.__wrapped__ is getattr(before, "__wrapped__", before)
    finally:
        AppSession._handle_rerun_script_request = before
