"""Fireworks' chat and completions: OpenAI's, with the ids of tokens.

Log probabilities come as the entries of a chat or as the lists of completions, under
either. ``raw_output`` holds them again, as the model said them. All of it is rewritten
as OpenAI would write it, and read as that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.wire import openai_chat, openai_completions
from lpwidgets.wire.echo import Echo, Said
from lpwidgets.wire.json_body import rewritten
from lpwidgets.wire.records import Delta, Part, Usage
from lpwidgets.wire.token_lists import as_entries

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

Json = dict[str, Any]


def completions_request(question: Question) -> Json:
    """Return the body of a request, for entries: lists have neither ids nor bytes."""
    body = openai_completions.request(question)
    count = question.top_logprobs or None
    return body | {"logprobs": True} | ({"top_logprobs": count} if count else {})


class ChatDecoder(openai_chat.Decoder):
    """Decode the events of one stream, or one whole body, into records."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event; see `openai_chat.Decoder.event`."""
        return super().event(_chat(data))

    def body(self, data: bytes) -> list[Record]:
        """Return the records of a whole body; see `openai_chat.Decoder.body`."""
        records = super().body(_chat(data))
        usage = next((one for one in records if isinstance(one, Usage)), Usage())
        return [part for record in records for part in self._parts(record, usage)]

    def _parts(self, record: Record, usage: Usage) -> list[Record]:
        """Return a record, the prompt taken out that it begins with."""
        if not (isinstance(record, Delta) and record.tokens):
            return [record]
        prompt, answer = usage.prompt_tokens, usage.completion_tokens
        total = None if None in {prompt, answer} else (prompt or 0) + (answer or 0)
        said = Said(record.text, record.tokens, (), prompt, total)
        text, count = Echo(self.question).split(said)
        if not count:
            return [record]
        rest, tokens = record.text[len(text) :], record.tokens[count:]
        return [
            Delta(record.index, Part.PROMPT, text, record.tokens[:count]),
            Delta(record.index, record.part, rest, tokens, record.finish_reason),
        ]


class CompletionsDecoder(openai_completions.Decoder):
    """Decode the events of one stream, or one whole body, into records."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event; see `openai_completions.Decoder.event`."""
        return super().event(self._written(data))

    def body(self, data: bytes) -> list[Record]:
        """Return the records of a body; see `openai_completions.Decoder.body`."""
        return super().body(self._written(data))

    def _written(self, data: bytes) -> bytes:
        asked = self.question.parameters if self.question else {"echo": True}
        if asked.get("echo") or asked.get("echo_last") or not _is_openai(data):
            return rewritten(data, _as_completion)
        return data.replace(*_ID)


def _chat(data: bytes) -> bytes:
    return data.replace(*_ID) if _is_openai(data) else rewritten(data, _as_chat)


_ID = b'"token_id":', b'"id":'
"""What alone has another name, nearly always. It is found where it is a name only: a
quote inside of a JSON string has a backslash before it."""
_FOREIGN = (
    b'"token_logprobs"',
    b'"raw_output"',
    b'"token_id":null',
    b'"token_id": null',
)


def _is_openai(data: bytes) -> bool:
    return not any(name in data for name in _FOREIGN)


def _as_completion(_: Json, choice: Json) -> Json:
    raw = choice.get("raw_output")
    raw = raw if isinstance(raw, dict) else {}
    logprobs = choice.get("logprobs") or raw.get("completion_logprobs")
    entries = logprobs.get("content") if isinstance(logprobs, dict) else None
    if isinstance(entries, list) and all(isinstance(one, dict) for one in entries):
        offsets = [entry.get("text_offset", -1) for entry in entries]
        logprobs = {"content": list(map(_entry, entries)), "text_offset": offsets}
    prompt = choice.get("prompt_token_ids") or raw.get("prompt_token_ids")
    return choice | {"logprobs": logprobs, "prompt_token_ids": prompt}


def _as_chat(body: Json, choice: Json) -> Json:
    made = _as_completion(body, choice)
    logprobs = made["logprobs"]
    if isinstance(logprobs, dict) and "content" not in logprobs:
        made["logprobs"] = as_entries(logprobs)
    return made


def _entry(entry: Json) -> Json:
    top = entry.get("top_logprobs")
    others = [_entry(one) for one in top] if isinstance(top, list) else None
    token_id = entry.get("token_id", entry.get("id"))
    return {
        "token": entry.get("token"),
        "logprob": entry.get("logprob"),
        "bytes": entry.get("bytes"),
        "id": -1 if token_id is None else token_id,
        "top_logprobs": others,
    }
