"""A call in flight: the exchanges that one `generate` or `stream` takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from lpwidgets.client.completing import fill
from lpwidgets.client.exchange import Exchange
from lpwidgets.client.watching import watched
from lpwidgets.generation import Generation, Generations
from lpwidgets.meta import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.analysis.stopping import StopRule
    from lpwidgets.client.providers import Api
    from lpwidgets.client.transport import Transport
    from lpwidgets.wire.question import Question

Answer = Generation | Generations


class Flight:
    """Answers a question, by several requests where a server wants one a choice.

    Parameters
    ----------
    question
        What is asked for.
    api
        Which way.
    transport
        Who carries it out.
    completes
        Whether tokens that the server did not report are filled in afterwards.
    rule
        What ends a choice early; each then has a request of its own.
    """

    def __init__(
        self,
        question: Question,
        api: Api,
        transport: Transport,
        *,
        completes: bool = False,
        rule: StopRule | None = None,
    ) -> None:
        self._transport = transport
        self._completes = completes
        self._rule = rule
        self._work: asyncio.Future[list[BaseException | None]] | None = None
        self._landed = False
        self._many = question.n > 1
        row, key = transport.endpoint.provider, transport.endpoint.key
        in_one_piece = not question.stream and not api.only_streams_values
        together = row.streams_choices or in_one_piece
        fits = question.n <= (row.most_choices or question.n)
        together = together and fits and not api.only_one_choice and not rule
        questions = [question] if together else _one_each(question)
        profile = transport.briefs.of(question.model)
        self._exchanges = [
            Exchange(one, row.name, api, key, profile) for one in questions
        ]

    @property
    def requests(self) -> int:
        """How many requests it begins with."""
        return len(self._exchanges)

    async def run(self, changed: Callable[[], None] = lambda: None) -> Answer:
        """Carry it out; `changed` is called when there is something new to look at.

        Raises
        ------
        LpError
            No choice gave anything, and why.
        """
        self._loop = asyncio.get_running_loop()
        self._work = asyncio.gather(
            *(self._carry_out(one, changed) for one in self._exchanges),
            return_exceptions=True,
        )
        if self._landed:  # an interrupt was quicker
            self._work.cancel()
        results = await self._work
        errors = [result for result in results if isinstance(result, BaseException)]
        fatal = [error for error in errors if not isinstance(error, Exception)]
        if fatal or len(errors) == len(results):
            raise (fatal or errors)[0] from None
        for exchange, result in zip(self._exchanges, results, strict=True):
            if isinstance(result, BaseException):
                exchange.finish(Status.ERROR, str(result))
        for exchange in self._exchanges if self._completes else ():
            exchange.result = await fill(exchange.snapshot(), self._transport)
        return self.answer()

    async def _carry_out(self, exchange: Exchange, changed: Callable[[], None]) -> None:
        if self._rule:
            await watched(exchange, self._rule, self._transport, changed)
        else:
            await self._transport.carry_out(exchange, changed)

    def land(self) -> Answer:
        """Return the answer, cut off where it is if it is still in flight.

        An interrupt may strike before anybody else knows of the requests: they end too.
        """
        self._landed = True
        for exchange in self._exchanges:
            exchange.finish(Status.INTERRUPTED)
        if self._work and not self._work.done() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._work.cancel)
        return self.answer()

    def answer(self) -> Answer:
        """Return what there is by now."""
        generations = [g for exchange in self._exchanges for g in exchange.snapshot()]
        if not self._many:
            return generations[0]
        return Generations(
            Generation(
                generation.columns,
                msgspec.structs.replace(
                    generation.meta, choice=index, choices=len(generations)
                ),
                generation.texts,
            )
            for index, generation in enumerate(generations)
        )


def _one_each(question: Question) -> list[Question]:
    """Split a question for n choices; a seed counts up, or all would say the same."""
    seed = question.parameters.get("seed")
    seeds = [seed + i if isinstance(seed, int) else seed for i in range(question.n)]
    return [
        msgspec.structs.replace(
            question, n=1, parameters={**question.parameters, "seed": seed}
        )
        for seed in seeds
    ]
