"""What every request must pass before it reaches the pages, and what every answer says of itself.

Unless it serves a class (`door`), the server has no login: it trusts whoever reaches it. So it must
not be reached through the browser of somebody who looks at another site meanwhile. Two checks see
to that, for HTTP and websockets:

- The ``Host`` of a request is a name of this server. A site whose name was pointed at this machine
  (DNS rebinding) sends its own name.
- The ``Origin``, where a browser sends one, is this server itself.

The answers forbid the browser to load anything from elsewhere (Content Security Policy, level 3),
to be shown in a frame of another site, and to guess types.
"""

import base64
import hashlib
import ipaddress
import re
import socket
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import streamlit
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from musicgen.ui.frame.door import Door
from musicgen.ui.frame.page_changes import PageChanges
from musicgen.ui.frame.waits import MetricsEndpoint

if TYPE_CHECKING:
    from starlette.middleware import Middleware
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS_KNOWN = ("localhost", ".localhost", ".streamlit.app")
"""Names that no stranger can point at a machine; with a dot in front, all names below them."""

MAX_HEADER_BYTES = 300
"""Of a ``Host`` or ``Origin`` that is looked at."""

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_WEBSOCKET_REFUSED = 1008  # policy violation (RFC 6455, section 7.4.1)
_HTTP_REFUSED = 403


class Gatekeeper:
    """ASGI middleware that refuses requests made for other sites, and adds the headers of safety.

    Args:
        app: What is guarded.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serves a request, or refuses it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host, origins = _read(scope)
        reason = refusal(host, origins)
        if reason and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _WEBSOCKET_REFUSED})
        elif reason:
            await _refuse(send, reason)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send, host))


def refusal(host: str, origins: Iterable[str] = ()) -> str:
    """Why a request is refused, in a sentence; empty if it is not.

    Args:
        host: Its ``Host`` header; empty for none.
        origins: Its ``Origin`` headers.
    """
    if not config.get_option("server.enableCORS"):  # whoever serves it wants no such checks
        return ""
    if not is_known_host(host):
        return (
            "This address is not known to be this server's. Open it as localhost, by its IP "
            "address or its own name, or start it with: --server.allowedHosts NAME"
        )
    if any(not _is_own_origin(origin, host) for origin in origins):
        return (
            "This request was made by a page of another site. If the site is yours, start the "
            "server with: --server.corsAllowedOrigins ORIGIN"
        )
    return ""


def is_known_host(host: str) -> bool:
    """Whether a ``Host`` header names this server.

    Where ``server.allowedHosts`` is set, it alone decides. Else every IP address is known, for no
    stranger can point one elsewhere, and so are the names of this machine.
    """
    if config.get_option("server.allowedHosts"):
        return is_host_allowed(host)
    name = _host_name(host)
    if not name:
        return False
    if _is_address(name) or name in _names_of_machine():
        return True
    return any(
        name.endswith(known) if known.startswith(".") else name == known for known in ALWAYS_KNOWN
    )


def _host_name(host: str) -> str:
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


@cache
def _names_of_machine() -> frozenset[str]:
    """What this machine calls itself, alone and in the local network (multicast DNS, RFC 6762)."""
    own = socket.gethostname().lower().rstrip(".")
    short = own.partition(".")[0]
    served = config.get_option("server.address") or ""
    shown = config.get_option("browser.serverAddress") or ""
    found = {own, short, f"{short}.local", str(served).lower(), str(shown).lower()}
    return frozenset(found - {"", ".local"})


def _is_own_origin(origin: str, host: str) -> bool:
    if origin in config.get_option("server.corsAllowedOrigins"):
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _read(scope: "Scope") -> tuple[str, list[str]]:
    """The ``Host`` and the ``Origin`` headers; what is not once there or too long is no host."""
    found: dict[bytes, list[str]] = {b"host": [], b"origin": []}
    for name, value in scope["headers"]:
        if name in found:
            found[name].append(value[: MAX_HEADER_BYTES + 1].decode("latin-1"))
    hosts = found[b"host"]
    is_single = len(hosts) == 1 and len(hosts[0]) <= MAX_HEADER_BYTES
    return hosts[0] if is_single else "", found[b"origin"]


async def _refuse(send: "Send", reason: str) -> None:
    body = reason.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *_COMMON,
    ]
    await send({"type": "http.response.start", "status": _HTTP_REFUSED, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_COMMON = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def _with_headers(send: "Send", host: str) -> "Send":
    policy = content_policy(host).encode("latin-1")
    added = [*_COMMON, (b"content-security-policy", policy)]
    names = {name for name, _value in added}

    async def send_with_headers(message: "Message") -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return send_with_headers


def content_policy(host: str) -> str:
    """What a page may load, for pages that came from that host: all of it from there alone.

    Components of a page are scripts that Streamlit imports from a ``blob:``, its chart libraries
    compile what they draw (``unsafe-eval``), and the styles that its frontend writes stand in the
    page; so all three must be allowed. A script that stands in the page is not, and none of another
    server.
    """
    is_plain = re.fullmatch(r"[\w.:\[\]-]+", host, re.ASCII)  # nothing that would end a directive
    sockets = f" ws://{host} wss://{host}" if is_plain else ""  # older browsers do not take 'self'
    scripts = " ".join(f"'sha256-{digest}'" for digest in _script_digests())
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: 'unsafe-eval' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' data: blob:{sockets}",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


@cache
def _script_digests() -> tuple[str, ...]:
    """Of the scripts that stand in the page of the installed Streamlit."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = _INLINE_SCRIPT.findall(page.read_bytes()) if page.is_file() else []
    return tuple(base64.b64encode(hashlib.sha256(one).digest()).decode() for one in scripts)


def guards() -> "list[Middleware]":
    """The middleware of the app, for `streamlit.App`."""
    from starlette.middleware import Middleware

    gatekeeper: Any = Gatekeeper
    door: Any = Door
    page_changes: Any = PageChanges
    metrics: Any = MetricsEndpoint
    return [
        Middleware(gatekeeper),
        Middleware(door),
        Middleware(metrics),
        Middleware(page_changes),
    ]
