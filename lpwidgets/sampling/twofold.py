"""Samplers that compare what the model says after two prompts, or what two models say.

A token that the second list lacks counts with the smallest value listed there, which
is the most that it can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.errors import SamplerError
from lpwidgets.sampling.base import NEVER, Sampler, Second, among

if TYPE_CHECKING:
    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.async_client import AsyncClient
    from lpwidgets.client.client import Client
    from lpwidgets.sampling.candidates import Candidates, Values


@dataclass(frozen=True)
class _Twofold(Sampler):
    prompt: Prompt
    client: Client | AsyncClient | None = None

    @property
    def second(self) -> Second:  # type: ignore[override]
        """What the candidates are compared with."""
        return Second(self.prompt, self.client)

    def needs(self, candidates: Candidates) -> float:
        """Return the mass that is not listed in both."""
        if candidates.second_seen is None:
            return candidates.unseen
        both = float(candidates.probabilities[candidates.second_seen].sum())
        return min(max(1.0 - both, 0.0), 1.0)

    def _second(self, candidates: Candidates) -> Values:
        if candidates.second is None:
            msg = "this sampler compares two prompts: use it with client.sample"
            raise SamplerError(msg)
        return candidates.second


@dataclass(frozen=True)
class Contrastive(_Twofold):
    """What the model prefers more than a second one does, or than after another prompt.

    Among tokens of at least `alpha` of the top probability (Li et al. 2023,
    arXiv:2210.15097) the log weight is (1 + `beta`) x − `beta` y, x the model's log
    probability and y the other one (O'Brien and Lewis 2023, arXiv:2309.09117).

    >>> Contrastive("", beta=1.0)(against_a).round(3).tolist()
    [0.571, 0.286, 0.143]
    """

    alpha: float = 0.1
    beta: float = 0.5

    def __post_init__(self) -> None:
        among("alpha", self.alpha, 0, 1)
        among("beta", self.beta, 0)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        x, y = candidates.logprobs, self._second(candidates)
        with np.errstate(divide="ignore"):
            likely = x >= x.max() + np.log(self.alpha)
        result: Values = np.where(likely, (1 + self.beta) * x - self.beta * y, NEVER)
        return result


@dataclass(frozen=True)
class Guidance(_Twofold):
    """Classifier-free guidance: away from what the model says after another prompt.

    The log weight is y + `scale` (x − y), x after the prompt and y after the other one
    (Sanchez et al. 2023, arXiv:2306.17806).

    >>> Guidance("", scale=2.0)(against_a).round(3).tolist()
    [0.571, 0.286, 0.143]
    """

    scale: float = 1.5

    def __post_init__(self) -> None:
        among("scale", self.scale, 0)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        x, y = candidates.logprobs, self._second(candidates)
        with np.errstate(invalid="ignore"):
            result: Values = np.where(x > NEVER, y + self.scale * (x - y), NEVER)
        return result
