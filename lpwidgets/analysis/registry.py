"""What a score is: a number for a whole answer, or for several, that has a name."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.analysis.metrics import Domain

    Compute = TypeVar("Compute", bound=Callable[..., float])


class Score(NamedTuple):
    """A score.

    ``domain`` is (low, high), None when open; ``certain`` is its end where the model
    was sure.
    """

    name: str
    label: str
    unit: str
    domain: Domain
    certain: float | None
    description: str
    compute: Callable[..., float]

    @property
    def options(self) -> list[str]:
        """Return the names of what it can be told."""
        return list(inspect.signature(self.compute).parameters)[1:]


class Registry:
    """The scores of one kind of thing, by name.

    Parameters
    ----------
    thing
        What they are scores of, for messages.
    """

    def __init__(self, thing: str) -> None:
        self._thing = thing
        self._scores: dict[str, Score] = {}

    def add(
        self,
        label: str,
        *,
        unit: str = "",
        domain: Domain = (0.0, None),
        certain: float | None = 0.0,
    ) -> Callable[[Compute], Compute]:
        """Register a function as the score of its name."""

        def register(compute: Compute) -> Compute:
            name = compute.__name__
            description = (compute.__doc__ or "").partition("\n")[0]
            self._scores[name] = Score(
                name, label, unit, domain, certain, description, compute
            )
            return compute

        return register

    def names(self) -> list[str]:
        """Return the names of all scores."""
        return list(self._scores)

    def every(self) -> list[Score]:
        """Return all scores."""
        return list(self._scores.values())

    def get(self, name: str) -> Score:
        """Return a score by name.

        Raises
        ------
        InputError
            There is none of that name.
        """
        if str(name) not in self._scores:
            known = ", ".join(self._scores)
            msg = f"there is no score {name!r:.40} of {self._thing}; there are: {known}"
            raise InputError(msg)
        return self._scores[name]

    def value(self, name: str, subject: object, options: dict[str, Any]) -> float:
        """Return a score of something.

        Raises
        ------
        InputError
            There is none of that name, or it has no such option.
        """
        score = self.get(name)
        for option in options.keys() - set(score.options):
            known = ", ".join(score.options) or "none"
            msg = f"the score {name} has no option {option!r:.40}; it has: {known}"
            raise InputError(msg)
        return score.compute(subject, **options)
