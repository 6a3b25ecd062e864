"""Requests that come while a run of a page is ending."""

import asyncio

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests

from musicgen.ui.frame import run_endings
from musicgen.ui.frame.run_endings import is_ending, let_runs_end, wait_for_end


class Runner:
    def __init__(self):
        self._requests = ScriptRequests()


class Session:
    """What `run_endings` looks at of a session of Streamlit."""

    def __init__(self, loop):
        self._event_loop = loop
        self._scriptrunner = Runner()
        self.asked = []


def ask(session, state):
    session.asked.append((state.fragment_id, session._scriptrunner))


request = wait_for_end(ask)


def tick(name):
    return ClientState(fragment_id=name)


def test_a_request_while_a_run_is_under_way_is_passed_on_at_once():
    async def run():
        session = Session(asyncio.get_running_loop())
        request(session, tick("a"))
        assert session.asked == [("a", session._scriptrunner)]
        session._scriptrunner = None
        request(session, tick("b"))
        assert session.asked[1:] == [("b", None)]

    asyncio.run(run())


def test_requests_wait_for_the_end_of_a_run_and_keep_their_order():
    async def run():
        session = Session(asyncio.get_running_loop())
        session._scriptrunner._requests.on_scriptrunner_ready()  # nothing is asked for: it ends
        assert is_ending(session)
        drawn = []
        request(session, tick("a"))
        session._event_loop.call_soon(drawn.append, "the last piece")
        await asyncio.sleep(0.05)
        assert drawn and not session.asked
        session._scriptrunner = None  # it has said that it is over
        request(session, tick("b"))  # behind the one that waits
        await asyncio.sleep(0.05)
        assert session.asked == [("a", None), ("b", None)]
        request(session, tick("c"))
        assert len(session.asked) == 3

    asyncio.run(run())


def test_a_run_that_does_not_end_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(run_endings, "PATIENCE_S", 0.05)

    async def run():
        session = Session(asyncio.get_running_loop())
        session._scriptrunner._requests.request_stop()
        request(session, tick("a"))
        assert not session.asked
        await asyncio.sleep(0.3)
        assert session.asked == [("a", session._scriptrunner)]

    asyncio.run(run())


def test_it_is_put_in_place_once():
    before = AppSession.request_rerun
    try:
        let_runs_end()
        found = AppSession.request_rerun
        let_runs_end()
        assert AppSession.request_rerun is found
        assert found.__wrapped__ is getattr(before, "__wrapped__", before)
    finally:
        AppSession.request_rerun = before


def test_streamlit_itself_throws_the_last_pieces_away():
    """Why all this is needed; when it fails, `run_endings` is no longer."""

    async def run():
        session = Session(asyncio.get_running_loop())
        session._state, sent = None, []
        session._enqueue_forward_msg = sent.append
        AppSession._handle_scriptrunner_event_on_event_loop(
            session, "the runner before", ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, ForwardMsg()
        )
        assert sent == []

    asyncio.run(run())
