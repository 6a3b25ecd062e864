"""What every request passes first: is it meant for this server, is it small enough, and its answer.

The service has no login: it trusts whoever reaches it. So it answers only to its own names (no
site can point its name here: DNS rebinding), and not to pages of other sites.
"""

import ipaddress
import socket
import time
from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from musicgen.serving.answers import error_answer
from musicgen.serving.metrics import ServiceMetrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_HEADER_BYTES = 300
MAX_BODY_BYTES = 400_000

_OWN_NAMES = ("localhost", ".localhost")
_REFUSED, _TOO_LARGE = 403, 413


def is_known_host(host: str, allowed: Collection[str] = ()) -> bool:
    """Whether a ``Host`` header names this server: localhost, an address, its own or a given name.

    Args:
        host: The header.
        allowed: Further names.
    """
    name = _name_of(host)
    if not name:
        return False
    own = socket.gethostname().lower().rstrip(".")
    if name in {own, own.partition(".")[0], *(one.lower() for one in allowed)} or _is_address(name):
        return True
    return any(name == one or (one[0] == "." and name.endswith(one)) for one in _OWN_NAMES)


def _name_of(host: str) -> str:
    """The name in a ``Host`` header, in lower case; empty if it is no such header."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - raises where it is no port
    except ValueError:
        return ""
    is_bare = parts.netloc == host and "@" not in host
    return (parts.hostname or "").rstrip(".") if is_bare else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


class ServiceGuard:
    """ASGI middleware around the whole service.

    Args:
        app: What is guarded.
        metrics: Counts each answer.
        paths: The service's own paths.
        allowed: Further names of this server.
    """

    def __init__(
        self,
        app: "ASGIApp",
        metrics: ServiceMetrics,
        paths: Collection[str],
        allowed: Collection[str] = (),
    ) -> None:
        self._app, self._metrics = app, metrics
        self._paths, self._allowed = frozenset(paths), tuple(allowed)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serves a request, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, path = time.perf_counter(), str(scope.get("path", ""))
        status = 500

        async def note(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_SAFETY]
            await send(message)

        try:
            refusal = self._find_refusal(scope)
            if refusal:
                await error_answer(*refusal)(scope, receive, note)
            else:
                await self._app(scope, _bounded(receive), note)
        finally:
            shown = path if path in self._paths else "other"
            self._metrics.add_request(shown, status, time.perf_counter() - start)

    def _find_refusal(self, scope: "Scope") -> tuple[int, str] | None:
        """Status and sentence for a request that is not served; None for others."""
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        hosts = [value for name, value in headers if name == b"host"]
        host = hosts[0][: MAX_HEADER_BYTES + 1] if len(hosts) == 1 else ""
        if len(host) > MAX_HEADER_BYTES or not is_known_host(host, self._allowed):
            return _REFUSED, (
                "This address is not known to be this server's. Use localhost, its IP address or "
                "its own name, or start it with: --allow-host NAME"
            )
        for origin in (value for name, value in headers if name == b"origin"):
            if urlsplit(origin[:MAX_HEADER_BYTES]).netloc != host:
                return _REFUSED, "This request was made by a page of another site."
        lengths = [value for name, value in headers if name == b"content-length"]
        if any(not one.isdigit() or int(one[:20]) > MAX_BODY_BYTES for one in lengths):
            return _TOO_LARGE, TOO_LARGE
        return None


TOO_LARGE = f"The body is larger than {MAX_BODY_BYTES:,} bytes. Send less at once."

_SAFETY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)


class BodyTooLarge(Exception):
    """A body that says nothing of its length is larger than is read."""


def _bounded(receive: "Receive") -> "Receive":
    """Stops reading where a body gets too large, whatever its header says."""
    total = 0

    async def read() -> "Message":
        nonlocal total
        message = await receive()
        if message["type"] == "http.request":
            total += len(message.get("body", b""))
            if total > MAX_BODY_BYTES:
                raise BodyTooLarge
        return message

    return read
