"""Decoding speed: a stream over loopback into a finished Generation, beside its peers.

One stream of 20,000 chunks with 20 alternatives each, repeated from what the embedded
model really sent, is read by lpwidgets, by openai-python (which only iterates its
chunks), and by typed msgspec on the same bytes in memory: the limit, since it neither
reads a socket nor keeps anything. The three take turns in one run; the figures are
medians.
"""

from __future__ import annotations

import itertools
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
import openai

import lpwidgets as lp
from lpwidgets.local.engine import acquire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNKS = 20_000
TURNS = 5
RECORDED = 400


class Listed(msgspec.Struct, gc=False):
    """A candidate, and a sampled token with its alternatives."""

    id: int
    token: str
    bytes: list[int] | None
    logprob: float
    top_logprobs: list[Listed] | None = None


class Logprobs(msgspec.Struct, gc=False):
    """The values of one choice."""

    content: list[Listed] | None


class Choice(msgspec.Struct, gc=False):
    """One choice of a chunk."""

    index: int
    delta: dict[str, str | None]
    logprobs: Logprobs | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct, gc=False):
    """One event of the stream, all of its values typed."""

    choices: list[Choice]


def record() -> list[bytes]:
    """Return the events of a real stream: tokens with 20 alternatives, in order."""
    prompt = "Write a long story about a lighthouse keeper and the sea."
    with acquire(progress=print) as engine:
        answer = httpx.post(
            f"{engine.base_url}/v1/chat/completions",
            json={
                "messages": [{"role": "user", "content": prompt}],
                "logprobs": True,
                "top_logprobs": 20,
                "max_tokens": RECORDED,
                "seed": 1,
                "ignore_eos": True,
                "stream": True,
            },
            timeout=600,
        )
    events = answer.content.split(b"\n\n")
    return [event for event in events if b'"top_logprobs"' in event]


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    """Serve bytes from a process of their own."""
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(body)
    script = str(Path(__file__).with_name("serve_bytes.py"))
    command = [sys.executable, script, file.name]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        server.communicate()
    Path(file.name).unlink()


def ours(url: str) -> int:
    """Read the stream into a finished Generation."""
    client = lp.Client(base_url=url, model="m")
    generation = client.generate("x", top_logprobs=20)
    assert generation.columns.counts.min() >= 20  # noqa: PLR2004
    return len(generation)


def peers(url: str) -> int:
    """Iterate over openai-python's chunks, and keep nothing."""
    client = openai.OpenAI(base_url=url, api_key="none")
    stream = client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": "x"}],
        logprobs=True,
        top_logprobs=20,
        stream=True,
    )
    return sum(1 for chunk in stream if chunk.choices[0].logprobs)


def limit(body: bytes) -> int:
    """Decode the same bytes, in memory, into typed structs, and keep nothing."""
    decode = msgspec.json.Decoder(Chunk).decode
    lines = body.split(b"\n\n")
    return sum(bool(decode(line[6:])) for line in lines if line[6:7] == b"{")


def timed(work: Callable[[], int]) -> float:
    """Return tokens a second."""
    start = time.perf_counter()
    tokens = work()
    assert tokens == CHUNKS, tokens
    return tokens / (time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    events = list(itertools.islice(itertools.cycle(record()), CHUNKS))
    body = b"\n\n".join([*events, b"data: [DONE]\n\n"])
    rates: dict[str, list[float]] = {"lpwidgets": [], "openai-python": [], "limit": []}
    with serving(body) as url:
        for _ in range(TURNS):
            rates["lpwidgets"].append(timed(lambda: ours(url)))
            rates["openai-python"].append(timed(lambda: peers(url)))
            rates["limit"].append(timed(lambda: limit(body)))
        generation = lp.Client(base_url=url, model="m").generate("x", top_logprobs=20)
    report(rates, len(body), generation)


def report(rates: dict[str, list[float]], size: int, generation: lp.Generation) -> None:
    """Print medians, ratios and memory."""
    median = {name: statistics.median(values) for name, values in rates.items()}
    memory = sum(array.nbytes for array in generation.columns.arrays())
    packages = ("lpwidgets", "openai", "httpx", "msgspec", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"Python {platform.python_version()}, {versions}")
    print(f"{CHUNKS:,} chunks × 20 alternatives, {size / 1e6:.1f} MB, {TURNS} turns")
    for name, rate in median.items():
        print(f"{name:14} {rate:10,.0f} tokens/s")
    ours = median["lpwidgets"]
    print(f"against openai-python  {ours / median['openai-python']:.1f} ×")
    print(f"of the limit           {ours / median['limit']:.2f}")
    print(f"finished Generation    {memory / len(generation):.0f} bytes a token")


if __name__ == "__main__":
    main()
