"""Beam search, plain and diverse, over lists of candidates; no server is known here.

A hypothesis scores its sum of log probabilities over its length to the power of
``length_penalty``: 0 is the sum itself, 1 the mean of its tokens.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.client.llamacpp import spelled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lpwidgets.wire.records import Candidate

    Lists = Mapping[tuple[int, ...], Sequence[Candidate]]


class Hypothesis(NamedTuple):
    """The beginning of an answer: its tokens, the list that each was taken from.

    ``total`` is the sum of their log probabilities, nats. ``reason`` is empty while it
    is open, then ``stop`` or ``length``.
    """

    tokens: tuple[Candidate, ...] = ()
    lists: tuple[Sequence[Candidate], ...] = ()
    total: float = 0.0
    reason: str = ""

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of its tokens."""
        return tuple(one.id for one in self.tokens)

    @property
    def data(self) -> bytes:
        """What its tokens spell."""
        return b"".join(map(spelled, self.tokens))


class Rules(NamedTuple):
    """How to search.

    Parameters
    ----------
    beams
        Hypotheses kept a step, of all groups together.
    groups
        Groups of as many beams each; a later one avoids what earlier ones say.
    diverse
        What a token loses, nats, for each time that an earlier group takes it at this
        step: the Hamming diversity of Vijayakumar et al. (2016).
    width
        Candidates looked at after a hypothesis.
    length_penalty
        See the module.
    limit
        Largest number of tokens.
    ends
        Ids that end a text.
    stop
        What ends a text when it is in it.
    """

    beams: int
    groups: int = 1
    diverse: float = 0.0
    width: int = 8
    length_penalty: float = 1.0
    limit: int = 64
    ends: Collection[int] = ()
    stop: Sequence[bytes] = ()

    @property
    def size(self) -> int:
        """Beams a group."""
        return self.beams // self.groups

    def score(self, one: Hypothesis) -> float:
        """Return what finished hypotheses are compared by."""
        return one.total / math.pow(max(len(one.tokens), 1), self.length_penalty)

    def bound(self, one: Hypothesis) -> float:
        """Return the highest score that an open hypothesis can still get."""
        return one.total / math.pow(self.limit, self.length_penalty)


class Group:
    """Some of the beams; ``open`` and ``done`` have the best ones first."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.open: list[Hypothesis] = [Hypothesis()]
        self.done: list[Hypothesis] = []

    def grow(self, lists: Lists, said: Counter[int]) -> None:
        """Go a token further; `said` counts what earlier groups took, and is updated.

        A hypothesis that ends is kept if it is among the best of this step.
        """
        rules = self._rules
        grown = [
            _then(one, token, listed)
            for one in self.open
            for listed in [lists[one.ids][: rules.width]]
            for token in listed
        ]
        grown.sort(key=lambda one: rules.diverse * said[one.tokens[-1].id] - one.total)
        self.open, taken = [], []
        for place, one in enumerate(map(self._closed, grown)):
            if len(self.open) == rules.size:
                break
            if not one.reason:
                self.open.append(one)
            elif place < rules.size:
                self.done.append(one)
            else:
                continue
            taken.append(one.tokens[-1].id)
        self.done = sorted(self.done, key=rules.score, reverse=True)[: rules.size]
        if self._is_decided():
            self.open = []
        said.update(taken)

    def _closed(self, one: Hypothesis) -> Hypothesis:
        rules, last = self._rules, one.tokens[-1]
        if last.id in rules.ends or any(text in one.data for text in rules.stop):
            return one._replace(reason="stop")
        if len(one.tokens) >= rules.limit:
            return one._replace(reason="length")
        return one

    def _is_decided(self) -> bool:
        """Say whether no open hypothesis can be better than those that are done."""
        rules = self._rules
        if len(self.done) < rules.size or not self.open:
            return False
        best = max(map(rules.bound, self.open))
        return best <= rules.score(self.done[-1])


class Beams:
    """All beams of a search.

    Parameters
    ----------
    rules
        How to search.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._groups = [Group(rules) for _ in range(rules.groups)]

    def asks(self) -> list[Hypothesis]:
        """Return what the candidates have to be known of, alike beginnings together."""
        every = {one.ids: one for group in self._groups for one in group.open}
        return [every[ids] for ids in sorted(every)]

    def grow(self, lists: Lists) -> None:
        """Go a token further, by the candidates after the ids of each open one."""
        said: Counter[int] = Counter()
        for group in self._groups:
            if group.open:
                group.grow(lists, said)

    def found(self) -> list[Hypothesis]:
        """Return what there is, the best first; open ones where too few are done."""
        every: dict[tuple[int, ...], Hypothesis] = {}
        for group in self._groups:
            missing = self.rules.size - len(group.done)
            some = [*group.done, *group.open[:missing]]
            every |= {one.ids: one for one in some if one.tokens}
        return sorted(every.values(), key=self.rules.score, reverse=True)


def _then(one: Hypothesis, token: Candidate, listed: Sequence[Candidate]) -> Hypothesis:
    total = one.total + (token.logprob or 0.0)
    return Hypothesis((*one.tokens, token), (*one.lists, listed), total)
