"""``python -m bench.memory --tunes 30 --reloads 100``: what visits leave in the server's memory.

A client that speaks as a browser does (the websocket of Streamlit, and each sound fetched once)
composes tunes, one after the other, in one visit, then loads the page again and again, each time
with another tune, and then leaves. Prints the resident memory as it goes, in MiB: first of a server
that nobody has visited, then after the first tune, which loads torch, the model and the
synthesiser.
"""

import argparse
import contextlib
import os
import time
import urllib.request

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from bench.browsing import Server, serving

MIB = 2**20
PATIENCE_S = 300
AFTERWARDS_S = (0, 15, 30, 60, 120)
"""How long after the last visitor left the memory is looked at."""

_SOCKET = "/_stcore/stream"
_MAX_MESSAGE = 200 * MIB
_MEDIA = ("audio", "video")


class Visitor:
    """One page that is open: a session of the server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        address = server.address.replace("http", "ws", 1) + _SOCKET
        self._open = contextlib.ExitStack()
        self._socket: ClientConnection = self._open.enter_context(
            connect(
                address, subprotocols=["streamlit"], max_size=_MAX_MESSAGE, origin=server.address
            )
        )

    def open(self, query: str) -> int:
        """Runs Play for an address; returns how many bytes of sound came with it."""
        message = BackMsg()
        message.rerun_script.query_string = query
        self._socket.send(message.SerializeToString())
        sounds: list[str] = []
        while True:
            data = self._socket.recv(timeout=PATIENCE_S)
            answer = ForwardMsg()
            answer.ParseFromString(data if isinstance(data, bytes) else data.encode())
            element = answer.delta.new_element
            if answer.WhichOneof("type") == "delta" and element.WhichOneof("type") in _MEDIA:
                sounds.append(getattr(element, element.WhichOneof("type")).url)
            if answer.WhichOneof("type") == "script_finished":
                return sum(map(self._fetch, dict.fromkeys(sounds)))

    def _fetch(self, path: str) -> int:
        with urllib.request.urlopen(self._server.address + path) as answer:  # noqa: S310 - our own
            return len(answer.read())

    def leave(self) -> None:
        """Closes the page."""
        self._open.close()


def main() -> None:
    """Visits, and prints what they leave."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--tunes", type=int, default=30)
    parser.add_argument("--model", default="house")
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with serving() as server:
        process = psutil.Process(server.pid)
        peak, begun = 0.0, time.monotonic()

        def look(what: str) -> None:
            nonlocal peak
            resident = process.memory_info().rss / MIB
            peak = max(peak, resident)
            print(f"{time.monotonic() - begun:5.0f} s  {what:<44} {resident:7.0f} MiB", flush=True)

        def address(seed: int) -> str:
            return f"model={asked.model}&temperature=0.8&seed={seed}"

        look("nobody has come yet")
        visitor = Visitor(server)
        size = visitor.open(address(1))
        look(f"the first tune ({size / MIB:.1f} MiB of sound fetched)")
        for number in range(2, asked.tunes + 1):
            visitor.open(address(number))
            if number % 10 == 0:
                look(f"{number} tunes composed")
        for number in range(1, asked.reloads + 1):
            visitor.leave()
            visitor = Visitor(server)
            visitor.open(address(asked.tunes + number))
            if number % 20 == 0:
                look(f"{number} times reloaded")
        visitor.leave()
        start = time.monotonic()
        for after_s in AFTERWARDS_S:
            time.sleep(max(0.0, after_s - (time.monotonic() - start)))
            look(f"{after_s} s after the last one left")
        print(f"         {'the most of these':<44} {peak:7.0f} MiB")


if __name__ == "__main__":
    main()
