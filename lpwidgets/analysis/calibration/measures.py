"""How far scores are from the share that is right, on many resamples at once.

Answers of equal score are told together, so that no measure depends on their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Tally:
    """How many answers have each score, and how many of them are right.

    ``scores`` are ascending and distinct, shape (g,); ``count`` and ``right`` are of
    shape (r, g), a row a resample.
    """

    scores: Values
    count: Values
    right: Values

    @property
    def total(self) -> Values:
        """Number of answers, shape (r,)."""
        total: Values = self.count.sum(axis=1)
        return total

    @property
    def wrong(self) -> Values:
        """Number of wrong answers of each score, shape (r, g)."""
        return self.count - self.right

    @property
    def gap(self) -> Values:
        """By how much the right ones exceed the sum of their scores, shape (r, g)."""
        return self.right - self.count * self.scores


def tally(scores: Values, correct: NDArray[np.bool_]) -> Tally:
    """Return the tally of the answers themselves, one row."""
    distinct, place = np.unique(scores, return_inverse=True)
    count = np.bincount(place).astype(np.float64)
    right = np.bincount(place, weights=correct).astype(np.float64)
    return Tally(distinct, count[None], right[None])


def bin_starts(scores: Values, bins: int) -> NDArray[np.intp]:
    """Return where each of `bins` equal widths, open below, begins: (bins + 1,)."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    inner = np.searchsorted(scores, edges[1:-1], side="right")
    return np.concatenate([[0], inner, [len(scores)]]).astype(np.intp)


def ece(of: Tally, bins: int) -> Values:
    """Return the expected calibration error, bins of equal width.

    The mean distance of accuracy and mean score a bin, weighted by its answers (Naeini
    et al. 2015; Guo et al. 2017, equation 3).
    """
    starts = bin_starts(of.scores, bins)
    sums = np.concatenate([np.zeros((len(of.count), 1)), of.gap.cumsum(axis=1)], axis=1)
    distances: Values = np.abs(np.diff(sums[:, starts], axis=1)).sum(axis=1)
    return distances / of.total


def adaptive_ece(of: Tally, bins: int) -> Values:
    """Return the calibration error with bins of equal mass (Nixon et al. 2019).

    A bin has exactly n / bins of the answers: those of a score on its edge are shared.
    """
    mass = of.count.cumsum(axis=1)
    sums = sums_at_mass(mass, of.gap, of.total[:, None] * np.arange(bins + 1) / bins)
    distances: Values = np.abs(np.diff(sums, axis=1)).sum(axis=1)
    return distances / of.total


def sums_at_mass(mass: Values, values: Values, wanted: Values) -> Values:
    """Return the running sums of values where the running mass is as `wanted`, (r, e).

    ``mass`` runs along the last axis of (r, g); rows are searched all in one go.
    """
    rows, groups = mass.shape
    apart = (mass[0, -1] + 1) * np.arange(rows)[:, None]
    at = np.searchsorted((mass + apart).ravel(), (wanted + apart).ravel())
    at = at.reshape(wanted.shape) - groups * np.arange(rows)[:, None]
    at = np.minimum(at, groups - 1)
    end, own = (np.take_along_axis(of, at, axis=1) for of in (mass, values))
    before = np.take_along_axis(mass, np.maximum(at - 1, 0), axis=1)
    size = end - np.where(at > 0, before, 0.0)
    left = np.divide(end - wanted, size, out=np.zeros_like(end), where=size > 0)
    sums = np.take_along_axis(values.cumsum(axis=1), at, axis=1)
    reached: Values = sums - left * own
    return reached


def brier(of: Tally) -> Values:
    """Return the mean squared distance of scores and outcomes (Brier 1950)."""
    loss = of.right @ (1 - of.scores) ** 2 + of.wrong @ of.scores**2
    return loss / of.total


def log_loss(of: Tally) -> Values:
    """Return the mean negative log likelihood, nats (Good 1952).

    Scores of 0 and 1 count as 2.2e-16 away from there, as in scikit-learn.
    """
    sure = np.clip(of.scores, _EPSILON, 1 - _EPSILON)
    unsure = np.clip(1 - of.scores, _EPSILON, 1 - _EPSILON)
    loss = of.right @ np.log(sure) + of.wrong @ np.log(unsure)
    mean: Values = -loss / of.total
    return mean


def auroc(of: Tally) -> Values:
    """Return how often a right answer scores above a wrong one, ties half.

    The area under the ROC curve (Hanley & McNeil 1982); NaN without both kinds.
    """
    wrong = of.wrong
    below = wrong.cumsum(axis=1) - wrong / 2
    pairs = of.right.sum(axis=1) * wrong.sum(axis=1)
    won = (of.right * below).sum(axis=1)
    nothing = np.full(len(pairs), np.nan)
    area: Values = np.divide(won, pairs, out=nothing, where=pairs > 0)
    return area


def aurc(of: Tally) -> Values:
    """Return the area under the risk–coverage curve (Geifman et al. 2019).

    The mean, over the answers, of the share of wrong ones among all that score as high
    as it or higher; small is good, and the share of wrong answers is no better than
    chance.
    """
    mass = of.count[:, ::-1].cumsum(axis=1)
    wrong = of.wrong[:, ::-1].cumsum(axis=1)
    risk = np.divide(wrong, mass, out=np.zeros_like(mass), where=mass > 0)
    area: Values = (of.count[:, ::-1] * risk).sum(axis=1)
    return area / of.total
