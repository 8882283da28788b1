"""Maps from scores to probabilities, fitted to answers known to be right or wrong.

Temperature (Guo et al. 2017) and Platt's (1999) are logistic in the score's log odds;
isotonic (Zadrozny & Elkan 2002) takes any shape that never falls. The fits are
scikit-learn's; to apply a map nothing of it is needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from lpwidgets.analysis.calibration import store
from lpwidgets.analysis.calibration.given import scores_of
from lpwidgets.analysis.calibration.source import NO_OTHERS, Source, source_of
from lpwidgets.errors import InputError, MissingPackageError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

HOWS = ("temperature", "platt", "isotonic")

_NEAREST = 1e-7
"""How near to 0 and 1 log odds are told apart: as near as servers' float32 goes."""


class CalibrationMap(Struct, frozen=True):
    """A map from scores to probabilities of being right.

    Parameters
    ----------
    how
        ``"temperature"``, ``"platt"`` or ``"isotonic"``.
    answers
        How many it was fitted to.
    slope, intercept
        Of the log odds; the temperature is 1 / slope.
    knots
        Scores and their probabilities, between which an isotonic map is straight.
    provider, model
        Whose answers they were; empty if that was not said.
    score
        What the scores were, such as ``"p_true"``.
    """

    how: str
    answers: int
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()
    provider: str = ""
    model: str = ""
    score: str = ""

    @property
    def source(self) -> Source | None:
        """The model whose answers it was fitted to, None if that was not said."""
        if not self.model:
            return None
        return Source(self.provider or None, self.model)

    @property
    def temperature(self) -> float:
        """What log odds are divided by: above 1 for scores that were too sure."""
        return 1 / self.slope

    def __repr__(self) -> str:
        shape = f"log odds × {self.slope:.4g} + {self.intercept:.4g}"
        if self.how == "temperature":
            shape = f"temperature {self.temperature:.4g}"
        if self.how == "isotonic":
            shape = f"{len(self.knots)} knots"
        said = [f"{self.how}: {shape}", f"from {self.answers:,} answers"]
        if self.source:
            said[1] += f" of {self.source}"
        if self.score:
            said.append(f"score {self.score}")
        return f"<CalibrationMap {', '.join(said)}>"

    def apply(self, scores: Any, *, model: Any = None) -> Values:
        """Return probabilities of being right, shape (n,); NaN stays NaN.

        Parameters
        ----------
        scores
            Numbers from 0 to 1.
        model
            Whose scores they are, as for `Calibration.fit`: another model's than it was
            fitted to are refused.

        Raises
        ------
        InputError
            The scores are no numbers from 0 to 1, or another model's.
        """
        if model is not None:
            self._refuse_others(source_of(model))
        values = scores_of(scores, unknown=True)
        if self.how == "isotonic":
            x, y = np.array(self.knots).T
            straight: Values = np.interp(values, x, y)
            return straight
        odds = self.slope * log_odds(values) + self.intercept
        probabilities: Values = 1 / (1 + np.exp(-odds))
        return probabilities

    def _refuse_others(self, theirs: Source) -> None:
        mine = self.source
        if mine and not mine.fits(theirs):
            msg = f"this map was fitted on {mine}, the scores are of {theirs}: "
            raise InputError(msg + NO_OTHERS)

    def save(self, name: str) -> Path:
        """Keep it in the user's cache under a name, for `load_calibration`.

        One that knows its model is kept with that model: another model's map of the
        same name stays as it is.

        Raises
        ------
        InputError
            The name has other characters than letters, digits, ``.``, ``_``, ``-``.
        """
        return store.save(name, self)


def load_calibration(name: str, *, model: Any = None) -> CalibrationMap:
    """Return the map that was saved under a name.

    Parameters
    ----------
    name
        The name.
    model
        Whose scores it is for, as for `Calibration.fit`: a map that was fitted on
        another model is refused.

    Raises
    ------
    InputError
        There is none of that name or for that model, or one for each of several and
        none is said, or its file is damaged.
    """
    source = None if model is None else source_of(model)
    return store.load(name, source, CalibrationMap)


