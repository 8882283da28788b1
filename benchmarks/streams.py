"""Many streams at once in one JupyterLab notebook: messages, losses, token to pixel.

Each stream is a `TokensWidget` of its own that grows by a token at a time, with 20
alternatives, in an asyncio task of the kernel. Messages are counted where the
page receives them; a token's way to the screen runs from `grow` in the kernel to the
frame that paints it, by the clock of one machine.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from bisect import bisect_left
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.browser import ARGUMENTS, program
from tests.browser.lab import Lab
from tests.browser.notebook import Notebook

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
SECONDS = 600
HEAR = """
window.heard = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (typeof data === "string") return;
      const start = String.fromCharCode(...new Uint8Array(data.slice(0, 2000)));
      const date = /"date":\\s*"([^"]+)"/.exec(start);
      if (date && start.includes("comm_msg")) heard.push(Date.parse(date[1]) / 1000);
    });
  }
};
"""
"""Notes when the kernel sent a widget's message: the first date in it."""
SHOW = """
import asyncio, json, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
import ipywidgets
import lpwidgets as lp
from benchmarks.render import generation
from lpwidgets.builder import AnswerBuilder
from lpwidgets.wire.records import Delta
from tests.make_generation import META, token
builder, growing = AnswerBuilder(META), []
for row in generation({tokens}):
    listed = [(other.bytes, other.logprob) for other in row.alternatives]
    news = [token(row.bytes, row.logprob, listed)]
    builder.add(Delta(0, text=row.bytes.decode(), tokens=news))
    growing.append(builder.snapshot())
whole = builder.finish()
widgets = [lp.TokensWidget() for _ in range({streams})]
ipywidgets.VBox(widgets)
"""
STREAM = """
log = []
async def stream(number):
    widget = widgets[number]
    await asyncio.sleep(number / {streams} / {rate})
    start = time.monotonic()
    for count in range(1, {tokens} + 1):
        await asyncio.sleep(max(0, start + count / {rate} - time.monotonic()))
        log.append((number, count, time.time()))
        widget.grow(growing[count - 1])
    widget.show(whole)
await asyncio.gather(*map(stream, range({streams})))
Path("log.json").write_text(json.dumps({{"log": log, "text": whole[0].text}}))
"""
WATCH = """() => {
  window.seen = [];
  const changed = new Map();
  const note = () => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const [root, number] of changed) {
      seen.push([number, root.getElementsByClassName("lpw-token").length, now]);
    }
    changed.clear();
  };
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = note;
  const watch = (root, number) => {
    const look = () => {
      if (!changed.size) requestAnimationFrame(() => port2.postMessage(0));
      changed.set(root, number);
    };
    new MutationObserver(look).observe(root, { childList: true, subtree: true });
  };
  window.inView = new Map();
  const sight = new IntersectionObserver((entries) => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const { target, isIntersecting } of entries) {
      inView.get(target).push([now, isIntersecting]);
    }
  });
  document.querySelectorAll(".lpw-generations").forEach((root, number) => {
    watch(root, number);
    inView.set(root, []);
    sight.observe(root);
  });
}"""
DONE = """([streams, tokens]) => {
  const counts = [...document.querySelectorAll(".lpw")].map(
    (root) => root.getElementsByClassName("lpw-token").length,
  );
  return counts.length === streams && counts.every((count) => count === tokens);
}"""
TEXTS = """() => [...document.querySelectorAll(".lpw-text:not(.lpw-unshown)")].map(
  ({ textContent }) => textContent.replaceAll("⏎", ""),
)"""


class Run(NamedTuple):
    """What was seen.

    Messages in the second after each, each token's seconds until it was on the page and
    whether in view, and how many streams have the right text.
    """

    messages: NDArray[np.float64]
    delays: NDArray[np.float64]
    near: NDArray[np.bool_]
    alike: int


