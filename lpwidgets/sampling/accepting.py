"""The rule of speculative sampling: what is drafted from q ends up distributed as p.

Leviathan et al. 2023 (arXiv:2211.17192), Chen et al. 2023 (arXiv:2302.01318): a drafted
token x is kept with probability min(1, p(x) / q(x)); otherwise one is drawn from what p
has more than q, max(0, p − q), normalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpwidgets.sampling.candidates import Values


def judge(
    p: Values, q: Values, drafted: int, rng: np.random.Generator
) -> tuple[int, bool]:
    """Return which candidate stands at a position, and whether it is the drafted one.

    Parameters
    ----------
    p, q
        What is wanted, and what the draft was drawn from, shape (k,). What q lacks of 1
        went to tokens that are not listed.
    drafted
        The place of the drafted token, −1 if it is not listed.
    rng
        Where chance comes from.
    """
    chance = rng.random()
    if drafted >= 0 and chance * q[drafted] < p[drafted]:
        return drafted, True
    rest = np.maximum(p - q, 0.0)
    return draw(rest if rest.sum() > 0 else p, rng), False


def draw(weights: Values, rng: np.random.Generator) -> int:
    """Return a place, drawn in proportion to its weight."""
    edges = np.cumsum(weights)
    place = np.searchsorted(edges, rng.random() * edges[-1], side="right")
    return int(min(place, np.flatnonzero(weights)[-1]))


def overlap(p: Values, q: Values) -> float:
    """Return the chance that a drafted token is kept, the sum of min(p, q)."""
    return float(np.minimum(p, q).sum())
