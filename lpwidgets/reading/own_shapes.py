"""Recognising what servers answer in APIs of their own; each has its dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lpwidgets.reading.piece import Kind, Piece, all_dicts, as_dict, dicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.reading.text import Document

_FINAL_EVENTS = {"response.completed", "response.incomplete", "response.failed"}
_GEMINI = {"candidates", "promptFeedback", "prompt_feedback"}


def _responses_event(event: Document) -> Piece | None:
    """Recognise an event of a stream of OpenAI's Responses."""
    kind, about = str(event.get("type")), as_dict(event.get("response"))
    if kind == "error":
        return Piece(Kind.CHUNK, {"error": event}, "")
    if not kind.startswith("response."):
        return None
    if kind in _FINAL_EVENTS and about.get("output"):
        return Piece(Kind.LAST, about, "openai_responses")
    return Piece(Kind.CHUNK, event, "openai_responses")


def _response(response: Document) -> Piece | None:
    """Recognise an answer of OpenAI's Responses."""
    known = response.get("object") == "response" or all_dicts(response.get("output"))
    return Piece(Kind.WHOLE, response, "openai_responses") if known else None


def _generation(body: Document) -> Piece | None:
    """Recognise Text Generation Inference and DeepInfra's native API."""
    if isinstance(body.get("token"), dict):
        return Piece(Kind.CHUNK, body, "tgi")
    whole = "generated_text" in body or all_dicts(body.get("results"))
    return Piece(Kind.WHOLE, body, "tgi") if whole else None


def _completion(body: Document) -> Piece | None:
    """Recognise llama.cpp's ``/completion``: an event, or all of it."""
    over = body.get("stop")
    if not (isinstance(body.get("content"), str) and isinstance(over, bool)):
        return None
    return Piece(Kind.CHUNK, body, "llamacpp", ends=over)


def _ollama(body: Document) -> Piece | None:
    """Recognise Ollama's own API: a line, or all of it."""
    said = isinstance(body.get("message"), dict) or "response" in body
    if not (said and isinstance(body.get("done"), bool)):
        return None
    return Piece(Kind.CHUNK, body, "ollama", ends=body["done"])


def _sglang(body: Document) -> Piece | None:
    """Recognise SGLang's ``/generate``; several choices in a stream have an index."""
    about = body.get("meta_info")
    if not isinstance(about, dict):
        return None
    if "index" in body:
        return Piece(Kind.CHUNK, body, "sglang")
    made, over = {**body, "id": about.get("id")}, bool(about.get("finish_reason"))
    return Piece(Kind.CHUNK, made, "sglang", ends=over)


def _gemini(body: Document) -> Piece | None:
    """Recognise Gemini: a chunk, or all of it, or the object of its SDK."""
    if not _GEMINI & body.keys():
        return None
    made = _camel(body)
    candidates, name = dicts(made.get("candidates")), made.get("responseId")
    if not (candidates or "promptFeedback" in made):
        return None
    over = any(one.get("finishReason") for one in candidates)
    return Piece(Kind.CHUNK, {**made, "id": name}, "gemini", ends=over and not name)


def _camel(value: Any) -> Any:
    """Return a document with keys in Gemini's case, and without what is None."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub("_(.)", lambda match: match[1].upper(), key): (
            item if key == "args" else _camel(item)  # names of the caller's own
        )
        for key, item in value.items()
        if item is not None
    }


OWN_SHAPES: tuple[Callable[[Document], Piece | None], ...] = (
    _responses_event,
    _response,
    _generation,
    _completion,
    _ollama,
    _sglang,
    _gemini,
)
"""Each returns a document as its dialect decodes it, None if it is another's."""
