"""Tokens with their likeliest alternatives, for views that only write text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

MAX_OTHERS = 5
"""Alternatives listed beside a token; how many are beyond is said."""

LARGEST = 80.0
"""Raw logits may be above any log probability; exp can still say this one."""


class Row(NamedTuple):
    """A token, and what else could have stood there; pieces are indexes."""

    piece: int
    probability: float
    others: list[tuple[int, float]]
    """Piece and probability of those that were not sampled, most likely first."""

    rest: int
    """How many more of them there are."""


def rows(generation: Generation, count: int) -> Iterator[Row]:
    """Yield the first `count` tokens."""
    c = generation.columns.take(np.arange(min(count, len(generation))))
    probabilities = _probabilities(c.alternative_logprob)
    alternatives = list(zip(c.alternative.tolist(), probabilities, strict=True))
    ends = c.alternative_offsets.tolist()
    tokens = zip(
        c.token.tolist(), _probabilities(c.logprob), c.chosen.tolist(), strict=True
    )
    for position, (piece, probability, chosen) in enumerate(tokens):
        listed = alternatives[ends[position] : ends[position + 1]]
        others = [one for place, one in enumerate(listed) if place != chosen]
        rest = max(0, len(others) - MAX_OTHERS)
        yield Row(piece, probability, others[:MAX_OTHERS], rest)


def _probabilities(logprobs: NDArray[np.float64]) -> list[float]:
    values: list[float] = np.exp(np.minimum(logprobs, LARGEST)).tolist()
    return values
