"""`client.sample`: the way that a server has, and what comes of it as a generation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.client.llamacpp import LlamaCpp
from lpwidgets.client.rooted import context_ids
from lpwidgets.errors import InputError, LpError
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta, Status
from lpwidgets.sampling.base import Sampler, Second
from lpwidgets.sampling.candidates import Context
from lpwidgets.sampling.grown import grown
from lpwidgets.sampling.loop import Loop
from lpwidgets.sampling.plain import parameters_for
from lpwidgets.sampling.sources import LlamaSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.transport import Transport
    from lpwidgets.sampling.loop import Rule
    from lpwidgets.sampling.ordering import Order

_SECOND_TOP = 4
"""How many times as many candidates a second prompt is asked for."""


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
        self._sources: list[LlamaSource] = []
        self._setup = 0
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
        if not forces:
            await self._elsewhere()
            return self.answer()
        server = LlamaCpp(self._transport)
        context = await _context(server, self._order.prompt)
        rule = self._sampler
        own = rule.parameters() if isinstance(rule, Sampler) else None
        if self._way == "server" and own is None:
            msg = f"{self._transport.endpoint.name} has no such sampler: {rule!r:.60}"
            raise InputError(f"{msg}\nleave way= out: it is drafted and judged here")
        if own is not None and self._way in {"auto", "server"}:
            self._setup = server.requests
            await self._by_server(list(context.prompt_ids), own)
            return self.answer()
        await self._here(server, context)
        return self.answer()

    async def _here(self, server: LlamaCpp, context: Context) -> None:
        """Sample on this side."""
        order = self._order
        if order.extra:
            names = ", ".join(order.extra)
            msg = f"{names}: the text is sampled on this side, and nothing takes that"
            raise InputError(f"{msg}\nleave it out, or write it into the sampler")
        facts = await server.facts()
        room = facts.context - len(context.prompt_ids) if facts.context else order.limit
        if room < 1:
            msg = f"the prompt has {len(context.prompt_ids):,} tokens; the model's "
            raise InputError(f"{msg}context holds {facts.context:,}")
        source = LlamaSource(self._transport, order.top)
        self._sources.append(source)
        second = getattr(self._sampler, "second", None)
        other: LlamaSource | None = None
        other_ids: list[int] = []
        if isinstance(second, Second):
            other, other_ids = await self._other(second)
        self._setup = server.requests
        self._loop = Loop(
            source,
            self._sampler,
            context,
            limit=min(order.limit, room),
            top=order.top,
            ends=frozenset(facts.ends),
            seed=order.seed,
            second=other,
            second_prompt=other_ids,
            stop=order.stop,
        )
        self._way = "single" if self._way == "single" else "speculative"
        single = self._way == "single"
        await (self._loop.one_by_one() if single else self._loop.speculate())

    async def _other(self, second: Second) -> tuple[LlamaSource, list[int]]:
        transport = self._transport
        if second.client is not None:
            transport = second.client.transport
            transport.prepare()
        source = LlamaSource(transport, self._order.top * _SECOND_TOP)
        self._sources.append(source)
        prompt = second.prompt
        chat = "messages" in self._order.prompt or not isinstance(prompt, str)
        if chat and isinstance(prompt, str):
            prompt = [{"role": "user", "content": prompt}]
        asked = {"messages": prompt} if chat else {"prompt": prompt}
        ids = await context_ids(source.server, asked)
        return source, ids or (await source.server.facts()).prefix

    async def _by_server(self, ids: list[int], own: dict[str, Any]) -> None:
        """Have the server sample, from its whole vocabulary and in one request."""
        order = self._order
        self._way = "server"
        own = {**own, "samplers": [one for one in own["samplers"] if one != "mirostat"]}
        self._flight = self._make(
            ids,
            api="native",
            model=order.model,
            max_tokens=order.limit,
            top_logprobs=order.top,
            seed=order.seed,
            **({"stop": list(order.stop)} if order.stop else {}),
            **({"temperature": 1.0} | own | order.extra),
        )
        await self._flight.run()

    async def _elsewhere(self) -> None:
        """Send the sampler as parameters to a server that is no llama.cpp.

        Raises
        ------
        LpError
            It has no such parameters.
        """
        order, name = self._order, self._transport.endpoint.name
        own = parameters_for(self._sampler, self._transport.endpoint.provider)
        if own is None or self._way in {"speculative", "single"}:
            raise LpError(
                f"{name} cannot be sampled from by {self._sampler!r:.60}: that takes a "
                "server that goes on from token ids and lists them\n"
                "take Client('local') or Client('llama.cpp', base_url=…)"
            )
        self._way = "server"
        prompt = order.prompt.get("messages", order.prompt.get("prompt"))
        self._flight = self._make(
            prompt,
            model=order.model,
            max_tokens=order.limit,
            top_logprobs=order.top,
            seed=order.seed,
            stop=list(order.stop) or None,
            **(own | order.extra),
        )
        await self._flight.run()

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
        note = f"sampled by the server's own {self._sampler!r:.60}, of all its tokens"
        meta = msgspec.structs.replace(
            said.meta,
            parameters=said.meta.parameters | self._order.prompt,
            note="; ".join(filter(None, (note, said.meta.note))),
            requests=said.meta.requests + self._setup,
            sampling={"way": "server", "drafted": 0, "rejected": 0},
        )
        return Generation(said.columns, meta, said.texts)

    def _of_loop(self) -> Generation:
        requests = self._setup + sum(one.requests for one in self._sources)
        meta = Meta(
            provider=self._transport.endpoint.provider.name,
            model=self._order.model,
            dialect="llamacpp",
            parameters=self._order.said(),
            requests=requests,
            created=self._created,
            seconds=time.monotonic() - self._began,
        )
        return grown(self._loop, self._sampler, self._way, meta, self._ended)


async def _context(server: LlamaCpp, asked: dict[str, Any]) -> Context:
    prompt = asked.get("prompt")
    if "messages" in asked:
        prompt = await server.template({"messages": asked["messages"]})
    if isinstance(prompt, list):
        return Context(tuple(prompt))
    pieces = await server.tokenize(str(prompt), first=True)
    return Context(
        tuple(piece.id for piece in pieces), tuple(piece.bytes for piece in pieces)
    )
