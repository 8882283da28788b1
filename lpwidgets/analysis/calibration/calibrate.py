"""`calibrate`: how far scores can be trusted, and what to make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from lpwidgets.analysis.calibration.bootstrap import Estimate, estimates
from lpwidgets.analysis.calibration.decision import Costs, cheapest, covering
from lpwidgets.analysis.calibration.given import pairs_of, whole_number
from lpwidgets.analysis.calibration.maps import fit
from lpwidgets.analysis.calibration.source import source_of
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from lpwidgets.analysis.calibration.decision import Threshold
    from lpwidgets.analysis.calibration.maps import CalibrationMap

MEASURES = {
    "ece": "ECE",
    "adaptive_ece": "adaptive ECE",
    "brier": "Brier",
    "log_loss": "log loss",
    "auroc": "AUROC",
    "aurc": "AURC",
}
"""Every measure and what people call it."""


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Scores beside what turned out right, and how well the two agree.

    Parameters
    ----------
    scores
        Probabilities of being right, shape (n,).
    correct
        Whether each answer is right, shape (n,).
    bins
        Number of bins of the calibration errors and of the diagram.
    ece
        Expected calibration error, bins of equal width (Naeini et al. 2015; Guo et al.
        2017).
    adaptive_ece
        The same with bins of equal mass (Nixon et al. 2019).
    brier
        Mean squared distance (Brier 1950).
    log_loss
        Mean negative log likelihood, nats.
    auroc
        How often a right answer scores above a wrong one.
    aurc
        Area under the risk–coverage curve (Geifman et al. 2019); small is good.
    notes
        What to know about it, such as how many answers had no label.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]
    bins: int
    ece: Estimate
    adaptive_ece: Estimate
    brier: Estimate
    log_loss: Estimate
    auroc: Estimate
    aurc: Estimate
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.scores)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row a measure: its value, and the ends of its 95 % interval."""
        import pandas as pd

        found = [(name, getattr(self, name)) for name in MEASURES]
        rows = [(name, float(one), one.low, one.high) for name, one in found]
        return pd.DataFrame(rows, columns=["measure", "value", "low", "high"])

    def diagram(self, *, equal_mass: bool = False) -> pd.DataFrame:
        """Return the bins of the reliability diagram, one a row.

        Parameters
        ----------
        equal_mass
            Whether every bin has as many answers, rather than the same width.

        Returns
        -------
        pandas.DataFrame
            ``lower, upper, count, score, accuracy, low, high``: the edges, how many
            answers, their mean score, the share that is right and its 95 % interval.
        """
        from lpwidgets.analysis.calibration.diagram import bin_frame

        return bin_frame(self.scores, self.correct, self.bins, equal_mass=equal_mass)

    def plot(self, *, equal_mass: bool = False) -> Any:
        """Return the reliability diagram as an Altair chart; see `diagram`.

        Raises
        ------
        MissingPackageError
            Altair is not installed.
        """
        from lpwidgets.analysis.calibration.diagram import chart
        from lpwidgets.charts import altair

        name, error = "ECE", self.ece
        if equal_mass:
            name, error = "adaptive ECE", self.adaptive_ece
        title = f"{name} {error:.3f}, 95 % from {error.low:.3f} to {error.high:.3f}"
        points = self.diagram(equal_mass=equal_mass)
        return chart(points, self.diagram(), title, altair())

    def fit(self, how: str, *, model: Any = None, score: str = "") -> CalibrationMap:
        """Return a map from scores to probabilities, fitted to these answers.

        How good it is only other answers can tell.

        Parameters
        ----------
        how
            ``"temperature"`` (Guo et al. 2017), ``"platt"`` (Platt 1999) or
            ``"isotonic"`` (Zadrozny & Elkan 2002).
        model
            Whose answers these are: generations, choices, a profile, or the model's
            name. The map is then saved with that model, and refused for others.
        score
            What the scores are, such as ``"p_true"``, to be read again later.

        Raises
        ------
        InputError
            There is no such way or model, or these answers tell nothing about it.
        MissingPackageError
            scikit-learn is not installed.
        """
        source = None if model is None else source_of(model)
        fitted = fit(self.scores, self.correct, how)
        if source:
            provider = source.provider or ""
            fitted = replace(fitted, provider=provider, model=source.model)
        return replace(fitted, score=score)

    def apply(self, scores: Any, how: str = "isotonic") -> NDArray[np.float64]:
        """Return probabilities of being right for new scores; see `fit`.

        Raises
        ------
        InputError
            The scores are no numbers from 0 to 1, or the map cannot be fitted.
        MissingPackageError
            scikit-learn is not installed.
        """
        return self.fit(how).apply(scores)

    def threshold(
        self,
        *,
        cost_wrong: float | None = None,
        cost_reject: float = 0.0,
        cost_abstain: float = 0.0,
        coverage: float | None = None,
    ) -> Threshold:
        """Return the score from which on answers are accepted.

        Parameters
        ----------
        cost_wrong
            What it costs to accept a wrong answer.
        cost_reject
            What it costs not to accept a right one.
        cost_abstain
            What it costs not to accept an answer, whichever: the time of a person who
            looks at it.
        coverage
            In place of costs: the share of answers to accept at least.

        Raises
        ------
        InputError
            Neither costs nor a coverage are given, or both, or one of them cannot be.
        """
        if (coverage is None) == (cost_wrong is None):
            msg = (
                "a threshold follows from costs or from a coverage: "
                "threshold(cost_wrong=5, cost_reject=1) or threshold(coverage=0.8)"
            )
            raise InputError(msg)
        if cost_wrong is None:
            return covering(self.scores, self.correct, coverage or 0.0)
        costs = Costs(cost_wrong, cost_reject, cost_abstain)
        return cheapest(self.scores, self.correct, costs)

    def __repr__(self) -> str:
        share = f"{self.correct.mean():.1%} right, mean score {self.scores.mean():.1%}"
        lines = [f"<Calibration {len(self):,} answers, {share}>"]
        for name, label in MEASURES.items():
            lines.append(f"{label:<14}{getattr(self, name)!r}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def calibrate(
    scores: Any,
    correct: Any,
    *,
    bins: int = 15,
    seed: int = 0,
    resamples: int = 1000,
) -> Calibration:
    """Compare scores with what turned out right.

    Parameters
    ----------
    scores
        Probabilities of being right, from 0 to 1, shape (n,).
    correct
        Whether each answer is right, shape (n,); None or NaN for answers without a
        label, which are left out with a note.
    bins
        Number of bins of the calibration errors.
    seed
        Of the resampling: the same one gives the same intervals.
    resamples
        How often the answers are drawn anew for the 95 % intervals.

    Raises
    ------
    InputError
        The two are not of one length, not such values, or fewer than two have a label.

    Examples
    --------
    >>> import lpwidgets as lp
    >>> found = lp.calibrate([0.9, 0.8, 0.7, 0.3], [True, True, False, False])
    >>> round(float(found.brier), 4)  # (0.01 + 0.04 + 0.49 + 0.09) / 4
    0.1575
    >>> float(found.auroc)
    1.0
    """
    whole_number("bins", bins, 1)
    whole_number("resamples", resamples, 2)
    whole_number("seed", seed, 0)
    checked, marks, left_out = pairs_of(scores, correct)
    checked.flags.writeable = marks.flags.writeable = False
    found = estimates(checked, marks, bins, resamples, seed)
    notes = (f"{left_out:,} without a label left out",) if left_out else ()
    return Calibration(checked, marks, bins, **found, notes=notes)
