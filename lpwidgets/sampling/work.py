"""`client.sample`: the way that a server has, and what comes of it as a generation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta, Status
from lpwidgets.sampling.answering import Answering
from lpwidgets.sampling.base import Sampler
from lpwidgets.sampling.beginnings import Beginning, elsewhere, on_llamacpp
from lpwidgets.sampling.grown import grown
from lpwidgets.sampling.loop import Loop
from lpwidgets.sampling.plain import parameters_for
from lpwidgets.searching.budget import Ledger, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.providers import Provider
    from lpwidgets.client.transport import Transport
    from lpwidgets.sampling.loop import Rule
    from lpwidgets.sampling.ordering import Order


class Sampling:
    """A text in the making, by a sampler.

    Parameters
    ----------
    order
        What is to be sampled.
    sampler
        What takes the tokens.
    transport
        The way to the server.
    flight
        `lpwidgets.Client.flight`.
    """

    def __init__(
        self,
        order: Order,
        sampler: Rule,
        transport: Transport,
        flight: Callable[..., Flight],
    ) -> None:
        self._order = order
        self._sampler = sampler
        self._transport = transport
        self._make = flight
        self._loop: Loop | None = None
        self._flight: Flight | None = None
        self._begin: Beginning | None = None
        self._way = order.way
        self._began, self._created = time.monotonic(), time.time()
        self._first: float | None = None
        self._ended: tuple[Status, str] | None = None

    @property
    def has_tokens(self) -> bool:
        """Whether a token is there."""
        grown = bool(self._loop and self._loop.tokens)
        return grown or self._flight is not None

    async def run(self) -> Generation:
        """Carry it out.

        Raises
        ------
        LpError
            The server cannot be sampled from, or did not answer.
        """
        row = self._transport.endpoint.provider
        forces = row.scoring is not None and not row.scoring.api
        own = self._own_of_server(row, forces=forces)
        if own is not None and self._way in {"auto", "server"}:
            await self._by_server(own)
            return self.answer()
        if self._way == "server":
            msg = f"{self._transport.endpoint.name} has no such sampler: "
            raise InputError(
                f"{msg}{self._sampler!r:.60}\n"
                "leave way= out: it is drafted and judged here"
            )
        order = self._order
        if order.extra:
            names = ", ".join(order.extra)
            msg = f"{names}: the text is sampled on this side, and nothing takes that"
            raise InputError(f"{msg}\nleave it out, or write it into the sampler")
        self._way = "single" if self._way == "single" else "speculative"
        await self._here(
            await on_llamacpp(order, self._sampler, self._transport)
            if forces
            else elsewhere(order, self._sampler, self._transport, self._make)
        )
        return self.answer()

    def estimate(self) -> str:
        """Return the most that it may take, in words.

        Raises
        ------
        InputError
            The budget does not even allow a token.
        """
        order = self._order
        ledger = Ledger(order.budget)
        ledger.require(Step(1, 1))
        return f"sampling: at most about {ledger.said(Step(order.limit, order.limit))}"

    def _lacks(self, tokens: int) -> str:
        """Return what does not allow as many tokens more, empty if they may come."""
        begin, loop, ledger = self._begin, self._loop, Ledger(self._order.budget)
        assert begin is not None  # noqa: S101 — there is a loop that asks
        assert loop is not None  # noqa: S101 — it asks
        each, read = 1 + bool(begin.second), len(begin.context.prompt_ids)
        said = max(loop.tally.drafted, len(loop.tokens)) * each
        cost = getattr(begin.source, "cost", None) if said else 0.0
        ledger.add(begin.requests, said, begin.requests * read, cost)
        return ledger.lacks(Step(each, tokens * each, read * each))

    def _own_of_server(self, row: Provider, *, forces: bool) -> dict[str, Any] | None:
        """Return the parameters that make the server sample so, None if it cannot."""
        if not forces:
            return parameters_for(self._sampler, row)
        rule = self._sampler
        own = rule.parameters() if isinstance(rule, Sampler) else None
        if own is None:
            return None
        steps = [one for one in own["samplers"] if one != "mirostat"]
        return {"temperature": 1.0, **own, "samplers": steps}

    async def _by_server(self, own: dict[str, Any]) -> None:
        """Have the server sample, from its whole vocabulary and in one request."""
        order = self._order
        Ledger(order.budget).require(Step(1, order.limit))
        self._way = "server"
        chat = "messages" in order.prompt
        apis = self._transport.endpoint.provider.apis
        self._flight = self._make(
            order.prompt["messages" if chat else "prompt"],
            api=next(name for name, api in apis.items() if api.is_chat is chat),
            model=order.model,
            max_tokens=order.limit,
            top_logprobs=order.top,
            seed=order.seed,
            stop=list(order.stop) or None,
            **({"complete": False} | own | order.extra),
        )
        await self._flight.run()

    async def _here(self, begin: Beginning) -> None:
        """Sample on this side."""
        order, self._begin = self._order, begin
        self._loop = Loop(
            begin.source,
            self._sampler,
            begin.context,
            limit=begin.limit,
            top=order.top,
            ends=begin.ends,
            seed=order.seed,
            second=begin.second,
            second_prompt=begin.second_prompt,
            stop=order.stop,
            lacks=self._lacks,
        )
        single = self._way == "single"
        await (self._loop.one_by_one() if single else self._loop.speculate())

    def land(self, error: str = "") -> Generation:
        """End it where it is."""
        self._ended = (Status.ERROR if error else Status.INTERRUPTED), error
        if self._flight:
            self._flight.land()
        return self.answer()

    def answer(self) -> Generation:
        """Return what there is by now."""
        if self._flight:
            said = self._flight.answer()
            assert isinstance(said, Generation)  # noqa: S101 — one choice
            return self._of_server(said)
        return self._of_loop()

    def _of_server(self, said: Generation) -> Generation:
        notes = [
            f"sampled by the server's own {self._sampler!r:.60}, of all its tokens"
        ]
        rule = self._sampler
        own = (isinstance(rule, Sampler) and rule.parameters()) or {}
        if "repeat_last_n" in own and "repeat_last_n" not in said.meta.parameters:
            notes.append("its penalties count what the server counts: it has no last_n")
        meta = msgspec.structs.replace(
            said.meta,
            parameters=said.meta.parameters | self._order.prompt,
            note="; ".join(filter(None, (*notes, said.meta.note))),
            sampling={"way": "server", "drafted": 0, "rejected": 0},
        )
        return Generation(said.columns, meta, said.texts)

    def _of_loop(self) -> Generation:
        begin = self._begin
        source = begin.source if begin else None
        answers = source if isinstance(source, Answering) else None
        meta = Meta(
            provider=self._transport.endpoint.provider.name,
            model=self._order.model,
            dialect="llamacpp",
            parameters=self._order.said(llamacpp=answers is None),
            requests=begin.requests if begin else 0,
            created=self._created,
            seconds=time.monotonic() - self._began,
        )
        made = grown(
            self._loop,
            self._sampler,
            self._way,
            meta,
            self._ended,
            knows_ids=answers is None or answers.knows_ids,
        )
        return answers.told(made) if answers else made
