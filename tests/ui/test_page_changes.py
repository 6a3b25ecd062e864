"""Requests as a browser sends them while one goes from page to page."""

import asyncio

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

from musicgen.ui.frame.page_changes import PageChanges


def request(page="", fragment=""):
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = fragment
    return message.SerializeToString()


def arriving(*messages, kind="websocket"):
    """What reaches the app of these messages of a browser."""
    waiting = [{"type": "websocket.connect"}]
    waiting += [{"type": "websocket.receive", "bytes": message} for message in messages]
    waiting += [{"type": "websocket.disconnect"}]
    seen = []

    async def receive():
        return waiting.pop(0)

    async def app(scope, receive, send):
        while (message := await receive())["type"] != "websocket.disconnect":
            seen.append(message.get("bytes"))

    asyncio.run(PageChanges(app)({"type": kind}, receive, None))
    return seen[1:]


def test_a_tick_of_the_page_one_has_left_does_not_arrive():
    first, click = request("train"), request("corpus")
    late, timely = request("train", "tick"), request("corpus", "note")
    assert arriving(first, late, click, late, timely) == [first, late, click, timely]


def test_one_may_go_back():
    back = request("train"), request("train", "tick")
    assert arriving(request("corpus"), *back)[1:] == list(back)


def test_a_page_opened_by_its_address_is_not_known_by_its_hash():
    assert len(arriving(request(), request("train", "tick"))) == 2


def test_all_else_arrives():
    other = BackMsg(app_heartbeat=True).SerializeToString()
    messages = [request("corpus"), other, b"\xff\xff", b"", None]
    assert arriving(*messages) == messages


def test_streamlit_itself_would_go_back_to_the_page_before():
    """Why all this is needed; when it fails, `PageChanges` is no longer."""
    requests = ScriptRequests()
    requests.request_rerun(RerunData(page_script_hash="corpus"))
    requests.request_rerun(RerunData(page_script_hash="train", fragment_id="tick"))
    assert requests.on_scriptrunner_ready().rerun_data.page_script_hash == "train"
