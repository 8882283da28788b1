"""A client whose server is a script: for what happens around the wire, not on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator


def chunk(text: str, logprob: float = -0.5, **choice: Any) -> dict[str, Any]:
    """One event of a stream: a token with itself and one other as alternatives."""
    top = [{"token": t, "logprob": v} for t, v in ((text, logprob), ("other", -3.0))]
    token = {"token": text, "logprob": logprob, "top_logprobs": top}
    return {
        "choices": [
            {"index": 0, "delta": {"content": text}, "logprobs": {"content": [token]}}
            | choice
        ]
    }


END: dict[str, Any] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def sse(*events: dict[str, Any]) -> bytes:
    """Return the body of a stream of these events, with its end mark."""
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


class Script(httpx.AsyncBaseTransport):
    """Answers every request with one body, and keeps what was asked."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.body, self.status = body, status
        self.asked: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        self.asked.append(json.loads(await request.aread()))
        headers = {
            "content-type": "text/event-stream"
            if self.status == 200
            else "application/json"
        }
        return httpx.Response(self.status, headers=headers, content=self.body)


def words(n: int) -> Iterator[dict[str, Any]]:
    """Make n tokens."""
    return (chunk(f" w{i}", -0.1 * i) for i in range(n))
