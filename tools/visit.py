"""Opens a page of a running app as a browser does, and prints its title.

Usage: python tools/visit.py ADDRESS, where ADDRESS is like http://localhost:8501

The address is fetched first, then the connection is opened that a browser opens from there, and a
run of the page is asked for. Exit status 1 if no title comes within a minute.
"""

import sys
import urllib.request

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

TIMEOUT_S = 60


def fetch_title(address: str) -> str:
    """The title that the page at an address gives itself; empty if the app ends without one."""
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as response:  # noqa: S310 - http
        response.read()
    stream = address.replace("http", "ws", 1).rstrip("/") + "/_stcore/stream"
    with connect(stream, max_size=None, subprotocols=["streamlit"]) as connection:
        request = BackMsg()
        request.rerun_script.query_string = ""
        connection.send(request.SerializeToString())
        return _first_title(connection)


def _first_title(connection: ClientConnection) -> str:
    while True:
        answer = connection.recv(timeout=TIMEOUT_S)
        message = ForwardMsg.FromString(answer if isinstance(answer, bytes) else answer.encode())
        title = message.page_config_changed.title
        if title or message.WhichOneof("type") == "script_finished":
            return title


if __name__ == "__main__":
    try:
        found = fetch_title(sys.argv[1])
    except (OSError, TimeoutError, WebSocketException) as error:
        sys.exit(f"The page could not be opened: {error}")
    print(found)
    sys.exit(0 if found else 1)
