"""How the answer ended, and whether it has log probabilities at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.analysis.findings.finding import Finding, check, counted
from lpwidgets.meta import Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from lpwidgets.analysis.findings.evidence import Evidence


@check
def ended_badly(evidence: Evidence) -> Finding | None:
    """Tell an answer that broke off, was cut off, or was interrupted."""
    meta = evidence.meta
    kept = f"{len(evidence.generation)} tokens were kept"
    if meta.status is Status.ERROR:
        reason = meta.error or f"finish reason {meta.finish_reason!r}"
        return Finding("error", f"the server broke off: {reason}", kept)
    if meta.status is Status.TRUNCATED:
        reason = meta.error or "the stream ended without an end mark"
        return Finding("error", f"the answer was cut off: {reason}", kept)
    if meta.status is Status.INTERRUPTED:
        return Finding("info", f"interrupted; {kept}")
    return None


@check
def no_logprobs(evidence: Evidence) -> Finding | None:
    """Tell when not one log probability came, not even a placeholder."""
    generation, meta = evidence.generation, evidence.meta
    if generation.has_logprobs or evidence.below.any():
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


@check
def all_placeholders(evidence: Evidence) -> Finding | None:
    """Tell when placeholders came, and nothing else."""
    if evidence.generation.has_logprobs or not evidence.below.any():
        return None
    return Finding(
        "error",
        "instead of log probabilities "
        f"{counted(int(evidence.below.sum()), 'placeholder')} such as −9999 came; try "
        "another model or provider",
        "a placeholder stands for a value that the server did not compute or cut off; "
        "where all values are, the model is not set up for them",
    )


@check
def refused(evidence: Evidence) -> Finding | None:
    """Tell what the model said in refusing."""
    refusal = evidence.generation.text_of(Part.REFUSAL)
    return Finding("info", "the model refused", refusal) if refusal else None


@check
def done_otherwise(evidence: Evidence) -> Finding | None:
    """Tell what the client did otherwise than it was asked to."""
    note = evidence.meta.note
    return Finding("info", note) if note else None
