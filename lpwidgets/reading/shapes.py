"""From the dicts of many libraries to those that the dialects of `wire` decode."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lpwidgets.reading.own_shapes import OWN_SHAPES
from lpwidgets.reading.piece import Kind, Piece, all_dicts, as_dict, dicts, is_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lpwidgets.reading.text import Document

_SAID = {"message", "delta", "text"}
_ERROR_KEYS = ("error", "error_message", "detail")


def plain(value: Any) -> Any:
    """Return an object of another library as dicts and lists."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, Mapping):
        return value.item()
    return {str(k): plain(v) for k, v in _fields(value).items()}


def _fields(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "model_dump"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic's, of what a server left out
            dumped: dict[str, Any] = value.model_dump()
            return dumped
    return {k: v for k, v in getattr(value, "__dict__", {}).items() if k[:1] != "_"}


def recognise(document: Document) -> Piece | None:
    """Return a document as one a dialect decodes, None if its shape is unknown."""
    return next(filter(None, (shape(document) for shape in _SHAPES)), None)


def _batch_line(line: Document) -> Piece | None:
    """Recognise a line of the batch API's output."""
    response = line.get("response")
    if isinstance(response, dict) and isinstance(response.get("body"), dict):
        found = recognise(response["body"])
        return found and found._replace(kind=Kind.WHOLE)
    failed = "custom_id" in line and line.get("error")
    return Piece(Kind.WHOLE, {"error": line["error"]}) if failed else None


def _langchain(message: Document) -> Piece | None:
    """Recognise a message of LangChain."""
    about = message.get("response_metadata")
    if not isinstance(about, dict):
        return None
    extra = as_dict(message.get("additional_kwargs"))
    said = _message({**extra, "content": message.get("content")})
    said["tool_calls"] = [
        {"function": {"name": call.get("name"), "arguments": _text(call.get("args"))}}
        for call in dicts(message.get("tool_calls"))
    ]
    choice = {"message": said, "logprobs": about.get("logprobs")}
    head = {
        "id": message.get("id"),
        "model": about.get("model_name") or about.get("model"),
        "usage": about.get("token_usage") or message.get("usage_metadata"),
    }
    return _chat_of(head, choice | {"finish_reason": about.get("finish_reason")})


def _sample(sample: Document) -> Piece | None:
    """Recognise what holds an answer as its output (a sample of inspect_ai)."""
    output = sample.get("output")
    return recognise(output) if isinstance(output, dict) else None


def _choices(body: Document) -> Piece | None:
    """Recognise chat completions, completions, and their chunks."""
    choices = body.get("choices")
    if not isinstance(choices, list) or not all(map(is_dict, choices)):
        return None
    if any(_SAID & choice.keys() == {"text"} for choice in choices):
        made = [_choice(index, choice) for index, choice in enumerate(choices)]
        body = {**body, "choices": made}
        return Piece(Kind.EITHER, body, "openai_completions")
    said = [c.get("logprobs") for c in choices]
    if any(isinstance(one, dict) and "token_logprobs" in one for one in said):
        made = [_as_completion(choice) for choice in choices]
        return Piece(_kind(body), {**body, "choices": made}, "openai_completions")
    made = [_choice(index, choice) for index, choice in enumerate(choices)]
    usage = _usage(body.get("usage"))
    return Piece(_kind(body), {**body, "choices": made, "usage": usage})


def _kind(body: Document) -> Kind:
    choices, name = body["choices"], str(body.get("object"))
    if name == "text_completion":
        return Kind.EITHER
    streamed = name.endswith("chunk") or any("delta" in choice for choice in choices)
    return Kind.CHUNK if streamed or not choices else Kind.WHOLE


def _choice(index: int, choice: Document) -> Document:
    """Return a choice with what some libraries call or nest differently renamed."""
    made = dict(choice)
    if made.get("index") is None:
        made["index"] = index
    if isinstance(made.get("stop_reason"), str) and not made.get("finish_reason"):
        made["finish_reason"] = made["stop_reason"]
    if isinstance(made.get("message"), dict):
        made["message"] = _message(made["message"])
    if all_dicts(made.get("logprobs")):
        made["logprobs"] = {"content": made["logprobs"]}
    return made


def _as_completion(choice: Document) -> Document:
    """Return a chat's choice that has the lists of completions as a completion's."""
    said = as_dict(choice.get("message") or choice.get("delta"))
    return {**choice, "index": choice.get("index") or 0, "text": said.get("content")}


def _message(message: Document) -> Document:
    """Return a message with one text for a list of blocks, and with OpenAI's calls."""
    made = dict(message)
    content, calls = made.get("content"), made.get("tool_calls")
    if isinstance(content, list):
        texts = (
            {"type": "text", "text": b} if isinstance(b, str) else b for b in content
        )
        blocks = dicts(list(texts))
        made["content"] = _joined(blocks, "text", "text")
        thought = _joined(blocks, "reasoning", "reasoning")
        made["reasoning_content"] = made.get("reasoning_content") or thought
    if isinstance(calls, list):
        made["tool_calls"] = [_call(call) for call in calls]
    return made


def _call(call: Any) -> Any:
    if not isinstance(call, dict) or not isinstance(call.get("function"), str):
        return call
    return {
        "function": {
            "name": call["function"],
            "arguments": _text(call.get("arguments")),
        }
    }


def _bare(document: Document) -> Piece | None:
    """Recognise a choice, its log probabilities alone, and a token of them."""
    if isinstance(document.get("token"), str) and "logprob" in document:
        return _chat_of({}, {"logprobs": {"content": [document]}}, Kind.ENTRY)
    if "logprobs" in document or isinstance(document.get("message"), dict):
        body = {"model": document.get("model_name"), "choices": [document]}
        found = _choices(body)
        return found and found._replace(bare=not _SAID & document.keys())
    content, refusal = document.get("content"), document.get("refusal")
    if "token_logprobs" in document:
        body = {"choices": [{"logprobs": document}]}
        return Piece(Kind.WHOLE, body, "openai_completions", bare=True)
    if all_dicts(content) or all_dicts(refusal):
        made = _chat_of({}, {"logprobs": document})
        return made._replace(bare=True)
    return None


def _failure(document: Document) -> Piece | None:
    """Recognise an error in place of an answer."""
    known = any(document.get(key) for key in _ERROR_KEYS)
    known = known or document.get("object") == "error"
    return Piece(Kind.CHUNK, document, "") if known else None


_SHAPES: tuple[Callable[[Document], Piece | None], ...] = (
    _batch_line,
    _choices,
    *OWN_SHAPES,
    _langchain,
    _sample,
    _bare,
    _failure,
)


def _chat_of(about: Document, choice: Document, kind: Kind = Kind.WHOLE) -> Piece:
    body = {
        "id": about.get("id"),
        "model": about.get("model"),
        "choices": [{"index": 0, **choice}],
        "usage": _usage(about.get("usage")),
    }
    if error := about.get("error"):
        body["error"] = error
    return Piece(kind, body, bare=kind is Kind.ENTRY)


def _usage(usage: Any) -> Any:
    """Return token counts under the names of chat completions."""
    if not isinstance(usage, dict) or "input_tokens" not in usage:
        return usage
    return {
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "prompt_tokens_details": usage.get("input_tokens_details"),
        "completion_tokens_details": usage.get("output_tokens_details"),
    }


def _joined(blocks: Iterable[Document], kind: str, name: str) -> str:
    return "".join(str(b.get(name) or "") for b in blocks if b.get("type") == kind)


def _text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
