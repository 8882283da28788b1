"""What may be passed as scores and as right or wrong, checked before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 2


def scores_of(values: Any, *, unknown: bool = False) -> NDArray[np.float64]:
    """Return probabilities of being right, shape (n,); NaN only if `unknown` may be.

    Raises
    ------
    InputError
        They are no numbers from 0 to 1.
    """
    scores = _numbers(values, "scores", "numbers from 0 to 1")
    if not unknown:
        _refuse_missing(scores)
    known = scores[~np.isnan(scores)]
    outside = known[(known < 0) | (known > 1)]
    if len(outside):
        msg = (
            f"{len(outside):,} of {len(scores):,} scores are outside 0 to 1, such as "
            f"{outside[0]:g}: {_what_they_may_be(known)}"
        )
        raise InputError(msg)
    return scores


def _refuse_missing(scores: NDArray[np.float64]) -> None:
    missing = np.flatnonzero(np.isnan(scores))
    if len(missing):
        msg = (
            f"{len(missing):,} of {len(scores):,} scores are NaN, the first at "
            f"{missing[0]}\nleave them out of both: known = ~np.isnan(scores)"
        )
        raise InputError(msg)


def _what_they_may_be(known: NDArray[np.float64]) -> str:
    if (known <= 0).all():
        return "if they are log probabilities, pass np.exp(scores)"
    if (known >= 0).all() and known.max() <= 100:  # noqa: PLR2004
        return "if they are percentages, pass scores / 100"
    return "a score is the probability that its answer is right"


def pairs_of(
    scores: Any, correct: Any
) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Return scores, whether each answer is right, and how many had no label.

    Both have the shape (n,), without the answers of which nobody has said whether they
    are right: None or NaN.

    Raises
    ------
    InputError
        They are no such values, not as many, or fewer than two with a label.
    """
    checked = scores_of(scores, unknown=True)
    marks = _numbers(correct, "correct", "True or False, or 1 or 0")
    if len(marks) != len(checked):
        msg = (
            f"there are {len(checked):,} scores, but {len(marks):,} marks of right and "
            "wrong: give one for each"
        )
        raise InputError(msg)
    labelled = ~np.isnan(marks)
    odd = np.flatnonzero(labelled & (marks != 0) & (marks != 1))
    if len(odd):
        msg = (
            f"correct is True or False, or 1 or 0, for each answer, None for one "
            f"without a label; at {odd[0]} it is {marks[odd[0]]:g}"
        )
        raise InputError(msg)
    _refuse_missing(np.where(labelled, checked, 0.0))
    count = int(labelled.sum())
    if count < _LEAST:
        kind = " with a label" if count < len(marks) else ""
        msg = (
            f"{count} answers{kind} tell nothing about calibration: give at least "
            f"{_LEAST}, better some hundred"
        )
        raise InputError(msg)
    return checked[labelled], marks[labelled].astype(bool), len(marks) - count


def _numbers(values: Any, name: str, expected: str) -> NDArray[np.float64]:
    numbers = _as_numbers(values)
    if numbers is None:
        msg = f"{name} are {expected}, not {values!r:.40}"
        raise InputError(msg)
    if numbers.ndim != 1:
        msg = f"{name} is one row of {expected}; this has shape {numbers.shape}"
        raise InputError(msg)
    return numbers


def _as_numbers(values: Any) -> NDArray[np.float64] | None:
    """Return values as numbers, None and missing ones as NaN; None if they are none."""
    if isinstance(values, str | bytes | dict):
        return None
    try:
        if not hasattr(values, "__array__"):
            values = [np.nan if one is None else one for one in values]
        array = np.asarray(values)
        return None if array.dtype.kind in "USMm" else array.astype(np.float64)
    except (TypeError, ValueError):
        return None


def whole_number(name: str, value: object, least: int) -> None:
    """Refuse what is no whole number, or too small a one.

    Raises
    ------
    InputError
        It is.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        msg = f"{name}={value!r:.40}: it is a whole number, {least} or more"
        raise InputError(msg)
