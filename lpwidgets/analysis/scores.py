"""Scores of a whole generation, from its sampled tokens' log probabilities.

Sampled are the tokens that the model chose: reasoning, answer, refusal, tool calls and
special ones; not the prompt, nor tokens that were forced on it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation


def sampled(generation: Generation) -> NDArray[np.float64]:
    """Return the log probabilities, nats, of the tokens that the model chose."""
    columns = generation.columns
    return columns.logprob[~np.isin(columns.part, (Part.PROMPT, Part.FORCED))]


def sequence_logprob(generation: Generation) -> float:
    """Return the sum of the sampled log probabilities, nats.

    NaN if there is none or one of them is unknown: a sum that leaves tokens out would
    look surer than the model was.
    """
    values = sampled(generation)
    return float(values.sum()) if len(values) else math.nan


def mean_logprob(generation: Generation) -> float:
    """Return `sequence_logprob` over the number of sampled tokens, nats a token."""
    values = sampled(generation)
    return float(values.mean()) if len(values) else math.nan


def perplexity(generation: Generation) -> float:
    """Return exp(−`mean_logprob`) (Jelinek et al. 1977)."""
    mean = mean_logprob(generation)
    return math.exp(min(-mean, 700.0)) if not math.isnan(mean) else math.nan


def summary(generation: Generation) -> dict[str, Any]:
    """Return the figures people look at first."""
    meta, values = generation.meta, sampled(generation)
    return {
        "tokens": len(generation),
        "known": int(np.isfinite(generation.columns.logprob).sum()),
        "reported_by_server": meta.usage.completion_tokens,
        "sequence_logprob": generation.sequence_logprob,
        "mean_logprob": generation.mean_logprob,
        "perplexity": generation.perplexity,
        "min_probability": float(np.exp(values.min())) if len(values) else math.nan,
        "status": str(generation.status),
        "finish_reason": meta.finish_reason,
        "tokens_per_second": tokens_per_second(generation),
        "cost": meta.usage.cost,
        "findings": [finding.text for finding in generation.findings],
    }


def tokens_per_second(generation: Generation) -> float | None:
    """Return the rate from the first token to the last, None while it is unknown."""
    meta = generation.meta
    if meta.seconds is None or meta.first_token_seconds is None:
        return None
    tokens = meta.usage.completion_tokens or len(generation)
    span = meta.seconds - meta.first_token_seconds
    return (tokens - 1) / span if span > 0 and tokens > 1 else None
