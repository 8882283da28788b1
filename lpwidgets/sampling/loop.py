"""Decoding with a sampler of the client's: one token at a time, or speculatively."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.client.llamacpp import spelled
from lpwidgets.errors import WireError
from lpwidgets.meta import BUDGET
from lpwidgets.sampling.accepting import draw, judge, overlap
from lpwidgets.sampling.base import Sampler
from lpwidgets.sampling.candidates import Candidates, Context
from lpwidgets.sampling.decisions import decided
from lpwidgets.sampling.lengths import Reach, RunLength
from lpwidgets.sampling.tally import Tally
from lpwidgets.wire.records import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from lpwidgets.sampling.candidates import Values
    from lpwidgets.sampling.drafts import Draft
    from lpwidgets.sampling.sources import Source

    Rule = Callable[[Candidates], object]

_SEEDS = 2**31


class Loop:
    """A text that grows by what a sampler takes.

    Parameters
    ----------
    source
        Who lists candidates, and drafts.
    sampler
        Which of them to take.
    context
        The prompt.
    limit
        Largest number of tokens.
    top
        Number of candidates a position.
    ends
        Ids that end the text.
    seed
        Where all chance comes from.
    second, second_prompt
        Who lists what the sampler compares with, after which ids.
    stop
        Texts at which to end.
    lacks
        Returns what does not allow as many tokens more, empty if they may come.
    """

    def __init__(
        self,
        source: Source,
        sampler: Rule,
        context: Context,
        *,
        limit: int,
        top: int = 20,
        ends: AbstractSet[int] = frozenset(),
        seed: int | None = None,
        second: Source | None = None,
        second_prompt: Sequence[int] = (),
        stop: Sequence[str] = (),
        lacks: Callable[[int], str] = lambda _: "",
    ) -> None:
        self._source = source
        self._sampler = sampler
        self._limit = limit
        self._ends = ends
        self._lacks = lacks
        self._stop = [text.encode() for text in stop]
        self._rng = np.random.default_rng(seed)
        self._second = second
        self._second_prompt = list(second_prompt)
        self._tuner = source.tuner(sampler)
        self._length = RunLength()
        self._reach = Reach()
        self._accept = judge
        self.context = context
        self.top = top
        self.tally = Tally()
        self.tokens: list[tuple[Candidate, list[Candidate]]] = []
        """The tokens so far, each with the list of its position."""
        self.reason = ""
        """Why it ended, empty while it has not."""
        self.lacking = ""
        """What the budget lacked, if it ended this."""

    async def one_by_one(self) -> None:
        """Ask for each position, and draw from it."""
        while self._goes_on(1):
            listed = await self._source.peek(self._ids())
            second = None
            if self._second:
                second = await self._second.peek(self._second_ids())
            seen = self._seen(listed, second)
            p = self._wanted(seen)
            self._keep(draw(p, self._rng), seen, listed)

    async def speculate(self) -> None:
        """Have runs drafted, and judge them token by token."""
        while self._goes_on(self._run()):
            before = len(self.tokens)
            draft = self._tuner.best()
            seed = int(self._rng.integers(_SEEDS))
            if self._second:
                await self._judge_twice(self._second, draft, seed)
            else:
                await self._judge_stream(draft, seed)
            if len(self.tokens) == before:
                msg = "the server drafts nothing: is it llama.cpp of 2025 or newer?"
                raise WireError(msg)

    def _run(self) -> int:
        """Return the most tokens to draft."""
        length = Reach.MOST if self._second else self._length.count()
        return min(length, self._limit - len(self.tokens))

    def _goes_on(self, tokens: int) -> bool:
        """Say whether there may be as many more."""
        if not self.reason and (lacking := self._lacks(tokens)):
            self.reason, self.lacking = BUDGET, lacking
        return not self.reason

    async def _judge_stream(self, draft: Draft, seed: int) -> None:
        run = self._source.draft(self._ids(), self._run(), draft, seed, whole=False)
        async with aclosing(run) as drafted:
            async for token, listed in drafted:
                self.tally.drafted += 1
                accepted = self._judge(token, self._seen(listed), listed, draft)
                if not accepted or self.reason:
                    return

    async def _judge_twice(self, second: Source, draft: Draft, seed: int) -> None:
        """Draft a run, and judge it while it is read after the second prompt."""
        reach, drafted = self._reach, []
        run = self._source.draft(self._ids(), self._run(), draft, seed, whole=False)
        async with aclosing(run) as found:
            async for token, listed in found:
                drafted.append((token, listed))
                if not reach.goes_on(draft(self._seen(listed))):
                    break
        self.tally.drafted += len(drafted)
        before = len(self.tokens)
        said = [_of(token, listed) for token, listed in drafted]
        async with aclosing(second.read(self._second_ids(), said)) as told:
            for token, listed in drafted:
                other = await anext(told, None)
                if other is None:
                    other = await second.peek(self._second_ids())
                accepted = self._judge(token, self._seen(listed, other), listed, draft)
                if not accepted or self.reason:
                    break
        reach.judged(len(self.tokens) - before)

    def _judge(
        self, token: int, seen: Candidates, listed: list[Candidate], draft: Draft
    ) -> bool:
        p, q = self._wanted(seen), draft(seen)
        place, accepted = self._accept(p, q, seen.place(token), self._rng)
        share = overlap(p, q)
        self._tuner.remember(seen, p)
        self._length.note(share)
        self._reach.note(share, q)
        self.tally.overlaps.append(share)
        self.tally.rejected += not accepted
        self._keep(place, seen, listed)
        return accepted

    def _wanted(self, seen: Candidates) -> Values:
        p = decided(self._sampler, seen)
        rule = self._sampler
        needs = rule.needs(seen) if isinstance(rule, Sampler) else seen.unseen
        self.tally.unseen.append(needs)
        return p

    def _seen(
        self, listed: list[Candidate], second: list[Candidate] | None = None
    ) -> Candidates:
        logprobs = np.array([one.logprob for one in listed], dtype=np.float64)
        ids = np.array([one.id for one in listed], dtype=np.int64)
        pieces = tuple(map(spelled, listed))
        ends = frozenset(self._ends)
        if second is None:
            return Candidates(ids, pieces, logprobs, self.context, ends)
        known = {one.id: one.logprob or 0.0 for one in second}
        least = min(known.values())
        values = np.array([known.get(one.id, least) for one in listed])
        seen = np.array([one.id in known for one in listed])
        return Candidates(ids, pieces, logprobs, self.context, ends, values, seen)

    def _keep(self, place: int, seen: Candidates, listed: list[Candidate]) -> None:
        own = listed[place]
        piece = seen.pieces[place]
        self.tokens.append((own, listed))
        self.context = self.context.then(own.id, piece, float(seen.logprobs[place]))
        rule = self._sampler
        if (
            own.id in self._ends
            or (isinstance(rule, Sampler) and rule.done(self.context))
            or (self._stop and self._stopped() >= 0)
        ):
            self.reason = "stop"
        elif len(self.tokens) >= self._limit:
            self.reason = "length"

    def _stopped(self) -> int:
        """Return where a stop text begins, −1 if there is none."""
        said = b"".join(self.context.pieces)
        found = [at for stop in self._stop if (at := said.find(stop)) >= 0]
        return min(found, default=-1)

    @property
    def said(self) -> bytes:
        """The bytes of the text, up to a stop text."""
        data = b"".join(self.context.pieces)
        at = self._stopped()
        return data if at < 0 else data[:at]

    def _ids(self) -> list[int]:
        return [*self.context.prompt_ids, *self.context.ids]

    def _second_ids(self) -> list[int]:
        return [*self._second_prompt, *self.context.ids]


def _of(token: int, listed: list[Candidate]) -> Candidate:
    """Return a drafted token as its list has it, without bytes if it does not."""
    return next((one for one in listed if one.id == token), Candidate("", None, (), -1))
