"""Scores of a whole generation, one registered function each.

They go over the sampled tokens, those that the model chose: reasoning, answer, refusal,
tool calls and special ones; not the prompt, nor tokens that were forced on it. A score
is NaN when there is no such token, or when one is unknown: to leave it out would make
the model look surer than it was.

In the examples ``gen`` is one token, an ``a`` of probability 1/2; listed with it are
two others of 1/4 and 1/8, so that 1/8 is unseen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis.registry import Registry
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

SCORES = Registry("a generation")


def sampled(generation: Generation) -> NDArray[np.float64]:
    """Return the log probabilities, nats, of the tokens that the model chose.

    Left out are tokens that a server did not report, as `findings` say; and of a text
    that was scored a first token that nothing stands before: no model gives that one a
    probability.
    """
    return generation.columns.logprob[chosen(generation)]


def chosen(generation: Generation) -> NDArray[np.bool_]:
    """Return which tokens the model chose, shape (n,); see `sampled`."""
    columns = generation.columns
    mask: NDArray[np.bool_] = columns.part != Part.PROMPT
    mask &= columns.part != Part.FORCED
    mask &= ~columns.unreported
    if lacks_context(generation):
        mask[0] = False
    return mask


def lacks_context(generation: Generation) -> bool:
    """Say whether a scored text's first token has no value, as nothing precedes it."""
    logprob = generation.columns.logprob
    return generation.meta.scored and len(logprob) > 0 and bool(np.isnan(logprob[0]))


@SCORES.add("sequence log probability", unit="nats", domain=(None, 0.0))
def sequence_logprob(generation: Generation) -> float:
    """Sum of the sampled tokens' log probabilities: that of the whole sequence.

    >>> round(gen.score("sequence_logprob"), 4)
    -0.6931
    """
    values = sampled(generation)
    return float(values.sum()) if len(values) else math.nan


@SCORES.add("mean log probability", unit="nats a token", domain=(None, 0.0))
def mean_logprob(generation: Generation) -> float:
    """Sequence log probability over the number of tokens (Murray and Chiang 2018).

    >>> round(gen.score("mean_logprob"), 4)
    -0.6931
    """
    return _mean(sampled(generation))


@SCORES.add("perplexity", domain=(1.0, None), certain=1.0)
def perplexity(generation: Generation) -> float:
    """Exponential of minus the mean log probability (Jelinek et al. 1977).

    >>> round(gen.score("perplexity"), 4)
    2.0
    """
    mean = mean_logprob(generation)
    return math.exp(min(-mean, 700.0)) if not math.isnan(mean) else math.nan


@SCORES.add("bits a byte", unit="bits a byte")
def bits_per_byte(generation: Generation) -> float:
    """Bits of all sampled tokens over the bytes of their text (Gao et al. 2020).

    Unlike perplexity it compares models with different tokens. The bytes of special
    tokens are no text; their bits count, as without them a text would have no end.

    >>> round(gen.score("bits_per_byte"), 4)
    1.0
    """
    columns, mask = generation.columns, chosen(generation)
    text = mask & (columns.part != Part.SPECIAL)
    lengths = np.diff(columns.pieces.offsets.astype(np.int64))
    size = int(lengths[columns.token[text]].sum())
    bits = -sequence_logprob(generation) / math.log(2.0)
    return bits / size if size else math.nan


@SCORES.add("least probability", domain=(0.0, 1.0), certain=1.0)
def min_probability(generation: Generation) -> float:
    """Probability of the least likely sampled token (Manakul et al. 2023).

    >>> round(gen.score("min_probability"), 4)
    0.5
    """
    values = sampled(generation)
    return float(np.exp(values.min())) if len(values) else math.nan


