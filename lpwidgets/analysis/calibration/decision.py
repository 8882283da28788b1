"""Where to draw the line between answers to accept and answers to leave to others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.analysis.calibration.diagram import wilson
from lpwidgets.analysis.calibration.measures import tally
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


class Threshold(NamedTuple):
    """Answers that score `value` or more are accepted.

    ``coverage`` is the share of answers that is accepted, ``accuracy`` the share of
    those that is right, with Wilson's 95 % interval ``low`` to ``high``; NaN where
    none is accepted. ``false_accepts`` are wrong and accepted, ``false_rejects`` right
    and not, both as shares of all answers. ``cost`` is the mean cost an answer, NaN
    where no costs were given.
    """

    value: float
    coverage: float
    accuracy: float
    low: float
    high: float
    false_accepts: float
    false_rejects: float
    cost: float

    def __repr__(self) -> str:
        cost = "" if math.isnan(self.cost) else f", cost {self.cost:.4g} an answer"
        return (
            f"<Threshold score ≥ {self.value:.4g}: accepts {self.coverage:.1%}, of "
            f"which {self.accuracy:.1%} right [{self.low:.1%}, {self.high:.1%}]{cost}>"
        )


class Costs(NamedTuple):
    """What it costs to accept a wrong answer, to reject a right one, to reject any."""

    wrong: float
    reject: float
    abstain: float


def cheapest(scores: Values, correct: NDArray[np.bool_], costs: Costs) -> Threshold:
    """Return the threshold of the lowest mean cost (Chow 1970), the first of equals.

    Raises
    ------
    InputError
        A cost is no number from 0, or all are 0.
    """
    given: dict[str, object] = costs._asdict()
    for name, value in given.items():
        if not (isinstance(value, int | float) and 0 <= value < math.inf):
            msg = f"cost_{name}={value!r:.40}: a cost is a number from 0"
            raise InputError(msg)
    if not any(costs):
        msg = "all costs are 0: any threshold is as good as another"
        raise InputError(msg)
    table = _table(scores, correct, costs)
    return _at(table, int(np.argmin(table["cost"])), len(scores))


def covering(scores: Values, correct: NDArray[np.bool_], coverage: object) -> Threshold:
    """Return the highest threshold that accepts at least this share of the answers.

    Raises
    ------
    InputError
        The share is not above 0 and at most 1.
    """
    if not (isinstance(coverage, int | float) and 0 < coverage <= 1):
        msg = f"coverage={coverage!r:.40}: a share above 0 and at most 1, such as 0.8"
        raise InputError(msg)
    table = _table(scores, correct, Costs(math.nan, math.nan, math.nan))
    wanted = coverage * len(scores) - 1e-9
    return _at(table, int(np.flatnonzero(table["accepted"] >= wanted)[-1]), len(scores))


def _table(
    scores: Values, correct: NDArray[np.bool_], costs: Costs
) -> dict[str, Values]:
    """Return what follows from each distinct score as threshold, and from none."""
    of = tally(scores, correct)

    def above(values: Values) -> Values:
        sums: Values = np.append(values[0, ::-1].cumsum()[::-1], 0.0)
        return sums

    accepted, right = above(of.count), above(of.right)
    wrong, missed = accepted - right, right[0] - right
    cost = wrong * costs.wrong + missed * costs.reject
    cost += (len(scores) - accepted) * costs.abstain
    value = np.append(of.scores, math.inf)
    return {
        "value": value,
        "accepted": accepted,
        "right": right,
        "wrong": wrong,
        "missed": missed,
        "cost": cost,
    }


def _at(table: dict[str, Values], index: int, count: int) -> Threshold:
    row = {name: float(values[index]) for name, values in table.items()}
    some = row["accepted"] or math.nan
    accuracy = row["right"] / some
    low, high = (float(end) for end in wilson(accuracy, some))
    return Threshold(
        row["value"],
        row["accepted"] / count,
        accuracy,
        low,
        high,
        row["wrong"] / count,
        row["missed"] / count,
        row["cost"] / count,
    )
