"""Metrics of a single token, one decorated function each.

The decorator carries all that menus, legends, hover cards and frames need to know;
nothing else in the project, on either side of the wire, holds a metric's name.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

    Compute = Callable[[Generation], NDArray[np.float64]]


class Metric(NamedTuple):
    """A metric of a token.

    ``domain`` is (low, high), high None when open; ``certain`` is its end where the
    model was sure. ``format`` says how a value is written.
    """

    name: str
    label: str
    unit: str
    domain: tuple[float, float | None]
    certain: float
    format: Literal["percent", "number", "integer"]
    description: str
    compute: Compute


_METRICS: dict[str, Metric] = {}


def metric(
    label: str,
    *,
    unit: str = "",
    domain: tuple[float, float | None] = (0.0, None),
    certain: float = 0.0,
    format: Literal["percent", "number", "integer"] = "number",  # noqa: A002
) -> Callable[[Compute], Compute]:
    """Register a function of a generation as the token metric of its name."""

    def register(compute: Compute) -> Compute:
        name = compute.__name__
        description = (compute.__doc__ or "").partition("\n")[0]
        _METRICS[name] = Metric(
            name, label, unit, domain, certain, format, description, compute
        )
        return compute

    return register


def names() -> list[str]:
    """Return the names of all metrics, in the order of menus."""
    return list(_METRICS)


def every() -> list[Metric]:
    """Return all metrics, in the order of menus."""
    return list(_METRICS.values())


def get(name: str) -> Metric:
    """Return a metric by name.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in _METRICS:
        msg = f"there is no metric {name!r}; there are: {', '.join(_METRICS)}"
        raise InputError(msg)
    return _METRICS[name]


@metric("probability", domain=(0.0, 1.0), certain=1.0, format="percent")
def probability(generation: Generation) -> NDArray[np.float64]:
    """Probability that the model gave to the sampled token."""
    result: NDArray[np.float64] = np.exp(generation.columns.logprob)
    return result


@metric("surprisal", unit="bits")
def surprisal(generation: Generation) -> NDArray[np.float64]:
    """−log2 of the sampled token's probability (Shannon 1948)."""
    return generation.columns.logprob / -math.log(2.0)


@metric("margin", domain=(0.0, 1.0), certain=1.0, format="percent")
def margin(generation: Generation) -> NDArray[np.float64]:
    """Probability of the likeliest token less the second's (Scheffer et al. 2001)."""
    columns = generation.columns
    starts = columns.alternative_offsets[:-1].astype(np.int64)
    result = np.full(len(columns), np.nan)
    two = columns.counts >= 2  # noqa: PLR2004
    p = np.exp(columns.alternative_logprob)
    result[two] = p[starts[two]] - p[starts[two] + 1]
    return result


@metric("unseen mass", domain=(0.0, 1.0), format="percent")
def unseen_mass(generation: Generation) -> NDArray[np.float64]:
    """Probability of all tokens that the server did not list."""
    columns = generation.columns
    seen = _row_sums(columns.counts, np.exp(columns.alternative_logprob))
    unseen: NDArray[np.float64] = np.maximum(1.0 - seen, 0.0)
    return unseen


@metric("entropy ≥", unit="bits")
def entropy_low(generation: Generation) -> NDArray[np.float64]:
    """Entropy of the next token, lower bound: all unseen mass on a single token."""
    columns = generation.columns
    logprob = columns.alternative_logprob
    seen = _row_sums(columns.counts, -np.exp(logprob) * logprob)
    unseen = unseen_mass(generation)
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = np.where(unseen > 0, -unseen * np.log(unseen), unseen)
    return (seen + tail) / math.log(2.0)


@metric("rank", domain=(1.0, None), certain=1.0, format="integer")
def rank(generation: Generation) -> NDArray[np.float64]:
    """Place of the sampled token among all, 1 = most likely."""
    known = generation.columns.rank
    return np.where(known > 0, known, np.nan).astype(np.float64)


def _row_sums(
    counts: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum alternatives by token; NaN for a token that has none, or an unknown one."""
    ends = np.cumsum(counts)
    sums = np.full(len(counts), np.nan)
    some = counts > 0
    if some.any():
        sums[some] = np.add.reduceat(values, (ends - counts)[some])
    return sums
