"""The service: its addresses, and how requests wait for one another.

At most `ServiceLimits.composing` requests work at once, each in a thread; a few more wait, the
others are sent away with status 503. What composes longer than it may ends with 504.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

from musicgen.config import Paths
from musicgen.errors import (
    AudioError,
    ConfigError,
    CorpusError,
    EngravingError,
    MusicgenError,
    SetupError,
)
from musicgen.json_reading import JsonError
from musicgen.machine import resident_bytes
from musicgen.models.checkpoint import DEFAULT_CHECKPOINT
from musicgen.rendering.files.formats import FORMATS
from musicgen.serving.answers import error_answer, json_answer
from musicgen.serving.guard import TOO_LARGE, BodyTooLarge, ServiceGuard
from musicgen.serving.metrics import ServiceMetrics
from musicgen.serving.models import ServedModels
from musicgen.serving.openapi import describe_service
from musicgen.serving.orders import ComposeOrder, read_compose_order, read_playback
from musicgen.serving.work import OutOfTime, ServedFile, Workshop

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """How much the service takes on at once, and for how long, in seconds."""

    composing: int = 16
    waiting: int = 48
    seconds: float = 60.0


class Service:
    """The addresses of the service, as Starlette calls them.

    Args:
        paths: Where models and tunes lie.
        model: The model that composes where none is named.
        limits: How much it takes on.
    """

    def __init__(
        self, paths: Paths, model: str = DEFAULT_CHECKPOINT, limits: ServiceLimits | None = None
    ) -> None:
        self.metrics = ServiceMetrics()
        self.models = ServedModels(paths)
        self.model = model
        self._limits = limits or ServiceLimits()
        self._work = Workshop(self.models, self.metrics, self._limits.seconds)
        self._slots = anyio.Semaphore(self._limits.composing)
        self._threads = anyio.CapacityLimiter(self._limits.composing + 2)
        self._waiting = self._busy = 0

    async def compose(self, request: "Request") -> "Response":
        """``POST /v1/compose``."""
        order = read_compose_order(await request.body(), self.model)
        if order.format == "json":
            return json_answer(await self._do(partial(self._work.compose_json, order)))
        if order.format == "text":
            return await self._stream(order)
        return _send(await self._do(partial(self._work.compose_file, order)))

    async def check(self, request: "Request") -> "Response":
        """``POST /v1/check``."""
        body = await request.body()
        return json_answer(await self._do(partial(self._work.check, body)))

    async def render(self, request: "Request") -> "Response":
        """``POST /v1/render``."""
        query, body = request.query_params, await request.body()
        form = query.get("format", "midi")
        if form not in FORMATS:
            raise ConfigError(
                "There is no format {name!r}. Choose from: {known}.",
                name=form[:60],
                known=", ".join(FORMATS),
            )
        playback = read_playback(query)
        return _send(await self._do(partial(self._work.render, body, form, playback)))

    async def novelty(self, request: "Request") -> "Response":
        """``POST /v1/novelty``."""
        body, name = await request.body(), request.query_params.get("model", self.model)
        return json_answer(await self._do(partial(self._work.compare, body, name)))

    async def list_models(self, _request: "Request") -> "Response":
        """``GET /v1/models``."""
        found = await self._do(self.models.describe)
        return json_answer({"default": self.model, "models": found})

    async def health(self, _request: "Request") -> "Response":
        """``GET /health``."""
        return json_answer({"status": "ok", "composing": self._busy, "waiting": self._waiting})

    async def show_metrics(self, _request: "Request") -> "Response":
        """``GET /metrics``."""
        from starlette.responses import Response

        steps, tunes = self.models.count_steps()
        text = self.metrics.render(
            {
                "musicgen_steps_total": steps,
                "musicgen_stepped_tunes_total": tunes,
                "musicgen_composing": self._busy,
                "musicgen_waiting": self._waiting,
                "musicgen_resident_bytes": resident_bytes() or 0,
            }
        )
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def describe(self, _request: "Request") -> "Response":
        """``GET /openapi.json``."""
        return json_answer(describe_service(self.model))

    async def document(self, request: "Request") -> "Response":
        """``GET /``: the same for people."""
        from jinja2 import Environment, select_autoescape
        from starlette.responses import HTMLResponse

        text = Path(__file__).with_name("docs.html").read_text(encoding="utf-8")
        template = Environment(autoescape=select_autoescape(default=True)).from_string(text)
        api = describe_service(self.model)
        return HTMLResponse(template.render(api=api, host=request.url.netloc))

    async def _do(self, work: Callable[[], T]) -> T:
        """Does something in a thread, when it is its turn.

        Raises:
            _Crowded: too many wait.
        """
        async with self._turn():
            return await anyio.to_thread.run_sync(work, limiter=self._threads)

    def _turn(self) -> "_Turn":
        return _Turn(self)

    async def _take_turn(self) -> None:
        limits = self._limits
        if self._busy + self._waiting >= limits.composing + limits.waiting:
            raise _Crowded
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        self._busy += 1

    def _end_turn(self) -> None:
        self._busy -= 1
        self._slots.release()

    async def _stream(self, order: ComposeOrder) -> "Response":
        """The text of one tune as it is written."""
        from starlette.responses import StreamingResponse

        pieces: asyncio.Queue[str | MusicgenError | OutOfTime | None] = asyncio.Queue()
        loop, is_gone = asyncio.get_running_loop(), threading.Event()
        sent = 0

        def put(piece: str | MusicgenError | OutOfTime | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def tell(text: str) -> None:
            nonlocal sent
            if is_gone.is_set():
                raise OutOfTime
            text = text.rstrip("\n")  # of which the end of the tune may be more than is its own
            if len(text) > sent:
                put(text[sent:])
                sent = len(text)

        def work() -> None:
            try:
                (tune,) = self._work.compose(order, tell)
                put(tune.abc[sent:])
            except (MusicgenError, OutOfTime) as error:
                put(error)
            put(None)

        turn = self._turn()
        await turn.__aenter__()
        task = asyncio.ensure_future(anyio.to_thread.run_sync(work, limiter=self._threads))
        first = await pieces.get()
        if isinstance(first, MusicgenError | OutOfTime):
            await task
            await turn.__aexit__()
            raise first

        async def send() -> AsyncIterator[bytes]:
            piece: str | MusicgenError | OutOfTime | None = first
            try:
                while isinstance(piece, str):
                    yield piece.encode("utf-8")
                    piece = await pieces.get()
            finally:
                is_gone.set()
                await task
                await turn.__aexit__()

        return StreamingResponse(send(), media_type="text/plain; charset=utf-8")


class _Crowded(Exception):
    """Too many requests wait."""


class _Turn:
    """The place of a request among those that work."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __aenter__(self) -> None:
        await self._service._take_turn()

    async def __aexit__(self, *_error: object) -> None:
        self._service._end_turn()


