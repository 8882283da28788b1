"""How far apart two models' next-token distributions are, from the lists they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.columns import Columns

    Values = NDArray[np.float64]
    Positions = NDArray[np.int64]

_BITS = 32
"""Of a key, for what the outcome is; the rest says in which list."""


def divergence(
    a: Columns, b: Columns, positions: Positions, others: Positions
) -> Values:
    """Return the Jensen–Shannon divergence of distributions, bits (Lin 1991).

    It is a lower bound: tokens are told apart that both lists show, by their bytes, all
    others are one outcome, and to merge outcomes brings distributions no further apart.

    Parameters
    ----------
    a, b
        The tokens of both.
    positions, others
        Shape (s,): which tokens of `a`, and which of `b`, to compare.

    Returns
    -------
    array
        Shape (s,): 0 for equal to 1 for disjoint; NaN if no token is in both lists.
    """
    size = len(positions)
    vocabulary: dict[bytes, int] = {}
    left, right = (
        _listed(columns.take(at), vocabulary)
        for columns, at in ((a, positions), (b, others))
    )
    _, i, j = np.intersect1d(left[0], right[0], return_indices=True)
    row = left[0][i] >> _BITS
    p, q = left[1][i], right[1][j]
    rest = (np.maximum(1.0 - np.bincount(row, one, size), 0.0) for one in (p, q))
    told = np.bincount(row, terms(p, q), size) + terms(*rest)
    return np.where(np.bincount(row, minlength=size) > 0, told, np.nan)


def of_event(p: Values, q: Values) -> Values:
    """Return the divergence, bits, of what happens with `p` or `q` or does not.

    >>> of_event(np.array([0.0, 0.5]), np.array([1.0, 0.5])).tolist()
    [1.0, 0.0]
    """
    return terms(p, q) + terms(1.0 - p, 1.0 - q)


def terms(p: Values, q: Values) -> Values:
    """Return what outcomes of these probabilities add to the divergence, bits."""
    middle = (p + q) / 2
    return (_part(p, middle) + _part(q, middle)) / 2


def _part(p: Values, middle: Values) -> Values:
    some = p != 0
    safe = np.where(some, p / np.where(some, middle, 1.0), 1.0)
    return p * np.log2(safe)


def _listed(columns: Columns, vocabulary: dict[bytes, int]) -> tuple[Positions, Values]:
    """Return keys of token and outcome, ascending, and the probabilities of these.

    A token without a list is the only outcome that is known.
    """
    alone = np.flatnonzero(columns.counts == 0)
    row = np.concatenate([columns.row, alone])
    piece = np.concatenate([columns.alternative, columns.token[alone]])
    logprob = np.concatenate([columns.alternative_logprob, columns.logprob[alone]])
    known = ~np.isnan(logprob)
    used, place = np.unique(piece[known], return_inverse=True)
    number = np.array(
        [
            vocabulary.setdefault(text, len(vocabulary))
            for text in columns.pieces.as_bytes[used]
        ],
        dtype=np.int64,
    )
    key = (row[known].astype(np.int64) << _BITS) + number[place]
    keys, at = np.unique(key, return_inverse=True)
    p = np.bincount(at, np.exp(np.minimum(logprob[known], 0.0)), len(keys))
    return keys, p.astype(np.float64)