def calibrations(model: Any = None) -> pd.DataFrame:
    """Return the maps that are saved, one a row.

    Parameters
    ----------
    model
        Only those fitted to answers of this model, as for `Calibration.fit`.

    Returns
    -------
    pandas.DataFrame
        ``name, provider, model, score, how, answers, saved`` (UTC).

    Raises
    ------
    InputError
        It names no model.
    """
    import pandas as pd

    told = ("provider", "model", "score", "how", "answers")
    rows = [
        (one.name, *(getattr(one.map, field) for field in told), one.date)
        for one in saved(model)
    ]
    return pd.DataFrame(rows, columns=["name", *told, "saved"])


def saved(model: Any = None) -> list[store.Saved[CalibrationMap]]:
    """Return the maps that are saved, as `calibrations` does."""
    source = None if model is None else source_of(model)
    found = store.every(CalibrationMap)
    return [one for one in found if source is None or store.is_of(one.map, source)]


def log_odds(scores: Values) -> Values:
    """Return ln(p / (1 − p)), nats, p kept 1e-7 away from 0 and 1."""
    kept = np.clip(scores, _NEAREST, 1 - _NEAREST)
    odds: Values = np.log(kept / (1 - kept))
    return odds


def fit(scores: Values, correct: NDArray[np.bool_], how: str) -> CalibrationMap:
    """Return the map that fits these answers best.

    Raises
    ------
    InputError
        There is no such way, or these answers tell nothing about it.
    MissingPackageError
        scikit-learn is not installed.
    """
    if how not in HOWS:
        msg = f"how={how!r:.40}: there are: {', '.join(HOWS)}"
        raise InputError(msg)
    if correct.all() or not correct.any():
        kind = "right" if correct.all() else "wrong"
        msg = (
            f"all {len(correct):,} answers are {kind}: a map from scores to "
            "probabilities needs both kinds"
        )
        raise InputError(msg)
    try:
        importlib.import_module("sklearn.linear_model")
    except ImportError:
        msg = "a fit needs scikit-learn: pip install 'lpwidgets[calibration]'"
        raise MissingPackageError(msg) from None
    fits = {"temperature": _temperature, "platt": _platt, "isotonic": _isotonic}
    return fits[how](scores, correct)


def _temperature(scores: Values, correct: NDArray[np.bool_]) -> CalibrationMap:
    odds = log_odds(scores)
    if (np.where(correct, odds, -odds) >= 0).all():
        msg = (
            "every score is on the right side of 0.5: the best temperature is 0, which "
            "makes all of them 0 or 1\ntake how='platt', or more answers"
        )
        raise InputError(msg)
    slope, _ = _logistic(odds, correct.astype(float), intercept=False)
    if slope <= 0:
        msg = (
            "answers with higher odds are not right more often: no temperature mends "
            "that\nlook at calibration.plot(), or take how='platt'"
        )
        raise InputError(msg)
    return CalibrationMap("temperature", len(scores), slope)


def _platt(scores: Values, correct: NDArray[np.bool_]) -> CalibrationMap:
    """Fit a logistic curve to Platt's targets, which are a little off 0 and 1."""
    right = int(correct.sum())
    wrong = len(correct) - right
    targets = np.where(correct, (right + 1) / (right + 2), 1 / (wrong + 2))
    slope, intercept = _logistic(log_odds(scores), targets, intercept=True)
    return CalibrationMap("platt", len(scores), slope, intercept)


def _logistic(odds: Values, targets: Values, *, intercept: bool) -> tuple[float, float]:
    """Return slope and intercept; a target of 0.9 is 0.9 right and 0.1 wrong."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=np.inf, fit_intercept=intercept, solver="newton-cholesky", tol=1e-10
    )
    outcomes = np.repeat([1, 0], len(odds))
    weights = np.concatenate([targets, 1 - targets])
    model.fit(np.tile(odds, 2)[:, None], outcomes, weights)
    return float(model.coef_[0, 0]), float(np.ravel(model.intercept_)[0])


def _isotonic(scores: Values, correct: NDArray[np.bool_]) -> CalibrationMap:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    model.fit(scores, correct.astype(float))
    knots = zip(model.X_thresholds_.tolist(), model.y_thresholds_.tolist(), strict=True)
    return CalibrationMap("isotonic", len(scores), knots=tuple(knots))
