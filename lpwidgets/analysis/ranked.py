"""Answers in order of a score, and the score that orders them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from lpwidgets.analysis.sample_scores import SAMPLE_SCORES
from lpwidgets.analysis.samples import Samples
from lpwidgets.analysis.scores import SCORES
from lpwidgets.analysis.words import guess
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation, Generations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from lpwidgets.analysis.registry import Score

_SHOWN = 40


class Ranked(Generations):
    """Answers, the best first; each ``meta.search`` says how a search found it."""

    @property
    def values(self) -> NDArray[np.float64]:
        """The score of each, shape (n,), NaN unknown."""
        return np.array([one.meta.search.get("value", math.nan) for one in self])

    @property
    def ended(self) -> str:
        """Why the search ended before it was done, empty if it was done."""
        return str(self[0].meta.search.get("ended", "")) if self else ""

    def ranking(self) -> pd.DataFrame:
        """Return one row an answer: ``rank, score, text, tokens, logprob, status``.

        ``logprob`` is that of the sequence, nats; ``drawn`` of the best of n says which
        one it was, from 0.
        """
        import pandas as pd

        return pd.DataFrame([_row(one) for one in self])

    def __repr__(self) -> str:
        if not self:
            return "<Ranked no answers>"
        search = self[0].meta.search
        text = self[0].text
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        best = f"best {shown!r} {search.get('value', math.nan):.4g}"
        facts = [f"{len(self)} answers by {search.get('score', '?')}", best]
        return f"<Ranked {' · '.join([*facts, *filter(None, [self.ended])])}>"


def _row(one: Generation) -> dict[str, Any]:
    search = one.meta.search
    drawn = {"drawn": search["drawn"]} if "drawn" in search else {}
    return {
        "rank": search.get("rank"),
        "score": search.get("value", math.nan),
        **drawn,
        "text": one.text,
        "tokens": len(one),
        "logprob": one.sequence_logprob,
        "status": str(one.status),
    }


def searched(one: Generation, facts: dict[str, Any]) -> Generation:
    """Return an answer with what a search says of it in ``meta.search``."""
    meta = msgspec.structs.replace(one.meta, search=facts)
    return Generation(one.columns, meta, one.texts)


class Scorer(NamedTuple):
    """What answers are ordered by; ``sign`` is 1 where more is better, else −1."""

    name: str
    sign: int
    compute: Callable[[Sequence[Generation]], list[float]]


def scorer(score: object) -> Scorer:
    """Return what orders answers.

    Parameters
    ----------
    score
        The name of a score of one answer, which is best where the model is surest; or
        of several that tells of one of them, such as ``"confidence_consistency"``; or a
        function of a `Generation`, of which more is better.

    Raises
    ------
    InputError
        There is no such score.
    """
    if callable(score) and not isinstance(score, type):
        return _own(score)
    of_all = {one.name: one for one in SAMPLE_SCORES.every() if "answer" in one.options}
    if score in SCORES.names():
        one = SCORES.get(str(score))
        return Scorer(one.name, _sign(one), lambda gens: list(map(one.compute, gens)))
    if isinstance(score, str) and score in of_all:
        return _among(of_all[score])
    known = [*SCORES.names(), *of_all]
    msg = f"score={score!r:.60}: there is none of that name; {guess(str(score), known)}"
    raise InputError(f"{msg}\na function of a Generation is a score, too")


def _sign(score: Score) -> int:
    """Return where a score is best: at its certain end, an open one if that is None."""
    return 1 if score.certain == score.domain[1] else -1


def _among(score: Score) -> Scorer:
    def compute(generations: Sequence[Generation]) -> list[float]:
        samples = Samples(generations)
        return [score.compute(samples, answer=i) for i in range(len(samples))]

    return Scorer(score.name, _sign(score), compute)


def _own(score: Callable[[Generation], object]) -> Scorer:
    name = str(getattr(score, "__name__", type(score).__name__))

    def value(number: int, one: Generation) -> float:
        try:
            return float(score(one))  # type: ignore[arg-type]
        except Exception as error:
            kind = type(error).__name__
            msg = f"score {name} failed on answer {number}: {kind}: {error!s:.200}"
            raise InputError(
                f"{msg}\nit is a function of a Generation to a number"
            ) from error

    return Scorer(name, 1, lambda gens: [value(i, one) for i, one in enumerate(gens)])


def ranked(
    answers: Sequence[Generation], score: Scorer, facts: dict[str, Any]
) -> Ranked:
    """Return answers in order of a score, unknown ones last, the first drawn first.

    Raises
    ------
    InputError
        A score of the caller's failed.
    """
    values = np.array(score.compute(answers), dtype=np.float64)
    order = np.argsort(np.nan_to_num(-score.sign * values, nan=np.inf), kind="stable")
    return Ranked(
        searched(
            answers[i],
            {
                **facts,
                "score": score.name,
                "value": float(values[i]),
                "rank": place + 1,
                "drawn": i,
            },
        )
        for place, i in enumerate(order.tolist())
    )
