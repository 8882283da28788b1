"""A tree of 1,000 branches of 200 tokens: made, kept, opened and scrolled in Chromium.

Each branch leaves an earlier one at a random place and goes on for 200 tokens of its
own. "Opened" runs from the data in memory to the painted page, on a bare page under a
policy that allows neither inline code nor markup from text; medians of one run.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.browser import ARGUMENTS, PROGRAMS
from benchmarks.render import POLICY, ROOT, generation
from lpwidgets.display.tree_widget import TreeWidget
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta, Status
from lpwidgets.tree.sheet import Run, gathered
from lpwidgets.tree.tree import Tree
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Page

BRANCHES, TOKENS = 1_000, 200
META = Meta(provider="made", model="up", status=Status.COMPLETE)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>tree</title>
<link rel="stylesheet" href="tree.css"><main></main>
<script type="module" src="bench.js"></script></html>"""


def branches(count: int) -> list[Generation]:
    """Return so many texts, each with 200 tokens that no other has."""
    chance = np.random.default_rng(7)
    whole = generation(count * TOKENS)
    texts: list[Generation] = []
    for k in range(count):
        runs = [Run(whole.columns, k * TOKENS, (k + 1) * TOKENS)]
        if texts:
            origin = texts[chance.integers(len(texts))]
            at = int(chance.integers(1, len(origin)))
            runs.insert(0, Run(origin.columns, 0, at))
        columns = gathered(runs)
        said = b"".join(columns.pieces.as_bytes[columns.token]).decode()
        texts.append(Generation(columns, META, {Part.GENERATED: said}))
    return texts


def making(texts: Sequence[Generation]) -> tuple[Tree, list[tuple[str, str]]]:
    """Return the tree, and what it took to make and to keep it."""
    began = time.perf_counter()
    tree = Tree(texts)
    seconds = time.perf_counter() - began
    blocks = {id(node.run.columns): node.run.columns for node in tree.nodes}
    size = sum(array.nbytes for block in blocks.values() for array in block.arrays())
    given = sum(map(len, texts))
    rows = [
        ("added", f"{given:,} tokens, {tree.token_count:,} of them unique"),
        ("memory a unique token", f"{size / tree.token_count:.0f} B"),
        ("added in", f"{seconds:.1f} s"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree.parquet"
        began = time.perf_counter()
        tree.save(path)
        saved = time.perf_counter()
        Tree.load(path)
        loaded = time.perf_counter()
        rows += [
            ("saved in", f"{saved - began:.1f} s, {path.stat().st_size / 1e6:.1f} MB"),
            ("loaded in", f"{loaded - saved:.1f} s"),
        ]
    return tree, rows


def handler(files: dict[str, tuple[str, bytes]]) -> type[BaseHTTPRequestHandler]:
    """Return what answers with these files."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = files[self.path.removeprefix("/")]
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("content-security-policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def opened(tree: Tree, viewport: tuple[int, int] = (1200, 900)) -> Iterator[Page]:
    """Open the page that a tree is measured on."""
    widget: Any = TreeWidget(tree)
    static = ROOT / "lpwidgets" / "static"
    files = {
        "": ("text/html", PAGE.encode()),
        "bench.js": ("text/javascript", (ROOT / "benchmarks/tree.js").read_bytes()),
        "tree.js": ("text/javascript", (static / "tree.js").read_bytes()),
        "tree.css": ("text/css", (static / "tree.css").read_bytes()),
        "frame": ("application/octet-stream", bytes(widget.frame)),
        "structure": ("application/json", json.dumps(widget.tree).encode()),
    }
    program = shutil.which("chromium", path=PROGRAMS) or shutil.which("chromium")
    width, height = viewport
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler(files)) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever).start()
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("() => window.bench")
        page.evaluate("() => bench.load()")
        yield page
        browser.close()
        server.shutdown()


def reading(page: Page, turns: int) -> Iterator[tuple[str, str]]:
    """Yield what a large tree feels like."""
    opened = [_task(page, "() => bench.open()") for _ in range(turns)]
    wall, busy = (statistics.median(times) for times in zip(*opened, strict=True))
    yield "opened, branches folded", f"{wall:.0f} ms ({busy:.0f} ms of computing)"
    yield "scrolled: longest task", _scrolled(page, turns)
    wall, busy = _task(page, "() => bench.toggleAll()")
    yield "all branches unfolded", f"{wall:.0f} ms ({busy:.0f} ms of computing)"
    yield "scrolled: longest task", _scrolled(page, turns)
    nodes = page.evaluate("() => document.querySelectorAll('*').length")
    yield "elements on the page", f"{nodes:,}"


def _scrolled(page: Page, turns: int) -> str:
    times = [_task(page, "() => bench.scroll(100)") for _ in range(turns)]
    wall, busy = (statistics.median(some) for some in zip(*times, strict=True))
    said = f"{wall:.0f} ms" if wall else "none over 50 ms"
    return f"{said} ({busy:.0f} ms of computing)"


def _task(page: Page, script: str) -> tuple[float, float]:
    """Return what a script measured, and the longest task's time on its processor.

    The latter tells what others on a busy machine do not add to.
    """
    browser = page.context.browser
    assert browser
    browser.start_tracing(page=page, categories=["toplevel"])
    measured = page.evaluate(script)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    tasks = [event.get("tdur", 0) for event in events if "RunTask" in event["name"]]
    return float(measured), max(tasks) / 1000


def main() -> None:
    """Measure and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=5, help="for each median")
    arguments.add_argument("--branches", type=int, default=BRANCHES)
    options = arguments.parse_args()
    print(f"{platform.machine()}, {options.branches:,} branches of {TOKENS} tokens\n")
    tree, rows = making(branches(options.branches))
    for what, value in rows:
        print(f"{what:28} {value}")
    with opened(tree) as page:
        for what, value in reading(page, options.turns):
            print(f"{what:28} {value}")


if __name__ == "__main__":
    main()
