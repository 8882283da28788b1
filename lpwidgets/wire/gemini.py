"""Gemini's ``generateContent``: candidates made of parts, two lists side by side.

A chunk of a stream has the shape of a whole answer. Asked without ``alt=sse`` a stream
is a JSON list of chunks, and an error is a list with one error in it. A token comes as
text and id, without bytes.
"""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from lpwidgets.errors import InputError, WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.question import Asked, take, without_none
from lpwidgets.wire.records import (
    Candidate,
    Delta,
    Done,
    Failure,
    Head,
    Part,
    Token,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

_NAMES = {
    "temperature": "temperature",
    "seed": "seed",
    "top_p": "topP",
    "top_k": "topK",
    "stop": "stopSequences",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
_SYSTEM = {"system", "developer"}
_UNSAID = "FINISH_REASON_UNSPECIFIED"
_BROKEN = {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"}


class _Listed(Candidate, gc=False):
    logprob: float | None = field(default=None, name="logProbability")
    id: int = field(default=-1, name="tokenId")


class _Chosen(Token, gc=False):
    logprob: float | None = field(default=None, name="logProbability")
    id: int = field(default=-1, name="tokenId")


class _Top(Struct, gc=False):
    candidates: list[_Listed] = []


class _Logprobs(Struct, gc=False, rename="camel"):
    chosen_candidates: list[_Chosen] = []
    top_candidates: list[_Top] = []


class _Call(Struct):
    name: str = ""
    args: Any = None


class _Part(Struct, rename="camel"):
    text: str = ""
    thought: bool = False
    function_call: _Call | None = None


class _Content(Struct):
    parts: list[_Part] = []


class _Candidate(Struct, rename="camel"):
    index: int = 0
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    logprobs_result: _Logprobs | None = None


class _Feedback(Struct, rename="camel"):
    block_reason: str | None = None


class _Usage(Struct, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None


class _Chunk(Struct, rename="camel"):
    candidates: list[_Candidate] = []
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None
    model_version: str = ""
    response_id: str = ""


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request; the model and the way to answer are in its path.

    Parameters go into ``generationConfig`` under Gemini's names, and so does what the
    caller gives as ``generationConfig``. Everything else is sent beside it.

    Raises
    ------
    InputError
        A message has contents that only Gemini's own format can say, or
        ``generationConfig`` is no dict.
    """
    given = dict(question.parameters)
    config = {new: given.pop(old, None) for old, new in _NAMES.items()}
    if isinstance(config["stopSequences"], str):
        config["stopSequences"] = [config["stopSequences"]]
    config |= {
        "maxOutputTokens": question.limit,
        "candidateCount": question.n if question.n > 1 else None,
        "responseLogprobs": True,
        "logprobs": question.top_logprobs or None,
    }
    turns = [_turn(number, one) for number, one in enumerate(_messages(question))]
    system = [part for role, parts in turns if role in _SYSTEM for part in parts]
    body = {
        "systemInstruction": {"parts": system} if system else None,
        "contents": [
            {"role": "model" if role in {"assistant", "model"} else "user", "parts": p}
            for role, p in turns
            if role not in _SYSTEM
        ],
        "generationConfig": without_none(config)
        | take(given, "generationConfig", dict),
    }
    return without_none({**body, **given})


def _messages(question: Question) -> Iterable[Mapping[str, Any]]:
    if isinstance(question.prompt, str):
        return [{"role": "user", "content": question.prompt}]
    return question.prompt


def _turn(number: int, message: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return who speaks, and the parts: text for text, Gemini's own as they are."""
    role, parts, content = map(message.get, ("role", "parts", "content"))
    if isinstance(parts, list):
        return str(role), parts
    blocks = content if isinstance(content, list) else [content or ""]
    texts = [b.get("text") if isinstance(b, dict) else b for b in blocks]
    if parts is not None or not all(isinstance(text, str) for text in texts):
        msg = (
            f"message {number} holds more than text: write it as Gemini does, "
            "{'role': 'user', 'parts': [{'text': '…'}, {'inlineData': …}]}"
        )
        raise InputError(msg)
    return str(role), [{"text": text} for text in texts]


class Decoder(Asked):
    """Decode the events of one stream, or one whole body, into records."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream.

        Raises
        ------
        WireError
            The event is not JSON, or no chunk of an answer.
        """
        if not data.strip():
            return []
        if data.lstrip()[:1] == b"[":
            chunks = decode_json(data, list[_Chunk], "Gemini answer")
        else:
            chunks = [decode_json(data, _Chunk, "Gemini answer")]
        records = [record for chunk in chunks for record in _records(chunk)]
        if not any(isinstance(record, Delta) for record in records):
            failure = failure_in(data)
            return [*records, failure] if failure else records
        return records

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole body, which may be a list of chunks.

        Raises
        ------
        WireError
            The body is not JSON, or no answer.
        """
        records = self.event(data)
        if not any(isinstance(record, Delta | Failure) for record in records):
            msg = f"the answer is none of Gemini (no candidates): {excerpt(data)}"
            raise WireError(msg)
        return [*records, Done()]


def _records(chunk: _Chunk) -> list[Record]:
    records: list[Record] = []
    if chunk.response_id or chunk.model_version:
        records.append(Head(chunk.response_id, chunk.model_version))
    for candidate in chunk.candidates:
        records += _candidate(candidate)
    feedback = chunk.prompt_feedback
    if feedback and feedback.block_reason and not chunk.candidates:
        records.append(Delta(0, finish_reason=feedback.block_reason))
    if (counts := chunk.usage_metadata) is not None:
        usage = Usage(
            prompt_tokens=counts.prompt_token_count,
            completion_tokens=counts.candidates_token_count,
            reasoning_tokens=counts.thoughts_token_count,
            cached_tokens=counts.cached_content_token_count,
        )
        records.append(usage)
    return records


def _candidate(candidate: _Candidate) -> list[Record]:
    """Return its parts; the tokens go with the last one that says something."""
    index, content = candidate.index, candidate.content or _Content()
    said = [_said(part) for part in content.parts]
    texts = [(part, text) for part, text in said if text] or [(Part.GENERATED, "")]
    *before, (part, text) = texts
    reason = candidate.finish_reason
    records: list[Record] = [Delta(index, lane, words) for lane, words in before]
    tokens = _tokens(candidate.logprobs_result)
    ended = None if reason == _UNSAID else reason
    records.append(Delta(index, part, text, tokens, ended))
    if reason in _BROKEN:
        records.append(Failure(candidate.finish_message or reason, reason))
    return records


def _said(part: _Part) -> tuple[Part, str]:
    if call := part.function_call:
        return Part.TOOL, call.name + json.dumps(call.args or {})
    return Part.REASONING if part.thought else Part.GENERATED, part.text


def _tokens(logprobs: _Logprobs | None) -> list[Token]:
    if logprobs is None:
        return []
    chosen, tops = logprobs.chosen_candidates, logprobs.top_candidates
    for token, top in zip_longest(chosen, tops[: len(chosen)]):
        token.top_logprobs = list(top.candidates) if top else []
    return list(chosen)
