"""What the server drafts with."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from lpwidgets.sampling.accepting import overlap
from lpwidgets.sampling.base import Sampler
from lpwidgets.sampling.chains import Compose
from lpwidgets.sampling.cutting import MinP, TopK, TopP, Typical
from lpwidgets.sampling.shaping import Temperature, tempered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.sampling.candidates import Candidates, Values

_KNOWN = {
    *("top_k", "top_p", "min_p", "typ_p", "top_n_sigma", "xtc", "temperature"),
}
"""Steps of llama.cpp whose distribution follows from the listed values."""


@dataclass(frozen=True)
class Dynamic(Sampler):
    """llama.cpp's dynamic temperature, `cold` at no entropy and `warm` at the most.

    Straight between (Zhang et al. 2024, arXiv:2403.14541).
    """

    cold: float
    warm: float

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        share = candidates.entropy / math.log(max(len(candidates), 2))
        heat = self.cold + (self.warm - self.cold) * share
        return tempered(candidates.logprobs, heat)

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {
            "samplers": ["temperature"],
            "temperature": (self.cold + self.warm) / 2,
            "dynatemp_range": (self.warm - self.cold) / 2,
            "dynatemp_exponent": 1.0,
        }


_NEAREST: tuple[tuple[Sampler, ...], ...] = (
    (Temperature(1.0),),
    *((Temperature(t),) for t in (0.8, 0.6, 0.4, 0.2)),
    *((MinP(p),) for p in (0.02, 0.05, 0.1, 0.2)),
    *((TopP(p),) for p in (0.95, 0.9, 0.7)),
    (Typical(0.9),),
    (MinP(0.1), Temperature(0.7)),
    *((Dynamic(*ends),) for ends in ((0.07, 1.47), (0.3, 1.2), (0.3, 0.9))),
    (TopK(1),),
)


class Draft(Protocol):
    """What a run is drawn from."""

    def __call__(self, candidates: Candidates) -> Values:
        """Return the probability of each candidate; what lacks of 1 is not listed."""

    def parameters(self) -> dict[str, Any] | None:
        """Return what makes the server draw from it."""


@dataclass(frozen=True)
class AsItIs:
    """The model itself, of all its tokens; or just its top."""

    greedy: bool = False

    def __call__(self, candidates: Candidates) -> Values:
        """Return the probability of each candidate, shape (k,)."""
        if self.greedy:
            return TopK(1)(candidates)
        return candidates.probabilities

    def parameters(self) -> dict[str, Any]:
        """Return parameters that every server has."""
        return {"temperature": 0.0} if self.greedy else {}


class Tuner:
    """Chooses the draft that has most in common with what was wanted lately.

    Trying one on past positions takes no request.

    Parameters
    ----------
    drafts
        What the server can draft.
    usual
        The place of the one that it begins with.
    """

    _FADES = 0.9
    """What a position counts a token later: what is far still decides between equals"""

    def __init__(self, drafts: Sequence[Draft], usual: int = 0) -> None:
        self.drafts = drafts
        self._usual = usual
        self._shares = np.zeros(len(drafts))
        self._seen: deque[tuple[Candidates, Values]] = deque(maxlen=16)

    def remember(self, candidates: Candidates, p: Values) -> None:
        """Take in what was wanted at a position."""
        self._seen.append((candidates, p))

    def best(self) -> Draft:
        """Return the draft for the next run."""
        while self._seen and len(self.drafts) > 1:
            candidates, p = self._seen.popleft()
            begun: dict[Sampler, Candidates] = {}
            shares = [overlap(p, _drawn(one, candidates, begun)) for one in self.drafts]
            self._shares = self._FADES * self._shares + shares
        better = self._shares.max() > self._shares[self._usual] + 1e-9
        return self.drafts[int(np.argmax(self._shares)) if better else self._usual]


def tuner_for(k: int, sampler: Callable[[Candidates], object]) -> Tuner:
    """Return llama.cpp's drafts.

    Each begins with the listed tokens, so that its distribution is known from their
    values.

    Parameters
    ----------
    k
        Number of listed tokens.
    sampler
        What is wanted; where the server has it, drafts begin with just that.
    """
    matched = _matched(sampler)
    drafts = [_listed_only(k, steps) for steps in (*_NEAREST, *matched)]
    return Tuner(drafts, len(drafts) - 1 if matched else 0)


def _drawn(
    draft: Draft, candidates: Candidates, begun: dict[Sampler, Candidates]
) -> Values:
    """Return what a draft is drawn from; what chains begin with is computed once."""
    if not isinstance(draft, Compose):
        return draft(candidates)
    first, *rest = cast("tuple[Sampler, ...]", draft.steps)
    if first not in begun:
        begun[first] = candidates.weighted(first(candidates))
    candidates = begun[first]
    for step in rest:
        candidates = candidates.weighted(step(candidates))
    return candidates.probabilities


def _listed_only(k: int, steps: tuple[Sampler, ...]) -> Compose:
    """Return a chain that begins with the listed tokens or fewer."""
    first = steps[0]
    if isinstance(first, TopK):
        return Compose(TopK(min(k, first.k)), *steps[1:])
    return Compose(TopK(k), *steps)


def _matched(sampler: Callable[[Candidates], object]) -> list[tuple[Sampler, ...]]:
    """Return the steps that draft just what is wanted, if the server has them."""
    steps = sampler.steps if isinstance(sampler, Compose) else (sampler,)
    known = [one for one in steps if isinstance(one, Sampler)]
    draft = _listed_only(1, tuple(known)) if known else None
    own = draft.parameters() if draft else None
    fits = own is not None and "grammar" not in own and {*own["samplers"]} <= _KNOWN
    return [tuple(known)] if fits and len(known) == len(steps) else []
