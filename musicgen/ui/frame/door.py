"""The door of a class: nothing of the pages is served, by HTTP or websocket, before one signs in.

Name and code are asked for by a plain form, so that no script of a page runs for strangers, and the
sign that one is signed in is a cookie which no script can read (``HttpOnly``), which pages of other
sites cannot send along with a form (``SameSite=Lax``), and which goes when the browser is closed.

Where the school's own login is set up (OpenID Connect, by Streamlit), the pages themselves must be
reached to start it; then they ask who is there (`signed_in`), and the door is left ajar.
"""

import asyncio
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from musicgen.errors import MusicgenError
from musicgen.ui.base import membership
from musicgen.ui.base.errors import sentence_in
from musicgen.ui.base.language import LANGUAGE_TAGS, LANGUAGES, N_, language_of, translations
from musicgen.ui.frame.signed_in import SIGN_IN, SIGN_OUT, path_of
from musicgen.ui.frame.web_fonts import FOLDER, font_addresses

if TYPE_CHECKING:
    from jinja2 import Template
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 4_000
"""Bytes of a form."""

_HEALTH = "_stcore/health"
_METRICS = "metrics"
_UPLOADS = "_stcore/upload_file/"
_MEGABYTE = 1_000_000
_FORM_BYTES = 10_000  # what a form adds to the file in it
_REFUSED = 1008  # policy violation (RFC 6455, section 7.4.1)
_SEE_OTHER, _BAD, _UNSIGNED, _TOO_LARGE = 303, 400, 401, 413
_FOREIGN = frozenset({"cross-site", "same-site"})
_WORDS = {
    "sign_in": N_("Sign in"),
    "hint": N_("With the name and the code that your teacher gave you."),
    "name": N_("Your name"),
    "code": N_("Code"),
    "school": N_("Sign in with your school account"),
    "no_class": N_("No class has been made on this server yet."),
}


class Door:
    """ASGI middleware that lets in who is signed in, and asks the others to.

    Args:
        app: What is behind it.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serves a request, or asks for name and code."""
        if scope["type"] not in ("http", "websocket") or not membership.is_class():
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] == path_of(SIGN_IN):
            await _sign_in(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == path_of(SIGN_OUT):
            await _sign_out(scope, send)
        elif not _may_enter(scope):
            await _turn_away(scope, receive, send)
        elif _is_too_large(scope):
            await _answer(send, _TOO_LARGE, "This file is larger than the class allows.")
        else:
            await self._app(scope, receive, send)


def _may_enter(scope: "Scope") -> bool:
    is_font = scope["path"].startswith(path_of(FOLDER))  # which the form itself is written in
    if is_font or scope["path"] == path_of(_HEALTH) or membership.has_school_login():
        return True
    if scope["path"] == path_of(_METRICS):
        return _is_this_machine(scope) or _is_teacher(scope)
    return membership.sign_ins().member_of(_sign(scope)) is not None


def _is_this_machine(scope: "Scope") -> bool:
    """Whether a program here asks, and no proxy for somebody else."""
    address = (scope.get("client") or ("", 0))[0]
    proxied = any(_header(scope, name) for name in ("x-forwarded-for", "x-real-ip", "forwarded"))
    return address in ("127.0.0.1", "::1") and not proxied


def _is_teacher(scope: "Scope") -> bool:
    found = membership.sign_ins().member_of(_sign(scope))
    return found is not None and found.is_teacher


def _is_too_large(scope: "Scope") -> bool:
    """Whether an upload is larger than the class allows, by what it says of itself."""
    if scope["type"] != "http" or not scope["path"].startswith(path_of(_UPLOADS)):
        return False
    found = membership.sign_ins().member_of(_sign(scope))
    if found and found.is_teacher:
        return False
    most = membership.class_store().read().limits.upload_mb * _MEGABYTE + _FORM_BYTES
    size = _header(scope, "content-length")
    return scope["method"] in ("PUT", "POST") and not (size.isdigit() and int(size) <= most)


async def _turn_away(scope: "Scope", receive: "Receive", send: "Send") -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _REFUSED})
    elif scope["method"] == "GET" and "text/html" in _header(scope, "accept"):
        query = scope["query_string"].decode("latin-1")
        wanted = quote(f"{scope['path']}?{query}" if query else scope["path"], safe="/")
        await _redirect(send, f"{path_of(SIGN_IN)}?next={wanted}")
    else:
        await _answer(send, _UNSIGNED, "Sign in first.")


