"""What is missing or odd about a generation, in words a user can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from lpwidgets.meta import Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.generation import Generation


class Finding(NamedTuple):
    """One thing that a reader of the numbers should know."""

    level: Literal["error", "warning", "info"]
    text: str
    detail: str = ""


def find(generation: Generation) -> tuple[Finding, ...]:
    """Return every finding about a generation, worst first."""
    found = [finding for check in _CHECKS if (finding := check(generation))]
    order = ("error", "warning", "info")
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def _ended_badly(generation: Generation) -> Finding | None:
    meta = generation.meta
    kept = f"{len(generation)} tokens were kept"
    if meta.status is Status.ERROR:
        return Finding("error", f"the server broke off: {meta.error}", kept)
    if meta.status is Status.TRUNCATED:
        reason = meta.error or "the stream ended without an end mark"
        return Finding("error", f"the answer was cut off: {reason}", kept)
    if meta.status is Status.INTERRUPTED:
        return Finding("info", f"interrupted; {kept}")
    return None


def _no_logprobs(generation: Generation) -> Finding | None:
    meta = generation.meta
    if generation.has_logprobs or meta.status is Status.STREAMING:
        return None
    if meta.unread:
        return Finding(
            "error",
            f"the log probabilities of {meta.model} came in a shape that "
            f"{meta.dialect} does not have",
            f"they begin with {meta.unread}",
        )
    if not any((generation.texts or {}).values()) and not len(generation):
        return None
    return Finding(
        "error",
        f"this server returned no log probabilities for {meta.model or 'this model'}; "
        "try another model or provider, or provider 'local'",
        "servers leave them out silently for reasoning models, and for models "
        "that another host serves",
    )


def _under_reported(generation: Generation) -> Finding | None:
    columns, usage = generation.columns, generation.meta.usage
    expected = usage.completion_tokens
    given = int(np.isin(columns.part, (Part.PROMPT, Part.FORCED), invert=True).sum())
    part_of_it = generation.meta.choices > 1 or generation.texts is None
    if not expected or not given or part_of_it or given >= expected - 1:
        return None
    return Finding(
        "warning",
        f"{given} of {expected} tokens were reported",
        "the server generated more tokens than it sent log probabilities for; sums and "
        "means cover the reported ones only",
    )


def _unknown_values(generation: Generation) -> Finding | None:
    unknown = int(np.isnan(generation.columns.logprob).sum())
    if not unknown or unknown == len(generation):
        return None
    return Finding(
        "warning",
        f"{unknown} of {len(generation)} log probabilities are unknown",
        "the server sent a placeholder or nothing; sums and means are unknown too",
    )


def _text_differs(generation: Generation) -> Finding | None:
    text = generation.text.encode("utf-8", "surrogatepass")
    tokens = generation.bytes_of(Part.GENERATED)
    if (
        not tokens
        or generation.status is Status.STREAMING
        or tokens.strip() == text.strip()
    ):
        return None
    return Finding(
        "warning",
        "the tokens do not spell the text that the server sent",
        f"text {len(text)} bytes, tokens {len(tokens)} bytes",
    )


def _done_otherwise(generation: Generation) -> Finding | None:
    note = generation.meta.note
    return Finding("info", note) if note else None


def _refused(generation: Generation) -> Finding | None:
    refusal = generation.text_of(Part.REFUSAL)
    return Finding("info", "the model refused", refusal) if refusal else None


_CHECKS: tuple[Callable[[Generation], Finding | None], ...] = (
    _ended_badly,
    _no_logprobs,
    _under_reported,
    _unknown_values,
    _text_differs,
    _refused,
    _done_otherwise,
)
