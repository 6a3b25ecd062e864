"""A page that was asked for stays asked for, whatever the page before still has to say.

The frontend names with every request the page that it shows. What ticks on the page one leaves may
send one more request after the click on another, while the server has not yet answered that click.
Streamlit joins the two into one request and takes the page of the later one: the click is lost, and
the old page comes back. Where the new page is drawn already, the old page's fragment clears it, and
its parts have no place ("Bad delta path index").
"""

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class PageChanges:
    """ASGI middleware that lets requests of a page's part pass only while that page is asked for.

    It goes by the requests of a browser alone: pages change by links, never by `st.switch_page`.

    Args:
        app: What is served behind it.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serves a request; of a websocket's, the late ones never arrive."""
        if scope["type"] == "websocket":
            receive = _without_late_requests(receive)
        await self._app(scope, receive, send)


def _without_late_requests(receive: "Receive") -> "Receive":
    asked_for = ""

    async def receive_next() -> "Message":
        nonlocal asked_for
        while True:
            message = await receive()
            asked_for, is_late = after_request(asked_for, message.get("bytes") or b"")
            if not is_late:
                return message

    return receive_next


def after_request(asked_for: str, request: bytes) -> tuple[str, bool]:
    """The page asked for after a request, and whether the request comes from a page left before.

    Args:
        asked_for: Hash of the page that was asked for last; empty where that is not known.
        request: A message of the browser (`BackMsg`). One of another kind changes nothing.
    """
    message = BackMsg()
    try:
        message.ParseFromString(request)
    except DecodeError:
        return asked_for, False
    if not message.HasField("rerun_script"):
        return asked_for, False
    page = message.rerun_script.page_script_hash
    if not message.rerun_script.fragment_id:
        return page, False
    return asked_for, bool(asked_for and page and page != asked_for)
