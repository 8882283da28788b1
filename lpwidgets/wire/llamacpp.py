"""llama.cpp's own ``/completion``: a raw prompt in, entries like a chat's out.

Its values are the model's, before sampling. With ``post_sampling_probs`` it sends
probabilities after sampling instead, in fields of other names.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.question import Asked, without_none
from lpwidgets.wire.records import Candidate, Delta, Done, Head, Token, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

_REASONS = {"eos": "stop", "word": "stop", "limit": "length"}


class _Candidate(Candidate, gc=False):
    prob: float | None = None


class _Entry(_Candidate, gc=False):
    top_logprobs: list[Candidate] | None = None
    top_probs: list[_Candidate] | None = None


class _Event(Struct):
    content: str | None = None
    index: int = 0
    model: str | None = None
    stop: bool = False
    stop_type: str = ""
    entries: list[_Entry] = msgspec.field(
        default_factory=list, name="completion_probabilities"
    )
    tokens_predicted: int | None = None
    tokens_evaluated: int | None = None


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request; the prompt is sent as it is."""
    body = {
        "prompt": question.prompt,
        "n_predict": question.limit,
        "n_probs": question.top_logprobs,
        "stream": question.stream or None,
        **question.parameters,
    }
    return without_none(body)


class Decoder(Asked):
    """Decode the events of one stream, or one whole body, into records."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream.

        Raises
        ------
        WireError
            The event is not JSON, or none of a completion.
        """
        if not data or data.strip() == b"[DONE]":
            return [Done()] if data else []
        event = decode_json(data, _Event, "completion")
        if event.content is None:
            failure = failure_in(data)
            return [failure] if failure else []
        tokens = [_token(entry) for entry in event.entries]
        reason = _REASONS.get(event.stop_type, "stop") if event.stop else None
        records: list[Record] = [
            Delta(event.index, text=event.content, tokens=tokens, finish_reason=reason)
        ]
        if event.stop:
            usage = Usage(event.tokens_evaluated, event.tokens_predicted)
            records += [Head(model=event.model or ""), usage]
        return records

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole, non-streaming response body.

        Raises
        ------
        WireError
            The body is not JSON, or no completion.
        """
        records = self.event(data)
        if not records:
            msg = f"the answer is no completion (no content): {excerpt(data)}"
            raise WireError(msg)
        return [*records, Done()]


def _token(entry: _Entry) -> Token:
    top = entry.top_logprobs
    if entry.top_probs is not None:
        top = _from_probabilities(entry.top_probs)
    logprob = entry.logprob if entry.prob is None else _log(entry.prob)
    return Token(entry.token, logprob, entry.bytes, entry.id, top)


def _from_probabilities(top: Iterable[_Candidate]) -> list[Candidate]:
    return [Candidate(c.token, _log(c.prob), c.bytes, c.id) for c in top]


def _log(probability: float | None) -> float | None:
    return math.log(probability) if probability else None
