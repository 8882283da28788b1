"""Generations as a ``chat.completion``, the shape that most tools read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lpwidgets.columns import UNKNOWN_LOGPROB
from lpwidgets.meta import Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import Alternative, Generation, TokenRow
    from lpwidgets.wire.records import Usage


def to_openai(generations: Sequence[Generation]) -> dict[str, Any]:
    """Return generations as the choices of one ``chat.completion``.

    `lpwidgets.read` makes equal generations of it, except for what it cannot carry: the
    prompt, tool calls, ranks that the list of alternatives does not show, which tokens
    were forced or special when the text does not tell, and log probabilities in a shape
    that was not read. A slice comes back with its text written out.

    What chat completions do not have is added: ``id`` for a token id that is known,
    ``reasoning_content``, and ``status`` and ``error`` of a choice that did not finish.
    """
    metas = [generation.meta for generation in generations]
    first = metas[0] if metas else None
    return {
        "id": first.response_id if first else "",
        "object": "chat.completion",
        "created": int(first.created or 0) if first else 0,
        "model": first.model if first else "",
        "choices": [_choice(i, generation) for i, generation in enumerate(generations)],
        "usage": _usage({(meta.response_id, meta.usage) for meta in metas}),
    }


def _choice(index: int, generation: Generation) -> dict[str, Any]:
    meta = generation.meta
    choice = {
        "index": index,
        "message": _message(generation),
        "logprobs": _logprobs(generation),
        "finish_reason": meta.finish_reason or None,
    }
    if not meta.finish_reason and meta.status is not Status.COMPLETE:
        over = meta.status is not Status.STREAMING
        status = meta.status if over else Status.INTERRUPTED
        choice |= {"status": str(status), "error": meta.error or None}
    return choice


def _message(generation: Generation) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": generation.text or None,
        "refusal": generation.text_of(Part.REFUSAL) or None,
    }
    if reasoning := generation.text_of(Part.REASONING):
        message["reasoning_content"] = reasoning
    return message


def _logprobs(generation: Generation) -> dict[str, Any] | None:
    rows = [row for row in generation if row.part is not Part.PROMPT]
    if not rows:
        return None
    chosen = generation.columns.chosen.tolist()
    parts = [row.part for row in rows]
    entries = [_token(row, chosen[row.position]) for row in rows]
    end = parts.index(Part.REFUSAL) if Part.REFUSAL in parts else len(rows)
    return {"content": entries[:end] or None, "refusal": entries[end:] or None}


def _token(row: TokenRow, chosen: int) -> dict[str, Any]:
    """Return a token with its list as the server sent it, without what was added."""
    listed = [_entry(one) for one in row.alternatives]
    if listed and not row.rank and not math.isnan(row.logprob):
        del listed[chosen]
    return _entry(row) | {"top_logprobs": listed}


def _entry(one: Alternative | TokenRow) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "token": one.bytes.decode("utf-8", "replace"),
        "bytes": list(one.bytes),
        "logprob": UNKNOWN_LOGPROB if math.isnan(one.logprob) else one.logprob,
    }
    return entry | ({"id": one.token_id} if one.token_id >= 0 else {})


def _usage(answers: set[tuple[str, Usage]]) -> dict[str, Any] | None:
    """Return the counts of all answers together, each answer's once."""

    def total(name: str) -> Any:
        known = [getattr(usage, name) for _, usage in answers]
        known = [value for value in known if value is not None]
        return sum(known) if known else None

    counts = _known(
        prompt_tokens=total("prompt_tokens"),
        completion_tokens=total("completion_tokens"),
        cost=total("cost"),
        prompt_tokens_details=_known(cached_tokens=total("cached_tokens")),
        completion_tokens_details=_known(reasoning_tokens=total("reasoning_tokens")),
    )
    if {"prompt_tokens", "completion_tokens"} <= counts.keys():
        counts["total_tokens"] = counts["prompt_tokens"] + counts["completion_tokens"]
    return counts or None


def _known(**values: Any) -> dict[str, Any]:
    return {k: value for k, value in values.items() if value not in (None, {})}
