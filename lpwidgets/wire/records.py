"""What every dialect decodes into: the words between the wire and a `Generation`."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from msgspec import Raw, Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Part(IntEnum):
    """What a token belongs to."""

    PROMPT = 0
    REASONING = 1
    GENERATED = 2
    FORCED = 3
    SPECIAL = 4
    TOOL = 5
    REFUSAL = 6


class Candidate(Struct, gc=False):
    """One token that the model could have said, as a server writes it in JSON.

    ``logprob`` is in nats, None when the server does not know it; ``bytes`` is None
    when the server sends only text; ``id`` is −1 when the server sends none.
    """

    token: str = ""
    logprob: float | None = None
    bytes: tuple[int, ...] | None = None
    id: int = -1


class Token(Candidate, gc=False):
    """The sampled token, with the alternatives the server listed for its position."""

    top_logprobs: list[Candidate] | None = None


class RawCandidate(Candidate, gc=False):
    """A candidate whose bytes stay JSON until somebody has to look at them."""

    bytes: Raw = Raw()  # type: ignore[assignment]


class RawToken(Token, gc=False):
    """A sampled token, it and its alternatives with bytes that stay JSON."""

    bytes: Raw = Raw()  # type: ignore[assignment]
    top_logprobs: list[RawCandidate] | None = None  # type: ignore[assignment]


class Usage(Struct, frozen=True):
    """Token counts and cost (US dollars) as the server reports them, None unknown."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None


class Head(Struct, frozen=True):
    """What identifies an answer."""

    id: str = ""
    model: str = ""


class Delta(Struct):
    """A piece of one choice: text, tokens, or both; the two need not match.

    ``part`` says what both belong to, as far as this piece alone tells.
    """

    index: int
    part: Part = Part.GENERATED
    text: str = ""
    tokens: Sequence[Token] | None = None
    finish_reason: str | None = None


class Unread(Struct, frozen=True):
    """Log probabilities came in a shape that this dialect does not know."""

    index: int
    shape: str


class Failure(Struct, frozen=True):
    """The server reported an error inside an answer that had begun with status 200."""

    message: str
    code: str = ""


class Done(Struct, frozen=True):
    """The server marked the end of the stream."""


Record = Head | Delta | Usage | Unread | Failure | Done
