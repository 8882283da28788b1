r"""OpenAI's legacy completions: a raw prompt in, parallel lists out.

Alternatives come as one mapping from text to log probability a token; two of them that
spell the same text cannot both be in it. Some servers (llama.cpp, Ollama) answer with
the entries of a chat in place of the lists. A token that is no text may be written as
``bytes:\xe2\x80``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.openai_usage import OpenAIUsage, usage_of
from lpwidgets.wire.records import (
    Candidate,
    Delta,
    Done,
    Head,
    Part,
    Token,
    Unread,
)

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

_BYTES = re.compile(r"bytes:((?:\\x[0-9a-f]{2})+)")


class _Logprobs(Struct):
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float | None] | None] | None = None
    content: list[Token] | None = None


class _Choice(Struct):
    index: int = 0
    text: str | None = None
    logprobs: Any = None
    finish_reason: str | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    id: str | None = None
    model: str | None = None
    usage: OpenAIUsage | None = None


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request; the prompt is sent as it is."""
    body = {"prompt": question.prompt, "logprobs": question.top_logprobs}
    return body | question.common()


class Decoder:
    """Decode the events of one stream, or one whole body, into records."""

    def __init__(self) -> None:
        self._seen_head = False

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream.

        Raises
        ------
        WireError
            The event is not JSON, or no chunk of a completion.
        """
        if data.strip() == b"[DONE]":
            return [Done()]
        return self._chunk(data) if data else []

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole, non-streaming response body.

        Raises
        ------
        WireError
            The body is not JSON, or no completion.
        """
        records = self._chunk(data)
        if not records:
            msg = f"the answer is no completion (no choices): {excerpt(data)}"
            raise WireError(msg)
        return [*records, Done()]

    def _chunk(self, data: bytes) -> list[Record]:
        chunk = decode_json(data, _Chunk, "completion")
        records: list[Record] = []
        if not self._seen_head and chunk.choices and (chunk.id or chunk.model):
            self._seen_head = True
            records.append(Head(chunk.id or "", chunk.model or ""))
        for choice in chunk.choices or ():
            records += _choice(choice)
        if chunk.usage is not None:
            records.append(usage_of(chunk.usage))
        if not chunk.choices and (failure := failure_in(data)):
            records.append(failure)
        return records


def _choice(choice: _Choice) -> list[Record]:
    try:
        logprobs = msgspec.convert(choice.logprobs or {}, _Logprobs)
    except msgspec.ValidationError:
        unread = Unread(choice.index, json.dumps(choice.logprobs)[:80])
        return [unread, Delta(choice.index, text=choice.text or "")]
    tokens = logprobs.content or _tokens(logprobs)
    text, reason = choice.text or "", choice.finish_reason or None
    return [Delta(choice.index, Part.GENERATED, text, tokens, reason)]


def _tokens(logprobs: _Logprobs) -> list[Token]:
    values, tops = logprobs.token_logprobs or [], logprobs.top_logprobs or []
    rows = enumerate(logprobs.tokens or ())
    return [
        Token(
            text,
            values[i] if i < len(values) else None,
            _exact(text),
            top_logprobs=_candidates(tops[i] if i < len(tops) else None),
        )
        for i, text in rows
    ]


def _candidates(top: dict[str, float | None] | None) -> list[Candidate]:
    return [Candidate(text, value, _exact(text)) for text, value in (top or {}).items()]


def _exact(text: str) -> tuple[int, ...] | None:
    """Return the bytes of a token that is written as bytes."""
    written = _BYTES.fullmatch(text)
    return tuple(bytes.fromhex(written[1].replace("\\x", ""))) if written else None