def _send(file: ServedFile) -> "Response":
    from starlette.responses import Response

    stem, _, suffix = file.name.rpartition(".")
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in stem)
    name = f"{kept}.{suffix}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(file.data, media_type=file.mime, headers=headers)


def build_app(service: Service, allowed: tuple[str, ...] = ()) -> "ASGIApp":
    """The whole service, guarded.

    Args:
        service: Its addresses.
        allowed: Further names by which it may be called.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/v1/compose": service.compose,
        "/v1/check": service.check,
        "/v1/render": service.render,
        "/v1/novelty": service.novelty,
    }
    gets: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/": service.document,
        "/openapi.json": service.describe,
        "/v1/models": service.list_models,
        "/health": service.health,
        "/metrics": service.show_metrics,
    }
    routes = [Route(path, call, methods=["POST"]) for path, call in posts.items()]
    routes += [Route(path, call, methods=["GET"]) for path, call in gets.items()]
    app = Starlette(routes=routes, exception_handlers=_handlers())
    return ServiceGuard(app, service.metrics, {*posts, *gets}, allowed)


_UNAVAILABLE = (CorpusError, SetupError)
"""What is missing on this machine, and none of the sender's fault."""


def _handlers() -> dict[Any, Any]:
    from starlette.exceptions import HTTPException

    async def tell(_request: "Request", error: Exception) -> "Response":
        return answer_for(error)

    known = (MusicgenError, JsonError, BodyTooLarge, OutOfTime, _Crowded)
    handlers: dict[Any, Any] = dict.fromkeys(known, tell)

    async def tell_http(_request: "Request", error: Exception) -> "Response":
        status = error.status_code if isinstance(error, HTTPException) else 500
        sentences = {
            404: "There is nothing at this address. What there is: /openapi.json",
            405: "This address is asked in another way (GET or POST): see /openapi.json",
        }
        return error_answer(status, sentences.get(status, "This request cannot be served."))

    handlers[HTTPException] = tell_http
    return handlers


def answer_for(error: Exception) -> "Response":
    """Status and sentence for what may go wrong."""
    if isinstance(error, JsonError):
        return error_answer(400, f"The body is not JSON that can be read: {error}.")
    if isinstance(error, BodyTooLarge):
        return error_answer(413, TOO_LARGE)
    if isinstance(error, OutOfTime):
        return error_answer(504, "Composing took too long. Ask for fewer tunes at once.")
    if isinstance(error, _Crowded):
        return error_answer(503, "Too many ask at once. Try again in a moment.")
    if isinstance(error, _UNAVAILABLE) or (
        isinstance(error, AudioError | EngravingError) and "here" in str(error)
    ):
        return error_answer(501, str(error))
    return error_answer(422, str(error))
