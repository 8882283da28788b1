"""From a metric's values to shares of the way from certain to uncertain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.analysis.metrics import Metric
    from lpwidgets.generation import Generation

_OUTER = 1.0
"""Percent of the values, at each open end, that may be beyond it."""


class Scale(NamedTuple):
    """A metric between two of its values."""

    name: str
    label: str
    unit: str
    format: str
    low: float
    high: float
    certain: float
    uncertain: float

    def share(self, value: float) -> float:
        """Return how far a value is from certain (0) to uncertain (1), NaN unknown."""
        if math.isnan(value):
            return math.nan
        part = (value - self.certain) / (self.uncertain - self.certain)
        return min(max(part, 0.0), 1.0)

    def written(self, value: float) -> str:
        """Return a value as the legend says it."""
        if self.format == "percent":
            return f"{100 * value:g} %"
        return f"{value:g} {self.unit}".strip()


def scale_of(metric: Metric, generations: Sequence[Generation]) -> Scale:
    """Return a metric's scale; an open end of its domain is taken from the values."""
    every = [metric.compute(one) for one in generations]
    values = np.concatenate([np.empty(0), *every])
    known = values[np.isfinite(values)]
    low, high = metric.domain
    if low is None:
        least = np.percentile(known, _OUTER) if len(known) else math.inf
        low = min(math.floor(least), (high or 0.0) - 1.0) if len(known) else -1.0
    if high is None:
        most = np.percentile(known, 100 - _OUTER) if len(known) else -math.inf
        high = max(math.ceil(most), low + 1.0) if len(known) else low + 1.0
    uncertain = low if metric.certain == high else high
    return Scale(
        metric.name,
        metric.label,
        metric.unit,
        metric.format,
        float(low),
        float(high),
        metric.certain,
        float(uncertain),
    )
