"""The engine as the gateway uses it: in turn, and started again when it died."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

from lpwidgets.errors import EngineError, WireError
from lpwidgets.local.engine import acquire
from lpwidgets.local.model import OPTIONS
from lpwidgets.local.parameters import Refusal
from lpwidgets.wire.framing import SSEDecoder

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from lpwidgets.local.engine import Lease
    from lpwidgets.local.shapes import Answer

MAX_WAITING = 64
_OVERFLOW = "exceed_context_size_error"


class Backend:
    """Asks the engine for as many at once as it has slots; the others wait.

    Parameters
    ----------
    lease
        The hold on the running engine.
    path
        The model's file, None for the packaged one: what to start again.
    """

    def __init__(self, lease: Lease, path: str | None = None) -> None:
        self._lease, self._path = lease, path
        self._starting = asyncio.Lock()
        self._slots = asyncio.Semaphore(OPTIONS["n_parallel"])
        self._waiting = 0
        patience = httpx.Timeout(None, connect=5)
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(timeout=patience, limits=limits, trust_env=False)

    @property
    def model(self) -> str:
        """The name of the model that answers."""
        return self._lease.model

    async def whole(self, answer: Answer) -> dict[str, Any]:
        """Return the answer in one piece."""
        bodies = []
        async with self._slot(fail_fast=answer.fail_fast):
            for order in answer.orders():
                async with self._asked(answer.path, order) as response:
                    bodies.append(json.loads(await response.aread()))
        return answer.whole(bodies)

    async def events(self, answer: Answer) -> AsyncGenerator[dict[str, Any]]:
        """Yield the answer's events."""
        decoder, (order,) = SSEDecoder(), answer.orders()
        async with (
            self._slot(fail_fast=answer.fail_fast),
            self._asked(answer.path, order) as response,
        ):
            async for chunk in response.aiter_bytes():
                for event in decoder.feed(chunk):
                    if event.data != b"[DONE]":
                        for shaped in answer.events(_sound(event.data)):
                            yield shaped
            for shaped in answer.end():
                yield shaped

    async def close(self) -> None:
        """Let the engine go."""
        await self._http.aclose()
        self._lease.release()

    @asynccontextmanager
    async def _asked(
        self, path: str, order: dict[str, Any]
    ) -> AsyncIterator[httpx.Response]:
        """Hold the engine's response; leaving ends the engine's work on it."""
        # ASCII, since a text may have half a surrogate pair, which UTF-8 cannot write.
        content = json.dumps(order).encode("ascii")
        url = f"{await self._base_url()}{path}"
        try:
            async with self._http.stream("POST", url, content=content) as response:
                if response.is_error:
                    raise _refusal(response.status_code, await response.aread())
                yield response
        except (httpx.HTTPError, WireError) as error:
            raise _broken() from error

    @asynccontextmanager
    async def _slot(self, *, fail_fast: bool) -> AsyncIterator[None]:
        limit = 0 if fail_fast else MAX_WAITING
        if self._slots.locked() and self._waiting >= limit:
            raise Refusal(429, "Model busy, retry later", "engine_overloaded")
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()

    async def _base_url(self) -> str:
        async with self._starting:
            if not self._lease.alive():
                self._lease.release()
                try:
                    self._lease = await asyncio.to_thread(acquire, self._path)
                except EngineError as error:
                    said = " ".join(str(error).splitlines())
                    raise Refusal(503, said, "engine_failed") from error
        return self._lease.base_url


def _sound(data: bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(data)
    if "error" in event:
        raise _refusal(500, data)
    return event


def _broken() -> Refusal:
    return Refusal(503, "The embedded engine ended; ask again", "engine_failed")


def _refusal(status: int, data: bytes) -> Refusal:
    try:
        error = json.loads(data)["error"]
        message, kind = str(error["message"]), str(error["type"])
    except (ValueError, LookupError, TypeError):
        return _broken()
    code = "context_length_exceeded" if kind == _OVERFLOW else kind
    return Refusal(status, message, code)
