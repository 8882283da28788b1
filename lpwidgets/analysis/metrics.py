"""Metrics of a single token, one decorated function each.

The decorator carries all that menus, legends, hover cards and frames need to know;
nothing else in the project, on either side of the wire, holds a metric's name.

In the examples ``gen`` is one token that the model gave probability 1/2; listed with it
are two others of 1/4 and 1/8, so that 1/8 is unseen.
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

    Values = NDArray[np.float64]
    Compute = Callable[[Generation], Values]
    Domain = tuple[float | None, float | None]

VOCABULARY = 262_144
"""Tokens that a model may choose from, for upper bounds: as many as in the largest
vocabularies in wide use (Gemma 3); a smaller one only makes them more careful."""


class Metric(NamedTuple):
    """A metric of a token.

    ``domain`` is (low, high), None when open; ``certain`` is its end where the model
    was sure. ``format`` says how a value is written, ``on_card`` whether the hover card
    lists it below the figures that every card has: probability, nats, rank.
    """

    name: str
    label: str
    unit: str
    domain: Domain
    certain: float
    format: Literal["percent", "number", "integer"]
    on_card: bool
    description: str
    compute: Compute


_METRICS: dict[str, Metric] = {}


def metric(
    label: str,
    *,
    unit: str = "",
    domain: Domain = (0.0, None),
    certain: float = 0.0,
    format: Literal["percent", "number", "integer"] = "number",  # noqa: A002
    on_card: bool = True,
) -> Callable[[Compute], Compute]:
    """Register a function of a generation as the token metric of its name."""

    def register(compute: Compute) -> Compute:
        name = compute.__name__
        description = (compute.__doc__ or "").partition("\n")[0]
        _METRICS[name] = Metric(
            name,
            label,
            unit,
            domain,
            certain,
            format,
            on_card,
            description,
            compute,
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
    if str(name) not in _METRICS:
        msg = f"there is no metric {name!r}; there are: {', '.join(_METRICS)}"
        raise InputError(msg)
    return _METRICS[name]


@metric("probability", domain=(0.0, 1.0), certain=1.0, format="percent", on_card=False)
def probability(generation: Generation) -> Values:
    """Probability that the model gave to the sampled token.

    >>> gen.metric("probability")
    array([0.5])
    """
    return np.asarray(np.exp(np.minimum(generation.columns.logprob, _LARGEST)))


@metric("log probability", unit="nats", domain=(None, 0.0), on_card=False)
def logprob(generation: Generation) -> Values:
    """Natural logarithm of the sampled token's probability, as the server sent it.

    >>> gen.metric("logprob").round(4)
    array([-0.6931])
    """
    return generation.columns.logprob


@metric("surprisal", unit="bits")
def surprisal(generation: Generation) -> Values:
    """−log2 of the sampled token's probability (Shannon 1948).

    >>> gen.metric("surprisal")
    array([1.])
    """
    return generation.columns.logprob / -_BIT


@metric("surprisal (nats)", unit="nats", on_card=False)
def surprisal_nats(generation: Generation) -> Values:
    """−ln of the sampled token's probability (Shannon 1948).

    >>> gen.metric("surprisal_nats").round(4)
    array([0.6931])
    """
    return -generation.columns.logprob


@metric("rank", domain=(1.0, None), certain=1.0, format="integer", on_card=False)
def rank(generation: Generation) -> Values:
    """Place of the sampled token among all, 1 = most likely.

    >>> gen.metric("rank")
    array([1.])
    """
    known = generation.columns.rank
    return np.where(known > 0, known, np.nan).astype(np.float64)


@metric("margin", domain=(0.0, 1.0), certain=1.0, format="percent")
def margin(generation: Generation) -> Values:
    """Probability of the likeliest token less the second's (Scheffer et al. 2001).

    >>> gen.metric("margin")
    array([0.25])
    """
    sums = generation.list_sums
    return sums.first - sums.second


@metric("listed mass", domain=(0.0, 1.0), certain=1.0, format="percent", on_card=False)
def listed_mass(generation: Generation) -> Values:
    """Probability of all tokens that the server listed, the top-k mass.

    >>> gen.metric("listed_mass")
    array([0.875])
    """
    return generation.list_sums.mass


@metric("unseen mass", domain=(0.0, 1.0), format="percent")
def unseen_mass(generation: Generation) -> Values:
    """Probability of all tokens that the server did not list.

    >>> gen.metric("unseen_mass")
    array([0.125])
    """
    return generation.list_sums.unseen


@metric("entropy ≥", unit="bits")
def entropy_low(generation: Generation) -> Values:
    """Entropy of the next token, lower bound: all unseen mass on a single token.

    1/2 · 1 + 1/4 · 2 + 1/8 · 3 bits are listed; the unseen 1/8 adds at least 1/8 · 3.

    >>> gen.metric("entropy_low")
    array([1.75])
    """
    sums = generation.list_sums
    return _positive(-sums.p_ln_p - _x_ln_x(sums.unseen)) / _BIT


@metric("entropy ≤", unit="bits")
def entropy_high(generation: Generation) -> Values:
    """Entropy of the next token, upper bound: unseen mass spread over the vocabulary.

    The unseen 1/8 adds at most 1/8 · (3 + log2(262,144 − 3)) bits.

    >>> gen.metric("entropy_high").round(4)
    array([4.])
    """
    sums = generation.list_sums
    spread = sums.unseen * np.log(VOCABULARY - sums.count)
    return _positive(-sums.p_ln_p - _x_ln_x(sums.unseen) + spread) / _BIT


@metric("varentropy", unit="bits²", on_card=False)
def varentropy(generation: Generation) -> Values:
    """Variance of the next token's surprisal, unseen mass as a single token.

    From Kontoyiannis and Verdú (2014). Here 1/2 · 1 + 1/4 · 4 + 2/8 · 9 − 1.75².

    >>> gen.metric("varentropy")
    array([0.6875])
    """
    sums = generation.list_sums
    second = sums.p_ln2_p + _x_ln_x(sums.unseen) * _ln(sums.unseen)
    first = sums.p_ln_p + _x_ln_x(sums.unseen)
    return _positive(second - first**2) / _BIT**2


@metric("Rényi entropy ≥", unit="bits", on_card=False)
def renyi_low(generation: Generation) -> Values:
    """Rényi entropy of order 2, lower bound: no unseen token is above the last listed.

    −log2 Σ p² (Rényi 1961); the unseen mass m adds at most m · min(m, last listed).
    Here −log2(1/4 + 1/16 + 1/64 + 1/64).

    >>> gen.metric("renyi_low").round(4)
    array([1.5406])
    """
    sums = generation.list_sums
    most = sums.unseen * np.minimum(sums.unseen, sums.last)
    return _positive(-_ln(sums.p2 + most)) / _BIT


@metric("Rényi entropy ≤", unit="bits", on_card=False)
def renyi_high(generation: Generation) -> Values:
    """Rényi entropy of order 2, upper bound: unseen mass spread over the vocabulary.

    >>> gen.metric("renyi_high").round(4)
    array([1.6077])
    """
    sums = generation.list_sums
    least = sums.unseen**2 / (VOCABULARY - sums.count)
    return _positive(-_ln(sums.p2 + least)) / _BIT


@metric("self-certainty ≥", unit="nats", domain=(0.0, None), on_card=False)
def self_certainty_low(generation: Generation) -> Values:
    """KL divergence from the uniform distribution to the model's, lower bound.

    −1/V Σ ln(V p) (Kang, Zhao and Song 2025), least where the unseen mass is spread
    evenly; V is not known, so it is the least of all powers of 2 from 1,024 to 262,144,
    or the number of listed tokens if nothing is unseen.

    >>> gen.metric("self_certainty_low").round(4)
    array([2.0542])
    """
    sums = generation.list_sums
    whole = sums.unseen <= _FLOAT32_NOISE * sums.count
    least = np.where(whole, -sums.ln_p / sums.count - np.log(sums.count), np.inf)
    unseen = np.maximum(sums.unseen, _FLOAT32_NOISE)
    for size in 2 ** np.arange(10, 1 + int(math.log2(VOCABULARY))):
        rest = np.maximum(size - sums.count, 1.0)
        spread = -(sums.ln_p + rest * np.log(unseen / rest)) / size - math.log(size)
        least = np.where(size > sums.count, np.fmin(least, spread), least)
    return np.where(np.isnan(sums.mass), np.nan, _positive(least))


@metric("k too small", domain=(0.0, 1.0), format="integer", on_card=False)
def k_too_small(generation: Generation) -> Values:
    """1 where the two bounds of the entropy are more than 1 bit apart, else 0.

    >>> gen.metric("k_too_small")
    array([1.])
    """
    apart = entropy_high(generation) - entropy_low(generation)
    return np.where(np.isnan(apart), np.nan, apart > 1.0)


_BIT = math.log(2.0)
_LARGEST = 80.0
"""No probability has such a logarithm, but a raw logit can; float32 can say its exp."""
_FLOAT32_NOISE = 2.0**-24


def _x_ln_x(x: Values) -> Values:
    return x * _ln(x)


def _ln(x: Values) -> Values:
    """Natural logarithm, 0 for 0: what has no mass adds nothing."""
    return np.log(np.where(x > 0, x, np.where(np.isnan(x), x, 1.0)))


def _positive(x: Values) -> Values:
    """Values of which only float noise can be below 0."""
    return np.maximum(x, 0.0)
