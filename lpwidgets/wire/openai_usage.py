"""Token counts and cost, as OpenAI's dialects write them."""

from __future__ import annotations

from msgspec import Struct

from lpwidgets.wire.records import Usage


class _PromptDetails(Struct):
    cached_tokens: int | None = None


class _CompletionDetails(Struct):
    reasoning_tokens: int | None = None


class OpenAIUsage(Struct):
    """The ``usage`` object; the cost is DeepInfra's or OpenRouter's addition."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    estimated_cost: float | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


def usage_of(usage: OpenAIUsage) -> Usage:
    """Return it as a record."""
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        reasoning_tokens=completion.reasoning_tokens if completion else None,
        cached_tokens=prompt.cached_tokens if prompt else None,
        cost=usage.estimated_cost if usage.estimated_cost is not None else usage.cost,
    )
