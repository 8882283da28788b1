"""One request and its answer, without I/O: what to send, what to do with what comes."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import msgspec
import numpy as np

from lpwidgets.builder import AnswerBuilder
from lpwidgets.errors import InputError, WireError
from lpwidgets.meta import Meta, Status
from lpwidgets.wire.dialects import DIALECTS
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.framing import LineDecoder, SSEDecoder
from lpwidgets.wire.records import Delta, Done, Failure, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lpwidgets.client.keys import Key
    from lpwidgets.client.providers import Api
    from lpwidgets.generation import Generations
    from lpwidgets.wire.framing import Event
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record


MAX_BODY_BYTES = 256 * 2**20
"""Size above which an answer in one piece is refused: it may be a few compressed kB."""

_FRAMINGS: dict[str, type[SSEDecoder | LineDecoder]] = {
    "text/event-stream": SSEDecoder,
    "application/x-ndjson": LineDecoder,
}
_SLICE = 2**20
_TAIL = 2**12
_EVENT_STARTS = (b"data:", b"event:", b"id:", b":")


class Exchange:
    """The state of one request: fed with bytes by a transport, looked at by anyone.

    Feeding and looking may happen in different threads.

    Parameters
    ----------
    question
        What is asked for.
    provider, api
        Whom, and which way.
    key
        What is taken out of an answer that has it.
    profile
        What the doctor found of this server and model, for `Meta`.
    """

    def __init__(
        self,
        question: Question,
        provider: str,
        api: Api,
        key: Key,
        profile: dict[str, Any] | None = None,
    ) -> None:
        self._dialect = DIALECTS[api.dialect]
        question, note = _as_it_can(question, api)
        body = _plain(self._dialect.request(question))
        self._question = question
        self.model = question.model
        path = (question.stream and api.stream_path) or api.path
        self.path = path.format(model=quote(question.model, safe="/:"))
        self.content = msgspec.json.encode(body)
        self._base = Meta(
            provider=provider,
            model=question.model,
            dialect=api.dialect,
            parameters=body,
            note=note,
            profile=profile or {},
            created=time.time(),
        )
        self._choices = question.n
        self._key = key
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self.result: Generations | None = None
        self.begin("")

    @property
    def has_tokens(self) -> bool:
        """Whether any text or token has arrived."""
        return self._builder.arrived > 0

    def begin(self, content_type: str) -> bool:
        """Prepare for a new body of this type; return False if it can be no answer."""
        kind = content_type.partition(";")[0].strip().lower()
        with self._lock:
            self._stream = kind in _FRAMINGS
            self._builder = AnswerBuilder(self._base, self._choices)
            self._decoder = self._dialect.Decoder(self._question)
            self._framing = _FRAMINGS.get(kind, SSEDecoder)()
            self._whole = bytearray()
            self._tail = b""
            self._first_token: float | None = None
            self.over = False
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
            for start in range(0, len(chunk), _SLICE):
                self._feed(chunk[start : start + _SLICE])
            return self._builder.arrived > before

    def _feed(self, chunk: bytes) -> None:
        if not self._stream:
            self._whole += chunk
            if not self._whole[:_TAIL].lstrip().startswith(_EVENT_STARTS):
                self._check_size()
                return
            self._stream, chunk = True, bytes(self._whole)  # whatever its type says
        self._take(self._framing.feed(chunk))
        self._tail = (self._tail + chunk[-_TAIL:])[-_TAIL:]

    def _check_size(self) -> None:
        if len(self._whole) > MAX_BODY_BYTES:
            msg = (
                f"the answer is larger than {MAX_BODY_BYTES:,} bytes; "
                "ask for fewer tokens, choices or top_logprobs, or leave stream on"
            )
            raise WireError(msg)

    def end(self) -> None:
        """Take in what the end of the body completes.

        An event that the end cut in two is left out; the answer is then truncated.

        Raises
        ------
        WireError
            The body is not what the dialect says.
        """
        with self._lock:
            if not self._stream:
                body = self._key.scrub_json(bytes(self._whole))
                self._add(map(self._decoder.body, [body]))
                return
            self._flush()
            self._add([_bare_failures(self._tail)])

    def _flush(self) -> None:
        """Take in the last event if all of it is there but its end."""
        if self._stream and not self.over:
            with suppress(WireError):
                self._take(self._framing.flush())

    def _take(self, events: Iterable[Event]) -> None:
        clean = self._key.scrub_json
        self._add(self._decoder.event(clean(event.data)) for event in events)
        if self._first_token is None and self.has_tokens:
            self._first_token = time.monotonic() - self._started

    def _add(self, answers: Iterable[list[Record]]) -> None:
        add = self._builder.add
        try:
            for records in answers:
                for record in records:
                    add(record if isinstance(record, Delta) else self._marked(record))
        except WireError as error:
            error.args = (self._key.scrub(str(error)),)
            raise

    def _marked(self, record: Record) -> Record:
        """Note the end, and take the key out of what the server says."""
        if isinstance(record, Done | Failure):
            self.over = True
        if isinstance(record, Failure):
            return Failure(self._key.scrub(record.message), record.code)
        if isinstance(record, Unread):
            return Unread(record.index, self._key.scrub(record.shape))
        return record

    @property
    def failure(self) -> Failure | None:
        """The error that the server reported inside its answer."""
        return self._builder.failure

    def snapshot(self) -> Generations:
        """Return what there is: the result if it is finished, else the state so far."""
        with self._lock:
            return self.result or self._builder.snapshot(**self._timing())

    def finish(self, status: Status | None = None, error: str = "") -> Generations:
        """Close the books; the first call decides."""
        with self._lock:
            if self.result is None:
                if status is not Status.ERROR:
                    self._flush()
                self.result = self._builder.finish(status, error, **self._timing())
            return self.result

    def _timing(self) -> dict[str, float | None]:
        return {
            "seconds": time.monotonic() - self._started,
            "first_token_seconds": self._first_token,
        }


def _as_it_can(question: Question, api: Api) -> tuple[Question, str]:
    """Return a question as this way can be asked, and what was changed for it."""
    given = question.parameters
    off = {name for name, value in given.items() if value is None or value is False}
    whole = next((name for name in api.never_streamed if name in {*given} - off), "")
    if question.stream and whole:
        note = f"in one piece: with {whole} this api does not stream"
        return msgspec.structs.replace(question, stream=False), note
    if api.only_streams_values and not question.stream:
        note = "streamed: in one piece this api's answer has no token values"
        return msgspec.structs.replace(question, stream=True), note
    return question, ""


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body of Python's own types only, apart from what the caller holds.

    Raises
    ------
    InputError
        It has something that JSON cannot say.
    """
    try:
        plain = msgspec.to_builtins(body, str_keys=True, enc_hook=_scalar)
        msgspec.json.encode(plain)
        json.dumps(plain, allow_nan=False)  # msgspec would write null for NaN
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"the prompt or an option cannot be sent as JSON: {error!s:.200}"
        raise InputError(msg) from None
    return cast("dict[str, Any]", plain)


def _scalar(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    msg = f"{type(value).__name__} is no JSON type"
    raise TypeError(msg)


def _bare_failures(tail: bytes) -> list[Record]:
    """Return the errors that a server wrote at the end of its stream as bare JSON."""
    lines = (line for line in tail.splitlines() if line.startswith(b"{"))
    return [failure for line in lines if (failure := failure_in(line))]
