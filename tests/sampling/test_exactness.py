"""Texts drafted and judged are distributed as those sampled a token at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lpwidgets import AsyncClient
from lpwidgets.sampling import (
    XTC,
    Candidates,
    Compose,
    Context,
    EntropyGated,
    Guidance,
    MinP,
    Mirostat,
    Temperature,
    Typical,
)
from lpwidgets.sampling.accepting import draw, judge
from lpwidgets.sampling.drafts import AsItIs, tuner_for
from lpwidgets.sampling.lengths import Reach
from lpwidgets.wire.records import Candidate
from tests.sampling.fake import HALVES, Fake, listed
from tests.sampling.tree import (
    Tree,
    chi_squared,
    drawn,
    exact,
    plain,
    seen,
    tail_of_chi_squared,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lpwidgets.sampling.loop import Rule

DRAWS = 1200


def squared(candidates: Candidates) -> Any:
    """Somebody's own sampler: probabilities squared."""
    p = candidates.probabilities**2
    return p / p.sum()


SAMPLERS: dict[str, Rule] = {
    "entropy-gated": EntropyGated(low=0.8, high=1.6),
    "typical": Typical(0.7),
    "own": squared,
    "mirostat": Mirostat(tau=1.5, eta=0.5),
    "chain": Compose(MinP(0.05), XTC(0.1, 0.5), Temperature(1.3)),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_speculation_is_exact(name: str) -> None:
    """By chi-squared against the product of what the sampler wants; seeds are fixed."""
    sampler = SAMPLERS[name]
    draft = None if name == "chain" else plain()  # else the nearest one is chosen
    counts, gap = asyncio.run(drawn(sampler, DRAWS, seed=1, draft=draft))
    assert chi_squared(counts, exact(sampler)) > 0.01
    assert abs(gap) < 0.02  # kept as often as the distributions overlap


def test_a_draft_of_all_tokens_is_exact() -> None:
    """Servers without top-k draw tokens that they do not list: those are rejected."""
    counts, gap = asyncio.run(drawn(squared, DRAWS, seed=1, draft=AsItIs()))
    assert chi_squared(counts, exact(squared)) > 0.01
    assert abs(gap) < 0.02


def test_the_nearest_draft_is_remembered() -> None:
    """Long after the positions where it made a difference."""
    sure, open_one = (seen(pair, Context()) for pair in (_two(-30.0), _two(-1.0)))
    top = np.array([1.0, 0.0])
    tuner = tuner_for(2, lambda _: 0)
    for one in (open_one, *[sure] * 60):
        tuner.remember(one, top)
        tuner.best()
    assert tuner.best().parameters() == {"samplers": ["top_k"], "top_k": 1}


def _two(second: float) -> list[Candidate]:
    values = (float(np.log1p(-np.exp(second))), second)
    return [Candidate(f"{i}", one, (48 + i,), i) for i, one in enumerate(values)]


def test_a_run_ends_where_it_would_hardly_be_kept() -> None:
    """Sure positions are drafted far, open ones not."""
    lengths = []
    for q in ([1.0], [0.5, 0.5], [0.1] * 10):
        reach = Reach()
        drafted = [reach.goes_on(np.array(q)) for _ in range(Reach.MOST)]
        lengths.append(sum(drafted))
    assert lengths[0] == Reach.MOST > lengths[1] > lengths[2] > 0


def test_two_prompts_are_exact() -> None:
    """What is drafted after one prompt is judged with both."""
    sampler, other = Guidance("", scale=1.5), Tree("other")
    counts, gap = asyncio.run(drawn(sampler, DRAWS, seed=1, other=other))
    assert chi_squared(counts, exact(sampler, other)) > 0.01
    assert abs(gap) < 0.02


def redrawn(
    p: NDArray[np.float64],
    q: NDArray[np.float64],
    drafted: int,
    rng: np.random.Generator,
) -> tuple[int, bool]:
    """Judge wrongly: draw a rejected token anew from all of p."""
    place, accepted = judge(p, q, drafted, rng)
    return (place, True) if accepted else (draw(p, rng), False)


def test_a_wrong_rule_is_caught() -> None:
    """The same test tells when the residual is forgotten."""
    sampler = squared
    counts, _ = asyncio.run(
        drawn(sampler, DRAWS, seed=1, accept=redrawn, draft=plain())
    )
    assert chi_squared(counts, exact(sampler)) < 1e-4


def test_a_choice_is_kept_when_it_was_drafted() -> None:
    """The likeliest token at every position, whatever was drafted."""
    counts, _ = asyncio.run(drawn(lambda _: 0, 20, seed=3))
    assert list(counts.values()) == [20]
    assert exact(lambda _: 0)[next(iter(counts))] == 1.0


@pytest.mark.parametrize(
    ("p", "q", "drafted"),
    [
        ([0.5, 0.5], [0.5, 0.5], 0),
        ([0.0, 1.0], [1.0, 0.0], 0),
        ([0.2, 0.8], [0.6, 0.2], -1),  # a token that is not listed
        ([0.2, 0.8], [0.6, 0.2], 0),
    ],
)
def test_the_rule_by_hand(p: list[float], q: list[float], drafted: int) -> None:
    """Kept with min(1, p/q), else what p has more."""
    rng = np.random.default_rng(0)
    found = [judge(np.array(p), np.array(q), drafted, rng) for _ in range(4000)]
    kept = np.mean([accepted for _, accepted in found])
    chance = min(1.0, p[drafted] / q[drafted]) if drafted >= 0 else 0.0
    assert kept == pytest.approx(chance, abs=0.03)
    more = [place for place, (a, b) in enumerate(zip(p, q, strict=True)) if a > b]
    assert {place for place, accepted in found if not accepted} <= {*more}


@pytest.mark.parametrize(
    ("value", "degrees", "p"),
    [(18.31, 10, 0.05), (124.3, 100, 0.05), (23.21, 10, 0.01)],
)
def test_chi_squared_by_the_tables(value: float, degrees: int, p: float) -> None:
    """As printed in any book."""
    assert tail_of_chi_squared(value, degrees) == pytest.approx(p, rel=0.03)


async def sampled(count: int) -> tuple[Counter[tuple[int, ...]], int]:
    """Return texts of three tokens from a server that keeps half characters back."""
    counts: Counter[tuple[int, ...]] = Counter()
    halves = 0
    options: dict[str, Any] = {"base_url": "http://127.0.0.1:9", "transport": Fake()}
    async with AsyncClient("llama.cpp", **options) as client:
        for seed in range(count):
            found = await client.sample(
                "x", squared, max_tokens=3, seed=seed, api="completions", top_logprobs=4
            )
            ids = tuple(found.columns.token_id.tolist())
            counts[ids] += 1
            halves += any(one in HALVES for one in ids)
    return counts, halves


def test_half_characters_do_not_bias() -> None:
    """They are drafted without a value, looked at and judged; not drawn anew."""
    counts, halves = asyncio.run(sampled(500))
    expected: dict[tuple[int, ...], float] = {(): 1.0}
    for _ in range(3):
        expected = {
            (*path, one.id): p * float(share)
            for path, p in expected.items()
            for one, share in _shares((5, *path))
        }
    assert halves > 100
    assert chi_squared(counts, expected) > 0.01


def _shares(ids: tuple[int, ...]) -> Iterator[tuple[Candidate, float]]:
    top = listed(ids, 4)
    yield from zip(top, squared(seen(top, Context())).tolist(), strict=True)
