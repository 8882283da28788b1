"""Every dialect by name: a module that asks in it and decodes its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from lpwidgets.wire import llamacpp, ollama, openai_chat, openai_completions, tgi

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

    def Decoder(self) -> Decoder:  # noqa: N802
        """Return a decoder for one answer."""


DIALECTS: dict[str, Dialect] = {
    "llamacpp": llamacpp,
    "ollama": ollama,
    "openai_chat": openai_chat,
    "openai_completions": openai_completions,
    "tgi": tgi,
}
