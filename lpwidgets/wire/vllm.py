"""What vLLM adds to OpenAI's dialects: the prompt's values, and ids in place of texts.

``prompt_logprobs`` has a mapping from token ids for every position of the prompt, null
for the first one: nothing predicted it. A mapping holds the k most likely tokens and
the one that stands there, which is not marked.
"""

from __future__ import annotations

import re
from json import dumps
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, ValidationError, convert

from lpwidgets.wire.json_body import bytes_sent, decode_json
from lpwidgets.wire.records import Candidate, Delta, Part, Token, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

_PLACEHOLDER = re.compile(r"token_id:(\d+)")


class Ranked(Protocol):
    """An entry of a mapping, in JSON or in an object of vLLM's own."""

    @property
    def logprob(self) -> float | None:
        """Nats."""

    @property
    def rank(self) -> int | None:
        """1 for the most likely token."""

    @property
    def decoded_token(self) -> str | None:
        """Its text."""


class Entry(Struct):
    """An entry of a mapping as JSON has it."""

    logprob: float | None = None
    rank: int | None = None
    decoded_token: str | None = None


class _Body(Struct):
    prompt_logprobs: Any = None
    prompt_token_ids: list[int] | None = None
    prompt_text: str | None = None


def rows_of(sent: Any) -> list[dict[int, Entry] | None] | None:
    """Return ``prompt_logprobs`` typed, None if they are of another shape."""
    try:
        rows = convert(sent, list[dict[str, Entry] | None])
        return [_by_id(row) if row else None for row in rows]
    except (ValidationError, UnicodeError, ValueError):
        return None


def _by_id(row: dict[str, Entry]) -> dict[int, Entry]:
    return {int(token_id): entry for token_id, entry in row.items()}


def prompt_records(
    data: bytes, question: Question | None, choices: Iterable[int]
) -> list[Record]:
    """Return the prompt of a chat, which a whole body has beside its choices."""
    body = decode_json(data, _Body, "chat completion")
    if not body.prompt_logprobs:
        return []
    rows = rows_of(body.prompt_logprobs)
    if rows is None:
        shape = dumps(body.prompt_logprobs)[:80]
        return [Unread(index, shape) for index in choices]
    ids, text = body.prompt_token_ids or (), body.prompt_text or ""
    tokens = prompt_tokens(rows, ids, asked_count(question), text)
    text = text or spelled(tokens)
    return [Delta(index, Part.PROMPT, text, tokens) for index in choices]


def ranked_token(token_id: int | None, row: Mapping[int, Ranked] | None) -> Token:
    """Return the token that stands at a position, with all that its mapping holds.

    With an id that is None, or not in the mapping, its log probability is unknown.
    """
    top = [
        Candidate(entry.decoded_token or "", entry.logprob, None, int(key))
        for key, entry in (row or {}).items()
    ]
    key = -1 if token_id is None else int(token_id)
    one = next((c for c in top if c.id == key and key >= 0), Candidate(id=key))
    return Token(one.token, one.logprob, None, one.id, top)


def prompt_tokens(
    rows: Sequence[Mapping[int, Ranked] | None],
    ids: Sequence[int] = (),
    asked: int | None = None,
    text: str = "",
) -> list[Token]:
    """Return the tokens of a prompt.

    Parameters
    ----------
    rows
        A mapping a position, None where there is none.
    ids
        Which tokens the prompt has. Without them a token is known where it alone is
        listed, or ranks below the `asked` most likely ones; elsewhere its position
        keeps the alternatives and has neither text nor value.
    asked
        How many alternatives were asked for, None if that is not known.
    text
        The whole prompt: it tells the first token, which has no mapping.
    """
    known = len(ids) == len(rows)
    tokens = [
        ranked_token(ids[i] if known else _standing(row or {}, asked), row)
        for i, row in enumerate(rows)
    ]
    rest = spelled(tokens)
    if rest and not tokens[0].token and text.endswith(rest):
        tokens[0].token = text.removesuffix(rest)
    return tokens


def spelled(tokens: Sequence[Token]) -> str:
    """Return the text of a prompt's tokens, empty if one but the first is unknown."""
    known = all(token.id >= 0 for token in tokens[1:])
    return "".join(token.token for token in tokens) if known else ""


def _standing(row: Mapping[int, Ranked], asked: int | None) -> int | None:
    """Return which of a mapping's tokens must be the prompt's, None if none must."""
    if len(row) == 1:
        return next(iter(row))
    likely = asked if asked is not None and asked >= 0 else len(row)
    below = [key for key, entry in row.items() if (entry.rank or 0) > likely]
    return below[0] if len(below) == 1 else None


def asked_count(question: Question | None) -> int | None:
    """Return how many alternatives of the prompt's tokens were asked for."""
    count = question.parameters.get("prompt_logprobs") if question else None
    return count if isinstance(count, int) else None


def which_tokens(question: Question) -> dict[str, Any]:
    """Return what has to be asked along with ``prompt_logprobs``: which tokens."""
    return {"return_token_ids": True} if asked_count(question) is not None else {}


def has_placeholders(tokens: Sequence[Token] | None) -> bool:
    """Say whether tokens are written as ``token_id:123``."""
    return bool(tokens) and tokens[0].token.startswith("token_id:")  # type: ignore[index]


def take_ids(tokens: Iterable[Token]) -> None:
    """Turn ``token_id:123`` into the id, in place.

    Its text is unknown, unless the token itself has bytes; those of an alternative
    only spell ``token_id:123``.
    """
    for token in tokens:
        _take_id(token, bytes_sent(token))
        for candidate in token.top_logprobs or ():
            _take_id(candidate, None)
            if candidate.id == token.id:
                candidate.token, candidate.bytes = token.token, token.bytes


def _take_id(candidate: Candidate, known: bytes | None) -> None:
    if written := _PLACEHOLDER.fullmatch(candidate.token):
        candidate.id = int(written[1])
        candidate.token = (known or b"").decode("utf-8", "replace")
        candidate.bytes = known if known is None else tuple(known)


def give_ids(tokens: Sequence[Token], ids: Sequence[int] | None) -> None:
    """Give tokens their ids in place, if there is one for each."""
    if ids and len(ids) == len(tokens):
        for token, token_id in zip(tokens, ids, strict=True):
            token.id = token_id
