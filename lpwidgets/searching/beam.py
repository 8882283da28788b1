"""`client.beam`: beams on a server that goes on from token ids."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from lpwidgets.analysis.ranked import Ranked
from lpwidgets.builder import GenerationBuilder
from lpwidgets.errors import InputError, LpError
from lpwidgets.meta import BUDGET, Meta, Status
from lpwidgets.sampling.beginnings import on_llamacpp
from lpwidgets.searching.beams import Beams, Hypothesis, Rules
from lpwidgets.searching.budget import Step
from lpwidgets.searching.followers import AtOnce, Followers, InOrder
from lpwidgets.wire.records import Delta, Part, Token, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.transport import Transport
    from lpwidgets.generation import Generation
    from lpwidgets.sampling.ordering import Order
    from lpwidgets.searching.budget import Ledger

_STATUS = {"stop": Status.COMPLETE, "length": Status.LENGTH}


class BeamSearch:
    """Beams in the making.

    Parameters
    ----------
    order
        What is asked.
    rules
        How to search.
    ledger
        What it may take.
    transport
        The way to the server.
    flight
        `lpwidgets.Client.flight`.
    """

    def __init__(
        self,
        order: Order,
        rules: Rules,
        ledger: Ledger,
        transport: Transport,
        flight: Callable[..., Flight],
    ) -> None:
        self._order = order
        self._rules = rules
        self._ledger = ledger
        self._transport = transport
        self._make = flight
        self._beams = Beams(rules)
        self._prompt: list[int] = []
        self._setup = 0
        self._followers: Followers | None = None
        self._created, self._began = time.time(), time.monotonic()
        self._ended: tuple[Status, str] | None = None
        ledger.require(Step(1, 1))

    def estimate(self) -> str:
        """Return what it may take, in words."""
        most = 1 + (self._rules.limit - 1) * self._rules.beams
        said = self._ledger.said(Step(most, most))
        return f"{self._name()}: about {said}"

    def _name(self) -> str:
        rules = self._rules
        said = f"{rules.beams} beams of width {rules.width}"
        if rules.groups > 1:
            said += f" in {rules.groups} groups, diverse by {rules.diverse:g}"
        return said

    async def run(self) -> Ranked:
        """Search, as far as the budget goes.

        Raises
        ------
        LpError
            The server cannot be searched with, or did not answer.
        """
        self._followers = followers = await self._begin()
        while asks := self._beams.asks():
            if lacking := self._ledger.lacks(Step(len(asks), len(asks))):
                self._ended = Status.STOPPED, f"ended by the budget of {lacking}"
                break
            before = followers.requests
            lists = await followers.after(asks)
            found = dict(zip([one.ids for one in asks], lists, strict=True))
            count = followers.requests - before
            self._ledger.add(count, count, count * len(self._prompt), None)
            self._beams.grow(found)
        return self.answer()

    async def _begin(self) -> Followers:
        row, name = self._transport.endpoint.provider, self._transport.endpoint.name
        if row.scoring is not None and not row.scoring.api:
            return await self._on_llamacpp()
        prompt = self._order.prompt.get("prompt")
        if not row.takes_ids:
            why = "it takes no token ids, and text may be cut into other tokens"
            raise LpError(_refused(name, why))
        if not isinstance(prompt, list):
            why = "only it knows the ids of this prompt"
            hint = "pass the prompt as a list of token ids, with api='completions'"
            raise InputError(_refused(name, why, hint))
        if not self._rules.ends:
            why = "nothing says which tokens end a text"
            raise InputError(_refused(name, why, "pass their ids as ends=[…]"))
        self._prompt = prompt
        return AtOnce(self._one_more, prompt, name)

    async def _on_llamacpp(self) -> Followers:
        begin = await on_llamacpp(self._order, None, self._transport)
        self._prompt = list(begin.context.prompt_ids)
        ends = {*begin.ends, *self._rules.ends}
        self._rules = self._rules._replace(ends=ends, limit=begin.limit)
        self._beams = Beams(self._rules)
        self._setup = begin.setup
        return InOrder(begin.source, self._prompt)

    def _one_more(self, ids: list[int]) -> Flight:
        return self._make(
            ids,
            api=self._transport.endpoint.provider.takes_ids,
            model=self._order.model,
            max_tokens=1,
            top_logprobs=self._rules.width,
        )

    @property
    def has_tokens(self) -> bool:
        """Whether a token is there."""
        return bool(self._beams.found())

    def land(self, error: str = "") -> Ranked:
        """End it where it is."""
        self._ended = (
            (Status.ERROR, error) if error else (Status.INTERRUPTED, "interrupted")
        )
        return self.answer()

    def answer(self) -> Ranked:
        """Return what there is by now, the best first."""
        found = self._beams.found()
        return Ranked(self._generation(one, i + 1) for i, one in enumerate(found))

    def _generation(self, one: Hypothesis, rank: int) -> Generation:
        rules, ends = self._rules, self._rules.ends
        builder = GenerationBuilder()
        said = one.tokens[:-1] if one.tokens[-1].id in ends else one.tokens
        text = _until(one._replace(tokens=said).data, rules.stop)
        builder.add(Delta(0, Part.GENERATED, text.decode("utf-8", "replace")))
        entries = [
            Token(own.token, own.logprob, own.bytes, own.id, list(listed))
            for own, listed in zip(one.tokens, one.lists, strict=True)
        ]
        builder.add(Delta(0, Part.GENERATED, "", entries))
        return builder.snapshot(self._meta(one, rank))

    def _meta(self, one: Hypothesis, rank: int) -> Meta:
        status, why = self._ended or (Status.INTERRUPTED, "")
        if one.reason:
            status = _STATUS[one.reason]
        requests = self._setup + (self._followers.requests if self._followers else 0)
        by_budget, failed = status is Status.STOPPED, status is Status.ERROR
        note = f"beam search: {self._name()}, {requests} requests"
        meta = Meta(
            provider=self._transport.endpoint.provider.name,
            model=self._order.model,
            dialect="llamacpp",
            parameters=self._order.said(),
            status=status,
            finish_reason=one.reason or (BUDGET if by_budget else ""),
            error=why if failed else "",
            note="; ".join(filter(None, (note, "" if failed else why))),
            requests=requests,
            usage=Usage(len(self._prompt), len(one.tokens)),
            created=self._created,
            seconds=time.monotonic() - self._began,
        )
        alpha = self._rules.length_penalty
        search = {
            "way": "beam search",
            "score": f"log probability / length^{alpha:g}"
            if alpha
            else "log probability",
            "value": self._rules.score(one),
            "rank": rank,
            "ended": why,
            **self._ledger.facts(),
        }
        return msgspec.structs.replace(meta, search=search)


def _until(data: bytes, stops: Sequence[bytes]) -> bytes:
    """Return a text up to the first of what stops it."""
    places = [at for stop in stops if (at := data.find(stop)) >= 0]
    return data[: min(places, default=len(data))]


def _refused(name: str, why: str, hint: str = "take 'local' or 'llama.cpp'") -> str:
    return f"{name} cannot be searched with beams exactly: {why}\n{hint}"
