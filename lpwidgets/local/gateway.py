"""A local DeepInfra: its routes, answered by the embedded engine.

Every model name means the embedded model, so that a program written for DeepInfra runs
with another host and nothing else; the answer's ``model`` tells which one it was.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from lpwidgets.local.native import NativeAnswer
from lpwidgets.local.parameters import Refusal, invalid
from lpwidgets.local.shapes import ChatAnswer, CompletionAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from starlette.types import Receive, Scope, Send

    from lpwidgets.local.backend import Backend
    from lpwidgets.local.shapes import Answer

PING_SECONDS = 15.0
MAX_BODY_BYTES = 16 * 2**20
_GONE = 499
_log = logging.getLogger(__name__)


class Gateway:
    """Answers requests in DeepInfra's shapes.

    Parameters
    ----------
    backend
        What computes.
    token
        The only bearer token to accept; empty for any or none.
    """

    def __init__(self, backend: Backend, token: str = "") -> None:
        self._backend = backend
        self._token = token.encode()

    def app(self) -> Starlette:
        """Return the application for an ASGI server."""
        routes = [
            Route(f"{root}/{path}", endpoint, methods=[method])
            for root in ("/v1/openai", "/v1")
            for path, endpoint, method in (
                ("models", self._models, "GET"),
                ("chat/completions", self._chat, "POST"),
                ("completions", self._completion, "POST"),
            )
        ]
        routes.append(
            Route("/v1/inference/{model:path}", self._native, methods=["POST"])
        )
        handlers = {Refusal: _refused, HTTPException: _no_route, Exception: _failed}
        app = Starlette(
            routes=routes,
            exception_handlers=handlers,  # type: ignore[arg-type]
            lifespan=self._lifespan,
        )
        app.router.redirect_slashes = False
        return app

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self._backend.close()

    async def _models(self, request: Request) -> Response:
        self._admit(request)
        name = self._backend.model
        model = {"id": name, "object": "model", "created": 0, "owned_by": "lpwidgets"}
        data = [model | {"root": name, "parent": None}]
        return JSONResponse({"object": "list", "data": data})

    async def _chat(self, request: Request) -> Response:
        return await self._answer(request, ChatAnswer)

    async def _completion(self, request: Request) -> Response:
        return await self._answer(request, CompletionAnswer)

    async def _native(self, request: Request) -> Response:
        if not request.path_params["model"].strip("/"):
            said = "Model not found"
            raise Refusal(404, said, body={"error": said})
        return await self._answer(request, NativeAnswer)

    async def _answer(self, request: Request, kind: type[Answer]) -> Response:
        self._admit(request)
        answer = kind(await _body(request))
        if not answer.stream:
            return JSONResponse(
                await _unless_gone(request, self._backend.whole(answer))
            )
        stream = _Stream(answer, self._backend)
        try:
            await _unless_gone(request, stream.begin())
        except BaseException:
            stream.close()
            raise
        return _StreamResponse(stream)

    def _admit(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = secrets.compare_digest(given.strip().encode(), self._token)
        if self._token and not (known and scheme.lower() == "bearer"):
            said = "Invalid or missing token"
            raise Refusal(401, said, body={"detail": {"error": said}})


class _Stream:
    """The events of one answer, computed whether or not somebody reads them yet."""

    def __init__(self, answer: Answer, backend: Backend) -> None:
        self._answer = answer
        self._queue: asyncio.Queue[dict[str, Any] | Refusal | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(backend))
        self._first: list[dict[str, Any] | None] = []

    async def begin(self) -> None:
        """Wait for the first event, though not for long; raise an early refusal."""
        try:
            async with asyncio.timeout(PING_SECONDS):
                first = await self._queue.get()
        except TimeoutError:
            return
        if isinstance(first, Refusal):
            raise first
        self._first.append(first)

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield server-sent events, and comments while there are none."""
        while True:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    event = (
                        self._first.pop() if self._first else await self._queue.get()
                    )
            except TimeoutError:
                yield f": ping - {datetime.now(UTC)}\r\n\r\n".encode()
                continue
            if isinstance(event, Refusal):
                yield _line(json.dumps(self._answer.failure(event)))
                return
            if event is None:
                yield _line("[DONE]")
                return
            yield _line(json.dumps(event, ensure_ascii=False))

    def close(self) -> None:
        """Stop computing, if it has not ended."""
        self._task.cancel()

    async def _run(self, backend: Backend) -> None:
        try:
            async with aclosing(backend.events(self._answer)) as events:
                async for event in events:
                    self._queue.put_nowait(event)
            self._queue.put_nowait(None)
        except Refusal as refusal:
            self._queue.put_nowait(refusal)
        except Exception:  # noqa: BLE001 - whatever it is, the client hears of it
            _log.exception("an answer failed")
            self._queue.put_nowait(Refusal(500, "Internal error", "internal_error"))


class _StreamResponse(StreamingResponse):
    def __init__(self, stream: _Stream) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(stream.lines(), 200, headers, "text/event-stream")
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.close()


def _line(data: str) -> bytes:
    return f"data: {data}\r\n\r\n".encode()


async def _body(request: Request) -> dict[str, Any]:
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_BODY_BYTES:
                raise Refusal(413, f"The body has more than {MAX_BODY_BYTES:,} bytes")
        body = json.loads(bytes(data))
    except ClientDisconnect:
        raise Refusal(_GONE, "The client has gone") from None
    except (ValueError, RecursionError):
        raise invalid("", "JSON decode error", "json_invalid") from None
    if not isinstance(body, dict):
        raise invalid("", "Input should be a valid dictionary", "dict_type")
    return body


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Any]) -> Any:
    """Return what the work returns; end it when the client hangs up."""
    task, gone = asyncio.create_task(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Refusal(_GONE, "The client has gone")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _refused(_: Request, refusal: Refusal) -> Response:
    return JSONResponse(refusal.body, refusal.status)


async def _no_route(_: Request, error: HTTPException) -> Response:
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _failed(_: Request, error: Exception) -> Response:
    _log.error("a request failed", exc_info=error)
    return JSONResponse(Refusal(500, "Internal error", "internal_error").body, 500)
