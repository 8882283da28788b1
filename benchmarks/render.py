"""The view in Chromium: data to pixels, streaming, hover, scrolling, recolouring.

Tokens with 20 alternatives each, in lines of about 80, on a bare page under a policy
that allows neither inline code nor markup from text. "Static" runs from the frame in
memory to the painted page; "streaming" is the main thread's time for what the kernel
sends at 1,000 tokens a second, messages of 50 tokens, each painted before the next; the
rest is on 100,000 tokens. Medians of one run.

``--guidance WHEEL`` and ``--circuitsvis WHEEL`` show the same tokens in their front
ends, in the same run: ``pip download --no-deps guidance==0.3.1 circuitsvis==1.43.3``.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import struct
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rivals
from benchmarks.browser import busy, measured, opened
from lpwidgets.columns import Columns
from lpwidgets.display import codec, saved
from lpwidgets.display.head import head_of
from lpwidgets.display.news import Extent, News
from lpwidgets.display.widget import TokensWidget
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta
from lpwidgets.pieces import Pieces
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import CDPSession, Page

ALTERNATIVES = 20
A_MESSAGE = 50
STATIC = (2_000, 10_000, 50_000, 100_000, 1_000_000)
STREAMING = (500, 2_000, 10_000)
ROOT = Path(__file__).parents[1]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="en"><title>render</title>
<link rel="stylesheet" href="widget.css"><main></main>
<script type="module" src="render.js"></script></html>"""


def generation(tokens: int) -> Generation:
    """Return so many tokens of a made-up text; a quarter of them uncertain."""
    rng = np.random.default_rng(7)
    words = [b"\n"] + [b" " * (i % 3 > 0) + _word(i) for i in range(4000)]
    sizes = np.cumsum([0, *map(len, words)]).astype(np.uint32)
    pieces = Pieces(np.frombuffer(b"".join(words), dtype=np.uint8), sizes)
    token = rng.integers(1, len(words), tokens, dtype=np.int32)
    token[rng.random(tokens) < 1 / 80] = 0
    listed = rng.integers(1, len(words), (tokens, ALTERNATIVES), dtype=np.int32)
    listed[:, 0] = token
    spread = rng.random((tokens, 1)) ** 4 * 3
    logprobs = -np.arange(ALTERNATIVES) * 0.7 / (0.1 + spread)
    logprobs -= np.log(np.exp(logprobs).sum(1, keepdims=True)) + 0.01
    columns = Columns(
        pieces,
        token,
        token_id=token,
        logprob=logprobs[:, 0].copy(),
        rank=np.ones(tokens, dtype=np.int32),
        part=np.full(tokens, Part.GENERATED, dtype=np.uint8),
        chosen=np.zeros(tokens, dtype=np.int32),
        alternative_offsets=np.arange(tokens + 1, dtype=np.uint32) * ALTERNATIVES,
        alternative=listed.ravel(),
        alternative_id=listed.ravel(),
        alternative_logprob=logprobs.ravel(),
    )
    return Generation(columns, Meta(provider="made", model="up", dialect="none"))


def _word(number: int) -> bytes:
    letters = "etaoinshrdlucmfwypvbgk"
    text = ""
    number += 10_000
    while number:
        number, letter = divmod(number, len(letters))
        text += letters[letter]
    return text.encode()


def messages(tokens: int) -> bytes:
    """Return the appends of a stream, each after its size in 8 bytes."""
    whole = generation(tokens)
    snapshots = [whole[:end] for end in range(0, tokens + 1, A_MESSAGE)]
    parts = []
    for seq, (before, after) in enumerate(pairwise(snapshots), 1):
        news = News(after, Extent.of(before), seq, head_of(after)._asdict())
        frame = codec.append([news])
        frame += b" " * (-len(frame) % 8)
        parts += [struct.pack("<Q", len(frame)), frame]
    return b"".join(parts)


def served(path: str) -> tuple[str, bytes]:
    """Return the type and the body of what the page asks for."""
    if path == "":
        return "text/html", PAGE.encode()
    if path.endswith((".js", ".css")):
        folder = "benchmarks" if path == "render.js" else "lpwidgets/static"
        kind = "text/javascript" if path.endswith(".js") else "text/css"
        return kind, (ROOT / folder / path).read_bytes()
    kind, _, count = path.partition("-")
    if kind == "messages":
        return "application/octet-stream", messages(int(count))
    gen = generation(int(count)) if kind == "static" else generation(A_MESSAGE)[:0]
    return "application/octet-stream", codec.keyframe([gen], 0, live=kind == "start")


def static(page: Page, tokens: int, turns: int) -> float:
    """Return the median milliseconds from data to pixels."""
    name = f"static-{tokens}"
    times = [page.evaluate("(name) => bench.show(name)", name) for _ in range(turns)]
    return float(statistics.median(times))


