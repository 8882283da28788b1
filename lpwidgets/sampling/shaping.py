"""Samplers that change how far the probabilities are apart, or watch the surprise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.sampling.base import NEVER, Sampler, among, kept_only

if TYPE_CHECKING:
    from lpwidgets.sampling.candidates import Candidates, Values

_BIT = float(np.log(2.0))


def tempered(x: Values, temperature: float) -> Values:
    """Return log weights at a temperature; at 0 only the first of the top is left."""
    if temperature > 0:
        result: Values = x / temperature
        return result
    return np.where(np.arange(len(x)) == np.argmax(x), 0.0, NEVER)


@dataclass(frozen=True)
class Temperature(Sampler):
    """Probabilities to the power of 1/T (Ackley et al. 1985); T = 0 takes the top.

    >>> Temperature(0.5)(halves).round(3).tolist()
    [0.762, 0.19, 0.048]
    """

    temperature: float

    def __post_init__(self) -> None:
        among("temperature", self.temperature, 0)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        return tempered(candidates.logprobs, self.temperature)

    def needs(self, candidates: Candidates) -> float:
        """Return the unlisted mass; the top alone needs none."""
        return candidates.unseen if self.temperature > 0 else 0.0

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {"samplers": ["temperature"], "temperature": self.temperature}


@dataclass(frozen=True)
class EntropyGated(Sampler):
    """A temperature that follows the entropy: sure tokens cold, open ones warm.

    `cold` up to an entropy of `low` nats, `warm` from `high` on, straight between; of
    the list, renormalised. The idea is that of Entropix (xjdr 2024,
    github.com/xjdr-alt/entropix) and of entropy-based dynamic temperature (Zhang et al.
    2024, arXiv:2403.14541).

    >>> EntropyGated(low=1.0, cold=0.5)(halves).round(3).tolist()
    [0.762, 0.19, 0.048]
    """

    low: float = 0.5
    high: float = 2.0
    cold: float = 0.3
    warm: float = 1.0

    def __post_init__(self) -> None:
        among("low", self.low, 0)
        among("cold", self.cold, 0)
        among("warm", self.warm, 0)
        if not self.high > self.low:
            raise InputError(f"high={self.high!r:.40}: it is more than low={self.low}")

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        return tempered(candidates.logprobs, self.at(candidates.entropy))

    def at(self, entropy: float) -> float:
        """Return the temperature at an entropy, nats."""
        ends = (self.low, self.high), (self.cold, self.warm)
        return float(np.interp(entropy, *ends))


@dataclass(frozen=True)
class Mirostat(Sampler):
    """Mirostat 2.0: cut what surprises more than μ, steered to τ bits a token.

    μ begins at 2τ and moves by η times what each token's surprise was over τ (Basu et
    al. 2021, arXiv:2007.14966, algorithm 2), so that it follows from the text so far.

    >>> Mirostat(tau=1.2)(halves).round(3).tolist()
    [0.667, 0.333, 0.0]
    """

    tau: float = 5.0
    eta: float = 0.1
    cuts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        among("tau", self.tau, 0, above=True)
        among("eta", self.eta, 0)

    def mu(self, candidates: Candidates) -> float:
        """Return the largest surprise allowed, bits."""
        known = [x for x in candidates.context.logprobs if np.isfinite(x)]
        return 2 * self.tau - self.eta * sum(-x / _BIT - self.tau for x in known)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        surprise = -candidates.logprobs / _BIT
        return kept_only(candidates, surprise <= self.mu(candidates))

    def needs(self, candidates: Candidates) -> float:
        """Return the unlisted mass, unless the last of the list is cut already."""
        last = -float(candidates.logprobs.min()) / _BIT
        return 0.0 if last > self.mu(candidates) else candidates.unseen

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters; its other steps but the temperature rest."""
        return {
            "samplers": ["mirostat"],
            "mirostat": 2,
            "mirostat_tau": self.tau,
            "mirostat_eta": self.eta,
        }
