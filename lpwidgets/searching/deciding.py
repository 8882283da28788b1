"""`client.deciding`: likely alternatives forced one by one, and each text finished."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lpwidgets.analysis.deciding import Branch, Deciding
from lpwidgets.errors import AuthError, BusyError, ConnectError, LpError
from lpwidgets.meta import Status
from lpwidgets.searching.budget import Step, counted
from lpwidgets.searching.known import known_of, notes_on

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from lpwidgets.analysis.deciding import Try
    from lpwidgets.client.branching import Branching
    from lpwidgets.client.transport import Transport
    from lpwidgets.generation import Generation
    from lpwidgets.searching.budget import Ledger

_AT_ONCE = 8
_ENDED = {Status.COMPLETE, Status.LENGTH, Status.FILTERED, Status.STOPPED}
_PASSING = (AuthError, BusyError, ConnectError)
"""What is no fault of one branch: it ends all of them."""

_USUAL = 4
"""Requests of a branch on llama.cpp; elsewhere it is 1."""


class DecidingWork:
    """The tokens that decide an answer, being found.

    Parameters
    ----------
    generation
        The answer.
    tries
        What to force, in this order.
    read
        Finds the answer in a text.
    ledger
        What it may take.
    branching
        Makes the branch of a position and a place in its list.
    tokens
        The most tokens a branch at a position may take, None unknown.
    transport
        The way to the server, which what is known is kept for.
    options
        What the branches are asked with, beside what `generation` was.
    """

    def __init__(
        self,
        generation: Generation,
        tries: Sequence[Try],
        *,
        read: Callable[[str], Hashable],
        ledger: Ledger,
        branching: Callable[[Try], Branching],
        tokens: Callable[[Try], int | None],
        transport: Transport,
        options: dict[str, Any],
    ) -> None:
        self._generation = generation
        self._tries = list(tries)
        self._read = read
        self._answer = read(generation.text)
        self._ledger = ledger
        self._make = branching
        self._tokens = tokens
        row = transport.endpoint.provider
        self._in_order = row.scoring is not None and not row.scoring.api
        self._each = _USUAL if self._in_order else 1
        self._known = known_of(transport, generation, options)
        self._ended = ""
        self._result: Deciding | None = None
        if left := self._left():
            ledger.require(self._step(left[0]))

    def _left(self) -> list[Try]:
        return [one for one in self._tries if _key(one) not in self._known]

    def _step(self, one: Try) -> Step:
        used = self._generation.meta.usage.prompt_tokens or 0
        return Step(self._each, self._tokens(one), used + one.position)

    def estimate(self) -> str:
        """Return what it may take, in words."""
        left = self._left()
        places = len({one.position for one in self._tries})
        said = f"deciding: {counted(len(self._tries), 'branch', 'branches')}"
        said += f" at {counted(places, 'token')}"
        if len(left) < len(self._tries):
            said += f", {len(self._tries) - len(left)} of them known"
        if not left:
            return said
        steps = [self._step(one) for one in left]
        tokens = [step.tokens for step in steps]
        total = None if None in tokens else sum(one or 0 for one in tokens)
        prompts = sum(step.prompt_tokens for step in steps)
        whole = Step(self._each * len(left), total, prompts)
        said += f": about {self._ledger.said(whole)}"
        if lacking := self._ledger.lacks(whole):
            said += f"; the budget of {lacking} ends it before"
        return said

    async def run(self) -> Deciding:
        """Try them, as far as the budget goes.

        Raises
        ------
        LpError
            The server did not answer, or can continue none of the branches.
        """
        left = self._left()
        while left and not self._ended:
            batch = self._batch(left)
            left = left[len(batch) :]
            await self._try(batch)
        self._refuse_none()
        self._result = self._so_far()
        return self._result

    def _batch(self, left: list[Try]) -> list[Try]:
        """Return the next ones that fit, several at once where that changes nothing."""
        batch: list[Try] = []
        for one in left[: 1 if self._in_order else _AT_ONCE]:
            steps = [self._step(other) for other in [*batch, one]]
            tokens = sum(step.tokens or 0 for step in steps)
            prompts = sum(step.prompt_tokens for step in steps)
            lacking = self._ledger.lacks(Step(self._each * len(steps), tokens, prompts))
            if lacking:
                self._ended = "" if batch else f"ended by the budget of {lacking}"
                break
            batch.append(one)
        return batch

    async def _try(self, batch: list[Try]) -> None:
        tasks = [asyncio.ensure_future(self._one(one)) for one in batch]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, one: Try) -> None:
        work = self._make(one)
        try:
            said = await work.run()
        except _PASSING:
            raise
        except LpError as error:
            self._known[_key(one)] = str(error)
            self._ledger.add(self._each, 0, 0, None)
            return
        new = max(len(said) - one.position - 1, 0)
        prompt = said.meta.usage.prompt_tokens or 0
        self._ledger.add(said.meta.requests, new, prompt, said.meta.usage.cost)
        if said.status in _ENDED:
            self._known[_key(one)] = said

    def _refuse_none(self) -> None:
        """Raise why no branch can be continued, if none can.

        Raises
        ------
        LpError
            None can.
        """
        told = [
            self._known[_key(one)] for one in self._tries if _key(one) in self._known
        ]
        errors = [one for one in told if isinstance(one, str)]
        if errors and len(errors) == len(told):
            for one in self._tries:
                self._known.pop(_key(one), None)
            raise LpError(errors[0])

    @property
    def has_tokens(self) -> bool:
        """Whether something was tried."""
        return len(self._left()) < len(self._tries)

    def land(self, error: str = "") -> Deciding:
        """End it where it is."""
        self._ended = error or "interrupted"
        return self._so_far()

    def answer(self) -> Deciding:
        """Return what there is by now."""
        return self._result or self._so_far()

    def _so_far(self) -> Deciding:
        branches = [
            self._branch(one, self._known[_key(one)])
            for one in self._tries
            if _key(one) in self._known
        ]
        ended = self._ended
        if not ended and len(branches) < len(self._tries):
            ended = "some branches broke off; ask again to try them again"
        said = [one.generation for one in branches if one.generation]
        return Deciding(
            self._generation,
            self._answer,
            branches,
            len(self._tries),
            ended,
            sum(one.meta.requests for one in said),
            tuple(notes_on(self._generation, branches)),
        )

    def _branch(self, one: Try, said: Generation | str) -> Branch:
        token = self._generation[one.position].alternatives[one.place].token
        if isinstance(said, str):
            return Branch(*one[:1], token, one.probability, None, False, None, said)
        answer = self._read(said.text)
        changed = answer != self._answer
        return Branch(*one[:1], token, one.probability, answer, changed, said)


def _key(one: Try) -> tuple[int, int]:
    return one.position, one.place
