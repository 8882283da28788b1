"""Sampling with own rules: requests, drafted tokens and time, beside one at a time.

Figures are a kept token's, requests for the prompt's ids among them; times are sums
over the prompts, beside as many prompts sampled a token a request. With a delay every
request waits so long before it is passed on, as a network's round trip would make it.
What the server has is sampled there; ``--way speculative`` drafts and judges that too.
``exact`` draws 20,000 texts of three tokens and tests them instead.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

import lpwidgets as lp
from lpwidgets.sampling import (
    DRY,
    XTC,
    Candidates,
    Choices,
    Compose,
    Contrastive,
    EntropyGated,
    Guidance,
    MinP,
    Mirostat,
    Regex,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopNSigma,
    TopP,
    Typical,
)

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.sampling.test_exactness import redrawn
from tests.sampling.tree import Tree, chi_squared, drawn, exact, plain

if TYPE_CHECKING:
    from collections.abc import Callable

TOPICS = (
    "a lighthouse keeper",
    "a sailing boat against the wind",
    "a market on a Saturday morning",
    "how bread is baked",
    "a train at night",
    "why leaves turn red in autumn",
    "a lost letter",
    "how a bicycle stays upright",
    "an old clockmaker",
    "the first snow of the year",
)
PROMPTS = tuple(f"Write a long text about {topic}." for topic in TOPICS)
DELAYS = (0.0, 0.1)
DRAWS = 20_000


def squared(candidates: Candidates) -> Any:
    """Somebody's own rule: probabilities squared."""
    p = candidates.probabilities**2
    return p / p.sum()


SAMPLERS: dict[str, Callable[[Candidates], object]] = {
    "temperature": Temperature(0.8),
    "top-k": TopK(10),
    "top-p": TopP(0.9),
    "min-p": MinP(0.1),
    "typical": Typical(0.9),
    "top-n-sigma": TopNSigma(1.0),
    "xtc": XTC(),
    "mirostat": Mirostat(3.0),
    "repetition": RepetitionPenalty(1.2),
    "dry": DRY(),
    "choices": Choices(["A", "I"]),
    "compose": Compose(TopK(20), MinP(0.05), Temperature(0.9)),
    "regex": Regex(r"[A-Za-z ,.'\n-]+"),
    "entropy-gated": EntropyGated(),
    "compose with own": Compose(squared, TopP(0.9)),
    "own function": squared,
    "own choice": lambda _: 0,
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


class Measured(NamedTuple):
    """What texts took together."""

    requests: int = 0
    drafted: int = 0
    kept: int = 0
    seconds: float = 0.0

    @property
    def milliseconds(self) -> float:
        """How long a kept token took."""
        return self.seconds / self.kept * 1000


def measured(
    client: lp.Client, sampler: Callable[[Candidates], object], way: str, asked: Any
) -> tuple[Measured, Measured]:
    """Return what the texts took, and what they take a token at a time.

    Both take turns, so that what else the machine does hits both.
    """
    sums = [Measured(), Measured()]
    client.sample("Hi", sampler, max_tokens=2, top_logprobs=asked.top)
    for seed, prompt in enumerate(PROMPTS[: asked.prompts]):
        for place, (how, tokens) in enumerate(
            ((way, asked.tokens), ("single", asked.single))
        ):
            began = time.perf_counter()
            found = client.sample(
                prompt,
                sampler,
                max_tokens=tokens,
                seed=seed,
                way=how,
                top_logprobs=asked.top,
            )
            seconds = time.perf_counter() - began
            drafted = found.meta.sampling["drafted"]
            one = (found.meta.requests, drafted, len(found), seconds)
            sums[place] = Measured(*map(sum, zip(sums[place], one, strict=True)))
    return sums[0], sums[1]


def show_speed(asked: Any) -> None:
    """Print a row a sampler."""
    print(f"load {os.getloadavg()}, {asked}")
    print(f"{'':18}{'tokens':>7}{'requests':>9}{'a token':>8}{'drafted':>8}", end="")
    for delay in DELAYS:
        title = f"ms, +{delay * 1000:.0f} ms"
        print(f"{title:>12}{'one by one':>11}{'faster':>8}", end="")
    print()
    for name, sampler in SAMPLERS.items():
        if asked.names and name not in asked.names:
            continue
        line = ""
        for delay in DELAYS:
            with lp.Client(
                "local", transport=Delayed(delay), progress=lambda _: None
            ) as client:
                fast, slow = measured(client, sampler, asked.way, asked)
            line += f"{fast.milliseconds:12.1f}{slow.milliseconds:11.1f}"
            line += f"{slow.milliseconds / fast.milliseconds:7.1f}x"
            if not delay:
                head = f"{fast.kept:7}{fast.requests:9}"
                head += (
                    f"{fast.requests / fast.kept:8.2f}{fast.drafted / fast.kept:8.2f}"
                )
        print(f"{name:18}{head}{line}", flush=True)
    print(f"load {os.getloadavg()}")


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


def main() -> None:
    """Read what is wanted, and measure it."""
    reads = argparse.ArgumentParser(description=__doc__)
    reads.add_argument("names", nargs="*", help="samplers, all without; or: exact")
    reads.add_argument("--prompts", type=int, default=len(PROMPTS))
    reads.add_argument("--tokens", type=int, default=256)
    reads.add_argument("--single", type=int, default=32, help="tokens one by one")
    reads.add_argument("--top", type=int, default=20, help="candidates a position")
    reads.add_argument("--way", default="auto", choices=("auto", "speculative"))
    asked = reads.parse_args()
    if "exact" in asked.names:
        show_exactness()
    else:
        show_speed(asked)


if __name__ == "__main__":
    main()
