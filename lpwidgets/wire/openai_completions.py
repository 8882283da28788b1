"""OpenAI's legacy completions: a raw prompt in, parallel lists of tokens out.

With ``echo`` the answer begins with the prompt and its tokens; vLLM also has the
prompt's values in a list of their own, ``prompt_logprobs``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lpwidgets.errors import WireError
from lpwidgets.wire.echo import Echo, Said
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.openai_usage import OpenAIUsage, usage_of
from lpwidgets.wire.question import Asked
from lpwidgets.wire.records import Delta, Done, Head, Part, Unread
from lpwidgets.wire.token_lists import lists_of, offsets_of, tokens_of
from lpwidgets.wire.vllm import (
    asked_count,
    give_ids,
    prompt_tokens,
    rows_of,
    spelled,
    which_tokens,
)

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record, Token


class _Choice(Struct):
    index: int = 0
    text: str | None = None
    logprobs: Any = None
    finish_reason: str | None = None
    token_ids: list[int] | None = None
    prompt_token_ids: list[int] | None = None
    prompt_logprobs: Any = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    id: str | None = None
    model: str | None = None
    usage: OpenAIUsage | None = None
    error: Any = None


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request; the prompt is sent as it is.

    No alternatives (0) still means the values of the tokens themselves.
    """
    body = {"prompt": question.prompt, "logprobs": question.top_logprobs}
    return body | which_tokens(question) | question.common()


class Decoder(Asked):
    """Decode the events of one stream, or one whole body, into records."""

    def __init__(self, question: Question | None = None) -> None:
        super().__init__(question)
        self._seen_head = False
        self._echoes: dict[int, Echo] = {}

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
        lists = [lists_of(choice.logprobs) for choice in chunk.choices or ()]
        listed = [tokens_of(one) for one in lists]
        counts = _counts(chunk, sum(map(len, listed)))
        for choice, one, tokens in zip(chunk.choices or (), lists, listed, strict=True):
            if one.unread:
                records.append(Unread(choice.index, one.unread))
            said = Said(choice.text or "", tokens, offsets_of(one), *counts)
            records += self._choice(choice, said)
        if chunk.usage is not None:
            records.append(usage_of(chunk.usage))
        if _may_fail(chunk) and (failure := failure_in(data)):
            records.append(failure)
        return records

    def _choice(self, choice: _Choice, said: Said) -> list[Record]:
        index, ids = choice.index, choice.prompt_token_ids or ()
        rows = rows_of(choice.prompt_logprobs) if choice.prompt_logprobs else []
        records: list[Record] = []
        if rows is None:
            records.append(Unread(index, json.dumps(choice.prompt_logprobs)[:80]))
        if ids or rows:
            said = said._replace(prompt_tokens=len(ids or rows or ()))
        if index not in self._echoes:
            self._echoes[index] = Echo(self.question)
        text, count = self._echoes[index].split(said)
        prompt, tokens = list(said.tokens[:count]), list(said.tokens[count:])
        give_ids(prompt, ids)
        give_ids(tokens, choice.token_ids)
        rest = said.text[len(text) :]
        if rows:
            text = text or self._prompt()
            told = prompt_tokens(rows, ids, asked_count(self.question), text)
            prompt = _united(prompt, told)
            text = text or spelled(prompt)
        if text or prompt:
            records.append(Delta(index, Part.PROMPT, text, prompt))
        reason = choice.finish_reason or None
        return [*records, Delta(index, Part.GENERATED, rest, tokens, reason)]

    def _prompt(self) -> str:
        prompt = self.question.prompt if self.question else ""
        return prompt if isinstance(prompt, str) else ""


def _may_fail(chunk: _Chunk) -> bool:
    """Say whether it is worth looking for an error in a chunk."""
    choices = chunk.choices or ()
    return not choices or bool(chunk.error) or choices[0].finish_reason == "error"


def _counts(chunk: _Chunk, listed: int) -> tuple[int | None, int | None]:
    """Return how many tokens a prompt has, and how many it has with its answer.

    Several choices may answer as many prompts, whose tokens are counted together: with
    that many tokens listed, or fewer, the length of one prompt is unknown.
    """
    usage, choices = chunk.usage or OpenAIUsage(), len(chunk.choices or ())
    prompt, answer = usage.prompt_tokens, usage.completion_tokens
    if prompt is None:
        return None, None
    total = prompt + (answer or 0)
    if choices > 1:
        return (prompt if listed > total else None), None
    return prompt, None if answer is None else total


def _united(listed: list[Token], told: list[Token]) -> list[Token]:
    """Return the prompt of `told`, with what only the lists of an echo know."""
    if len(listed) != len(told):
        return told
    for one, other in zip(listed, told, strict=True):
        other.token, other.bytes = other.token or one.token, other.bytes or one.bytes
    pairs = zip(listed, told, strict=True)
    return [other if other.id >= 0 else one for one, other in pairs]
