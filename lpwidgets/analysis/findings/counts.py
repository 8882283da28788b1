"""How much came of what there is: tokens, values, alternatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.analysis.findings.finding import Finding, check, counted
from lpwidgets.analysis.scores import lacks_context
from lpwidgets.columns import is_below
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from lpwidgets.analysis.findings.evidence import Evidence

_END_MARK = 1
"""Tokens that servers count and need not list, or list and need not count."""

_WHOLE = 1 - 1e-4
"""Listed probability from which on a server may have had nothing more to list."""


@check
def token_count(evidence: Evidence) -> Finding | None:
    """Tell when the server counts another number of tokens than came."""
    generation, usage = evidence.generation, evidence.meta.usage
    came, expected = int(evidence.sampled.sum()), usage.completion_tokens or 0
    part_of_it = evidence.meta.choices > 1 or generation.texts is None
    if not expected or not came or part_of_it:
        return None
    reasoning = usage.reasoning_tokens or 0
    if came > expected + reasoning + (usage.prompt_tokens or 0) + _END_MARK:
        return Finding(
            "warning",
            f"{came:,} tokens came, the server counts {expected:,}",
            "some may have been sent twice: compare the tokens with the text",
        )
    if came >= expected - _END_MARK:
        return None
    has_reasoning = bool((evidence.columns.part == Part.REASONING).any())
    if not has_reasoning and came >= expected - reasoning - _END_MARK:
        return Finding(
            "info",
            f"the {counted(reasoning, 'token')} of the reasoning came without values",
            "sums and means cover the answer only",
        )
    return Finding(
        "warning",
        f"{came:,} of {expected:,} tokens were reported",
        "the server generated more tokens than it sent log probabilities for; sums and "
        "means cover the reported ones only",
    )


@check
def unknown_values(evidence: Evidence) -> Finding | None:
    """Count the tokens that have no value."""
    unknown = ~evidence.known & ~evidence.below
    in_prompt = evidence.columns.part == Part.PROMPT
    unknown &= in_prompt | ~evidence.columns.unreported  # `token_count` tells of those
    first_of_prompt = bool((evidence.columns.part[:1] == Part.PROMPT).all())
    unknown[:1] &= not (first_of_prompt or lacks_context(evidence.generation))
    number, total = int(unknown.sum()), len(unknown)
    if not number or number == total:
        return None
    return Finding(
        "warning",
        f"{number:,} of {total:,} log probabilities are unknown",
        "the server sent none for these tokens; sums and means over them are unknown "
        "too",
    )


@check
def placeholders(evidence: Evidence) -> Finding | None:
    """Count the tokens said to be less likely than what the server lists."""
    number, total = int(evidence.below.sum()), len(evidence.below)
    if not number or not evidence.known.any():
        return None
    return Finding(
        "warning",
        f"{number:,} of {total:,} log probabilities are only placeholders",
        "the server sent a value such as −9999, which says that the token is less "
        "likely than those it lists, not how likely; it counts as unknown, and so do "
        "sums and means over it",
    )


@check
def placeholders_listed(evidence: Evidence) -> Finding | None:
    """Count the alternatives that have a placeholder, most often ruled out."""
    values = evidence.columns.alternative_logprob
    own = evidence.columns.alternative_offsets[:-1] + evidence.columns.chosen
    number = int(is_below(values).sum())
    has_place = evidence.below & (evidence.columns.chosen >= 0)
    number -= int(is_below(values[own[has_place]]).sum())
    if not number:
        return None
    return Finding(
        "info",
        f"{number:,} of {counted(len(values), 'alternative')} have only a placeholder",
        "the server sent a value such as −9999: the token was ruled out (by top_k, "
        "top_p, a grammar), or lies below what the server computes",
    )


@check
def alternatives(evidence: Evidence) -> Finding | None:
    """Tell when fewer alternatives came than were asked for."""
    asked, known = evidence.asked, evidence.known
    counts = evidence.counts[known]
    short = counts < asked
    if not short.any():
        return None
    if not counts.any():
        return Finding(
            "warning",
            f"none of the {counted(asked, 'alternative')} asked for came",
            "entropy, margin and rank need them; another model or provider may list "
            "some",
        )
    short &= evidence.mass[known] < _WHOLE
    least, most = int(counts.min()), int(counts.max())
    if not short.any():
        return None
    if least == most:
        return Finding(
            "warning",
            f"{least:,} of {counted(asked, 'alternative')} came at every position",
            "the server has a limit, or counts the sampled token as one of them: ask "
            "for one more, or for fewer",
        )
    least = int(counts[short].min())
    return Finding(
        "info",
        f"fewer than {counted(asked, 'alternative')} came at {int(short.sum()):,} of "
        f"{counted(len(counts), 'position')}, as few as {least:,}",
        "some servers leave out what they cannot tell apart (two tokens of the same "
        "text) or have ruled out; what is not listed counts as unseen",
    )
