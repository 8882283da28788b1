"""OpenAI's chat completions, as many servers speak them: streaming and not.

The differences between servers that this decoder expects: ``bytes`` absent or null,
``id`` for a token (llama.cpp), ``reasoning`` or ``reasoning_content``, keys left out
instead of null, usage on any chunk, zero to many tokens a chunk, an ``error`` object in
place of a chunk.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.openai_usage import OpenAIUsage, usage_of
from lpwidgets.wire.question import Asked
from lpwidgets.wire.records import Delta, Done, Head, Part, RawToken, Token, Unread
from lpwidgets.wire.vllm import prompt_records, take_ids, which_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record


class _Logprobs(Struct, gc=False):
    content: list[RawToken] | None = None
    refusal: list[RawToken] | None = None
    reasoning_content: list[RawToken] | None = None
    foreign: Any = field(default=None, name="token_logprobs")
    """What this dialect does not have: the lists of completions, or anything else."""


class _Function(Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(Struct, gc=False):
    function: _Function | None = None


class _Message(Struct, gc=False):
    content: str | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(Struct, gc=False):
    index: int = 0
    delta: _Message | None = None
    message: _Message | None = None
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    id: str | None = None
    model: str | None = None
    usage: OpenAIUsage | None = None
    error: msgspec.Raw = msgspec.Raw()


class _LooseLogprobs(_Logprobs):
    content: list[Token] | None = None  # type: ignore[assignment]
    refusal: list[Token] | None = None  # type: ignore[assignment]
    reasoning_content: list[Token] | None = None  # type: ignore[assignment]


class _LooseChoice(_Choice):
    logprobs: Any = None


class _LooseChunk(_Chunk):
    choices: list[_LooseChoice] | None = None  # type: ignore[assignment]
    error: Any = None


_decode_chunk = msgspec.json.Decoder(_Chunk).decode


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request."""
    body = {"messages": list(question.prompt), "logprobs": True}
    if question.top_logprobs:
        body["top_logprobs"] = question.top_logprobs
    return body | which_tokens(question) | question.common()


class Decoder(Asked):
    """Decode the events of one stream, or one whole body, into records."""

    def __init__(self, question: Question | None = None) -> None:
        super().__init__(question)
        self._seen_head = False
        self._lanes: dict[int, Part] = {}

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream.

        Raises
        ------
        WireError
            The event is not JSON, or not a chat completion chunk.
        """
        if data[:1] == b"{":  # nearly every event
            return self._chunk(_decode(data), data)
        if data.strip() == b"[DONE]":
            return [Done()]
        return self._chunk(_decode(data), data) if data else []

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole, non-streaming response body.

        Raises
        ------
        WireError
            The body is not JSON, or not a chat completion.
        """
        chunk = _decode(data)
        if chunk.choices is None and failure_in(data) is None:
            msg = f"the answer is no chat completion (no choices): {excerpt(data)}"
            raise WireError(msg)
        records = self._chunk(chunk, data)
        if b'"prompt_logprobs"' in data:
            choices = [choice.index for choice in chunk.choices or ()]
            records = [*prompt_records(data, self.question, choices), *records]
        return [*records, Done()]

    def _chunk(self, chunk: _Chunk, data: bytes) -> list[Record]:
        records: list[Record] = []
        if not self._seen_head and (chunk.id or chunk.model):
            self._seen_head = True
            records.append(Head(chunk.id or "", chunk.model or ""))
        for choice in chunk.choices or ():
            records += self._choice(choice)
        if chunk.usage is not None:
            records.append(usage_of(chunk.usage))
        if _may_fail(chunk) and (failure := failure_in(data)):
            records.append(failure)
        return records

    def _choice(self, choice: _Choice) -> list[Record]:
        index, said = choice.index, choice.delta or choice.message or _SILENT
        texts = _texts(said)
        if texts:
            self._lanes[index] = texts[-1][0]
        lane = self._lanes.get(index, Part.GENERATED)
        records: list[Record] = [Delta(index, part, text) for part, text in texts[:-1]]
        text = texts[-1][1] if texts else ""
        logprobs = choice.logprobs or _NO_LOGPROBS
        if not isinstance(logprobs, _Logprobs):
            logprobs = _typed(logprobs)
        if logprobs.foreign:
            records.append(Unread(index, json.dumps(logprobs.foreign)[:80]))
        if logprobs.reasoning_content:
            records.append(Delta(index, Part.REASONING, "", logprobs.reasoning_content))
        if logprobs.content and logprobs.content[0].token[:9] == "token_id:":
            take_ids(logprobs.content)
        records.append(Delta(index, lane, text, logprobs.content, choice.finish_reason))
        if logprobs.refusal:
            records.append(Delta(index, Part.REFUSAL, "", logprobs.refusal))
        return records


_SILENT = _Message()
_NO_LOGPROBS = _Logprobs()


def _texts(said: _Message) -> list[tuple[Part, str]]:
    reasoning = said.reasoning_content or said.reasoning
    if not (reasoning or said.refusal or said.tool_calls):
        return [(Part.GENERATED, said.content)] if said.content else []
    texts = (
        (Part.REASONING, reasoning),
        (Part.GENERATED, said.content),
        (Part.REFUSAL, said.refusal),
        (Part.TOOL, _tool_text(said.tool_calls or ())),
    )
    return [(part, text) for part, text in texts if text]


def _typed(logprobs: Any) -> _Logprobs:
    try:
        return msgspec.convert(logprobs, _LooseLogprobs)
    except (msgspec.ValidationError, UnicodeError):  # it cannot even name a surrogate
        return _Logprobs(foreign=logprobs)


def _decode(data: bytes) -> _Chunk:
    try:
        return _decode_chunk(data)
    except (msgspec.DecodeError, RecursionError):
        # NaN, lone surrogates, log probabilities of a foreign shape
        return decode_json(data, _LooseChunk, "chat completion")


def _may_fail(chunk: _Chunk) -> bool:
    """Say whether it is worth looking for an error in a chunk."""
    choices = chunk.choices or ()
    return not choices or bool(chunk.error) or choices[0].finish_reason == "error"


def _tool_text(calls: Iterable[_ToolCall]) -> str:
    functions = (call.function for call in calls)
    return "".join((f.name or "") + (f.arguments or "") for f in functions if f)
