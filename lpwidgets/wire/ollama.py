"""Ollama's own API: a JSON object a line, a chat's entries beside the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.question import Asked, without_none
from lpwidgets.wire.records import Delta, Done, Head, Part, Token, Usage

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

_OPTIONS = ("temperature", "seed", "stop", "top_k", "top_p", "min_p", "num_ctx")


class _Message(Struct):
    content: str = ""
    thinking: str = ""


class _Event(Struct):
    model: str = ""
    message: _Message | None = None
    response: str | None = None
    thinking: str = ""
    done: bool = False
    done_reason: str = ""
    logprobs: list[Token] | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request: messages, or a prompt that is sent as it is."""
    given = dict(question.parameters)
    options = {name: given.pop(name, None) for name in _OPTIONS}
    options["num_predict"] = question.limit
    is_chat = not isinstance(question.prompt, str)
    body = {
        "model": question.model,
        "messages" if is_chat else "prompt": question.prompt,
        "raw": None if is_chat else True,
        "stream": question.stream,
        "logprobs": True,
        "top_logprobs": question.top_logprobs or None,
        "options": without_none(options) or None,
    }
    return without_none({**body, **given})


class Decoder(Asked):
    """Decode the lines of one stream, or one whole body, into records."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one line.

        Raises
        ------
        WireError
            It is not JSON, or not of a generation.
        """
        if not data.strip():
            return []
        event = decode_json(data, _Event, "generation")
        if event.message is None and event.response is None:
            failure = failure_in(data)
            return [failure] if failure else []
        return [*_deltas(event), *_end(event)]

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole, non-streaming response body.

        Raises
        ------
        WireError
            The body is not JSON, or no generation.
        """
        records = self.event(data)
        if not records:
            msg = f"the answer is no generation (no text): {excerpt(data)}"
            raise WireError(msg)
        return [*records, Done()]


def _deltas(event: _Event) -> list[Record]:
    said = event.message or _Message(event.response or "", event.thinking)
    lanes = ((Part.REASONING, said.thinking), (Part.GENERATED, said.content))
    texts = [(part, text) for part, text in lanes if text] or [(Part.GENERATED, "")]
    *before, (part, text) = texts
    earlier: list[Record] = [Delta(0, lane, words) for lane, words in before]
    return [*earlier, Delta(0, part, text, event.logprobs)]


def _end(event: _Event) -> list[Record]:
    if not event.done:
        return []
    return [
        Head(model=event.model),
        Delta(0, finish_reason=event.done_reason or "stop"),
        Usage(event.prompt_eval_count, event.eval_count),
    ]
