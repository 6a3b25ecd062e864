"""Notes how long people wait, and answers ``/metrics`` (`musicgen.watching`)."""

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from musicgen.ui.base import resources
from musicgen.watching import write_metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/metrics"


@contextlib.contextmanager
def noting(kind: str, model: str, page: str) -> Iterator[None]:
    """Notes how long a block took, unless it failed.

    Args:
        kind: One of `watching.COMPOSE`, `RENDER` and `SOUND`.
        model: Who composed.
        page: The page's English name.
    """
    started = time.monotonic()
    yield
    resources.watch().note(kind, time.monotonic() - started, model, page)


class MetricsEndpoint:
    """ASGI middleware that answers ``/metrics`` where waits are kept.

    Args:
        app: What is served behind it.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serves a request."""
        watch = resources.watch()
        if scope["type"] != "http" or scope["path"] != PATH or not watch.is_on:
            await self._app(scope, receive, send)
            return
        registries = resources.registries().values()
        working = sum(not job.is_over for one in registries for job in one.jobs())
        body = write_metrics(watch.waits(), working).encode("utf-8")
        headers = [
            (b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