def streaming(page: Page, cdp: CDPSession, tokens: int) -> tuple[float, float]:
    """Return main-thread seconds, and the last fifth's share compared to the first."""
    name, count = f"messages-{tokens}", tokens // A_MESSAGE
    page.evaluate("(name) => bench.stream(name, 0, 0)", name)
    page.evaluate("() => bench.show('start-0')")
    fifths = [round(count * k / 5) for k in range(6)]
    seconds = []
    for start, stop in pairwise(fifths):
        before = busy(cdp)
        page.evaluate("(a) => bench.stream(...a)", [name, start, stop])
        seconds.append(busy(cdp) - before)
    return sum(seconds), seconds[-1] / seconds[1]


def reading(page: Page) -> Iterator[tuple[str, str]]:
    """Yield what 100,000 tokens feel like."""
    static(page, 100_000, 1)
    scrolled = page.evaluate("() => bench.scroll(100)")
    task = f"{scrolled['task']:.0f} ms" if scrolled["task"] else "none over 50 ms"
    yield "scrolling: longest task", f"{task} (longest frame {scrolled['frame']:.0f})"
    times = sorted(page.evaluate("() => bench.hover(200)"))
    yield "hover to card, median, p95", f"{times[100]:.1f}, {times[190]:.1f} ms"
    names = ["entropy_low", "surprisal", "probability"]
    recolored = [page.evaluate("(n) => bench.recolor(n)", name) for name in names]
    yield "another metric", f"{statistics.median(recolored):.0f} ms"
    nodes = page.evaluate("() => document.querySelectorAll('*').length")
    yield "elements on the page", f"{nodes:,}"


def memory(page: Page, cdp: CDPSession, tokens: int) -> float:
    """Return the MB that a shown text takes beyond its data.

    Of scripts, their buffers and elements, after a collection.
    """

    def used() -> float:
        cdp.send("HeapProfiler.collectGarbage")
        usage = cdp.send("Runtime.getHeapUsage")
        kinds = ("usedSize", "embedderHeapUsedSize", "backingStorageSize")
        return float(sum(usage[kind] for kind in kinds)) / 1e6

    name = f"static-{tokens}"
    data = float(page.evaluate("(name) => bench.load(name)", name)) / 1e6
    page.evaluate("() => bench.show('start-0')")
    before = used()
    static(page, tokens, 1)
    return used() - before - data


def sizes(tokens: int) -> rivals.Sizes:
    """Return what the kernel sends and saves a token, and the view's code."""
    gen = generation(tokens)
    sent = len(messages(tokens)) / tokens
    bundle, _ = TokensWidget(gen)._repr_mimebundle_()
    kept = len(json.dumps(bundle[saved.MIME])) / tokens
    static = ROOT / "lpwidgets" / "static"
    code = sum(len((static / f"widget.{kind}").read_bytes()) for kind in ("js", "css"))
    return rivals.Sizes(sent, kept, code)


def alone(page: Page, cdp: CDPSession, options: argparse.Namespace) -> None:
    """Print how fast the view is, from few tokens to many."""
    for tokens in (n for n in STATIC if n <= options.most):
        time = static(page, tokens, options.turns)
        print(f"static {tokens:>9,}             {time:.0f} ms")
    for tokens in STREAMING:
        seconds, growth = streaming(page, cdp, tokens)
        each = 1e6 * seconds / tokens
        shown = f"{seconds:.2f} s, {each:.0f} µs a token, last fifth ×{growth:.2f}"
        print(f"streaming {tokens:>6,}             {shown}")
    for what, value in reading(page):
        print(f"{what:28} {value}")


def ours(page: Page, cdp: CDPSession, turns: int) -> rivals.Figures:
    """Return what is compared with other packages' views."""
    return rivals.Figures(
        {tokens: static(page, tokens, turns) for tokens in rivals.STATIC},
        {tokens: streaming(page, cdp, tokens)[0] for tokens in rivals.STREAMING},
        sizes(rivals.STATIC[0]),
    )


def main() -> None:
    """Measure and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=5, help="for each median")
    arguments.add_argument("--most", type=int, default=STATIC[-1], help="tokens")
    arguments.add_argument("--guidance", default="", metavar="WHEEL")
    arguments.add_argument("--circuitsvis", default="", metavar="WHEEL")
    options = arguments.parse_args()
    print(f"{platform.machine()}, {ALTERNATIVES} alternatives a token\n")
    with opened(served, POLICY) as page:
        print(f"{'':28} Chromium {page.context.browser.version}")  # type: ignore[union-attr]
        cdp = measured(page)
        for tokens in (n for n in STATIC[-2:] if n <= options.most):
            beyond = memory(page, cdp, tokens)
            print(f"beyond the data {tokens:>9,}    {beyond:.0f} MB")
        alone(page, cdp, options)
        own = ours(page, cdp, options.turns)
    wheels = {"guidance": options.guidance, "circuitsvis": options.circuitsvis}
    rivals.report(own, generation, wheels, options.turns)


if __name__ == "__main__":
    main()
