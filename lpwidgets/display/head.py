"""The line above the tokens: who answered, how it ended, the figures of a glance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lpwidgets.analysis.scores import tokens_per_second
from lpwidgets.meta import Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from lpwidgets.analysis.findings import Finding
    from lpwidgets.generation import Generation


class Fact(NamedTuple):
    """A figure, ready to be shown."""

    label: str
    value: str
    title: str


class Head(NamedTuple):
    """What stands above (and, as findings, below) the tokens of one generation."""

    provider: str
    model: str
    status: str
    tone: Literal["good", "warning", "error", "busy"]
    status_title: str
    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]
    unshown: str


def changes(head: Head, before: Head | None) -> dict[str, Any]:
    """Return by name what is other than it was."""
    if before is None:
        return head._asdict()
    pairs = zip(head._asdict().items(), before, strict=True)
    return {name: value for (name, value), old in pairs if value != old}


_STATUS: dict[Status, tuple[Literal["good", "warning", "error", "busy"], str]] = {
    Status.STREAMING: ("busy", "tokens are still coming"),
    Status.COMPLETE: ("good", "the model came to its end"),
    Status.LENGTH: (
        "warning",
        "stopped at the limit of tokens: raise max_tokens for more",
    ),
    Status.FILTERED: ("warning", "a content filter stopped the answer"),
    Status.TRUNCATED: ("error", "the stream ended without an end mark"),
    Status.INTERRUPTED: ("warning", "interrupted; what had arrived was kept"),
    Status.STOPPED: ("good", "stopped by a rule or a budget that was asked for"),
    Status.ERROR: ("error", "the server reported an error"),
}


def head_of(generation: Generation) -> Head:
    """Return the head of a generation."""
    meta = generation.meta
    tone, title = _STATUS[meta.status]
    if meta.finish_reason:
        title += f" (finish_reason: {meta.finish_reason})"
    shown = len(generation) > 0
    return Head(
        meta.provider,
        meta.model,
        str(meta.status),
        tone,
        title,
        tuple(_facts(generation)),
        generation.findings,
        "" if shown else generation.text or generation.text_of(Part.REFUSAL),
    )


def _facts(generation: Generation) -> list[Fact]:
    facts = []
    if len(generation):
        facts.append(Fact("tokens", f"{len(generation):,}", _count_title(generation)))
    perplexity = generation.perplexity
    if not math.isnan(perplexity):
        mean = generation.mean_logprob
        facts.append(
            Fact(
                "perplexity",
                f"{perplexity:.3g}",
                f"exp(−mean log probability); the mean is {mean:.4f} nats a token",
            )
        )
    rate = tokens_per_second(generation)
    if rate is not None:
        facts.append(
            Fact("tokens/s", f"{rate:.3g}", "from the first token to the last")
        )
    return facts


def _count_title(generation: Generation) -> str:
    reported = generation.meta.usage.completion_tokens
    whole = generation.texts is not None and generation.meta.choices == 1
    counts = f"; the server counts {reported}" if whole and reported is not None else ""
    return "tokens with their own entry" + counts
