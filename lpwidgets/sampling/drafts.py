"""What the server drafts with, and how many tokens at a time."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.sampling.accepting import overlap
from lpwidgets.sampling.base import Sampler
from lpwidgets.sampling.chains import Compose
from lpwidgets.sampling.cutting import MinP, TopK, TopP, Typical
from lpwidgets.sampling.shaping import Temperature

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.sampling.candidates import Candidates, Values

_KNOWN = {
    *("top_k", "top_p", "min_p", "typ_p", "top_n_sigma", "xtc", "temperature"),
}
"""Steps of llama.cpp whose distribution follows from the listed values."""

_NEAREST: tuple[tuple[Sampler, ...], ...] = (
    (Temperature(1.0),),
    *((Temperature(t),) for t in (0.8, 0.6, 0.4, 0.2)),
    *((MinP(p),) for p in (0.02, 0.05, 0.1, 0.2)),
    *((TopP(p),) for p in (0.95, 0.9, 0.7)),
    (Typical(0.9),),
    (MinP(0.1), Temperature(0.7)),
    (TopK(1),),
)


class Tuner:
    """Chooses the draft that has most in common with what was wanted lately.

    Every draft begins with the k listed tokens, so that its distribution is known from
    their values; trying one on past positions takes no request.

    Parameters
    ----------
    k
        Number of listed tokens.
    sampler
        What is wanted; where the server has it, drafts begin with just that.
    """

    _REMEMBERED = 8

    def __init__(self, k: int, sampler: Callable[[Candidates], object]) -> None:
        matched = _matched(sampler)
        self._drafts = [_listed_only(k, steps) for steps in (*_NEAREST, *matched)]
        self._seen: deque[tuple[Candidates, Values]] = deque(maxlen=self._REMEMBERED)
        self._usual = self._drafts[-1] if matched else self._drafts[0]

    def remember(self, candidates: Candidates, p: Values) -> None:
        """Take in what was wanted at a position."""
        self._seen.append((candidates, p))

    def best(self) -> Compose:
        """Return the draft for the next run."""
        if not self._seen:
            return self._usual
        shares = [self._share(draft) for draft in self._drafts]
        if max(shares) <= shares[self._drafts.index(self._usual)] + 1e-9:
            return self._usual
        return self._drafts[int(np.argmax(shares))]

    def _share(self, draft: Compose) -> float:
        return sum(overlap(p, draft(seen)) for seen, p in self._seen)


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


class RunLength:
    """How many tokens to draft, from how many were kept and what a request costs.

    A run of R costs c₀ + R c₁ and keeps (1 − aᴿ) / (1 − a) tokens, a the chance that
    one is kept. A run that streams is closed at the first rejection, so that tokens
    beyond it cost next to nothing.
    """

    _MOST = 16
    _MOST_STREAMED = 64
    _LEAST_RATIO = 8.0

    def __init__(self) -> None:
        self._kept = 0.85
        self._timed: deque[tuple[int, float]] = deque(maxlen=16)

    def note(self, share: float) -> None:
        """Take in the chance that the token of a position was kept."""
        self._kept += 0.1 * (share - self._kept)

    def time(self, tokens: int, seconds: float) -> None:
        """Take in how long a run took that was read to its end."""
        self._timed.append((tokens, seconds))

    def streamed(self) -> int:
        """Return the length of a run that streams."""
        length = math.ceil(4.0 / max(1.0 - self._kept, 1e-3))
        return min(max(length, 4), self._MOST_STREAMED)

    def whole(self) -> int:
        """Return the length of a run that comes in one piece."""
        ratio, a = self._ratio(), min(self._kept, 0.999)
        worth = [
            (1 - a**run) / (1 - a) / (ratio + run) for run in range(1, self._MOST + 1)
        ]
        return 1 + int(np.argmax(worth))

    def _ratio(self) -> float:
        """Return what a request costs, in tokens."""
        counts, seconds = zip(*self._timed, strict=True) if self._timed else ((), ())
        if len({*counts}) < 2:  # noqa: PLR2004 — a line has two ends
            return self._LEAST_RATIO
        a_token, a_request = np.polyfit(counts, seconds, 1)
        if a_token <= 0:
            return self._LEAST_RATIO
        return float(max(a_request / a_token, self._LEAST_RATIO))
