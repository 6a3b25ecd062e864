"""Requests of a browser that meet requests of the page itself."""

from dataclasses import replace

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

from musicgen.ui.frame.browser_requests import keep_address, keep_what_browsers_ask

STEP = RerunData("seed=2", WidgetStates(), "play", is_history_navigation=True)
LINK = RerunData("lang=en", WidgetStates(), "train", "Train")
CLICK = RerunData("seed=1", WidgetStates(), "play")
TICK = RerunData("seed=2", WidgetStates(), "play", fragment_id="part", is_auto_rerun=True)
AGAIN = RerunData("seed=1", None, "play")
"""What `st.rerun` asks for in a run of the first tune."""
AGAIN_IN_PART = RerunData(
    "seed=1", None, "play", fragment_id_queue=["part"], is_fragment_scoped_rerun=True
)


@pytest.fixture(autouse=True)
def streamlit_itself(monkeypatch):
    plain = ScriptRequests._request_rerun_locked
    monkeypatch.setattr(
        ScriptRequests, "_request_rerun_locked", getattr(plain, "__wrapped__", plain)
    )


def run_after(*asked):
    requests = ScriptRequests()
    for one in asked:
        assert requests.request_rerun(one)
    return requests.on_scriptrunner_yield().rerun_data


def leads_to(found):
    return found.query_string, found.page_script_hash, found.page_name, found.is_history_navigation


@pytest.mark.parametrize("again", [AGAIN, AGAIN_IN_PART])
@pytest.mark.parametrize("asked", [STEP, LINK])
def test_where_a_browser_goes_is_kept(asked, again):
    assert leads_to(run_after(asked, again)) != leads_to(asked)  # Streamlit itself loses it
    keep_what_browsers_ask()
    found = run_after(asked, again)
    assert leads_to(found) == leads_to(asked)
    assert found.fragment_id_queue == []
    assert leads_to(run_after(asked, again, AGAIN)) == leads_to(asked)


@pytest.mark.parametrize("more", [TICK, replace(CLICK, query_string="seed=2")])
def test_a_step_is_kept_when_more_is_asked_for_where_it_leads(more):
    keep_what_browsers_ask()
    assert leads_to(run_after(STEP, more, AGAIN)) == leads_to(STEP)


def test_whoever_comes_later_from_the_browser_wins_as_before():
    keep_what_browsers_ask()
    assert leads_to(run_after(STEP, LINK)) == leads_to(LINK)
    assert leads_to(run_after(AGAIN, STEP)) == leads_to(STEP)
    assert leads_to(run_after(AGAIN, LINK)) == leads_to(LINK)


def test_a_run_knows_the_address_better_than_a_click_on_its_own_page():
    keep_what_browsers_ask()
    assert run_after(CLICK, RerunData("seed=3", None, "play")).query_string == "seed=3"
    states = run_after(CLICK, RerunData("seed=3", None, "play")).widget_states
    assert states == CLICK.widget_states


def test_a_part_that_is_drawn_again_alone_stays_alone():
    keep_what_browsers_ask()
    requests = ScriptRequests()
    requests.request_rerun(AGAIN_IN_PART)
    assert requests.on_scriptrunner_yield().rerun_data.fragment_id_queue == ["part"]


def test_a_press_is_kept_until_the_run_that_does_it_and_is_done_once():
    press = WidgetStates(widgets=[WidgetState(id="keep", trigger_value=True)])
    requests = ScriptRequests()
    requests.request_rerun(RerunData("", press, "play"))
    requests.request_rerun(CLICK)
    assert list(requests.on_scriptrunner_yield().rerun_data.widget_states.widgets) == list(
        press.widgets
    )
    requests.request_rerun(CLICK)
    assert not list(requests.on_scriptrunner_yield().rerun_data.widget_states.widgets)


def test_it_is_put_in_place_once():
    keep_what_browsers_ask()
    found = ScriptRequests._request_rerun_locked
    keep_what_browsers_ask()
    assert ScriptRequests._request_rerun_locked is found
    assert keep_address(found).__wrapped__ is found
