"""Samplers that drop tokens and keep the others' proportions.

Each works with the probabilities as they are listed. As the first step of a chain those
are the model's own, of the whole vocabulary; after another step they sum to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lpwidgets.sampling.base import NEVER, Sampler, among, kept_only

if TYPE_CHECKING:
    from lpwidgets.sampling.candidates import Candidates, Values


def _order(values: Values) -> Any:
    return np.argsort(values, kind="stable")


def _first_reaching(p: Values, order: Any, mass: float) -> Any:
    """Return which come first in an order until their mass is reached."""
    keep = np.zeros(len(p), dtype=bool)
    before = np.cumsum(p[order]) - p[order]
    keep[order[(before < mass) | (mass >= 1)]] = True
    return keep


@dataclass(frozen=True)
class TopK(Sampler):
    """The `k` most likely tokens (Fan et al. 2018, arXiv:1805.04833).

    >>> TopK(2)(halves).round(3).tolist()
    [0.667, 0.333, 0.0]
    """

    k: int
    cuts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        among("k", self.k, 1)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        keep = np.zeros(len(candidates), dtype=bool)
        keep[_order(-candidates.logprobs)[: self.k]] = True
        return kept_only(candidates, keep)

    def needs(self, candidates: Candidates) -> float:
        """Return the mass of the unlisted, if fewer than `k` are listed."""
        return 0.0 if self.k <= len(candidates) else candidates.unseen

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {"samplers": ["top_k"], "top_k": self.k}


@dataclass(frozen=True)
class TopP(Sampler):
    """The fewest tokens of mass `p`, nucleus (Holtzman et al. 2020, arXiv:1904.09751).

    >>> TopP(0.7)(halves).round(3).tolist()
    [0.667, 0.333, 0.0]
    """

    p: float
    cuts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        among("p", self.p, 0, 1, above=True)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        p = candidates.probabilities
        return kept_only(candidates, _first_reaching(p, _order(-p), self.p))

    def needs(self, candidates: Candidates) -> float:
        """Return how much the listed mass lacks of `p`."""
        return max(self.p - float(candidates.probabilities.sum()), 0.0)

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {"samplers": ["top_p"], "top_p": self.p}


@dataclass(frozen=True)
class MinP(Sampler):
    """Tokens with at least `p` of the top probability (Nguyen et al. 2024, 2407.01082).

    >>> MinP(0.4)(halves).round(3).tolist()
    [0.667, 0.333, 0.0]
    """

    p: float
    cuts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        among("p", self.p, 0, 1)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        p = candidates.probabilities
        return kept_only(candidates, p >= self.p * p.max())

    def needs(self, candidates: Candidates) -> float:
        """Return the unlisted mass, unless the last of the list is cut already."""
        p = candidates.probabilities
        return 0.0 if p.min() < self.p * p.max() else candidates.unseen

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {"samplers": ["min_p"], "min_p": self.p}


@dataclass(frozen=True)
class Typical(Sampler):
    """Tokens about as surprising as expected, of mass `p` (Meister et al. 2023).

    Locally typical sampling (arXiv:2202.00666): in the order of how far the surprisal
    is from the entropy. Of the unlisted tokens the entropy knows nothing.

    >>> Typical(0.6)(halves).round(3).tolist()
    [0.667, 0.333, 0.0]
    """

    p: float
    cuts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        among("p", self.p, 0, 1, above=True)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        p, x = candidates.probabilities, candidates.logprobs
        entropy = -float((p[p > 0] * x[p > 0]).sum())
        distance = np.where(p > 0, np.abs(-x - entropy), np.inf)
        return kept_only(candidates, _first_reaching(p, _order(distance), self.p))

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {"samplers": ["typ_p"], "typical_p": self.p}


@dataclass(frozen=True)
class TopNSigma(Sampler):
    """Logits within `n` standard deviations of the top (Tang et al. 2024, 2411.07641).

    The deviation is that of the list: unlisted logits would make it larger.

    >>> TopNSigma(1.5)(halves).round(3).tolist()
    [0.667, 0.333, 0.0]
    """

    n: float
    cuts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        among("n", self.n, 0, above=True)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        x = candidates.logprobs
        return kept_only(candidates, x >= x.max() - self.n * x[x > NEVER].std())

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {"samplers": ["top_n_sigma"], "top_n_sigma": self.n}


@dataclass(frozen=True)
class XTC(Sampler):
    """Exclude top choices, sometimes (p-e-w 2024, text-generation-webui #6335).

    With `probability` all tokens of at least `threshold` are dropped but the least
    likely of them. Both cases make one distribution.

    >>> XTC(threshold=0.2, probability=0.5)(halves).round(3).tolist()
    [0.286, 0.476, 0.238]
    """

    threshold: float = 0.1
    probability: float = 0.5

    def __post_init__(self) -> None:
        among("threshold", self.threshold, 0, 1, above=True)
        among("probability", self.probability, 0, 1)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        p = candidates.probabilities
        plain = p / p.sum()
        top = np.flatnonzero(p >= self.threshold)
        cut = p.copy()
        if len(top) > 1:
            least = top[_order(-p[top])[-1]]
            cut[top[top != least]] = 0.0
        mixed = (1 - self.probability) * plain + self.probability * cut / cut.sum()
        with np.errstate(divide="ignore"):
            result: Values = np.log(mixed)
        return result

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {
            "samplers": ["xtc"],
            "xtc_threshold": self.threshold,
            "xtc_probability": self.probability,
        }
