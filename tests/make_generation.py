"""Generations for tests, made the way real ones are: from records, by the builder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.builder import AnswerBuilder
from lpwidgets.meta import Meta
from lpwidgets.wire.records import Candidate, Delta, Done, Part, Token, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import Generation

META = Meta(provider="local", model="a-model", dialect="openai_chat")


def candidate(
    piece: bytes | str, logprob: float | None, token_id: int = -1
) -> Candidate:
    """One alternative, with its exact bytes."""
    data = piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece
    return Candidate(data.decode("utf-8", "replace"), logprob, tuple(data), token_id)


def token(
    piece: bytes | str,
    logprob: float | None,
    alternatives: Sequence[tuple[Any, ...]] = (),
    token_id: int = -1,
) -> Token:
    """One sampled token with its alternatives."""
    made = candidate(piece, logprob, token_id)
    top = [candidate(*alternative) for alternative in alternatives]
    return Token(made.token, made.logprob, made.bytes, made.id, top)


def generation(
    *tokens: Token,
    text: str | None = None,
    finish_reason: str = "stop",
    part: Part = Part.GENERATED,
    usage: Usage | None = None,
) -> Generation:
    """Finish a generation of these tokens; `text` defaults to what they spell."""
    builder = AnswerBuilder(META)
    if text is None:
        text = b"".join(bytes(t.bytes or ()) for t in tokens).decode("utf-8", "replace")
    lane = Part.GENERATED if part is Part.FORCED else part  # what is forced is said
    builder.add(Delta(0, lane, text=text))
    builder.add(Delta(0, part, tokens=list(tokens), finish_reason=finish_reason))
    if usage:
        builder.add(usage)
    builder.add(Done())
    return builder.finish()[0]
