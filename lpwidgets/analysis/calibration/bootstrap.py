"""Intervals of measures by resampling the answers (Efron & Tibshirani 1993)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from lpwidgets.analysis.calibration import measures
from lpwidgets.analysis.calibration.measures import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

_AT_ONCE = 2**17
"""Drawn answers that are looked at together; more would leave the cache."""

_ENDS = (0.025, 0.975)
_CALIBRATION_ERRORS = {"ece", "adaptive_ece"}
_CHANCES = 200
"""Draws of what calibration errors would be if every score were true."""


class Estimate(float):
    """A measure with the ends of its 95 % interval; all NaN where it has no meaning.

    Parameters
    ----------
    value
        The measure.
    low, high
        The ends of the interval.
    reason
        Why it has no meaning, empty if it has.
    """

    __slots__ = ("high", "low", "reason")
    low: float
    high: float
    reason: str

    def __new__(cls, value: float, low: float, high: float, reason: str = "") -> Self:
        """Return the value with its interval."""
        self = super().__new__(cls, value)
        self.low, self.high, self.reason = low, high, reason
        return self

    def __getnewargs__(self) -> tuple[float, float, float, str]:  # type: ignore[override]
        return float(self), self.low, self.high, self.reason

    def __repr__(self) -> str:
        if self.reason:
            return f"NaN ({self.reason})"
        return f"{float(self):.4f} [{self.low:.4f}, {self.high:.4f}]"


def estimates(
    scores: Values, correct: NDArray[np.bool_], bins: int, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Return every measure by name, with its interval.

    The interval is that of the resamples' percentiles. Not so for calibration errors,
    which noise only ever makes larger, in a resample once more: theirs is reflected at
    the value (the basic bootstrap), and reaches down to 0 where scores that are all
    true would show an error as large (consistency resampling, Bröcker & Smith 2007).
    """
    found: dict[str, Callable[[Tally], Values]] = {
        "ece": partial(measures.ece, bins=bins),
        "adaptive_ece": partial(measures.adaptive_ece, bins=bins),
        "brier": measures.brier,
        "log_loss": measures.log_loss,
        "auroc": measures.auroc,
        "aurc": measures.aurc,
    }
    whole, generator = measures.tally(scores, correct), np.random.default_rng(seed)
    drawn = _measured(found, _resampled(whole, resamples, generator))
    errors = {name: found[name] for name in _CALIBRATION_ERRORS}
    chance = _measured(errors, _all_true(whole, generator))
    values = {name: float(measure(whole)[0]) for name, measure in found.items()}
    return {
        name: _estimate(value, drawn[name], chance.get(name))
        for name, value in values.items()
    }


def _measured(
    found: Mapping[str, Callable[[Tally], Values]], drawn: Iterable[Tally]
) -> dict[str, Values]:
    rows: dict[str, list[Values]] = {name: [] for name in found}
    for some in drawn:
        for name, measure in found.items():
            rows[name].append(measure(some))
    return {name: np.concatenate(some) for name, some in rows.items()}


def _resampled(
    of: Tally, resamples: int, generator: np.random.Generator
) -> Iterator[Tally]:
    """Yield tallies of n answers each, drawn with replacement, some at a time."""
    kinds = np.stack([of.wrong[0], of.right[0]], axis=1).ravel().astype(np.int64)
    kind_of = np.repeat(np.arange(len(kinds)), kinds)
    for rows in _portions(resamples, len(kind_of)):
        draws = kind_of[generator.integers(0, len(kind_of), (rows, len(kind_of)))]
        draws += len(kinds) * np.arange(rows)[:, None]
        drawn = np.bincount(draws.ravel(), minlength=rows * len(kinds))
        wrong, right = np.moveaxis(drawn.reshape(rows, -1, 2).astype(float), 2, 0)
        yield Tally(of.scores, wrong + right, right)


def _all_true(of: Tally, generator: np.random.Generator) -> Iterator[Tally]:
    """Yield tallies of the same scores whose answers are right as often as they say."""
    count = of.count[0].astype(np.int64)
    for rows in _portions(_CHANCES, len(count)):
        right = generator.binomial(count, of.scores, (rows, len(count)))
        yield Tally(of.scores, np.tile(of.count, (rows, 1)), right.astype(float))


def _portions(total: int, size: int) -> Iterator[int]:
    most = max(1, _AT_ONCE // size)
    yield from (min(most, total - first) for first in range(0, total, most))


def _estimate(value: float, drawn: Values, chance: Values | None) -> Estimate:
    if np.isnan(value):
        return Estimate(value, np.nan, np.nan, "needs right and wrong answers")
    low, high = np.nanquantile(drawn, _ENDS).tolist()
    if chance is not None:
        by_chance = value <= np.quantile(chance, _ENDS[1])
        low, high = 2 * value - high, max(value, 2 * value - low)
        low = 0.0 if by_chance else max(0.0, low)
    return Estimate(value, low, high)
