"""Candidates from a server that is asked for answers, and goes on from beginnings."""

from __future__ import annotations

import asyncio
import math
import re
from abc import ABC, abstractmethod
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.client.llamacpp import is_whole, spelled
from lpwidgets.errors import LpError, WireError
from lpwidgets.generation import Generation
from lpwidgets.meta import Status
from lpwidgets.sampling.accepting import draw
from lpwidgets.sampling.drafts import AsItIs, Tuner
from lpwidgets.wire.records import Candidate, Part

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.providers import Provider
    from lpwidgets.generation import Alternative, TokenRow
    from lpwidgets.sampling.drafts import Draft
    from lpwidgets.sampling.ordering import Order
    from lpwidgets.sampling.sources import Drafted

_END = re.compile(rb"(?:<[|\xef].*[|\x9c]>|</s>|<(?:eos|end_of_turn)>)?", re.DOTALL)
"""How tokens are written that end a text; many servers leave them empty."""

_HEATS = (1.0, 1.0, 2.0, 2.0, 2.0, 2.0)
"""Temperatures for a look at a position: hot, a likely end is not drawn each time."""

_INSIDE = re.compile(rb"[\x80-\xbf]")
"""What goes on inside a character, in UTF-8."""

_LIKELY = math.log(0.01)
_SILENT = "answered without log probabilities: there is nothing to sample from"
_HIDES = "it answers without log probabilities, at least for parts of characters"
_HINT = "take 'local' or 'llama.cpp', which go on from token ids"


