"""`label`: answers to be marked as right or wrong by clicking."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import anywidget
import numpy as np
import traitlets

from lpwidgets.analysis.calibration.given import scores_of
from lpwidgets.display import label_html, saved
from lpwidgets.display.asked import question_of
from lpwidgets.display.bundles import complete
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.pieces import well_formed
from lpwidgets.reading.read import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Label = bool | None

_STATIC = Path(__file__).parent.parent / "static"


class Answer(NamedTuple):
    """What is shown of an answer; ``score`` is None where it is unknown."""

    question: str
    text: str
    score: float | None


class LabelWidget(anywidget.AnyWidget):
    """Answers one below the other, each to be marked as right, wrong or unsure.

    By click, or by keys: 1 or y right, 2 or n wrong, 3 or u unsure, arrows move, z
    takes the last mark back. From ten labels on a reliability diagram shows how often
    answers of a confidence are right.

    Parameters
    ----------
    answers, labels, unsure, scores, questions
        As for `label`.

    Attributes
    ----------
    labels
        For each answer True, False, or None without a label; works both ways, with
        ``observe``. Of a list that is shorter than the answers the rest is None.
    unsure
        Positions of the answers that were marked as unsure; they have no label.

    Raises
    ------
    InputError
        These are no answers, or what is given for each is no such value, or too much.
    """

    _esm = _STATIC / "label.js"
    _css = _STATIC / "label.css"

    answers: traitlets.List[Any] = traitlets.List(help="what is shown").tag(sync=True)
    labels = traitlets.Any([], help="right or wrong").tag(sync=True)
    unsure = traitlets.Any([], help="positions").tag(sync=True)

    def __init__(
        self,
        answers: Any = (),
        *,
        labels: Any = (),
        unsure: Iterable[int] = (),
        scores: Any = None,
        questions: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self._given = _listed(answers)
        rows = _rows(self._given, scores, questions)
        super().__init__(answers=[one._asdict() for one in rows], **kwargs)
        self.labels = labels
        self.unsure = unsure

    @property
    def generations(self) -> list[Generation]:
        """What is labelled, as far as it was given as generations."""
        return [one for one in self._given if isinstance(one, Generation)]

    @property
    def scores(self) -> NDArray[np.float64]:
        """The confidence of each answer, shape (n,); NaN unknown."""
        return _floats(one["score"] for one in self.answers)

    @property
    def correct(self) -> NDArray[np.float64]:
        """Shape (n,): 1 for right, 0 for wrong, NaN without a label."""
        return _floats(self.labels)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row an answer: question, answer, score, correct (None: no label)."""
        import pandas as pd

        frame = pd.DataFrame(self.answers, columns=list(Answer._fields))
        frame = frame.rename(columns={"text": "answer"}).astype({"score": float})
        return frame.assign(correct=pd.Series(self.labels, dtype=object))

    @traitlets.validate("labels")
    def _checked_labels(self, proposal: dict[str, Any]) -> list[Label]:
        given = proposal["value"]
        values = [] if given is None else list(_iterated("labels", given))
        labels = [_label(k, value) for k, value in enumerate(values)]
        count = len(self.answers)
        if len(labels) > count:
            msg = f"there are {len(labels):,} labels, but {count:,} answers"
            raise InputError(f"{msg}: give one for each, None for one without")
        return labels + [None] * (count - len(labels))

    @traitlets.validate("unsure")
    def _checked_unsure(self, proposal: dict[str, Any]) -> list[int]:
        count = len(self.answers)
        places = list(_iterated("unsure", proposal["value"]))
        for one in places:
            if not isinstance(one, (int, np.integer)) or not 0 <= one < count:
                msg = f"unsure has {one!r:.40}: it holds positions of answers, from 0"
                raise InputError(f"{msg} to {count - 1}" if count else msg)
        return sorted({int(one) for one in places if self.labels[one] is None})

    @traitlets.observe("labels")
    def _settle(self, _: object) -> None:
        """Who labels an answer is unsure no more."""
        self.unsure = [one for one in self.unsure if self.labels[one] is None]

    def __repr__(self) -> str:
        return label_html.as_text(self.answers, self.labels)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view with its fallbacks, which hold what is labelled now."""
        traits = {n: getattr(self, n) for n in ("answers", "labels", "unsure")}
        return complete(
            super()._repr_mimebundle_(**kwargs),
            repr(self),
            label_html.as_html(self.answers, self.labels),
            saved.whole("label", {**traits, "fixed": True}),
        )


def label(
    answers: Any,
    *,
    labels: Any = (),
    unsure: Iterable[int] = (),
    scores: Any = None,
    questions: Sequence[str] | None = None,
) -> LabelWidget:
    """Return a widget in which answers are marked as right or wrong by clicking.

    What was marked is in its ``labels``; pass them to go on with it later::

        w = lp.label(generations)
        lp.calibrate(w.scores, w.labels)
        w = lp.label(generations, labels=w.labels, unsure=w.unsure)

    Parameters
    ----------
    answers
        Generations, texts, or what `lpwidgets.read` takes.
    labels
        True, False or None for each that has been labelled before; what is not given is
        None.
    unsure
        Positions of answers that were marked as unsure before.
    scores
        The confidence in each, from 0 to 1, NaN unknown; of generations by default the
        geometric mean of its tokens' probabilities, exp(``mean_logprob``).
    questions
        What was asked; of generations by default the last thing the user said.

    Raises
    ------
    InputError
        These are no answers, or what is given for each is no such value, or too much.
    """
    return LabelWidget(
        answers, labels=labels, unsure=unsure, scores=scores, questions=questions
    )


def _listed(answers: Any) -> list[Generation | str]:
    if isinstance(answers, Generation):
        return [answers]
    if isinstance(answers, str | bytes | dict):
        found = read(answers)
    else:
        given = list(_iterated("answers", answers))
        if all(isinstance(one, Generation | str) for one in given):
            return given
        found = read(answers)
    return [found] if isinstance(found, Generation) else list(found)


def _rows(
    answers: Sequence[Generation | str], scores: Any, questions: Sequence[str] | None
) -> list[Answer]:
    texts = [one if isinstance(one, str) else one.text for one in answers]
    asked = [question_of(one) for one in answers]
    if questions is not None:
        asked = [str(one) for one in _iterated("questions", questions)]
        _same_length("questions", asked, answers)
    sure = [_confidence(one) for one in answers]
    if scores is not None:
        values = scores_of(scores, unknown=True).tolist()
        sure = [None if math.isnan(value) else value for value in values]
        _same_length("scores", sure, answers)
    return [
        Answer(well_formed(question), well_formed(text), score)
        for question, text, score in zip(asked, texts, sure, strict=True)
    ]


def _same_length(name: str, given: Sequence[Any], answers: Sequence[Any]) -> None:
    if len(given) != len(answers):
        msg = f"there are {len(answers):,} answers, but {len(given):,} {name}"
        raise InputError(f"{msg}: give one for each")


def _confidence(answer: Generation | str) -> float | None:
    """Return the geometric mean of an answer's token probabilities, None unknown."""
    mean = math.nan if isinstance(answer, str) else answer.mean_logprob
    return math.exp(mean) if mean <= 0 else None


def _label(place: int, value: Any) -> Label:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | np.bool_) or (
        isinstance(value, int | float | np.number) and value in {0, 1}
    ):
        return bool(value)
    msg = f"a label is True, False, or None without one; at {place} it is {value!r:.40}"
    raise InputError(msg)


def _iterated(name: str, values: Any) -> Iterable[Any]:
    try:
        if not isinstance(values, str | bytes):
            return list(values)
    except TypeError:
        pass
    raise InputError(f"{name} is a list with one for each answer, not {values!r:.40}")


def _floats(values: Iterable[Any]) -> NDArray[np.float64]:
    known = [math.nan if one is None else float(one) for one in values]
    return np.array(known, dtype=np.float64)
