"""What is known of a generation beside its tokens."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from lpwidgets.wire.records import Usage


class Status(StrEnum):
    """How a generation ended; `STREAMING` while it has not."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    LENGTH = "length"
    FILTERED = "filtered"
    TRUNCATED = "truncated"
    INTERRUPTED = "interrupted"
    ERROR = "error"


_BY_FINISH_REASON = {
    "length": Status.LENGTH,
    "limit": Status.LENGTH,
    "max_tokens": Status.LENGTH,
    "content_filter": Status.FILTERED,
    "error": Status.ERROR,
    "abort": Status.ERROR,
}


def status_of(finish_reason: str) -> Status:
    """Return the status that a server's finish reason means."""
    return _BY_FINISH_REASON.get(finish_reason, Status.COMPLETE)


class Meta(Struct, frozen=True, kw_only=True):
    """Where a generation came from and how it ended. It never holds a key.

    ``parameters`` is the body that was sent, messages included. ``seconds`` runs from
    sending to the last byte, ``first_token_seconds`` to the first token; ``created``
    is Unix time in seconds. ``error`` is empty or says what went wrong. ``requests``
    counts what the generation took; ``usage`` covers all ``choices`` of its answer.
    ``note`` is empty or says what was done otherwise than asked. ``unread`` shows how
    log probabilities begin that came in an unknown shape.
    """

    provider: str = ""
    model: str = ""
    dialect: str = ""
    parameters: dict[str, Any] = {}
    status: Status = Status.STREAMING
    finish_reason: str = ""
    error: str = ""
    note: str = ""
    unread: str = ""
    usage: Usage = Usage()
    response_id: str = ""
    choice: int = 0
    choices: int = 1
    requests: int = 1
    created: float | None = None
    seconds: float | None = None
    first_token_seconds: float | None = None