class Answering(ABC):
    """A server that lists candidates with its answers, as a source.

    Parameters
    ----------
    order
        What is to be sampled.
    row
        The server.
    name
        What it is called, for messages.
    flight
        `lpwidgets.Client.flight`.
    """

    knows_ids = True
    """Whether its tokens have ids of the model, not just numbers."""

    def __init__(
        self, order: Order, row: Provider, name: str, flight: Callable[..., Flight]
    ) -> None:
        self._order = order
        self._row = row
        self._name = name
        self._make = flight
        self.requests = 0
        self.cost: float | None = 0.0
        self.ends: set[int] = set()
        self.pieces: dict[int, bytes] = {}
        self._prompt_tokens: int | None = None
        self._api = ""
        self._has_ended = False
        self._hidden: bytes | None = None
        """What came instead of a token that is part of a character, if one was drawn"""

    def tuner(self, sampler: object) -> Tuner:
        """Return the drafts that every server can make: as it is, and its top."""
        del sampler
        return Tuner([AsItIs(), AsItIs(greedy=True)])

    async def peek(self, ids: Sequence[int]) -> list[Candidate]:
        """Return the list of one position.

        Raises
        ------
        LpError
            The server shows none, as some do where the answer happens to end.
        """
        for heat in _HEATS:
            run = self._run(ids, 1, {"temperature": heat}, None, whole=True)
            async with aclosing(run) as found:
                async for _, listed in found:
                    return listed
        if self._hidden is not None:
            raise self._refused(_HIDES)
        raise self._refused("it shows no values where its answer ends")

    async def draft(
        self,
        ids: Sequence[int],
        count: int,
        draft: Draft,
        seed: int | None,
        *,
        whole: bool,
    ) -> AsyncGenerator[Drafted, None]:
        """Yield up to `count` drafted tokens, each with the list of its position.

        An end, or a part of a character, that the server left out of its values is
        drafted all the same: which one it was follows from the list.
        """
        said: list[int] = []
        how = draft.parameters() or {}
        async with aclosing(self._run(ids, count, how, seed, whole=whole)) as run:
            async for token, listed in run:
                said.append(token)
                yield token, listed
        if (shown := self._hidden) is not None:
            listed = await self.peek([*ids, *said])
            yield self._part_of(shown, listed), listed
        elif self._has_ended and not (said and said[-1] in self.ends):
            listed = await self.peek([*ids, *said])
            ends = [one for one in listed if one.id in self.ends]
            shares = np.exp([one.logprob or 0.0 for one in ends])
            place = draw(shares, np.random.default_rng(seed)) if ends else -1
            yield (ends[place].id if ends else -1), listed

    async def _run(
        self,
        ids: Sequence[int],
        count: int,
        how: Mapping[str, Any],
        seed: int | None,
        *,
        whole: bool,
    ) -> AsyncGenerator[Drafted, None]:
        """Yield the tokens of one request."""
        prompt, options = self._asked(ids)
        self._api = options["api"]
        said = b"".join(map(self.pieces.__getitem__, self._own(ids)))
        flight = self._make(
            prompt,
            **options,
            **{**self._row.unshaped, **how},
            model=self._order.model,
            top_logprobs=self._order.top,
            max_tokens=count,
            seed=seed,
            stream=not whole,
            complete=False,
        )
        self.requests += 1
        self._has_ended, self._hidden, found = False, None, 0
        async with aclosing(self._rows(flight)) as rows:
            async for row in rows:
                if is_whole(said) and _begins_inside(row):
                    self._hidden = bytes(row.bytes)
                    return
                try:
                    listed, own = self._listed(row), self._identified(row)
                except LpError:
                    if not found:
                        raise
                    return  # drafted, not said: refused if it is asked for from here
                said += self.pieces[own.id]
                found += 1
                yield own.id, listed
        self._settle(flight, ids, found)

    async def _rows(self, flight: Flight) -> AsyncGenerator[TokenRow, None]:
        """Yield the tokens of an answer as they come; closing it closes the request."""
        changed = asyncio.Event()
        work = asyncio.ensure_future(flight.run(changed.set))
        work.add_done_callback(lambda _: changed.set())
        place = 0
        try:
            while True:
                changed.clear()
                over = work.done()
                if over:
                    work.result()
                said = flight.answer()
                assert isinstance(said, Generation)  # noqa: S101 — one choice was asked for
                for at in range(place, len(said)):
                    if said[at].part is not Part.PROMPT:
                        yield said[at]
                place = len(said)
                if over:
                    return
                await changed.wait()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            self._pay(flight)

    def _pay(self, flight: Flight) -> None:
        """Add what an answer cost: unknown if it was left before its end."""
        said = flight.answer()
        assert isinstance(said, Generation)  # noqa: S101 — one choice was asked for
        cost = said.meta.usage.cost
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    async def read(
        self, ids: Sequence[int], run: Sequence[Candidate]
    ) -> AsyncGenerator[list[Candidate], None]:
        """Refuse: no such server can be made to say given tokens.

        Raises
        ------
        LpError
            Always.
        """
        del ids, run
        raise self._refused("it compares two prompts, and the drafts have to be read")
        yield []

    @abstractmethod
    def _asked(self, ids: Sequence[int]) -> tuple[Any, dict[str, Any]]:
        """Return the prompt that goes on from ids, and what is sent with it."""

    @abstractmethod
    def _own(self, ids: Sequence[int]) -> Sequence[int]:
        """Return the ids of the answer among those asked with."""

    @abstractmethod
    def _identified(self, token: TokenRow | Alternative) -> Candidate:
        """Return a token with the id by which it is known here."""

    @abstractmethod
    def _note(self) -> str:
        """Return how it went on, in words."""

    @abstractmethod
    def _check(self, said: Generation, ids: Sequence[int]) -> None:
        """Look whether the server went on as it should have."""

    def _known(self, token: TokenRow | Alternative, own: int) -> Candidate:
        """Remember a token's bytes, and whether it ends a text."""
        self.pieces[own] = token.bytes
        if _END.fullmatch(token.bytes):
            self.ends.add(own)
        return Candidate(token.token, token.logprob, tuple(token.bytes), own)

    def _listed(self, row: TokenRow) -> list[Candidate]:
        """Return a position's list, each token once."""
        known = [one for one in row.alternatives if one.logprob == one.logprob]
        known.sort(key=lambda one: -one.logprob)
        del known[self._order.top :]  # a token that was drawn is listed beyond them
        if not known:
            raise WireError(f"{self._name} {_SILENT}")
        if row.part is Part.REASONING:
            raise self._refused("it reasons before it answers")
        return _once([self._identified(one) for one in known])

    def _part_of(self, shown: bytes, listed: list[Candidate]) -> int:
        """Return the token that a character began with, −1 if it is not listed."""
        parts = [one for one in listed if _begins(shown, spelled(one))]
        if len(parts) > 1:
            raise self._refused("which part of a character it drew cannot be told")
        return parts[0].id if parts else -1

    def _settle(self, flight: Flight, ids: Sequence[int], found: int) -> None:
        """Take in what an answer that was read to its end tells."""
        said = flight.answer()
        assert isinstance(said, Generation)  # noqa: S101 — one choice was asked for
        if said.status in {Status.ERROR, Status.TRUNCATED}:
            why = said.meta.error or "it ended"
            msg = f"the server broke off in the middle of a run of tokens: {why:.200}"
            raise WireError(msg)
        self._has_ended = said.status is Status.COMPLETE
        self._check(said, ids)
        if self._has_ended:
            return
        count = said.meta.usage.completion_tokens or 0
        if not found and count != 1:  # one might be a part of a character
            raise WireError(f"{self._name} {_SILENT}")
        if count > found:
            self._hidden = b""  # the last token waits for the rest of its character

    def told(self, grown: Generation) -> Generation:
        """Return a text with what is to be known of how it was asked for."""
        usage = msgspec.structs.replace(
            grown.meta.usage, prompt_tokens=self._prompt_tokens, cost=self.cost
        )
        note = f"{grown.meta.note}; {self._note()}"
        dialect = self._row.apis[self._api].dialect if self._api else ""
        meta = msgspec.structs.replace(
            grown.meta, usage=usage, note=note, dialect=dialect
        )
        return Generation(grown.columns, meta, grown.texts)

    def _refused(self, why: str) -> LpError:
        return LpError(f"{self._name} cannot be sampled from exactly: {why}\n{_HINT}")


def _once(listed: list[Candidate]) -> list[Candidate]:
    """Return candidates with those spelled alike as one, which has their mass."""
    merged: dict[int, Candidate] = {}
    for one in listed:
        if other := merged.get(one.id):
            both = np.logaddexp(other.logprob or 0.0, one.logprob or 0.0)
            one.logprob = float(both)
        merged[one.id] = one
    return sorted(merged.values(), key=lambda one: -(one.logprob or 0.0))


def _begins_inside(row: TokenRow) -> bool:
    """Say whether a list's likely tokens go on inside a character."""
    return any(
        one.logprob > _LIKELY and _INSIDE.match(one.bytes) for one in row.alternatives
    )


def _begins(shown: bytes, part: bytes) -> bool:
    """Say whether a part of a character begins what is shown, or nothing is."""
    return not is_whole(part) and (shown or part).startswith(part)
