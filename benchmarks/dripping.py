"""A server that says a token at a time and never ends; used by `interrupts.py`."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from typing import Self

PAUSE = 0.01
"""Seconds between two tokens."""


class Dripping:
    """A server that says ``0 1 2 …``, a token every `PAUSE` seconds, without end."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.open = 0
        self.sent: dict[int, list[float]] = {}
        """When each token was sent, for each run, in seconds of `time.monotonic`."""
        self.closed: dict[int, float] = {}
        """When each run's connection was closed."""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.open += 1
        run = -1
        try:
            asked = await reader.readuntil(b"run-")
            asked += await reader.readuntil(b"-")
            run = int(re.findall(rb"\d+", asked)[-1])
            await self._drip(run, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.closed[run] = time.monotonic()
            self.open -= 1
            writer.close()

    async def _drip(self, run: int, writer: asyncio.StreamWriter) -> None:
        times = self.sent.setdefault(run, [])
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
        writer.write(head.encode())
        while True:
            token = f"{len(times)} "
            entry = {"token": token, "logprob": -0.5, "bytes": [*token.encode()]}
            choice = {"delta": {"content": token}, "logprobs": {"content": [entry]}}
            writer.write(b"data: %b\n\n" % json.dumps({"choices": [choice]}).encode())
            await writer.drain()
            times.append(time.monotonic())
            await asyncio.sleep(PAUSE)
