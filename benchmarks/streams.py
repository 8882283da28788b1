"""Many streams at once in one JupyterLab notebook: messages, losses, token to pixel.

Each stream is a `TokensWidget` of its own that grows by a token at a time, with 20
alternatives, in an asyncio task of the kernel. Messages are counted on the page's
connection to the server; a token's way to the screen runs from `grow` in the kernel to
the frame that paints it, by the clock of one machine.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from bisect import bisect_left
from datetime import datetime
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
    from playwright.sync_api import Page, WebSocket

ROOT = Path(__file__).parents[1]
SECONDS = 600
SENT = re.compile(rb'"date":\s*"([^"]+)"')
"""The first in a message is its header's."""
SHOW = """
import asyncio, json, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
import ipywidgets
import lpwidgets as lp
from benchmarks.render import generation
whole = generation({tokens})
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
        widget.grow(whole[:count])
    widget.show(whole)
await asyncio.gather(*map(stream, range({streams})))
Path("log.json").write_text(json.dumps({{"log": log, "text": whole.text}}))
"""
WATCH = """() => {
  window.seen = [];
  document.querySelectorAll(".lpw").forEach((root, number) => {
    let before = 0;
    let isDue = false;
    const look = () => {
      const count = root.getElementsByClassName("lpw-token").length;
      if (count === before || isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          isDue = false;
          before = root.getElementsByClassName("lpw-token").length;
          const now = performance.timeOrigin + performance.now();
          seen.push([number, before, now / 1000]);
        };
        port2.postMessage(0);
      });
    };
    new MutationObserver(look).observe(root, { childList: true, subtree: true });
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
    """What was seen: messages a second, seconds from token to pixel, streams alike."""

    messages: NDArray[np.float64]
    delays: NDArray[np.float64]
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
    times: list[float] = []
    page.on("websocket", lambda socket: _count(socket, times))
    page.goto(lab.address("streams.ipynb"))
    notebook = Notebook(page)
    notebook.run(0)
    page.wait_for_function(
        "(n) => document.querySelectorAll('.lpw').length === n", arg=streams
    )
    page.evaluate(WATCH)
    times.clear()
    notebook.run(1)
    page.wait_for_function(DONE, arg=[streams, tokens])
    count = -1
    while count != len(times):
        count = len(times)
        page.wait_for_timeout(1500)
    kernel = json.loads((lab.root / "log.json").read_text())
    texts = page.evaluate(TEXTS)
    alike = sum(text == kernel["text"] for text in texts)
    return Run(
        _rates(times), _delays(kernel["log"], page.evaluate("() => seen")), alike
    )


def _count(socket: WebSocket, times: list[float]) -> None:
    """Note when the kernel sent each message that is a widget's."""

    def on_frame(payload: str | bytes) -> None:
        data = payload.encode() if isinstance(payload, str) else payload
        sent = SENT.search(data[:2000])
        if sent and b"comm_msg" in data[:2000]:
            times.append(datetime.fromisoformat(sent[1].decode()).timestamp())

    socket.on("framereceived", on_frame)


def _rates(times: list[float]) -> NDArray[np.float64]:
    """Return how many messages came in the second after each of them."""
    moments = np.sort(times)
    ends = np.searchsorted(moments, moments + 1.0)
    return np.asarray(ends - np.arange(len(moments)), dtype=np.float64)


def _delays(log: list[Any], seen: list[Any]) -> NDArray[np.float64]:
    """Return for each token the seconds until it was painted, NaN if it never was."""
    shown: dict[int, tuple[list[int], list[float]]] = {}
    for number, count, at in seen:
        counts, moments = shown.setdefault(number, ([], []))
        counts.append(count)
        moments.append(at)
    delays = []
    for number, count, at in log:
        counts, moments = shown.get(number, ([], []))
        place = bisect_left(counts, count)
        delays.append(moments[place] - at if place < len(counts) else np.nan)
    return np.array(delays)


def main() -> None:
    """Measure and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, nargs="+", default=[1, 20, 200])
    arguments.add_argument("--tokens", type=int, default=100, help="in each stream")
    arguments.add_argument("--rate", type=float, default=10.0, help="tokens a second")
    options = arguments.parse_args()
    print(f"{options.tokens} tokens a stream, {options.rate:g} a second in each\n")
    print("streams  messages/s (most)  tokens missing  texts alike  token to pixel, s")
    for streams in options.streams:
        found = run(streams, options.tokens, options.rate)
        p50, p95 = np.nanpercentile(found.delays, [50, 95])
        missing = int(np.isnan(found.delays).sum())
        print(
            f"{streams:>7}  {found.messages.max():>17.0f}  {missing:>14}"
            f"  {found.alike:>5} of {streams:<3}  p50 {p50:.2f}, p95 {p95:.2f}"
        )


if __name__ == "__main__":
    main()
