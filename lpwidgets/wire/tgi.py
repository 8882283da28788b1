"""Text Generation Inference's own API, after which DeepInfra's is modelled.

A stream has one sampled token an event, and a last event with the whole text. An answer
in one piece has the tokens in ``details``, those of the prompt too if they were asked
for (``decoder_input_details``); DeepInfra's has text alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.question import Asked, without_none
from lpwidgets.wire.records import Candidate, Delta, Done, Head, Part, Token, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    prefill: list[_Token] = []
    tokens: list[_Token] = []
    top_tokens: list[list[_Token]] = []
    generated_text: str | None = None
    best_of_sequences: list[_Details] | None = None


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

    A temperature is above 0 there: 0 is said as no sampling. ``stop`` is a list.
    """
    given = question.parameters
    temperature = given.get("temperature")
    parameters = {
        "details": True,
        "max_new_tokens": question.limit,
        "top_n_tokens": question.top_logprobs or None,
        "do_sample": False if temperature == 0 else None,
        **given,
        "temperature": temperature or None,
        "stop": listed(given.get("stop")),
    }
    return {"inputs": question.prompt, "parameters": without_none(parameters)}


def listed(stop: str | Sequence[str] | None) -> Sequence[str] | None:
    """Return the texts to stop at as a list, None for none."""
    return [stop] if isinstance(stop, str) else stop


class Decoder(Asked):
    """Decode the events of one stream, or one whole body, into records."""

    def __init__(self, question: Question | None = None) -> None:
        super().__init__(question)
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
        sequences = [one for result in results for one in _sequences(result)]
        for index, sequence in enumerate(sequences):
            records += self._sequence(index, sequence)
        return [*records, _usage(body, sequences), Done()]

    def _sequence(self, index: int, details: _Details) -> list[Record]:
        asked, text = self.question, details.generated_text or ""
        prompt = asked.prompt if asked and isinstance(asked.prompt, str) else ""
        prefill = [_record(token, []) for token in details.prefill]
        records: list[Record] = []
        if asked and asked.parameters.get("return_full_text"):
            text = text.removeprefix(prompt)
        if prefill:
            said = prompt or "".join(token.token for token in prefill)
            records.append(Delta(index, Part.PROMPT, said, prefill))
        tops = details.top_tokens or [[] for _ in details.tokens]
        tokens = [_record(*pair) for pair in zip(details.tokens, tops, strict=False)]
        reason = details.finish_reason or "stop"
        return [*records, Delta(index, Part.GENERATED, text, tokens, reason)]


def _sequences(result: _Result) -> list[_Details]:
    """Return what a result says, and the others of which it is the best."""
    best = result.details or _Details()
    best.generated_text = result.generated_text
    best.finish_reason = result.finish_reason or best.finish_reason
    return [best, *(best.best_of_sequences or ())]


def _record(token: _Token, top: list[_Token]) -> Token:
    others = [Candidate(t.text, t.logprob, None, _id(t)) for t in top]
    return Token(token.text, token.logprob, None, _id(token), others)


def _id(token: _Token) -> int:
    return -1 if token.id is None else token.id


def _input(details: _Details) -> int | None:
    return (
        details.input_length if details.input_tokens is None else details.input_tokens
    )


def _usage(body: _Body, sequences: list[_Details]) -> Usage:
    counts = [one.generated_tokens or 0 for one in sequences]
    prefilled = len(sequences[0].prefill)
    return Usage(
        prompt_tokens=body.num_input_tokens
        or body.status.tokens_input
        or prefilled
        or None,
        completion_tokens=body.num_tokens
        or body.status.tokens_generated
        or sum(counts)
        or None,
        cost=body.status.cost,
    )
