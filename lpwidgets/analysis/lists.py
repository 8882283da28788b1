"""Sums over each token's alternatives, made once and shared by the metrics.

A list shows the k likeliest tokens, and the sampled one. What it does not show, the
unseen mass, is 1 less what it shows. A token without a list counts as a list of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.columns import Columns

    Values = NDArray[np.float64]

_LARGEST = 40.0
"""What is above is no log probability; float32 has to hold its exp's square, too."""

_AT_ONCE = 2**18
"""Alternatives whose intermediate results fit the processor's cache."""


@dataclass(frozen=True)
class ListSums:
    """Sums over each token's known alternatives, each of shape (n,); p in [0, 1].

    NaN for a token of which nothing is known. ``first`` and ``second`` are the two
    largest p; ``last`` is the smallest p among the k likeliest, above which no unseen
    token can be.
    """

    count: Values
    mass: Values
    p_ln_p: Values
    p_ln2_p: Values
    p2: Values
    ln_p: Values
    first: Values
    second: Values
    last: Values

    @property
    def unseen(self) -> Values:
        """Mass of what the lists do not show; float noise below 0 is 0."""
        return np.maximum(1.0 - self.mass, 0.0)


def sums_of(columns: Columns) -> ListSums:
    """Return the sums over every token's alternatives."""
    sums = np.full((9, len(columns)), np.nan)
    offsets = columns.alternative_offsets.astype(np.int64)
    start = 0
    while start < len(columns):
        stop = int(np.searchsorted(offsets, offsets[start] + _AT_ONCE, side="right"))
        stop = min(max(stop - 1, start + 1), len(columns))
        _sum_into(sums, columns, offsets, slice(start, stop))
        start = stop
    alone = np.isnan(sums[0]) & ~np.isnan(columns.logprob)
    sums[:, alone] = _of_one(columns.logprob[alone])
    return ListSums(*sums)


def _sum_into(
    sums: Values, columns: Columns, offsets: NDArray[np.int64], tokens: slice
) -> None:
    """Fill in the sums of some tokens that have a known alternative."""
    begin, end = offsets[tokens.start], offsets[tokens.stop]
    ln_p = columns.alternative_logprob[begin:end]
    starts = offsets[tokens.start : tokens.stop] - begin
    counts = np.diff(offsets[tokens.start : tokens.stop + 1])
    some = np.flatnonzero(counts > 0)
    if not len(some):
        return
    known = ~np.isnan(ln_p)
    whole = bool(known.all())
    safe = np.minimum(ln_p if whole else np.where(known, ln_p, 0.0), _LARGEST)
    p = np.exp(safe) if whole else np.where(known, np.exp(safe), 0.0)
    p_ln_p = p * safe
    at = starts[some]

    def add(values: Values) -> Values:
        return np.add.reduceat(values, at)

    count = counts[some] if whole else add(known.astype(np.float64))
    shown = np.asarray(count, dtype=np.int64)
    chosen = columns.chosen[tokens][some]
    appended = (chosen == shown - 1) & (columns.rank[tokens][some] == 0)
    last = np.maximum(shown - 1 - (appended & (shown > 1)), 0)
    rows = np.stack(
        [
            count.astype(np.float64),
            add(p),
            add(p_ln_p),
            add(p_ln_p * safe),
            add(p * p),
            add(safe),
            p[at],
            np.where(shown > 1, p[np.minimum(at + 1, len(p) - 1)], np.nan),
            p[at + last],
        ]
    )
    rows[:, shown == 0] = np.nan
    sums[:, tokens.start + some] = rows


def _of_one(ln_p: Values) -> Values:
    p = np.exp(ln_p)
    nothing = np.full(len(p), np.nan)
    return np.stack(
        [
            np.ones(len(p)),
            p,
            p * ln_p,
            p * ln_p**2,
            p * p,
            ln_p,
            nothing,
            nothing,
            np.ones(len(p)),
        ]
    )
