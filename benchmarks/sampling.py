"""Sampling with own rules: requests, drafted tokens and time, beside one at a time.

Figures are a kept token's; times are medians over the prompts. With a delay every
request waits so long before it is passed on, as a network's round trip would make it.
``exact`` as an argument draws 20,000 texts of three tokens and tests them instead;
names of samplers as arguments measure just those.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

import lpwidgets as lp
from lpwidgets.sampling import (
    XTC,
    Candidates,
    Compose,
    Contrastive,
    EntropyGated,
    Guidance,
    MinP,
    RepetitionPenalty,
    Temperature,
    Typical,
)

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.sampling.test_exactness import redrawn
from tests.sampling.tree import Tree, chi_squared, drawn, exact, plain

if TYPE_CHECKING:
    from collections.abc import Callable

TOKENS = 256
SINGLE = 32
PROMPTS = (
    "Write a short story about a lighthouse keeper.",
    "Explain how a sailing boat can go against the wind.",
    "Describe a market in a small town on a Saturday morning.",
)
DELAYS = (0.0, 0.1)
DRAWS = 20_000


def squared(candidates: Candidates) -> Any:
    """Somebody's own rule: probabilities squared."""
    p = candidates.probabilities**2
    return p / p.sum()


SAMPLERS: dict[str, Callable[[Candidates], object]] = {
    "entropy-gated": EntropyGated(),
    "typical": Typical(0.9),
    "own function": squared,
    "own choice": lambda _: 0,
    "xtc, then temperature": Compose(MinP(0.02), XTC(), Temperature(0.9)),
    "repetition": RepetitionPenalty(1.2),
    "contrastive": Contrastive("Write something."),
    "guidance": Guidance("Write something."),
}


class Delayed(httpx.AsyncHTTPTransport):
    """The network, with a pause before each request."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait, then ask."""
        await asyncio.sleep(self._seconds)
        return await super().handle_async_request(request)


def measured(
    client: lp.Client, sampler: Callable[[Candidates], object], way: str, tokens: int
) -> tuple[float, float, float]:
    """Return requests, drafted tokens and milliseconds, each a kept token's."""
    rows = []
    for seed, prompt in enumerate(PROMPTS):
        began = time.perf_counter()
        found = client.sample(prompt, sampler, max_tokens=tokens, seed=seed, way=way)
        seconds = time.perf_counter() - began
        kept = len(found)
        drafted = found.meta.sampling["drafted"]
        rows.append((found.meta.requests / kept, drafted / kept, seconds / kept * 1000))
    requests, share, milliseconds = zip(*rows, strict=True)
    return (
        statistics.fmean(requests),
        statistics.fmean(share),
        statistics.median(milliseconds),
    )


def show_speed() -> None:
    """Print a row a sampler."""
    print(f"{'':24}{'requests':>9}{'drafted':>9}", end="")
    for delay in DELAYS:
        title = f"ms, +{delay * 1000:.0f} ms"
        print(f"{title:>14}{'one by one':>12}{'ratio':>7}", end="")
    print()
    for name, sampler in SAMPLERS.items():
        if sys.argv[1:] and name not in sys.argv:
            continue
        line = ""
        counts = (0.0, 0.0)
        for delay in DELAYS:
            with lp.Client(
                "local", transport=Delayed(delay), progress=lambda _: None
            ) as client:
                client.sample("Hi", sampler, max_tokens=2)
                fast = measured(client, sampler, "speculative", TOKENS)
                slow = measured(client, sampler, "single", SINGLE)
            counts = fast[:2]
            line += f"{fast[2]:14.1f}{slow[2]:12.1f}{slow[2] / fast[2]:6.1f}x"
        print(f"{name:24}{counts[0]:9.2f}{counts[1]:9.2f}{line}", flush=True)
    with lp.Client("local", progress=lambda _: None) as client:
        client.sample("Hi", MinP(0.1), max_tokens=2)
        found = client.sample(PROMPTS[0], MinP(0.1), max_tokens=TOKENS)
    print(
        f"min-p, by the server: {found.meta.requests} requests for {len(found)} "
        "tokens, all but one for the prompt's ids"
    )


def show_exactness() -> None:
    """Print the p values of many draws, and of a wrong rule's."""
    rules: dict[str, Callable[[Candidates], object]] = {
        "entropy-gated": EntropyGated(low=0.8, high=1.6),
        "typical": Typical(0.7),
        "own function": squared,
        "chain": Compose(MinP(0.05), XTC(0.1, 0.5), Temperature(1.3)),
    }
    for name, rule in rules.items():
        counts, gap = asyncio.run(drawn(rule, DRAWS, seed=1, draft=plain()))
        p = chi_squared(counts, exact(rule))
        print(f"{name:24} p = {p:.3f}, kept as the overlap says to {gap:+.4f}")
        assert p > 0.01  # noqa: PLR2004
    other, guided = Tree("other"), Guidance("", scale=1.5)
    counts, gap = asyncio.run(drawn(guided, DRAWS, seed=1, other=other))
    p = chi_squared(counts, exact(guided, other))
    print(f"{'guidance':24} p = {p:.3f}, kept as the overlap says to {gap:+.4f}")
    assert p > 0.01  # noqa: PLR2004
    counts, _ = asyncio.run(
        drawn(squared, DRAWS // 10, seed=1, accept=redrawn, draft=plain())
    )
    p = chi_squared(counts, exact(squared))
    print(f"{'a wrong rule':24} p = {p:.1e} from a tenth of the draws")
    assert p < 1e-6  # noqa: PLR2004


if __name__ == "__main__":
    if "exact" in sys.argv:
        show_exactness()
    else:
        show_speed()
