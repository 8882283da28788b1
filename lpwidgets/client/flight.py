"""A call in flight: the exchanges that one `generate` or `stream` takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from lpwidgets.client.exchange import Exchange, Request
from lpwidgets.generation import Generation, Generations
from lpwidgets.meta import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.transport import Transport

Answer = Generation | Generations


class Flight:
    """Carries out a request, as several where a server wants one choice a request.

    Parameters
    ----------
    request
        What is asked for.
    transport
        Who carries it out.
    """

    def __init__(self, request: Request, transport: Transport) -> None:
        self._transport = transport
        self._many = request.n > 1
        row, key = transport.endpoint.provider, transport.endpoint.key
        requests = [request] if row.streams_choices else _one_each(request)
        self._exchanges = [Exchange(one, row, key.scrub) for one in requests]

    async def run(self, changed: Callable[[], None] = lambda: None) -> Answer:
        """Carry it out; `changed` is called when there is something new to look at.

        Raises
        ------
        LpError
            No choice gave anything, and why.
        """
        results = await asyncio.gather(
            *(self._transport.carry_out(one, changed) for one in self._exchanges),
            return_exceptions=True,
        )
        errors = [result for result in results if isinstance(result, BaseException)]
        fatal = [error for error in errors if not isinstance(error, Exception)]
        if fatal or len(errors) == len(results):
            raise (fatal or errors)[0] from None
        for exchange, result in zip(self._exchanges, results, strict=True):
            if isinstance(result, BaseException):
                exchange.finish(Status.ERROR, str(result))
        return self.answer()

    def land(self) -> Answer:
        """Return the answer, cut off where it is if it is still in flight."""
        for exchange in self._exchanges:
            exchange.finish(Status.INTERRUPTED)
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


def _one_each(request: Request) -> list[Request]:
    """Split a request for n choices; a seed counts up, or all would say the same."""
    seed = request.parameters.get("seed")
    seeds = [seed + i if isinstance(seed, int) else seed for i in range(request.n)]
    return [
        msgspec.structs.replace(
            request, n=1, parameters={**request.parameters, "seed": seed}
        )
        for seed in seeds
    ]
