"""One request and its answer, without I/O: what to send, what to do with what comes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.builder import AnswerBuilder
from lpwidgets.meta import Meta
from lpwidgets.wire import openai_chat
from lpwidgets.wire.framing import SSEDecoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lpwidgets.client.providers import Provider
    from lpwidgets.generation import Generations
    from lpwidgets.meta import Status
    from lpwidgets.wire.framing import Event


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the caller means it, before a provider's differences."""

    messages: Sequence[Mapping[str, Any]]
    model: str
    top_logprobs: int
    n: int
    stream: bool
    parameters: Mapping[str, Any]

    def body_for(self, row: Provider) -> dict[str, Any]:
        """Return the JSON body that a provider understands."""
        parameters = dict(self.parameters)
        limit = parameters.pop("max_tokens", None) or row.default_max_tokens
        parameters.setdefault(row.max_tokens_name, limit)
        if self.n > 1:
            parameters["n"] = self.n
        if self.stream and row.usage_option:
            parameters.setdefault("stream_options", {"include_usage": True})
        return openai_chat.request(
            self.messages,
            model=self.model,
            top_logprobs=max(self.top_logprobs, row.top_logprobs[0]),
            stream=self.stream,
            parameters=parameters,
        )


class Exchange:
    """The state of one request: fed with bytes by a transport, looked at by anyone.

    Feeding and looking may happen in different threads.
    """

    def __init__(self, request: Request, row: Provider) -> None:
        body = request.body_for(row)
        self.model = request.model
        self.content = msgspec.json.encode(body)
        self._stream = request.stream
        self._builder = AnswerBuilder(
            Meta(
                provider=row.name,
                model=request.model,
                dialect="openai_chat",
                parameters=body,
                created=time.time(),
            ),
            request.n,
        )
        self._lock = threading.Lock()
        self._decoder = openai_chat.Decoder()
        self._framing = SSEDecoder()
        self._whole: list[bytes] = []
        self._started = time.monotonic()
        self._first_token: float | None = None
        self.result: Generations | None = None

    @property
    def has_tokens(self) -> bool:
        """Whether any text or token has arrived."""
        return self._builder.arrived > 0

    def begin(self, content_type: str) -> bool:
        """Prepare for a body of this type; return False if it cannot be an answer."""
        kind = content_type.partition(";")[0].strip().lower()
        self._stream = kind == "text/event-stream"
        return self._stream or kind in {"", "application/json", "text/plain"}

    def feed(self, chunk: bytes) -> bool:
        """Take in the next bytes of the body; say whether there is more to look at.

        Raises
        ------
        WireError
            They are not what the dialect says.
        """
        with self._lock:
            before = self._builder.arrived
            if self._stream:
                self._take(self._framing.feed(chunk))
            else:
                self._whole.append(chunk)
            return self._builder.arrived > before

    def end(self) -> None:
        """Take in what the end of the body completes.

        Raises
        ------
        WireError
            The body is not what the dialect says.
        """
        with self._lock:
            if self._stream:
                self._take(self._framing.flush())
                return
            for record in self._decoder.body(b"".join(self._whole)):
                self._builder.add(record)

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            for record in self._decoder.event(event.data):
                self._builder.add(record)
        if self._first_token is None and self.has_tokens:
            self._first_token = time.monotonic() - self._started

    @property
    def failure(self) -> str:
        """The error that the server reported inside its answer, empty if none."""
        failure = self._builder.failure
        return failure.message if failure else ""

    def snapshot(self) -> Generations:
        """Return what there is: the result if it is finished, else the state so far."""
        with self._lock:
            return self.result or self._builder.snapshot(**self._timing())

    def finish(self, status: Status | None = None, error: str = "") -> Generations:
        """Close the books; the first call decides."""
        with self._lock:
            if self.result is None:
                self.result = self._builder.finish(status, error, **self._timing())
            return self.result

    def _timing(self) -> dict[str, float | None]:
        return {
            "seconds": time.monotonic() - self._started,
            "first_token_seconds": self._first_token,
        }
