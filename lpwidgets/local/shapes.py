"""DeepInfra's requests as the engine understands them, and its answers as DeepInfra's.

One class a route; an instance belongs to one request. Nothing here talks to anyone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from lpwidgets.local.parameters import (
    OPENAI,
    TOP,
    Field,
    Refusal,
    checked,
    invalid,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLOOR = -9999.0  # OpenAI's way to write "far below all others"; the engine's is -3e38

_GATEWAYS_OWN = (
    *("stream", "fail_fast", "stream_options", "model", "logprobs", "echo"),
    *("n", "num_responses"),
)


class Answer(ABC):
    """One request, and what its answer looks like.

    Parameters
    ----------
    body
        The request as it came.

    Raises
    ------
    Refusal
        A parameter is missing, ill-typed or out of its range.
    """

    path: ClassVar[str]
    required: ClassVar[tuple[str, ...]]
    fields: ClassVar[dict[str, Field]]
    number: ClassVar[str] = "n"

    def __init__(self, body: dict[str, Any]) -> None:
        self._given = checked(body, self.required, self.fields)
        self.stream: bool = self._given.get("stream", False)
        self.fail_fast: bool = self._given.get("fail_fast", False)
        self._held: dict[str, Any] | None = None
        if self.stream and self._given.get(self.number, 1) > 1:
            raise invalid(self.number, "Input should be 1 when streaming", "one_stream")

    def order(self) -> dict[str, Any]:
        """Return the request to the engine."""
        return {"stream": self.stream} | {
            self.fields[name].engine or name: value
            for name, value in self._given.items()
            if name not in _GATEWAYS_OWN
        }

    def orders(self) -> list[dict[str, Any]]:
        """Return one request to the engine for each text that is wanted.

        The engine can write several at once, but counts the tokens of one only.
        """
        seed, turns = self._given.get("seed"), range(self._given.get(self.number, 1))
        return [
            order if seed is None else order | {"seed": seed + turn}
            for order in self._prompted()
            for turn in turns
        ]

    def _prompted(self) -> list[dict[str, Any]]:
        return [self.order()]

    @abstractmethod
    def whole(self, answers: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the answer in one piece, from the engine's to each order."""

    @abstractmethod
    def events(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield what a stream says for one event of the engine's."""

    def end(self) -> Iterator[dict[str, Any]]:
        """Yield what was held back."""
        if self._held:
            yield self._held
        self._held = None

    def failure(self, refusal: Refusal) -> dict[str, Any]:
        """Return the event that says that the stream failed."""
        return refusal.as_error()


class ChatAnswer(Answer):
    """A chat, asked for and answered in OpenAI's way."""

    path = "/v1/chat/completions"
    required = ("model", "messages")
    fields = OPENAI | {
        "messages": Field("messages"),
        "logprobs": Field("bool"),
        "top_logprobs": Field("int", 0, TOP),
        "tools": Field("list"),
        "tool_choice": Field("choice"),
        "chat_template_kwargs": Field("dict"),
    }

    def order(self) -> dict[str, Any]:
        """Return the request to the engine."""
        usage = {"stream_options": {"include_usage": True}} if self.stream else {}
        return super().order() | usage | self._wanted_logprobs()

    def _wanted_logprobs(self) -> dict[str, Any]:
        if not self._given.get("logprobs"):
            return {}
        # The engine gives no values at all when asked for 0 alternatives.
        return {"logprobs": True, "top_logprobs": max(self._top, 1)}

    @property
    def _top(self) -> int:
        return int(self._given.get("top_logprobs", 0))

    def whole(self, answers: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the answer in one piece, from the engine's to each order."""
        choices = [
            self._choice(answer["choices"][0] | {"index": index})
            for index, answer in enumerate(answers)
        ]
        usage = _usage(answers[0]["usage"])
        every = self._given.get(self.number, 1)
        read = sum(answer["usage"]["prompt_tokens"] for answer in answers[::every])
        written = sum(answer["usage"]["completion_tokens"] for answer in answers)
        usage |= {"prompt_tokens": read, "completion_tokens": written}
        usage["total_tokens"] = read + written
        return self._head(answers[0]) | {"choices": choices, "usage": usage}

    def events(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield what a stream says for one event of the engine's.

        The engine may tell the usage after the finish; DeepInfra tells both at once, so
        a finish waits for what comes next.
        """
        usage = event.get("usage")
        if event["choices"]:
            yield from self.end()
            choices = [self._choice(choice) for choice in event["choices"]]
            self._held = self._head(event) | {"choices": choices}
        if usage and self._held and self._tells_usage:
            self._held["usage"] = _usage(usage)
        if self._held and not self._held["choices"][0]["finish_reason"]:
            yield from self.end()

    @property
    def _tells_usage(self) -> bool:
        return bool(self._given.get("stream_options", {}).get("include_usage", True))

    def _head(self, answer: dict[str, Any]) -> dict[str, Any]:
        return {name: answer[name] for name in ("id", "object", "created", "model")}

    def _choice(self, choice: dict[str, Any]) -> dict[str, Any]:
        found = (choice.get("logprobs") or {}).get("content")
        delta = choice.get("delta")
        if delta and delta.get("role"):
            choice["delta"] = delta | {"content": delta.get("content") or ""}
        logprobs = {"content": [self._entry(one) for one in found]} if found else None
        return choice | {"logprobs": logprobs}

    def _entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        top = [_plain(one) for one in entry["top_logprobs"][: self._top]]
        return _plain(entry) | {"top_logprobs": top}


class CompletionAnswer(ChatAnswer):
    """A completion of a raw prompt, with the lists of OpenAI's older interface."""

    path = "/v1/completions"
    required = ("model", "prompt")
    fields = OPENAI | {
        "prompt": Field("prompt"),
        "logprobs": Field("int", 0, TOP),
        "echo": Field("bool"),
    }

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body)
        self._offsets: dict[int, int] = {}
        if self._given.get("echo"):
            said = "echo is not supported: the embedded engine does not score prompts"
            raise Refusal(400, said)
        if self.stream and len(self._prompts()) > 1:
            said = "Input should be one prompt when streaming"
            raise invalid("prompt", said, "one_stream")

    def _prompts(self) -> list[Any]:
        prompt = self._given["prompt"]
        several = isinstance(prompt, list) and isinstance(prompt[0], str | list)
        return prompt if several else [prompt]

    def _prompted(self) -> list[dict[str, Any]]:
        return [self.order() | {"prompt": prompt} for prompt in self._prompts()]

    def _wanted_logprobs(self) -> dict[str, Any]:
        return {"logprobs": max(self._top, 1)} if "logprobs" in self._given else {}

    @property
    def _top(self) -> int:
        return int(self._given.get("logprobs", 0))

    def _choice(self, choice: dict[str, Any]) -> dict[str, Any]:
        found = (choice.get("logprobs") or {}).get("content")
        logprobs = self._lists(choice["index"], found) if found else None
        return choice | {"logprobs": logprobs}

    def _lists(self, index: int, entries: list[dict[str, Any]]) -> dict[str, Any]:
        offset = self._offsets.get(index, 0)
        offsets = []
        for entry in entries:
            offsets.append(offset)
            offset += len(entry["token"])
        self._offsets[index] = offset
        return {
            "tokens": [entry["token"] for entry in entries],
            "token_logprobs": [value(entry) for entry in entries],
            "top_logprobs": [self._by_text(entry) for entry in entries],
            "text_offset": offsets,
        }

    def _by_text(self, entry: dict[str, Any]) -> dict[str, float]:
        top = entry["top_logprobs"][: self._top]
        found = {one["token"]: value(one) for one in top}
        return {entry["token"]: value(entry)} | found


def _usage(usage: dict[str, Any]) -> dict[str, Any]:
    return usage | {"estimated_cost": 0.0}


def value(entry: dict[str, Any]) -> float:
    """Return the log probability of one of the engine's entries."""
    return max(float(entry["logprob"]), _FLOOR)


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    known = {"token": entry["token"], "logprob": value(entry)}
    return known | {"bytes": entry["bytes"]}
