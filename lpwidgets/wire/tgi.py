"""Text Generation Inference, and DeepInfra's native API, which is modelled on it.

A stream has one sampled token an event, and a last event with the whole text. Asked in
one piece, DeepInfra answers with text alone; TGI puts the tokens into ``details``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.question import without_none
from lpwidgets.wire.records import Candidate, Delta, Done, Head, Part, Token, Usage

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record


class _Token(Struct):
    text: str = ""
    logprob: float | None = None
    id: int | None = None
    special: bool = False


class _Details(Struct):
    finish_reason: str | None = None
    generated_tokens: int | None = None
    input_tokens: int | None = None
    input_length: int | None = None
    tokens: list[_Token] = []
    top_tokens: list[list[_Token]] = []


class _Status(Struct):
    cost: float | None = None
    tokens_input: int | None = None
    tokens_generated: int | None = None


class _Event(Struct):
    token: _Token | None = None
    top_tokens: list[_Token] = []
    index: int | None = None
    generated_text: str | None = None
    details: _Details | None = None
    num_input_tokens: int | None = None
    num_output_tokens: int | None = None
    estimated_cost: float | None = None


class _Result(Struct):
    generated_text: str | None = None
    details: _Details | None = None
    finish_reason: str | None = None


class _Body(_Result):
    request_id: str = ""
    results: list[_Result] = []
    status: _Status = field(name="inference_status", default_factory=_Status)
    num_tokens: int | None = None
    num_input_tokens: int | None = None


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request; the prompt is sent as it is.

    The API has no way to ask for alternatives; ``stop`` is a list of texts.
    """
    stop = question.parameters.get("stop")
    body = {
        "input": question.prompt,
        "stream": question.stream,
        "max_new_tokens": question.limit,
        "num_responses": question.n if question.n > 1 else None,
        **question.parameters,
        "stop": [stop] if isinstance(stop, str) else stop,
    }
    return without_none(body)


class Decoder:
    """Decode the events of one stream, or one whole body, into records."""

    def __init__(self) -> None:
        self._text = ""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream.

        Raises
        ------
        WireError
            The event is not JSON, or none of a generation.
        """
        if not data or data.strip() == b"[DONE]":
            return [Done()] if data else []
        event = decode_json(data, _Event, "generation")
        records = self._token(event)
        if event.generated_text is not None:
            records += self._end(event)
        if not records and (failure := failure_in(data)):
            records.append(failure)
        return records

    def _token(self, event: _Event) -> list[Record]:
        if event.token is None or event.token == _Token():
            return []
        part = Part.SPECIAL if event.token.special else Part.GENERATED
        text = "" if event.token.special else event.token.text
        self._text += text
        tokens = [_record(event.token, event.top_tokens)]
        return [Delta(0, part, text, tokens)]

    def _end(self, event: _Event) -> list[Record]:
        details, said = event.details or _Details(), event.generated_text or ""
        rest = said.removeprefix(self._text) if said.startswith(self._text) else ""
        usage = Usage(
            prompt_tokens=event.num_input_tokens or _input(details),
            completion_tokens=event.num_output_tokens or details.generated_tokens,
            cost=event.estimated_cost,
        )
        reason = details.finish_reason or "stop"
        return [Delta(0, text=rest, finish_reason=reason), usage]

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole, non-streaming response body.

        Raises
        ------
        WireError
            The body is not JSON, or no generation.
        """
        start = data.lstrip()[:1]
        if start == b"[":
            body = _Body(results=decode_json(data, list[_Result], "generation"))
        else:
            body = decode_json(data, _Body, "generation")
        results = body.results or [body]
        if all(result.generated_text is None for result in results):
            failure = failure_in(data)
            if failure is None:
                msg = f"the answer is no generation (no text): {excerpt(data)}"
                raise WireError(msg)
            return [failure, Done()]
        records: list[Record] = [Head(body.request_id)]
        for index, result in enumerate(results):
            records += _result(index, result)
        return [*records, _usage(body), Done()]


def _result(index: int, result: _Result) -> list[Record]:
    details = result.details or _Details()
    tops = details.top_tokens or [[] for _ in details.tokens]
    tokens = [_record(*pair) for pair in zip(details.tokens, tops, strict=False)]
    reason = result.finish_reason or details.finish_reason or "stop"
    text = result.generated_text or ""
    return [Delta(index, Part.GENERATED, text, tokens, reason)]


def _record(token: _Token, top: list[_Token]) -> Token:
    others = [Candidate(t.text, t.logprob, None, _id(t)) for t in top]
    return Token(token.text, token.logprob, None, _id(token), others)


def _id(token: _Token) -> int:
    return -1 if token.id is None else token.id


def _input(details: _Details) -> int | None:
    return (
        details.input_length if details.input_tokens is None else details.input_tokens
    )


def _usage(body: _Body) -> Usage:
    return Usage(
        prompt_tokens=body.num_input_tokens or body.status.tokens_input,
        completion_tokens=body.num_tokens or body.status.tokens_generated,
        cost=body.status.cost,
    )
