"""Together's chat and completions: OpenAI's texts, with log probabilities of their own.

A stream has a bare number a chunk; an answer in one piece has the lists of completions,
in a chat too. The prompt of ``echo`` stands beside the choices. All of it is rewritten
as OpenAI would write it, and read as that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.wire import openai_chat, openai_completions
from lpwidgets.wire.json_body import loaded, rewritten
from lpwidgets.wire.records import Delta, Part
from lpwidgets.wire.token_lists import as_entries, lists_of, tokens_of

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

Json = dict[str, Any]


def chat_request(question: Question) -> Json:
    """Return the body of a request; ``logprobs`` is a number, also in a chat."""
    body = openai_chat.request(question)
    body.pop("top_logprobs", None)
    return body | {"logprobs": question.top_logprobs}


class ChatDecoder(openai_chat.Decoder):
    """Decode the events of one stream, or one whole body, into records."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event; see `openai_chat.Decoder.event`."""
        return _with_prompt(data, super().event(rewritten(data, _as_chat)))

    def body(self, data: bytes) -> list[Record]:
        """Return the records of a whole body; see `openai_chat.Decoder.body`."""
        return _with_prompt(data, super().body(rewritten(data, _as_chat)))


class CompletionsDecoder(openai_completions.Decoder):
    """Decode the events of one stream, or one whole body, into records."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event; see `openai_completions.Decoder.event`."""
        return _with_prompt(data, super().event(rewritten(data, _as_completion)))

    def body(self, data: bytes) -> list[Record]:
        """Return the records of a body; see `openai_completions.Decoder.body`."""
        return _with_prompt(data, super().body(rewritten(data, _as_completion)))


def _as_chat(body: Json, choice: Json) -> Json:
    logprobs, said = choice.get("logprobs"), _dict(choice.get("delta"))
    if isinstance(logprobs, dict) and "content" not in logprobs:
        return choice | {"logprobs": as_entries(logprobs)}
    token = {"id": said.get("token_id"), "text": said.get("content")}
    return choice | _value(choice, token | _dict(body.get("token")))


def _as_completion(body: Json, choice: Json) -> Json:
    said, token = _dict(choice.get("delta")), _dict(body.get("token"))
    text = choice.get("text") or said.get("content")
    reason = choice.get("finish_reason") or body.get("finish_reason")
    token = {"id": said.get("token_id"), "text": text} | token
    return choice | {"text": text, "finish_reason": reason} | _value(choice, token)


def _value(choice: Json, token: Json) -> Json:
    """Return a number, or a token beside the choices, as the only entry of a list."""
    value = choice.get("logprobs")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    value = value if is_number else token.get("logprob")
    if not is_number and (choice.get("logprobs") or token.get("id") is None):
        return {}
    top = _dict(choice.get("top_logprobs"))
    entry = {
        "token": token.get("text") or "",
        "logprob": value,
        "id": -1 if token.get("id") is None else token["id"],
        "top_logprobs": [{"token": k, "logprob": v} for k, v in top.items()],
    }
    return {"logprobs": {"content": [entry]}}


def _with_prompt(data: bytes, records: list[Record]) -> list[Record]:
    """Put the prompt that stands beside the choices in front of each of them."""
    deltas = [one for one in records if isinstance(one, Delta)]
    prompts = _prompts(data) if deltas and b'"prompt"' in data else []
    said = {one.index for one in deltas if one.part is Part.PROMPT and one.tokens}
    repeated = {one.index for one in deltas if one.part is Part.PROMPT}
    added: list[Record] = []
    for index in sorted({one.index for one in deltas} - said) if prompts else ():
        prompt = prompts[index % len(prompts)]
        text = "" if index in repeated else str(prompt.get("text") or "")
        tokens = tokens_of(lists_of(prompt.get("logprobs")))
        added.append(Delta(index, Part.PROMPT, text, tokens))
    return added + records


def _prompts(data: bytes) -> list[Json]:
    prompts = (loaded(data) or {}).get("prompt")
    return [_dict(one) for one in prompts] if isinstance(prompts, list) else []


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
