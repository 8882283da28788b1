"""OpenAI's Responses: items of output in a whole body, named events in a stream.

A stream tells everything twice, in deltas and then whole. What a delta brought is never
taken again: the tokens of the deltas count, though only the whole has their bytes. The
last event has the status and the usage; there is no ``[DONE]``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Struct

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.question import Asked, take, without_none
from lpwidgets.wire.records import (
    Delta,
    Done,
    Failure,
    Head,
    Part,
    Token,
    Unread,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

_VALUES = "message.output_text.logprobs"
_ENDED = {"completed": "stop", "max_output_tokens": "length"}
_FINAL = {"completed", "incomplete", "failed", "cancelled"}
_UNFINISHED = {"queued", "in_progress", "cancelled"}
_Mark: TypeAlias = tuple[Part, str]

_LANES = {
    "output_text": Part.GENERATED,
    "refusal": Part.REFUSAL,
    "reasoning_text": Part.REASONING,
    "reasoning_summary_text": Part.REASONING,
    "summary_text": Part.REASONING,
    "function_call_arguments": Part.TOOL,
    "custom_tool_call_input": Part.TOOL,
    "mcp_call_arguments": Part.TOOL,
}


class _Block(Struct):
    type: str = ""
    text: str | None = None
    refusal: str | None = None
    logprobs: Any = None


class _Item(Struct):
    type: str = ""
    name: str | None = None
    content: list[_Block] | None = None
    summary: list[_Block] | None = None
    arguments: Any = None
    input: Any = None


class _Details(Struct):
    reason: str | None = None


class _InputDetails(Struct):
    cached_tokens: int | None = None


class _OutputDetails(Struct):
    reasoning_tokens: int | None = None


class _Usage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class _Response(Struct):
    id: str = ""
    object: str = ""
    model: str = ""
    status: str | None = None
    output: list[_Item] | None = None
    usage: _Usage | None = None
    error: Any = None
    incomplete_details: _Details | None = None


class _Event(Struct):
    type: str = ""
    delta: Any = None
    text: Any = None
    refusal: Any = None
    arguments: Any = None
    input: Any = None
    logprobs: Any = None
    item: _Item | None = None
    response: _Response | None = None
    message: str | None = None
    code: Any = None


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request.

    Raises
    ------
    InputError
        ``include`` is no list.
    """
    given = dict(question.parameters)
    include = take(given, "include", list)
    body = {
        "model": question.model,
        "input": list(question.prompt),
        "include": [_VALUES, *(one for one in include if one != _VALUES)],
        "top_logprobs": question.top_logprobs or None,
        "max_output_tokens": question.limit,
        "stream": question.stream or None,
    }
    return without_none({**body, **given})


class Decoder(Asked):
    """Decode the events of one stream, or one whole body, into records."""

    def __init__(self, question: Question | None = None) -> None:
        super().__init__(question)
        self._heard: set[_Mark] = set()
        self._block: set[_Mark] = set()

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream.

        Raises
        ------
        WireError
            The event is not JSON, or none of a response.
        """
        if not data.strip() or data.strip() == b"[DONE]":
            return [Done()] if data.strip() else []
        event = decode_json(data, _Event, "response")
        kind = event.type.removeprefix("response.")
        name, _, what = kind.rpartition(".")
        if response := event.response:
            head = Head(response.id, response.model)
            return self._end(response) if kind in _FINAL else [head]
        if name in _LANES:
            return self._piece(_LANES[name], what, event)
        if kind == "output_item.added" and event.item and event.item.name:
            return [Delta(0, Part.TOOL, event.item.name)]
        return _failures(event, data)

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole, non-streaming response body.

        Raises
        ------
        WireError
            The body is not JSON, or no response.
        """
        response = decode_json(data, _Response, "response")
        if response.output is not None or response.object == "response":
            return self._end(response)
        if failure := failure_in(data):
            return [failure, Done()]
        msg = f"the answer is no response (no output): {excerpt(data)}"
        raise WireError(msg)

    def _piece(self, lane: Part, what: str, event: _Event) -> list[Record]:
        if what == "delta" and isinstance(event.delta, str):
            return self._say(lane, event.delta, event.logprobs, set())
        if what != "done":
            return []
        whole = (event.text, event.refusal, event.arguments, event.input)
        text = next((one for one in whole if isinstance(one, str)), "")
        records = self._say(lane, text, event.logprobs, self._block)
        self._block.clear()
        return records

    def _say(
        self, lane: Part, text: str, logprobs: Any, heard: set[_Mark]
    ) -> list[Record]:
        """Return what of a piece was not heard before, and remember it as heard."""
        tokens, records = _tokens(logprobs)
        text = "" if (lane, "text") in heard else text
        tokens = [] if (lane, "tokens") in heard else tokens
        new = (("text", text), ("tokens", tokens))
        marks = {(lane, kind) for kind, some in new if some}
        self._heard |= marks
        self._block |= marks
        return [*records, Delta(0, lane, text, tokens)] if text or tokens else records

    def _end(self, response: _Response) -> list[Record]:
        """Return what the whole response adds to what was heard of it."""
        records: list[Record] = [Head(response.id, response.model)]
        heard = set(self._heard)
        for lane, text, logprobs in _pieces(response):
            records += self._say(lane, text, logprobs, heard)
        details, status = response.incomplete_details, response.status or ""
        why = details.reason if details else None
        if reason := _ENDED.get(why or status, why):
            records.append(Delta(0, finish_reason=reason))
        if usage := response.usage:
            records.append(_usage(usage))
        if response.error or status == "failed":
            said = failure_in(json.dumps({"error": response.error}).encode())
            records.append(said or Failure("it failed, and did not say why"))
        return records if status in _UNFINISHED else [*records, Done()]


def _failures(event: _Event, data: bytes) -> list[Record]:
    if event.type == "error" and event.message:
        return [Failure(event.message, str(event.code or ""))]
    failure = failure_in(data) if event.type in {"", "error"} else None
    return [failure] if failure else []


def _tokens(logprobs: Any) -> tuple[list[Token], list[Record]]:
    """Return the tokens, or a record of what they look like if they are none."""
    try:
        return msgspec.convert(logprobs or [], list[Token]), []
    except (msgspec.ValidationError, UnicodeError):
        return [], [Unread(0, json.dumps(logprobs)[:80])]


def _pieces(response: _Response) -> Iterator[tuple[Part, str, Any]]:
    for item in response.output or ():
        if item.name:
            given = item.input if item.arguments is None else item.arguments
            text = given if isinstance(given, str) else json.dumps(given or {})
            yield Part.TOOL, item.name + text, None
        thought = item.type == "reasoning"
        for block in item.content or item.summary or ():
            lane = Part.REASONING if thought else _LANES.get(block.type)
            if lane is not None:
                yield lane, block.text or block.refusal or "", block.logprobs


def _usage(usage: _Usage) -> Usage:
    given, written = usage.input_tokens_details, usage.output_tokens_details
    return Usage(
        prompt_tokens=usage.input_tokens,
        completion_tokens=usage.output_tokens,
        reasoning_tokens=written.reasoning_tokens if written else None,
        cached_tokens=given.cached_tokens if given else None,
    )
