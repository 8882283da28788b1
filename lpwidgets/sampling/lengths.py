"""How many tokens the server drafts at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpwidgets.sampling.candidates import Values


class RunLength:
    """How many tokens to draft where each is judged as it comes.

    Such a run is closed at the first rejection, so that tokens beyond it cost next to
    nothing.
    """

    _MOST = 64

    def __init__(self) -> None:
        self._kept = 0.85

    def note(self, share: float) -> None:
        """Take in the chance that the token of a position was kept."""
        self._kept += 0.1 * (share - self._kept)

    def count(self) -> int:
        """Return the length of the next run."""
        length = math.ceil(4.0 / max(1.0 - self._kept, 1e-3))
        return min(max(length, 4), self._MOST)


class Reach:
    """How far to draft where a run is judged only when all of it is there.

    A token more is worth it as long as the chance that the run is kept until then is
    above what drafting it costs, over what a kept token costs. The chance that a token
    is rejected is taken to grow with the entropy of its position, as it did so far.
    No clock is asked: a seed must give the same text again.
    """

    MOST = 32
    _FADES = 0.97
    _REQUESTS = 14.0
    """What the two requests of a run cost, in drafted tokens."""

    def __init__(self) -> None:
        self._rejected, self._entropy = 1.0, 8.0
        self._runs, self._drafted, self._kept = 1.0, 10.0, 6.0
        self._count = 0
        self._chance = 1.0

    def goes_on(self, q: Values) -> bool:
        """Take in what a token was drawn from; say whether to draft one more."""
        self._count += 1
        self._chance *= max(1.0 - self._slope * _entropy(q), 0.05)
        worth = self._kept / (self._REQUESTS * self._runs + self._drafted)
        return self._chance > worth

    def judged(self, kept: int) -> None:
        """Take in how many tokens of the run there are now."""
        fades = self._FADES
        self._runs = fades * self._runs + 1
        self._drafted = fades * self._drafted + self._count
        self._kept = fades * self._kept + kept
        self._count, self._chance = 0, 1.0

    def note(self, share: float, q: Values) -> None:
        """Take in the chance that a token was kept."""
        self._rejected = self._FADES * self._rejected + 1 - share
        self._entropy = self._FADES * self._entropy + _entropy(q)

    @property
    def _slope(self) -> float:
        return self._rejected / max(self._entropy, 1e-9)


def _entropy(q: Values) -> float:
    some = q[q > 0]
    return float(-(some * np.log(some)).sum())
