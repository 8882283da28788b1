"""A server that does exactly what its script says, byte by byte."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import threading
import time
from enum import Enum
from typing import TYPE_CHECKING, Any, Self

import httpx

from lpwidgets.client.async_client import AsyncClient
from lpwidgets.client.client import Client

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    Step: TypeAlias = "bytes | Do"

DEADLINE = 10.0
"""Seconds after which something that should have happened has not."""


class Do(Enum):
    """What a script may do beside sending bytes."""

    RESET = "reset the connection"
    HOLD = "stay silent until the client closes"
    REPEAT = "send the step before again and again until the client closes"


def head(
    content_type: str = "text/event-stream", status: int = 200, *extra: str
) -> bytes:
    """Return the head of an HTTP answer that ends with the connection."""
    lines = (f"HTTP/1.1 {status} Because", f"content-type: {content_type}", *extra)
    return "\r\n".join((*lines, "connection: close", "", "")).encode()


def event(**chunk: Any) -> bytes:
    """Return one server-sent event."""
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def choice(text: str, logprob: float | None = -0.5, index: int = 0) -> dict[str, Any]:
    """Return a choice of a chunk, with one token."""
    other = {"token": "x", "logprob": -3.0, "bytes": [120]}
    token = {"token": text, "logprob": logprob, "bytes": list(text.encode())}
    content = [token | {"top_logprobs": [token, other]}]
    return {
        "index": index,
        "delta": {"content": text},
        "logprobs": {"content": content} if logprob is not None else None,
    }


def said(text: str, logprob: float | None = -0.5, index: int = 0) -> bytes:
    """Return the event of one token."""
    return event(choices=[choice(text, logprob, index)])


STOP = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
DONE = b"data: [DONE]\n\n"
HELLO = (head(), said("Hel"), said("lo"), STOP, DONE)
BODY = json.dumps(
    {
        "choices": [
            {
                "message": {"content": "Hi"},
                "logprobs": {"content": [{"token": "Hi", "logprob": -0.1}]},
                "finish_reason": "stop",
            }
        ]
    }
).encode()


class FaultServer:
    """Answers each request with the next script, again and again with the last one."""

    def __init__(
        self, *scripts: Sequence[Step], tls: ssl.SSLContext | None = None
    ) -> None:
        self._scripts = scripts
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._news = threading.Condition()
        self.requests: list[bytes] = []
        self.opened = self.closed = self.sent = 0

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(DEADLINE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def client(self, **options: Any) -> Client:
        """Return a client of this server."""
        return Client(base_url=self.url, model="m", **options)

    def wait(self, happened: Callable[[Self], bool]) -> None:
        """Wait until something is so."""
        with self._news:
            assert self._news.wait_for(lambda: happened(self), DEADLINE)

    def _note(self, **counts: int) -> None:
        with self._news:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)
            self._news.notify_all()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._note(opened=1)
        try:
            await self._request(reader)
            script = self._scripts[min(len(self.requests), len(self._scripts)) - 1]
            gone = asyncio.ensure_future(reader.read())
            await self._play(script, gone, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._note(closed=1)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> None:
        top = await reader.readexactly(1)
        if top == b"\x16":  # it greets as TLS does
            return
        top += await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", top, re.IGNORECASE)
        assert length
        self.requests.append(top + await reader.readexactly(int(length[1])))

    async def _play(
        self,
        script: Sequence[Step],
        gone: asyncio.Future[bytes],
        writer: asyncio.StreamWriter,
    ) -> None:
        for before, step in zip((b"", *script), script, strict=False):
            if isinstance(step, bytes):
                await self._send(writer, step)
            elif step is Do.HOLD:
                await gone
            elif step is Do.RESET:
                connection: socket.socket = writer.get_extra_info("socket")
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            elif isinstance(before, bytes):
                while not gone.done():
                    await self._send(writer, before)
                    await asyncio.wait({gone}, timeout=0.01)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()
        self._note(sent=1)


class Chunks(httpx.AsyncByteStream):
    """A body in pieces, which may end with an error."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> Any:
        """Yield the pieces."""
        for chunk in self._chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


def mocked(
    answer: Callable[[httpx.Request], httpx.Response] | httpx.Response, **options: Any
) -> Client:
    """Return a client whose network is a function."""
    return Client(**_mocked(answer, options))


def async_mocked(
    answer: Callable[[httpx.Request], httpx.Response] | httpx.Response, **options: Any
) -> AsyncClient:
    """Return an asynchronous client whose network is a function."""
    return AsyncClient(**_mocked(answer, options))


def _mocked(answer: Any, options: dict[str, Any]) -> dict[str, Any]:
    handler = answer if callable(answer) else lambda _: answer
    if "provider" not in options:
        options.setdefault("base_url", "http://127.0.0.1/v1")
    transport = httpx.MockTransport(handler)
    return {"model": "m", "transport": transport} | options


def streamed(*chunks: bytes | Exception) -> httpx.Response:
    """Return a stream of events as a response."""
    headers = {"content-type": "text/event-stream"}
    return httpx.Response(200, headers=headers, stream=Chunks(*chunks))


def until(happened: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + DEADLINE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)
