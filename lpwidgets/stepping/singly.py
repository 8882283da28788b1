"""Drawing one token after the other, each from a list that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.client.llamacpp import spelled
from lpwidgets.sampling.accepting import draw
from lpwidgets.sampling.base import Sampler
from lpwidgets.sampling.candidates import Candidates
from lpwidgets.sampling.decisions import decided

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from lpwidgets.sampling.candidates import Context
    from lpwidgets.sampling.loop import Rule
    from lpwidgets.wire.records import Candidate

    Peek = Callable[[Sequence[int]], Awaitable[list[Candidate]]]


class Singly:
    """A text that grows by what a sampler takes.

    Parameters
    ----------
    peek
        Lists what may follow ids.
    rule, context, limit, ends, seed
        As for `lpwidgets.sampling.loop.Loop`.
    first
        The list of the first position, if it is known.
    """

    def __init__(
        self,
        peek: Peek,
        rule: Rule,
        context: Context,
        *,
        limit: int,
        ends: frozenset[int],
        seed: int | None,
        first: list[Candidate] | None,
    ) -> None:
        self._peek, self._rule, self._context = peek, rule, context
        self._limit, self._ends, self._first = limit, ends, first
        self._rng = np.random.default_rng(seed)
        self.tokens: list[tuple[Candidate, list[Candidate]]] = []
        """The tokens so far, each with the list of its position."""

    async def run(self) -> None:
        """Have it grow to its end."""
        listed = self._first
        while len(self.tokens) < self._limit:
            context = self._context
            if listed is None:
                listed = await self._peek([*context.prompt_ids, *context.ids])
            seen = _seen(listed, context, self._ends)
            place = draw(decided(self._rule, seen), self._rng)
            own = listed[place]
            logprob = float(seen.logprobs[place])
            self._context = context.then(own.id, seen.pieces[place], logprob)
            self.tokens.append((own, listed))
            if own.id in self._ends or self._is_done():
                break
            listed = None

    def _is_done(self) -> bool:
        return isinstance(self._rule, Sampler) and self._rule.done(self._context)


def _seen(
    listed: list[Candidate], context: Context, ends: frozenset[int]
) -> Candidates:
    ids = np.array([one.id for one in listed], dtype=np.int64)
    logprobs = np.array([one.logprob for one in listed], dtype=np.float64)
    return Candidates(ids, tuple(map(spelled, listed)), logprobs, context, ends)
