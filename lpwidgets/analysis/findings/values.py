"""Whether the values can be log probabilities, and the model's own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.analysis.findings.finding import Finding, check, counted

if TYPE_CHECKING:
    from lpwidgets.analysis.findings.evidence import Evidence

_NOISE = 1e-4
"""Nats by which a log probability may exceed 0 through rounding."""

_EXCESS = 0.02
"""By how much a list of values rounded to 8 bits (bfloat16) may exceed 1."""

_SCALED = 1e-5
"""Rounding of a sum of single-precision probabilities."""

_TAIL = math.log(1e-3)
"""Log probability of a last listed token that leaves some to those after it."""

_FEW = 5
"""Tokens that may look alike by chance."""


@check
def probabilities(evidence: Evidence) -> Finding | None:
    """Tell values from 0 to 1, which are probabilities."""
    if not _look_like_probabilities(evidence):
        return None
    return Finding(
        "error",
        "these look like probabilities, not log probabilities: all values lie between "
        "0 and 1",
        "they are shown as they came, so every score is wrong; log probabilities would "
        "be np.log(gen.columns.logprob), and of the alternatives "
        "np.log(gen.columns.alternative_logprob)",
    )


def _look_like_probabilities(evidence: Evidence) -> bool:
    values = evidence.values
    if not len(values) or values.min() < 0 or not _NOISE < values.max() <= 1 + _NOISE:
        return False
    sums = evidence.each_list(np.add, np.nan_to_num(evidence.listed), 0.0)
    return bool((sums <= 1 + _EXCESS).all())


@check
def above_zero(evidence: Evidence) -> Finding | None:
    """Count what would be a probability greater than 1."""
    high = evidence.columns.logprob > _NOISE
    listed = int((evidence.columns.alternative_logprob > _NOISE).sum())
    number = int(high.sum())
    if not (number or listed) or _look_like_probabilities(evidence):
        return None
    what = "log probability", "log probabilities"
    tokens = f"{number:,} of {counted(len(high), *what)}"
    text = tokens if number else f"{counted(listed, 'value')} of alternatives"
    return Finding(
        "error",
        f"{text} above 0 (up to {evidence.values.max():.4g}), which none can be",
        "they may be raw logits (vLLM with --logprobs-mode raw_logits) or scores of "
        "another kind; they are shown as they came, and no sum or mean of them is a "
        "log probability",
    )


@check
def all_the_same(evidence: Evidence) -> Finding | None:
    """Tell when the model seems equally sure of everything."""
    columns, known = evidence.columns, evidence.known
    values = columns.logprob[known]
    if len(values) < _FEW or (values != values[0]).any():
        return None
    ranked = np.isfinite(columns.alternative_logprob).sum() > len(values)
    if ranked and values[0] == 0:  # the lists agree that the model was sure
        return None
    number = counted(len(values), "log probability", "log probabilities")
    if values[0] == 0:
        return Finding(
            "warning",
            f"all {number} are exactly 0",
            "the server may not compute them for this model, or may give them after "
            "sampling at temperature 0, where the token taken has probability 1",
        )
    return Finding(
        "warning",
        f"all {number} are {values[0]:.4g}",
        "the server may send a constant instead of computing them",
    )


@check
def too_much_mass(evidence: Evidence) -> Finding | None:
    """Count the lists whose probabilities sum to more than 1."""
    over = evidence.mass > 1 + _EXCESS
    if not over.any() or (evidence.values > _NOISE).any():
        return None
    return Finding(
        "warning",
        f"the listed probabilities sum to more than 1 at {int(over.sum()):,} of "
        f"{counted(len(over), 'position')} (up to {evidence.mass.max():.3g})",
        "a token is listed twice, or the values are not log probabilities to base e of "
        "one distribution; entropy and unseen mass are wrong there",
    )


@check
def after_sampling(evidence: Evidence) -> Finding | None:
    """Tell values that sampling has scaled so that the listed ones sum to 1."""
    if evidence.meta.parameters.get("post_sampling_probs"):
        return None
    rows = evidence.counts > evidence.unlisted
    off = np.abs(evidence.mass[rows] - 1) > _SCALED
    telling = (evidence.least[rows] > _TAIL) & (evidence.counts[rows] > 1)
    if off.any() or telling.sum() < _FEW:
        return None
    return Finding(
        "warning",
        "the listed probabilities sum to 1 at every position: values after sampling, "
        "not the model's own",
        "temperature, top_k and top_p have changed them: what was cut off counts as "
        "impossible; ask the server for values before sampling (llama.cpp: "
        "post_sampling_probs false; vLLM: --logprobs-mode raw_logprobs)",
    )
