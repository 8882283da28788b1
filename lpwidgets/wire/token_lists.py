r"""Parallel lists of tokens, as OpenAI's legacy completions write them.

Alternatives come as one mapping from text to log probability a token; two of them that
spell the same text cannot both be in it. Some servers (llama.cpp, Ollama) answer with
the entries of a chat in place of the lists. A token that is no text may be written as
``bytes:\xe2\x80``, or as ``token_id:123`` (vLLM, when asked to).
"""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import Struct, ValidationError, convert, to_builtins

from lpwidgets.wire.json_body import bytes_sent
from lpwidgets.wire.records import Candidate, Token
from lpwidgets.wire.vllm import has_placeholders, take_ids

Top = dict[str, float | None]

_BYTES = re.compile(r"bytes:((?:\\x[0-9a-f]{2})+)")


class TokenLists(Struct):
    """The lists; ``content`` holds the entries of a chat instead.

    ``text_offset`` counts characters from the beginning of prompt or answer; SGLang
    writes −1. Together may have one mapping in place of a list of them.
    """

    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[Top | None] | Top | None = None
    token_ids: list[int | None] | None = None
    text_offset: Any = None
    content: list[Token] | None = None
    unread: str = ""


def tokens_of(lists: TokenLists) -> list[Token]:
    """Return what the lists say, a token each; a list that ends early says less."""
    tokens = lists.content or _tokens(lists)
    if has_placeholders(tokens):
        take_ids(tokens)
    return tokens


def _tokens(lists: TokenLists) -> list[Token]:
    texts, values = lists.tokens or [], lists.token_logprobs or []
    ids, tops = lists.token_ids or [], _tops(lists)
    return [
        Token(
            text,
            values[i] if i < len(values) else None,
            _exact(text),
            -1 if i >= len(ids) or (known := ids[i]) is None else known,
            _candidates(tops[i]) if i < len(tops) else None,
        )
        for i, text in enumerate(texts)
    ]


def offsets_of(lists: TokenLists) -> list[int | None]:
    """Return where each token stands, in characters, as far as that is told."""
    told = lists.text_offset if isinstance(lists.text_offset, list) else []
    return [at if isinstance(at, int) else None for at in told]


def lists_of(logprobs: Any) -> TokenLists:
    """Return lists typed; what has another shape has none.

    ``unread`` then shows how it begins.
    """
    try:
        return convert(logprobs or {}, TokenLists)
    except (ValidationError, UnicodeError):  # it cannot even name a surrogate
        return TokenLists(unread=json.dumps(logprobs)[:80])


def as_entries(logprobs: Any) -> Any:
    """Return lists as the entries of a chat; another shape is no chat's either."""
    lists = lists_of(logprobs)
    if lists.unread:
        return {"token_logprobs": logprobs}
    return {"content": to_builtins(tokens_of(lists))}


def bytes_of(token: Token) -> bytes:
    """Return the bytes of a token, those of its text if it has no others."""
    sent = bytes_sent(token)
    return token.token.encode("utf-8", "surrogatepass") if sent is None else sent


def _tops(lists: TokenLists) -> list[Top | None]:
    tops = lists.top_logprobs
    if isinstance(tops, dict):
        return [tops] if len(lists.tokens or ()) == 1 else []
    return tops or []


def _candidates(top: Top | None) -> list[Candidate]:
    return [Candidate(text, value, _exact(text)) for text, value in (top or {}).items()]


def _exact(text: str) -> tuple[int, ...] | None:
    """Return the bytes of a token that is written as bytes."""
    written = _BYTES.fullmatch(text) if text[:6] == "bytes:" else None
    return tuple(bytes.fromhex(written[1].replace("\\x", ""))) if written else None
