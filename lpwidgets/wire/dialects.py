"""Every dialect by name: what asks in it and decodes its answers, mostly a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lpwidgets.wire import (
    deepinfra_native,
    fireworks,
    gemini,
    llamacpp,
    ollama,
    openai_chat,
    openai_completions,
    openai_responses,
    sglang,
    tgi,
    together,
)

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record


class Decoder(Protocol):
    """Decodes one answer."""

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream."""

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole, non-streaming body."""


class Dialect(Protocol):
    """A format that servers speak."""

    def request(self, question: Question) -> dict[str, Any]:
        """Return the JSON body of a request."""

    def Decoder(self, question: Question | None = None) -> Decoder:  # noqa: N802
        """Return a decoder for one answer to a question, None if it is not known."""


class _Asks(Protocol):
    def __call__(self, question: Question) -> dict[str, Any]: ...


class _Reads(Protocol):
    def __call__(self, question: Question | None = None) -> Decoder: ...


class Way(NamedTuple):
    """A dialect of a module that holds several."""

    request: _Asks
    Decoder: _Reads


DIALECTS: dict[str, Dialect] = {
    "deepinfra_native": deepinfra_native,
    "fireworks_chat": Way(openai_chat.request, fireworks.ChatDecoder),
    "fireworks_completions": Way(
        fireworks.completions_request, fireworks.CompletionsDecoder
    ),
    "gemini": gemini,
    "llamacpp": llamacpp,
    "ollama": ollama,
    "openai_chat": openai_chat,
    "openai_completions": openai_completions,
    "openai_responses": openai_responses,
    "sglang": sglang,
    "tgi": tgi,
    "together_chat": Way(together.chat_request, together.ChatDecoder),
    "together_completions": Way(
        openai_completions.request, together.CompletionsDecoder
    ),
}
