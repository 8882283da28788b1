"""Best of n: samples, as many a request as the server gives, in order of a score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lpwidgets.analysis.ranked import Ranked, ranked, searched
from lpwidgets.client.arguments import whole
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.meta import Status
from lpwidgets.searching.budget import Step, cost_of
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.analysis.ranked import Scorer
    from lpwidgets.client.flight import Flight
    from lpwidgets.client.providers import Provider
    from lpwidgets.searching.budget import Ledger

_MOST = 16
"""Samples at once, where a server sets no limit of its own."""


class BestOf:
    """Samples in the making.

    Parameters
    ----------
    n
        How many.
    score
        What orders them.
    row
        Whom to ask.
    flight
        Makes the call for a number of them, of the first of which it gets the number.
    ledger
        What it may take.
    limit
        Largest number of tokens of a sample, None unknown.
    prompt_tokens
        About how many the prompt has.
    """

    def __init__(
        self,
        *,
        n: int,
        score: Scorer,
        row: Provider,
        flight: Callable[[int, int], Flight],
        ledger: Ledger,
        limit: int | None,
        prompt_tokens: int,
    ) -> None:
        self._n = whole("n", n, 1, None)
        self._score = score
        self._most = row.most_choices or _MOST
        self._make = flight
        self._ledger = ledger
        self._limit = limit
        self._extra = 0
        self._prompt = prompt_tokens
        self._answers: list[Generation] = []
        self._flight: Flight | None = None
        self._ended = ""
        self._ranked: Ranked | None = None
        ledger.require(self._step(flight(1, 0), 1))

    def estimate(self) -> str:
        """Return what it may take, in words."""
        sizes = [self._most] * (self._n // self._most) + [self._n % self._most]
        flights = [(self._make(size, 0), size) for size in set(sizes) if size]
        steps = {size: self._step(one, size) for one, size in flights}
        requests = sum(steps[size].requests for size in sizes if size)
        tokens = None if self._limit is None else self._n * self._limit
        prompts = sum(steps[size].prompt_tokens for size in sizes if size)
        said = self._ledger.said(Step(requests, tokens, prompts))
        return f"best of {self._n}: about {said}"

    def _step(self, flight: Flight, size: int) -> Step:
        tokens = None if self._limit is None else size * self._limit
        requests = flight.requests + self._extra * size
        return Step(requests, tokens, flight.requests * self._prompt)

    async def run(self) -> Ranked:
        """Draw them, as far as the budget goes.

        Raises
        ------
        LpError
            The server did not answer, or the score failed.
        """
        while (left := self._n - len(self._answers)) and not self._ended:
            flight, size = self._next(min(left, self._most))
            if flight:
                self._flight = flight
                await flight.run()
                self._take(flight, size)
        self._ranked = self._in_order()
        return self._ranked

    def _next(self, size: int) -> tuple[Flight | None, int]:
        """Return a call for as many samples as fit, None if not even one does."""
        lacking = ""
        for fewer in range(size, 0, -1):
            flight = self._make(fewer, len(self._answers))
            lacking = self._ledger.lacks(self._step(flight, fewer))
            if not lacking:
                return flight, fewer
        self._ended = (
            f"ended by the budget of {lacking}: "
            f"{len(self._answers)} of {self._n} were drawn"
        )
        return None, 0

    def _take(self, flight: Flight, size: int) -> None:
        """Note what a call gave, and what it took."""
        said = _listed(flight)
        self._flight = None
        self._answers += said
        together = flight.requests < size
        extra = [one.meta.requests - 1 for one in said]
        self._extra = max([self._extra, *extra])
        prompts = [one.meta.usage.prompt_tokens or 0 for one in said]
        self._ledger.add(
            flight.requests + sum(extra),
            sum(map(_generated, said)),
            max(prompts) if together else sum(prompts),
            cost_of(said, together=together),
        )

    @property
    def has_tokens(self) -> bool:
        """Whether there is a sample."""
        return bool(self._answers) or self._flight is not None

    def land(self, error: str = "") -> Ranked:
        """End it where it is."""
        self._ended = error or "interrupted"
        if self._flight:
            self._flight.land()
            self._answers += [one for one in _listed(self._flight) if len(one)]
            self._flight = None
        try:
            return self._in_order()
        except InputError:  # the score failed; the samples are kept
            return Ranked(
                searched(one, self._facts() | {"value": math.nan, "drawn": i})
                for i, one in enumerate(self._answers)
            )

    def answer(self) -> Ranked:
        """Return what there is by now, in order."""
        return self._ranked or self._in_order()

    def _in_order(self) -> Ranked:
        return ranked(self._answers, self._score, self._facts())

    def _facts(self) -> dict[str, Any]:
        return {
            "way": f"best of {self._n}",
            "ended": self._ended,
            **self._ledger.facts(),
        }


def _listed(flight: Flight) -> list[Generation]:
    said = flight.answer()
    return [said] if isinstance(said, Generation) else list(said)


def _generated(one: Generation) -> int:
    """Return how many tokens an answer has; what was cut off counts as far as known."""
    came = int((one.columns.part != Part.PROMPT).sum())
    alone = one.meta.choices == 1 and one.status is not Status.STOPPED
    return max(came, one.meta.usage.completion_tokens or 0) if alone else came