async def _sign_in(scope: "Scope", receive: "Receive", send: "Send") -> None:
    asked = {name: values[0] for name, values in _parse(scope["query_string"]).items()}
    language = asked.get("lang", "")
    if language not in LANGUAGES:
        language = language_of(_header(scope, "accept-language").partition(",")[0].strip())
    form = {"next": asked.get("next", ""), "name": "", "error": ""}
    if scope["method"] == "POST":
        sent = await _read_form(receive)
        form |= {name: sent.get(name, "")[:1_000] for name in ("next", "name")}
        address = str((scope.get("client") or ("",))[0])
        try:
            sign = await asyncio.to_thread(
                membership.sign_ins().sign_in, form["name"], sent.get("code", ""), address
            )
        except MusicgenError as error:
            form["error"] = sentence_in(error, language)
        else:
            await _redirect(send, _own_path(form["next"]), _cookie(scope, sign))
            return
    status = _UNSIGNED if form["error"] else 200
    await _answer(send, status, _write_form(form, language), "text/html")


async def _sign_out(scope: "Scope", send: "Send") -> None:
    if _header(scope, "sec-fetch-site") in _FOREIGN:  # a picture on a page of another site
        await _answer(send, _BAD, "Sign out on a page of this server.")
        return
    membership.sign_ins().sign_out(_sign(scope))
    query = scope["query_string"].decode("latin-1")
    ending = f"?{query}" if query in {f"lang={language}" for language in LANGUAGES} else ""
    await _redirect(send, path_of(SIGN_IN) + ending, _cookie(scope, ""))


def _write_form(form: dict[str, str], language: str) -> str:
    catalogue = translations(language)
    words = {name: catalogue.gettext(text) for name, text in _WORDS.items()}
    return _template().render(
        words=words,
        language=LANGUAGE_TAGS[language],
        others=[(code, name) for code, name in LANGUAGES.items() if code != language],
        room=membership.class_store().read().name if membership.class_store().exists else "",
        action=path_of(SIGN_IN),
        fonts=[path_of(one) for one in font_addresses()],
        school=path_of("") if membership.has_school_login() else "",
        **form,
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    source = (Path(__file__).parent / "sign_in.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)


def _own_path(wanted: str) -> str:
    """Where one wanted to go, if that is a page of this server; else its first page."""
    is_own = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    is_plain = wanted.isascii() and wanted.isprintable() and not wanted.startswith(path_of("sign-"))
    return wanted if is_own and is_plain else path_of("")


def _cookie(scope: "Scope", sign: str) -> bytes:
    forwarded = _header(scope, "x-forwarded-proto").partition(",")[0].strip()
    is_secure = "https" in (scope.get("scheme"), forwarded)
    parts = [f"{membership.COOKIE}={sign}", f"Path={path_of('')}", "HttpOnly", "SameSite=Lax"]
    parts += ["Secure"] if is_secure else []
    parts += [] if sign else ["Max-Age=0"]
    return "; ".join(parts).encode("latin-1")


def _sign(scope: "Scope") -> str:
    for part in _header(scope, "cookie").split(";"):
        name, _equals, value = part.strip().partition("=")
        if name == membership.COOKIE:
            return value
    return ""


def _header(scope: "Scope", wanted: str) -> str:
    found = [value for name, value in scope["headers"] if name == wanted.encode()]
    return found[0].decode("latin-1") if len(found) == 1 else ""


def _parse(query: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(query.decode("ascii"), max_num_fields=20)
    except ValueError:
        return {}


async def _read_form(receive: "Receive") -> dict[str, str]:
    """The fields of a form that was sent; nothing of one that is too large."""
    data = b""
    while True:
        message: Message = await receive()
        data += message.get("body", b"")
        if message["type"] == "http.disconnect" or len(data) > MAX_BODY:
            return {}
        if not message.get("more_body"):
            return {name: values[0] for name, values in _parse(data).items()}


async def _redirect(send: "Send", where: str, cookie: bytes = b"") -> None:
    headers = [(b"location", where.encode("latin-1")), (b"cache-control", b"no-store")]
    headers += [(b"set-cookie", cookie)] if cookie else []
    await _send(send, _SEE_OTHER, headers, b"")


async def _answer(send: "Send", status: int, text: str, kind: str = "text/plain") -> None:
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
    ]
    await _send(send, status, headers, text.encode())


async def _send(send: "Send", status: int, headers: list[Any], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
