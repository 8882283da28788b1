"""A run of tokens read while llama.cpp drafts it, and closed when it is of no use."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from lpwidgets.client.call import Call
from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.framing import SSEDecoder
from lpwidgets.wire.json_body import decode_json
from lpwidgets.wire.records import Token  # noqa: TC001  (msgspec reads it)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from lpwidgets.client.transport import Transport
    from lpwidgets.meta import Status


class Event(Struct):
    """What a stream says at once; ``predicted`` counts the tokens until then."""

    tokens: list[int] = []
    entries: list[Token] = field(name="completion_probabilities", default_factory=list)
    predicted: int = field(name="tokens_predicted", default=0)
    content: str | None = None
    stop: bool = False
    stop_type: str = ""


class _Streamed(Call):
    """Such a question, whose answer comes in events."""

    def __init__(self, path: str, body: Mapping[str, Any]) -> None:
        super().__init__(path, body)
        self.events: deque[Event] = deque()
        self.error = ""
        self._framing = SSEDecoder()

    def begin(self, content_type: str) -> bool:
        """Begin anew; a stream of events is an answer."""
        self._framing = SSEDecoder()
        return content_type.startswith("text/event-stream")

    def feed(self, chunk: bytes) -> bool:
        """Take in the next bytes."""
        for event in self._framing.feed(chunk):
            self._take(event.data)
        return bool(self.events)

    def _take(self, data: bytes) -> None:
        if not data or data == b"[DONE]":
            return
        event = decode_json(data, Event, "completion")
        if event.content is None:
            self.failure = self.failure or failure_in(data)
        else:
            self.has_tokens = True  # from here on nothing is asked again
            self.events.append(event)
            self.over = event.stop

    def end(self) -> None:
        """Do nothing: an event that was cut off tells nothing."""

    def finish(self, status: Status | None = None, error: str = "") -> None:
        """Note why it ended."""
        del status
        self.error = self.error or error


async def events(
    transport: Transport, path: str, body: Mapping[str, Any]
) -> AsyncGenerator[Event, None]:
    """Yield the events of an answer; closing the iterator closes the request.

    Raises
    ------
    LpError
        Nothing came, or the stream broke off.
    """
    call = _Streamed(path, body)
    changed = asyncio.Event()
    work = asyncio.ensure_future(transport.carry_out(call, changed.set))
    work.add_done_callback(lambda _: changed.set())
    try:
        while not (work.done() and not call.events):
            while call.events:
                yield call.events.popleft()
            if call.over:
                return
            changed.clear()
            if not work.done() and not call.events:
                await changed.wait()
        work.result()
        if not call.over:
            why = call.error or (call.failure.message if call.failure else "it ended")
            msg = f"the server broke off in the middle of a run of tokens: {why:.200}"
            raise WireError(msg)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
