"""Scoring speed: milliseconds a token on the embedded engine, beside generating.

First every value of a text with half characters is compared with the one that the list
of the whole vocabulary has at that position. Then the same number of tokens is scored,
generated, and scored by one request a token, in turns of one run; the figures are
medians. The engine computes with one thread of two; LPWIDGETS_ENGINE_THREADS=2 takes
both, which is faster where nothing else runs.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import httpx

import lpwidgets as lp
from lpwidgets.local.engine import acquire

if TYPE_CHECKING:
    from collections.abc import Callable

TURNS = 5
SINGLE = 60
TEXT = (
    "The lighthouse stood at the edge of the cliff, and every night its keeper "
    "climbed the stairs to light the lamp. Ships far out at sea saw the beam and "
    "knew that they were close to home. One winter a storm came that lasted for nine "
    "days, and nobody slept. "
) * 4
HALVES = "Hello 😀👌🏽, 你好世界! " * 6


ODD = (
    "The lighthouse keeper 😀 said 你好, then naïvely lit the lamp 👌🏽 again; ships "
    "far out at sea (all of them, friend or foe) saw its beam for miles around, "
    "until the morning."
)
WHOLE = 49_152


def exactness(client: lp.Client, http: httpx.Client) -> None:
    """Print how far a scored text is from the lists of the whole vocabulary."""
    scored = client.score(ODD)
    ids = scored.columns.token_id.tolist()
    worst = 0.0
    for place, token in enumerate(ids):
        body = {
            "prompt": [1, *ids[:place]],
            "n_predict": 1,
            "n_probs": WHOLE,
            "cache_prompt": place > 0,
            "temperature": 0,
            "logit_bias": [[81, 1000]],
        }
        (entry,) = http.post("/completion", json=body).json()[
            "completion_probabilities"
        ]
        values = {one["id"]: one["logprob"] for one in entry["top_logprobs"]}
        worst = max(worst, abs(values[token] - scored.columns.logprob[place]))
    halves = sum(row.bytes != row.token.encode() for row in scored)
    print(f"{len(ids)} tokens, {halves} of them half characters: ", end="")
    print(f"largest difference from the whole list {worst:.1e} nats")


def timed(work: Callable[[], int]) -> float:
    """Return milliseconds a token."""
    start = time.perf_counter()
    tokens = work()
    return (time.perf_counter() - start) / tokens * 1000


def main() -> None:
    """Print the table."""
    client = lp.Client("local", progress=lambda _: None)
    with (
        acquire() as engine,
        httpx.Client(base_url=engine.base_url, timeout=60) as http,
    ):
        exactness(client, http)
        ids = client.score(TEXT).columns.token_id.tolist()

        def score(text: str) -> int:
            return len(client.score(text))

        def generate() -> int:
            answer = client.generate(
                "Once",
                api="native",
                max_tokens=len(ids),
                ignore_eos=True,
                complete=False,
            )
            return answer.meta.usage.completion_tokens or 0

        def one_by_one() -> int:
            for place in range(SINGLE):
                prompt = [1, *ids[:place]]
                bias = [[ids[place], 1000]]
                body = {"prompt": prompt, "n_predict": 1, "n_probs": 5}
                http.post(
                    "/completion", json=body | {"logit_bias": bias}, timeout=60
                ).raise_for_status()
            return SINGLE

        ways: dict[str, Callable[[], int]] = {
            "scored": lambda: score(TEXT),
            "generated": generate,
            "one request a token": one_by_one,
            "scored, half characters": lambda: score(HALVES),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(TURNS):
            for name, work in ways.items():
                times[name].append(timed(work))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{len(ids)} tokens, {TURNS} turns, ms a token: median (least)")
    for name, median in medians.items():
        print(f"{name:24} {median:6.1f} ({min(times[name]):.1f})")
    print(f"scored / generated {medians['scored'] / medians['generated']:.2f}")


if __name__ == "__main__":
    main()