def run(streams: int, tokens: int, rate: float) -> Run:
    """Stream so many tokens a second in each of so many widgets."""
    given = {"streams": streams, "tokens": tokens, "rate": rate, "root": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder)) as lab:
        cells = [
            nbformat.v4.new_code_cell(cell.format(**given)) for cell in (SHOW, STREAM)
        ]
        kernel = {"name": "python3", "display_name": "Python 3"}
        notebook = nbformat.v4.new_notebook(
            cells=cells, metadata={"kernelspec": kernel}
        )
        nbformat.write(notebook, lab.root / "streams.ipynb")
        with sync_playwright() as playwright:
            chromium = playwright.chromium
            browser = chromium.launch(executable_path=program(), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            page.set_default_timeout(1000 * SECONDS)
            found = _watched(page, lab, streams, tokens)
            browser.close()
            lab.shut_down_kernels()
    return found


def _watched(page: Page, lab: Lab, streams: int, tokens: int) -> Run:
    page.add_init_script(HEAR)
    page.goto(lab.address("streams.ipynb"))
    notebook = Notebook(page)
    notebook.run(0)
    page.wait_for_function(
        "(n) => document.querySelectorAll('.lpw').length === n", arg=streams
    )
    page.evaluate(WATCH)
    page.evaluate("() => heard.splice(0)")
    notebook.run(1)
    page.wait_for_function(DONE, arg=[streams, tokens])
    times: list[float] = []
    while times != (heard := page.evaluate("() => heard")) or not times:
        times = heard
        page.wait_for_timeout(1500)
    kernel = json.loads((lab.root / "log.json").read_text())
    texts = page.evaluate(TEXTS)
    alike = sum(text == kernel["text"] for text in texts)
    delays = _delays(kernel["log"], page.evaluate("() => seen"))
    near = _near(kernel["log"], page.evaluate("() => [...inView.values()]"))
    return Run(_rates(times), delays, near, alike)


def _near(log: list[Any], sights: list[Any]) -> NDArray[np.bool_]:
    """Return for each token whether its stream was in view from then to the end.

    What grows only pushes others down: what is in view at last was so all the time.
    """
    since = [
        max((at for at, seen in one if not seen), default=0.0)
        if one[-1][1]
        else math.inf
        for one in sights
    ]
    return np.array([at > since[number] for number, _, at in log], dtype=np.bool_)


def _rates(times: list[float]) -> NDArray[np.float64]:
    """Return how many messages came in the second after each of them."""
    moments = np.sort(times)
    ends = np.searchsorted(moments, moments + 1.0)
    return np.asarray(ends - np.arange(len(moments)), dtype=np.float64)


def _delays(log: list[Any], seen: list[Any]) -> NDArray[np.float64]:
    """Return for each token the seconds until it was painted, NaN if it never was."""
    shown: dict[int, list[Any]] = {}
    for number, *found in seen:
        shown.setdefault(number, []).append(found)
    delays = []
    for number, count, at in log:
        found = shown.get(number, [])
        place = bisect_left(found, count, key=itemgetter(0))
        delays.append(found[place][1] - at if place < len(found) else np.nan)
    return np.array(delays)


def main() -> None:
    """Measure and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, nargs="+", default=[1, 20, 200])
    arguments.add_argument("--tokens", type=int, default=100, help="in each stream")
    arguments.add_argument("--rate", type=float, default=10.0, help="tokens a second")
    options = arguments.parse_args()
    print(f"{options.tokens} tokens a stream, {options.rate:g} a second in each\n")
    print("streams  messages/s  missing   texts alike  in view: p50, p95 s   all: s")
    for streams in options.streams:
        found = run(streams, options.tokens, options.rate)
        near = np.nanpercentile(found.delays[found.near], [50, 95])
        every = np.nanpercentile(found.delays, [50, 95])
        print(
            f"{streams:>7}  {found.messages.max():>10.0f}"
            f"  {np.isnan(found.delays).sum():>7}  {found.alike:>5} of {streams:<3}"
            f"      {near[0]:.2f}, {near[1]:.2f}        {every[0]:.2f}, {every[1]:.2f}"
        )


if __name__ == "__main__":
    main()
