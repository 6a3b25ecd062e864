"""Calls a service as a server would, without a socket."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: list[bytes] = field(default_factory=list)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: Any,
    method: str,
    address: str,
    body: bytes | dict[str, Any] = b"",
    headers: Sequence[tuple[str, str]] = (("host", "localhost"),),
) -> Answer:
    """One request; a dictionary is sent as JSON."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    path, _, query = address.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "scheme": "http",
        "root_path": "", "server": ("localhost", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }  # fmt: skip
    answer, is_sent = Answer(), False

    async def receive() -> dict[str, Any]:
        nonlocal is_sent
        if is_sent:
            await asyncio.sleep(3600)
        is_sent = True
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            piece = message.get("body", b"")
            answer.pieces += [piece] if piece else []
            answer.body += piece

    await app(scope, receive, send)
    return answer


def call(app: Any, *request: Any, **more: Any) -> Answer:
    return asyncio.run(ask(app, *request, **more))


def call_together(app: Any, *requests: Sequence[Any]) -> list[Answer]:
    async def run() -> list[Answer]:
        return await asyncio.gather(*(ask(app, *one) for one in requests))

    return asyncio.run(run())
