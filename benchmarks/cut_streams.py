"""Streams with log probabilities in four formats, and a server that cuts them.

Used by `faults.py` and by the tests; run by itself it prints how long the streams are.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import threading
from typing import Any, NamedTuple, Self

TOKENS = ("Wäre", " 漢", " 👋", "\u2028end")
OTHERS = (" the", "é", " a")
REASON = "length"
GARBAGE = b"\x00\xff<html>\xfe\n\ndata: {]\n\n"


class Cuttable(NamedTuple):
    """A stream, and what has arrived of it by each byte.

    ``ends`` are the offsets at which the tokens' events are all there but their end
    mark, which is ``mark`` bytes long; ``finish`` is that of the finish reason.
    """

    provider: str
    api: str
    content_type: str
    body: bytes
    ends: list[int]
    finish: int
    mark: int

    def tokens_by(self, cut: int) -> int:
        """Return how many tokens are there when `cut` bytes are."""
        return sum(end <= cut for end in self.ends)


def _cuttable(
    provider: str, api: str, events: list[dict[str, Any]], *, lines: bool = False
) -> Cuttable:
    """Write the events: one before the tokens, then them, then the finish reason."""
    start, mark = (b"", b"\n") if lines else (b"data: ", b"\n\n")
    body, ends = b"" if lines else b": ping\n\n", []
    for event in events:
        body += start + json.dumps(event, ensure_ascii=False).encode()
        ends.append(len(body))
        body += mark
    kind = "application/x-ndjson" if lines else "text/event-stream"
    body += b"" if lines else b"data: [DONE]\n\n"
    tokens = slice(len(events) - len(TOKENS) - 1, -1)
    return Cuttable(provider, api, kind, body, ends[tokens], ends[-1], len(mark))


def _entry(token: str, position: int, **more: Any) -> dict[str, Any]:
    return {"token": token, "logprob": -0.25 * position - 0.125, **more}


def _entries(position: int) -> dict[str, Any]:
    token = TOKENS[position]
    top = [_entry(t, i + position, bytes=[*t.encode()]) for i, t in enumerate(OTHERS)]
    return _entry(token, position, bytes=[*token.encode()], top_logprobs=top)


def _chat() -> Cuttable:
    def chunk(delta: dict[str, Any], entries: Any, reason: Any = None) -> Any:
        choice = {"index": 0, "delta": delta, "logprobs": entries}
        return {"id": "c1", "choices": [choice | {"finish_reason": reason}]}

    said = [
        chunk({"content": token}, {"content": [_entries(i)]})
        for i, token in enumerate(TOKENS)
    ]
    first = chunk({"role": "assistant", "content": ""}, {"content": []})
    return _cuttable("deepinfra", "chat", [first, *said, chunk({}, None, REASON)])


def _completions() -> Cuttable:
    def chunk(text: str, entries: Any, reason: Any = None) -> Any:
        choice = {"index": 0, "text": text, "logprobs": entries}
        return {"id": "c2", "choices": [choice | {"finish_reason": reason}]}

    said = [
        {
            "tokens": [token],
            "token_logprobs": [-0.25 * i],
            "top_logprobs": [{token: -0.25 * i, " the": -3.5}],
            "text_offset": [i],
        }
        for i, token in enumerate(TOKENS)
    ]
    events = [chunk(*pair) for pair in zip(TOKENS, said, strict=True)]
    return _cuttable("deepinfra", "completions", [*events, chunk("", None, REASON)])


def _native() -> Cuttable:
    events: list[dict[str, Any]] = [
        {
            "token": {
                "id": 7 + i,
                "text": token,
                "logprob": -0.5 * i,
                "special": False,
            },
            "generated_text": None,
            "details": None,
        }
        for i, token in enumerate(TOKENS)
    ]
    details = {"finish_reason": REASON, "generated_tokens": len(TOKENS)}
    last = {"token": None, "generated_text": "".join(TOKENS), "details": details}
    return _cuttable("deepinfra", "native", [*events, last])


def _ollama() -> Cuttable:
    def line(text: str, entries: Any, **more: Any) -> Any:
        return {
            "model": "m",
            "message": {"role": "assistant", "content": text},
            "logprobs": entries,
            "done": False,
        } | more

    events = [line(token, [_entries(i)]) for i, token in enumerate(TOKENS)]
    last = line("", None, done=True, done_reason=REASON, eval_count=len(TOKENS))
    return _cuttable("ollama", "native", [*events, last], lines=True)


STREAMS = {
    "chat": _chat(),
    "completions": _completions(),
    "native": _native(),
    "ollama": _ollama(),
}


def _head(stream: Cuttable, framing: str = "connection: close") -> bytes:
    lines = ("HTTP/1.1 200 OK", f"content-type: {stream.content_type}", framing)
    return "\r\n".join((*lines, "", "")).encode()


def _sent(stream: Cuttable, way: str, cut: int) -> bytes:
    """Return the bytes of an answer that ends after `cut` bytes of its body."""
    part = stream.body[:cut]
    if way not in {"last-chunk", "no-last-chunk"}:
        return _head(stream) + part + (GARBAGE if way == "garbage" else b"")
    size = cut if way == "last-chunk" else cut + 1
    chunk = b"%x\r\n%b" % (size, part) if size else b""
    end = b"" if way == "no-last-chunk" else b"\r\n0\r\n\r\n" if cut else b"0\r\n\r\n"
    return _head(stream, "transfer-encoding: chunked") + chunk + end


WAYS = ("end", "last-chunk", "no-last-chunk", "reset", "stall", "garbage")
"""The connection is closed; so is a chunked body, properly or not; TCP reset; silence;
bytes that are none of the stream."""


class CuttingServer:
    """Answers the model ``cut/STREAM/WAY/BYTES`` with so much of that stream."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.open = 0
        """How many connections are."""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1_000)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.open += 1
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.open -= 1

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        top = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", top, re.IGNORECASE)
        asked = top + await reader.readexactly(int(length[1]) if length else 0)
        found = re.search(rb"cut/(\w+)/([\w-]+)/(\d+)", asked)
        assert found, asked
        name, way = found[1].decode(), found[2].decode()
        writer.write(_sent(STREAMS[name], way, int(found[3])))
        await writer.drain()
        if way == "stall":
            await reader.read()
        elif way == "reset":
            connection: socket.socket = writer.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()


if __name__ == "__main__":
    for name, stream in STREAMS.items():
        print(f"{name:12}{len(stream.body):6} bytes, {len(stream.ends)} tokens")
