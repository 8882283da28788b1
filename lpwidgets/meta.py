"""What is known of a generation beside its tokens."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from lpwidgets.pieces import well_formed
from lpwidgets.wire.records import Usage


class Status(StrEnum):
    """How a generation ended; `STREAMING` while it has not."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    LENGTH = "length"
    FILTERED = "filtered"
    TRUNCATED = "truncated"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    ERROR = "error"


STOP_WHEN = "stop_when"
"""The finish reason of an answer that a stop rule ended."""

BUDGET = "budget"
"""The finish reason of an answer that a budget ended."""

_GEMINI_FILTERS = (
    *("safety", "recitation", "language", "blocklist", "prohibited_content", "spii"),
    *("image_safety", "other"),  # it says OTHER for a filter that it does not name
)
_BY_FINISH_REASON = {
    "length": Status.LENGTH,
    "limit": Status.LENGTH,
    "max_tokens": Status.LENGTH,
    "content_filter": Status.FILTERED,
    "error": Status.ERROR,
    "abort": Status.ERROR,
    STOP_WHEN: Status.STOPPED,
    BUDGET: Status.STOPPED,
    **dict.fromkeys(_GEMINI_FILTERS, Status.FILTERED),
    "malformed_function_call": Status.ERROR,
    "unexpected_tool_call": Status.ERROR,
}


def status_of(finish_reason: str) -> Status:
    """Return the status that a server's finish reason means, however it is cased."""
    return _BY_FINISH_REASON.get(finish_reason.lower(), Status.COMPLETE)


_WORDS = (
    *("provider", "model", "finish_reason", "error"),
    *("note", "unread", "response_id"),
)


class Meta(Struct, frozen=True, kw_only=True):
    """Where a generation came from and how it ended. It never holds a key.

    ``parameters`` is the body that was sent, messages included. ``seconds`` runs from
    sending to the last byte, ``first_token_seconds`` to the first token; ``created``
    is Unix time in seconds. ``error`` is empty or says what went wrong. ``requests``
    counts what the generation took; ``scored`` says that the text was given and not
    generated; ``usage`` covers all ``choices`` of its answer.
    ``note`` is empty or says what was done otherwise than asked. ``unread`` shows how
    log probabilities begin that came in an unknown shape. ``profile`` is what
    `lpwidgets.doctor` found of this server and model, empty if it was not asked:
    ``date``, ``k``, and verdicts such as ``raw_values``. ``unsorted`` counts the lists
    of alternatives that came out of order; they were sorted. ``sampling`` has what a
    sampler of the client's took, empty without one: ``way``, ``drafted``, ``rejected``,
    ``overlap`` (mean of the two distributions' common mass), ``unseen`` (mean mass that
    it needed and nobody listed), ``most_unseen``. ``search`` has what a search says of
    it, empty without one: ``way``, ``score``, ``value``, ``rank`` (from 1), ``ended``.
    Words of a server are well-formed; see `lpwidgets.pieces.well_formed`.
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
    unsorted: int = 0
    profile: dict[str, Any] = {}
    sampling: dict[str, Any] = {}
    search: dict[str, Any] = {}
    usage: Usage = Usage()
    response_id: str = ""
    choice: int = 0
    choices: int = 1
    requests: int = 1
    scored: bool = False
    created: float | None = None
    seconds: float | None = None
    first_token_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in _WORDS:
            said = getattr(self, name)
            if not said.isascii():
                force_setattr(self, name, well_formed(said))
