"""A tiny model, known completely: what it lists and drafts after any tokens."""

from __future__ import annotations

import random
from collections import Counter
from math import erfc, sqrt
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.sampling import Compose, Temperature, TopK
from lpwidgets.sampling.accepting import draw
from lpwidgets.sampling.candidates import Candidates, Context, softmax
from lpwidgets.sampling.decisions import decided
from lpwidgets.sampling.drafts import AsItIs, Tuner, tuner_for
from lpwidgets.sampling.loop import Loop
from lpwidgets.wire.records import Candidate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from lpwidgets.sampling.drafts import Draft
    from lpwidgets.sampling.loop import Rule

    Path = tuple[int, ...]

WORDS = [f" w{i}".encode() for i in range(9)]
LISTED = 6
LENGTH = 3


class Tree:
    """Such a model, as a source of candidates.

    Parameters
    ----------
    name
        Which one: another name is another model.
    """

    def __init__(self, name: str = "tree") -> None:
        self._name = name
        self.requests = 0

    def listed(self, said: Sequence[int], count: int = LISTED) -> list[Candidate]:
        """Return the likeliest tokens after some others, a sixth of the mass aside."""
        chance = random.Random(f"{self._name} {[*said]}")  # noqa: S311
        weights = np.array([chance.gauss(0, 1.2) for _ in WORDS])
        values = np.log(softmax(weights))
        order = np.argsort(-values)[:count].tolist()
        return [
            Candidate(WORDS[i].decode(), float(values[i]), tuple(WORDS[i]), i)
            for i in order
        ]

    def tuner(self, sampler: Rule) -> Tuner:
        """Return llama.cpp's drafts."""
        return tuner_for(LISTED, sampler)

    async def peek(self, ids: Sequence[int]) -> list[Candidate]:
        """Return the list of one position."""
        self.requests += 1
        return self.listed(ids)

    async def draft(
        self, ids: Sequence[int], count: int, draft: Draft, seed: int, *, whole: bool
    ) -> AsyncGenerator[tuple[int, list[Candidate]], None]:
        """Yield tokens drawn as the draft says."""
        del whole
        self.requests += 1
        said, rng = list(ids), np.random.default_rng(seed)
        for _ in range(count):
            listed = self.listed(said)
            drawn_from = self.listed(said, len(WORDS)) if _is_all(draft) else listed
            q = draft(seen(drawn_from, Context()))
            token = drawn_from[draw(q, rng)].id
            yield token, listed
            said.append(token)

    async def read(
        self, ids: Sequence[int], run: Sequence[Candidate]
    ) -> AsyncGenerator[list[Candidate], None]:
        """Yield the lists along a run."""
        self.requests += 1
        said = [one.id for one in run]
        for place in range(len(said)):
            yield self.listed([*ids, *said[:place]])


def seen(
    listed: list[Candidate], context: Context, second: list[Candidate] | None = None
) -> Candidates:
    """Return a list as a sampler sees it."""
    found = Candidates(
        np.array([one.id for one in listed]),
        tuple(bytes(one.bytes or ()) for one in listed),
        np.array([one.logprob or 0.0 for one in listed]),
        context,
    )
    if second is None:
        return found
    known = {one.id: one.logprob or 0.0 for one in second}
    values = [known.get(one.id, min(known.values())) for one in listed]
    is_known = [one.id in known for one in listed]
    return Candidates(
        found.ids,
        found.pieces,
        found.logprobs,
        context,
        second=np.array(values),
        second_seen=np.array(is_known),
    )


def _is_all(draft: Draft) -> bool:
    """Say whether a server draws it from tokens that it does not list, too."""
    return isinstance(draft, AsItIs)


def exact(sampler: Rule, other: Tree | None = None) -> dict[Path, float]:
    """Return the probability of every text of three tokens, sampled one by one."""
    tree = Tree()
    paths: dict[Path, tuple[float, Context]] = {(): (1.0, Context())}
    for _ in range(LENGTH):
        grown: dict[Path, tuple[float, Context]] = {}
        for path, (p, context) in paths.items():
            second = other.listed(path) if other else None
            here = seen(tree.listed(path), context, second)
            for place, share in enumerate(decided(sampler, here).tolist()):
                token = int(here.ids[place])
                value = float(here.logprobs[place])
                then = context.then(token, here.pieces[place], value)
                grown[(*path, token)] = (p * share, then)
        paths = grown
    return {path: p for path, (p, _) in paths.items()}


async def drawn(
    sampler: Rule,
    count: int,
    seed: int,
    *,
    other: Tree | None = None,
    accept: Callable[..., tuple[int, bool]] | None = None,
    draft: Draft | None = None,
) -> tuple[Counter[Path], float]:
    """Return how often each text came, and the mean overlap less the share kept."""
    counts: Counter[Path] = Counter()
    overlaps, drafted, rejected = [], 0, 0
    for turn in range(count):
        loop = Loop(
            Tree(),
            sampler,
            Context(),
            limit=LENGTH,
            top=LISTED,
            seed=seed * count + turn,
            second=other,
        )
        if accept:
            loop._accept = accept
        if draft:
            loop._tuner = Tuner([draft])
        await loop.speculate()
        counts[loop.context.ids] += 1
        overlaps += loop.tally.overlaps
        rejected += loop.tally.rejected
        drafted += len(loop.tally.overlaps)
    return counts, float(np.mean(overlaps)) - (1 - rejected / drafted)


def chi_squared(counts: Counter[Path], expected: dict[Path, float]) -> float:
    """Return the p value of counts; cells with fewer than 5 expected are one.

    By the cube root (Wilson and Hilferty 1931).
    """
    total = sum(counts.values())
    assert {path for path in counts if expected.get(path, 0.0) <= 0} == set()
    large = [path for path, p in expected.items() if p * total >= 5]
    pairs = [(counts[path], expected[path] * total) for path in large]
    rest = total - sum(e for _, e in pairs)
    if rest > 5:
        pairs.append((total - sum(c for c, _ in pairs), rest))
    value = sum((c - e) ** 2 / e for c, e in pairs)
    return tail_of_chi_squared(value, len(pairs) - 1)


def plain() -> Compose:
    """Return a draft that is the model itself, whatever is wanted."""
    return Compose(TopK(LISTED), Temperature(1.0))


def tail_of_chi_squared(value: float, degrees: int) -> float:
    """Return how likely a chi-squared value that large is."""
    spread = 2 / (9 * degrees)
    z = ((value / degrees) ** (1 / 3) - (1 - spread)) / sqrt(spread)
    return erfc(z / sqrt(2)) / 2
