"""What a search may take, and what it has taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import index
from typing import TYPE_CHECKING, NamedTuple, SupportsIndex, TypeAlias

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lpwidgets.generation import Generation

Limits: TypeAlias = "Budget | Mapping[str, object] | int | None"
_PER = 1e6


@dataclass(frozen=True)
class Budget:
    """Limits of a search; None sets no limit.

    Parameters
    ----------
    requests
        How many may be sent.
    tokens
        How many may be generated, of all answers together.
    cost
        US dollars.
    price
        Dollars for a million tokens of the prompt, and for a million generated ones.
        Without it, the cost is what the server reports.

    Raises
    ------
    InputError
        A limit allows nothing, or is none.
    """

    requests: int | None = None
    tokens: int | None = None
    cost: float | None = None
    price: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name in ("requests", "tokens"):
            _check(name, getattr(self, name), whole=True)
        _check("cost", self.cost, whole=False)
        if self.price is not None and not _is_price(self.price):
            msg = (
                f"price={self.price!r:.60}: it is dollars for a million tokens of the "
                "prompt, and of the answer, such as (0.38, 0.89)"
            )
            raise InputError(msg)


def _check(name: str, value: object, *, whole: bool) -> None:
    if value is None:
        return
    kind = SupportsIndex if whole else int | float
    fits = isinstance(value, kind) and not isinstance(value, bool)
    if not fits or not math.isfinite(value) or value <= 0:  # type: ignore[arg-type,operator]
        least = "a whole number, 1 or more" if whole else "dollars, above 0"
        nothing = " allows nothing" if fits and value == 0 else ""
        msg = f"budget: {name}={value!r:.60}{nothing}: it is {least}, or None"
        raise InputError(msg)


def _is_price(price: object) -> bool:
    pair = isinstance(price, tuple | list) and len(price) == 2  # noqa: PLR2004
    return pair and all(
        isinstance(one, int | float) and math.isfinite(one) and one >= 0
        for one in price  # type: ignore[attr-defined]
    )


def budget_of(given: Limits) -> Budget:
    """Return a budget; a number is one of requests, a mapping has its names.

    Raises
    ------
    InputError
        It is none.
    """
    if given is None or isinstance(given, Budget):
        return given or Budget()
    if isinstance(given, SupportsIndex) and not isinstance(given, bool):
        return Budget(requests=index(given))
    names = [field.name for field in fields(Budget)]
    if isinstance(given, Mapping) and set(given) <= set(names):
        return Budget(**given)  # type: ignore[arg-type]
    msg = (
        f"budget={given!r:.60}: it is a number of requests, or lpwidgets.Budget(…) "
        f"with {', '.join(names)}"
    )
    raise InputError(msg)


class Step(NamedTuple):
    """The most that something may take."""

    requests: int
    tokens: int | None
    prompt_tokens: int = 0

    def times(self, count: int) -> Step:
        """Return the most that as many of it may take."""
        tokens = None if self.tokens is None else self.tokens * count
        return Step(self.requests * count, tokens, self.prompt_tokens * count)


class Ledger:
    """What was taken of a budget.

    Parameters
    ----------
    budget
        The limits.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.requests = 0
        self.tokens = 0
        self.cost = 0.0
        self._silent = False

    def add(
        self, requests: int, tokens: int, prompt_tokens: int, cost: float | None
    ) -> None:
        """Note what was taken; the cost is what the server reports, if it does."""
        self.requests += requests
        self.tokens += tokens
        if self.budget.price:
            cost = self._price(tokens, prompt_tokens)
        self._silent |= cost is None
        self.cost += cost or 0.0

    def _price(self, tokens: int, prompt_tokens: int) -> float:
        of_prompt, of_answer = self.budget.price or (0.0, 0.0)
        return (of_prompt * prompt_tokens + of_answer * tokens) / _PER

    def lacks(self, step: Step) -> str:
        """Return what does not allow a step, empty if it fits."""
        budget = self.budget
        if budget.requests and self.requests + step.requests > budget.requests:
            return f"{budget.requests:,} requests"
        if budget.tokens and self.tokens + (step.tokens or 0) > budget.tokens:
            return f"{budget.tokens:,} tokens"
        if budget.cost and self.cost + self._foreseen(step) > budget.cost:
            return f"${budget.cost:.4g}"
        if budget.cost and self._silent:
            return (
                f"${budget.cost:.4g} cannot be kept: the server does not tell what it "
                "takes; give Budget(cost=…, price=(…, …))"
            )
        return ""

    def _foreseen(self, step: Step) -> float:
        if self.budget.price:
            return self._price(step.tokens or 0, step.prompt_tokens)
        return self.cost / self.requests * step.requests if self.requests else 0.0

    def require(self, step: Step) -> None:
        """Refuse a budget that does not allow the first step.

        Raises
        ------
        InputError
            It does not, or its tokens cannot be counted before.
        """
        if (self.budget.tokens or self.budget.price) and step.tokens is None:
            msg = "a budget of tokens or money needs max_tokens: an answer has no limit"
            raise InputError(msg)
        if lacking := self.lacks(step):
            msg = (
                f"the budget of {lacking} allows nothing: the first step may take "
                f"{self.said(step)}\nraise it"
            )
            raise InputError(msg)

    def said(self, step: Step) -> str:
        """Return what a step may take, in words."""
        said = f"{counted(step.requests, 'request')}"
        if step.tokens is not None:
            said += f", {counted(step.tokens, 'token')}"
        if self.budget.price:
            said += f", ${self._foreseen(step):.2g}"
        return said

    def facts(self) -> dict[str, float]:
        """Return what was taken: ``requests``, ``tokens``, and ``cost`` if known."""
        taken: dict[str, float] = {"requests": self.requests, "tokens": self.tokens}
        return taken if self._silent else taken | {"cost": self.cost}


def counted(number: int, thing: str, several: str = "") -> str:
    """Return a number of things in words."""
    return f"{number:,} {thing if number == 1 else several or f'{thing}s'}"


def cost_of(answers: Iterable[Generation], *, together: bool) -> float | None:
    """Return what answers cost in dollars, None if one of them does not tell.

    Parameters
    ----------
    answers
        The choices of a request, or of several.
    together
        Whether one request gave all of them: each then tells the cost of all.
    """
    costs = [one.meta.usage.cost for one in answers]
    known = [cost for cost in costs if cost is not None]
    if not known or len(known) < len(costs):
        return None
    return known[0] if together else math.fsum(known)
