"""Runs of a session wait for each other, and no press is lost or done twice."""

import threading
import tomllib
from types import SimpleNamespace

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)

from musicgen.ui.frame import runs_in_turn
from musicgen.ui.frame.runs_in_turn import (
    create_in_turn,
    joined,
    run_in_turn,
    start_in_turn,
    stop_for_next,
    take_turns,
)
from tests.ui.conftest import PROJECT

SOON_S = 60


class Runner:
    """A runner whose runs last until they are let go, as one that computes and draws nothing."""

    def __init__(self, session, wanted):
        self.session = session
        self._script_thread = None
        self._requests = ScriptRequests()
        self._requests.request_rerun(wanted)
        self.may_end = threading.Event()
        self.has_begun = threading.Event()

    def request_stop(self):
        self._requests.request_stop()

    @stop_for_next
    def request_rerun(self, wanted):
        return self._requests.request_rerun(wanted)

    @start_in_turn
    def start(self):
        self._script_thread = threading.Thread(target=self.run, daemon=True)
        self._script_thread.start()

    @run_in_turn
    def run(self):
        request = self._requests.on_scriptrunner_ready()
        inside = self.session.inside
        assert inside.acquire(blocking=False), "two runs at a time"
        self.has_begun.set()
        if request.type is ScriptRequestType.RERUN:
            self.session.done += presses(request.rerun_data)
        assert self.may_end.wait(SOON_S)
        inside.release()


class Session:
    """What `AppSession` does with requests, of its own class."""

    _state = None

    def __init__(self):
        self._scriptrunner = None
        self._client_state = ClientState()
        self.inside = threading.Lock()
        self.done = []

    def has_fragment(self, _name):
        return True

    @create_in_turn
    def _create_scriptrunner(self, wanted):
        self._scriptrunner = Runner(self, wanted)
        self._scriptrunner.start()

    def ask(self, press="", part=""):
        pressed = [WidgetState(id=press, trigger_value=True)] if press else []
        state = ClientState(widget_states=WidgetStates(widgets=pressed), fragment_id=part)
        AppSession.request_rerun(self, state)
        return self._scriptrunner


def presses(wanted):
    return [one.id for one in wanted.widget_states.widgets if one.trigger_value]


@pytest.fixture
def session(monkeypatch):
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    values = {"runner.fastReruns": config["runner"]["fastReruns"]}
    monkeypatch.setattr(app_session, "config", SimpleNamespace(get_option=values.__getitem__))
    return Session()


def let_end(*runners):
    for runner in runners:
        runner.may_end.set()
        runner._script_thread.join(SOON_S)
        assert not runner._script_thread.is_alive()


def test_a_run_begins_when_the_one_before_has_ended(session):
    first = session.ask("one")
    assert first.has_begun.wait(SOON_S)
    second = session.ask("two")
    assert second is not first
    assert first._requests.on_scriptrunner_yield().type is ScriptRequestType.STOP
    assert not second.has_begun.wait(0.1)
    let_end(first, second)
    assert session.done == ["one", "two"]


def test_what_is_asked_for_meanwhile_joins_the_run_that_waits_and_is_done_once(session):
    first = session.ask("one")
    assert first.has_begun.wait(SOON_S)
    second = session.ask("two")
    assert session.ask() is second  # as a component that tells something
    assert session.ask("three") is second
    assert session.ask(part="that ticks") is second
    let_end(first, second)
    assert session.done[0] == "one"
    assert sorted(session.done[1:]) == ["three", "two"]


def test_a_press_that_the_stopped_run_had_not_begun_is_handed_on(session):
    first = session.ask("one")
    assert first.has_begun.wait(SOON_S)
    assert session.ask("in a part", part="part") is first  # it waits until the run is over
    second = session.ask("two")
    let_end(first, second)
    assert session.done[0] == "one"
    assert sorted(session.done[1:]) == ["in a part", "two"]


def test_a_run_that_does_not_stop_holds_nobody_up_for_good(session, monkeypatch):
    monkeypatch.setattr(runs_in_turn, "PATIENCE_S", 0.05)
    first = session.ask("one")
    assert first.has_begun.wait(SOON_S)
    session.inside = threading.Lock()  # so they may be two
    second = session.ask("two")
    assert second.has_begun.wait(SOON_S)
    let_end(second, first)


def test_a_session_goes_on_after_its_run_has_ended(session):
    first = session.ask("one")
    let_end(first)
    session._scriptrunner = None  # as it does when a runner says that it is over
    second = session.ask("two")
    let_end(second)
    assert session.done == ["one", "two"]


def test_the_later_of_two_requests_says_where_it_leads():
    found = joined(RerunData("seed=1", WidgetStates(), "play"), RerunData("x", WidgetStates(), "b"))
    assert (found.query_string, found.page_script_hash) == ("x", "b")


def test_it_is_put_in_place_once():
    before = (
        ScriptRunner.request_rerun, ScriptRunner.start, ScriptRunner._run_script_thread,
        AppSession._create_scriptrunner,
    )  # fmt: skip
    try:
        take_turns()
        found = ScriptRunner.request_rerun
        take_turns()
        assert ScriptRunner.request_rerun is found
        assert found.__wrapped__ is before[0]
        assert AppSession._create_scriptrunner.__wrapped__ is before[3]
    finally:
        (
            ScriptRunner.request_rerun, ScriptRunner.start, ScriptRunner._run_script_thread,
            AppSession._create_scriptrunner,
        ) = before  # fmt: skip