@SCORES.add("quantile of probabilities", domain=(0.0, 1.0), certain=1.0)
def quantile_probability(generation: Generation, q: float = 0.1) -> float:
    """Quantile `q` of the sampled tokens' probabilities (Gupta et al. 2024).

    Interpolated linearly; 0 is the least, 0.5 the median. A long answer always has one
    unlikely token, which the least probability cannot tell from a short, unsure one.

    >>> round(gen.score("quantile_probability", q=0.5), 4)
    0.5
    """
    values, level = np.exp(sampled(generation)), _level(q)
    return float(np.quantile(values, level)) if len(values) else math.nan


@SCORES.add("mean entropy ≥", unit="bits a token")
def mean_entropy_low(generation: Generation) -> float:
    """Mean of the tokens' entropies (Manakul et al. 2023), lower bound.

    >>> round(gen.score("mean_entropy_low"), 4)
    1.75
    """
    return _mean(generation.metric("entropy_low")[chosen(generation)])


@SCORES.add("mean entropy ≤", unit="bits a token")
def mean_entropy_high(generation: Generation) -> float:
    """Mean of the tokens' entropies (Manakul et al. 2023), upper bound.

    >>> round(gen.score("mean_entropy_high"), 4)
    4.0
    """
    return _mean(generation.metric("entropy_high")[chosen(generation)])


@SCORES.add("mean self-certainty ≥", unit="nats", certain=None)
def mean_self_certainty_low(generation: Generation) -> float:
    """Mean of the tokens' self-certainties (Kang, Zhao and Song 2025), lower bound.

    >>> round(gen.score("mean_self_certainty_low"), 4)
    2.0542
    """
    return _mean(generation.metric("self_certainty_low")[chosen(generation)])


@SCORES.add("mean log probability at the start", unit="nats a token", domain=(None, 0))
def prefix_logprob(generation: Generation, tokens: int = 5) -> float:
    """Mean log probability of the first `tokens` sampled ones, of all if fewer.

    The mean of Murray and Chiang (2018), cut short: what comes first often decides the
    answer, and what follows only repeats the decision.

    >>> round(gen.score("prefix_logprob", tokens=3), 4)
    -0.6931
    """
    return _mean(sampled(generation)[: _count(tokens)])


@SCORES.add("mean log probability where least", unit="nats a token", domain=(None, 0))
def window_logprob(generation: Generation, tokens: int = 10) -> float:
    """Lowest mean log probability of `tokens` sampled ones in a row, of all if fewer.

    After the lowest group confidence of Fu et al. (2025): one unsure passage is not
    averaged away by a long text around it.

    >>> round(gen.score("window_logprob", tokens=3), 4)
    -0.6931
    """
    values = sampled(generation)
    size = min(_count(tokens), len(values))
    if not size:
        return math.nan
    sums = np.concatenate([[0.0], values.cumsum()])
    return float((sums[size:] - sums[:-size]).min() / size)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else math.nan


def _level(q: object) -> float:
    if isinstance(q, bool) or not isinstance(q, int | float) or not 0 <= q <= 1:
        msg = f"q={q!r:.40}: a quantile is a number from 0 to 1, such as 0.1"
        raise InputError(msg)
    return q


def _count(tokens: object) -> int:
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
        msg = f"tokens={tokens!r:.40}: it is a whole number from 1, such as 5"
        raise InputError(msg)
    return tokens


def all_of(generation: Generation) -> dict[str, float]:
    """Return every score by name, options at their defaults."""
    return {one.name: one.compute(generation) for one in SCORES.every()}


def summary(generation: Generation) -> dict[str, Any]:
    """Return the figures people look at first."""
    meta = generation.meta
    return {
        "tokens": len(generation),
        "known": int(np.isfinite(generation.columns.logprob).sum()),
        "reported_by_server": meta.usage.completion_tokens,
        "sequence_logprob": generation.sequence_logprob,
        "mean_logprob": generation.mean_logprob,
        "perplexity": generation.perplexity,
        "min_probability": min_probability(generation),
        "status": str(generation.status),
        "finish_reason": meta.finish_reason,
        "tokens_per_second": tokens_per_second(generation),
        "cost": meta.usage.cost,
        "requests": meta.requests,
        "sampling": meta.sampling or None,
        "profile": meta.profile or None,
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
