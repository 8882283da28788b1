"""The same tokens in other packages' views, in their own front ends and formats.

guidance sends one JSON message a token to a page in a frame (`guidance/visual`), and
saves all of them as the frame's state. CircuitsVis writes its whole input into the
output (`circuitsvis/logits.py`). Both are fed what their Python sides would write; only
their JavaScript is run. A front end comes from a wheel, or from an installed package.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import statistics
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.browser import busy, measured, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import CDPSession, Page

    from lpwidgets.generation import Generation

HERE = Path(__file__).parent
GUIDANCE = "guidance/resources/graphpaper-inline.html"
CIRCUITSVIS = "circuitsvis/dist/cdn/iife.js"
PAGE = """<!doctype html><html lang="en"><title>rivals</title>
<link rel="icon" href="data:,"><main></main>
<script type="module" src="rivals.js"></script></html>"""


STATIC = (2_000, 10_000)
STREAMING = (500, 1_000, 2_000)
A_FRAME = 50
"""Messages between two painted frames: 1,000 tokens a second at 20 frames."""


class Sizes(NamedTuple):
    """Bytes a token sent to the page and kept in the notebook, and the code's own."""

    sent: float
    saved: float
    code: int


class Figures(NamedTuple):
    """Milliseconds from data to pixels, main-thread seconds of a stream, by tokens."""

    static: dict[int, float]
    streaming: dict[int, float]
    sizes: Sizes


def report(
    own: Figures,
    made: Callable[[int], Generation],
    wheels: dict[str, str],
    turns: int,
) -> None:
    """Print our figures beside those of every front end that is there."""
    ends = {"guidance": GUIDANCE, "circuitsvis": CIRCUITSVIS}
    codes = {name: front_end(end, wheels[name]) for name, end in ends.items()}
    found = {name: code for name, code in codes.items() if code}
    columns = {"lpwidgets": own} | _compared(found, made, turns)
    print("\n" + " " * 28 + "".join(f"{name:>13}" for name in columns))
    for tokens in STATIC:
        times = [f"{one.static[tokens]:,.0f}" for one in columns.values()]
        _line(f"static {tokens:>9,}, ms", times)
    for tokens in STREAMING:
        seconds = [one.streaming.get(tokens) for one in columns.values()]
        shown = ["—" if one is None else f"{one:.2f}" for one in seconds]
        _line(f"streaming {tokens:>6,}, s", shown)
    for what in Sizes._fields:
        sizes = [f"{getattr(one.sizes, what):,.0f}" for one in columns.values()]
        _line(f"bytes {what}{'' if what == 'code' else ' a token'}", sizes)
    for name in ends.keys() - found.keys():
        print(f"{name} is not here: --{name} WHEEL")


def _line(what: str, values: list[str]) -> None:
    print(f"{what:28}" + "".join(f"{value:>13}" for value in values))


def _compared(
    codes: dict[str, bytes], made: Callable[[int], Generation], turns: int
) -> dict[str, Figures]:
    if not codes:
        return {}

    def serve(path: str) -> tuple[str, bytes]:
        if path == "":
            return "text/html", PAGE.encode()
        if path == "rivals.js":
            return "text/javascript", (HERE / path).read_bytes()
        if path == "graphpaper":
            return "text/html", codes["guidance"]
        if path == "circuitsvis.js":
            return "text/javascript", codes["circuitsvis"]
        kind, _, count = path.partition("-")
        return "application/json", served(kind, made(int(count)))

    figures = {}
    with opened(serve) as page:
        cdp = measured(page)
        for name, code in codes.items():
            call = f"(count) => bench.{name}(count)"
            times = {
                tokens: statistics.median(
                    page.evaluate(call, tokens) for _ in range(turns)
                )
                for tokens in STATIC
            }
            streams = _streamed(page, cdp) if name == "guidance" else {}
            sizes = SIZES[name](made(STATIC[0]), code)
            figures[name] = Figures(times, streams, sizes)
    return figures


def _streamed(page: Page, cdp: CDPSession) -> dict[int, float]:
    seconds = {}
    for tokens in STREAMING:
        page.reload()
        page.evaluate("(count) => bench.begin(count)", tokens)
        before = busy(cdp)
        page.evaluate("(a) => bench.stream(...a)", [0, tokens, A_FRAME])
        seconds[tokens] = busy(cdp) - before
    return seconds


@cache
def front_end(name: str, wheel: str) -> bytes | None:
    """Return a front end, None where neither wheel nor package is there.

    Parameters
    ----------
    name
        Its path inside the package.
    wheel
        The path of a wheel; "" looks for the installed package.
    """
    if wheel:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(name)
    package, _, rest = name.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return (Path(spec.origin).parent / rest).read_bytes()


def guidance_messages(generation: Generation) -> list[dict[str, Any]]:
    """Return `TraceMessage`s of `TokenOutput`s, as `model_dump_json` has them."""
    return [
        {
            "message_id": position,
            "trace_id": position,
            "parent_trace_id": position - 1 if position else None,
            "node_attr": _token_output(generation, position),
            "class_name": "TraceMessage",
        }
        for position in range(len(generation))
    ]


def _token_output(generation: Generation, position: int) -> dict[str, Any]:
    row = generation[position]
    token = _token(row.bytes, row.logprob)
    return {
        "value": token["token"],
        "is_input": False,
        "is_generated": True,
        "is_force_forwarded": False,
        "latency_ms": 12.5,
        "token": token,
        "top_k": [_token(one.bytes, one.logprob) for one in row.alternatives],
        "class_name": "TokenOutput",
    }


def _token(piece: bytes, logprob: float) -> dict[str, Any]:
    return {
        "token": piece.decode("utf-8", "replace"),
        "bytes": base64.b64encode(piece).decode(),
        "prob": float(np.exp(logprob)),
        "masked": False,
    }


def guidance_state(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the frame saves at the end, and starts from when opened again."""
    return {
        "components": [message["node_attr"] for message in messages],
        "status": "Done",
        "shownMetrics": ["status", "consumed", "token reduction", "avg latency"],
        "metrics": {
            **dict.fromkeys(["wall time", "consumed", "avg latency"], 0),
            **dict.fromkeys(["token reduction", "ram", "vram"], 0),
            **{name: [0, 0, 0, 0, 0] for name in ("cpu", "gpu")},
            "status": "Done",
        },
        "requireFullReplay": False,
        "currentMessageId": len(messages),
        "backtrackCount": 0,
        "resetCount": 0,
    }


def circuitsvis_props(generation: Generation) -> dict[str, Any]:
    """Return what `circuitsvis.logits.token_log_probs` gives to its page."""
    rows = list(generation)
    return {
        "prompt": ["<s>", *(row.token for row in rows)],
        "topKLogProbs": [[one.logprob for one in row.alternatives] for row in rows],
        "topKTokens": [[one.token for one in row.alternatives] for row in rows],
        "correctTokenRank": [row.rank - 1 for row in rows],
        "correctTokenLogProb": [row.logprob for row in rows],
    }


def served(kind: str, generation: Generation) -> bytes:
    """Return what a rival's page asks for, as JSON."""
    if kind == "circuitsvis":
        return json.dumps(circuitsvis_props(generation)).encode()
    messages = guidance_messages(generation)
    if kind == "guidance":
        return json.dumps(guidance_state(messages)).encode()
    return json.dumps([json.dumps(message) for message in messages]).encode()


def guidance_sizes(generation: Generation, code: bytes) -> Sizes:
    """Return what guidance sends and saves a token, and its page."""
    messages = guidance_messages(generation)
    count = len(generation)
    sent = sum(len(json.dumps(one, separators=(",", ":"))) for one in messages)
    state = json.dumps(guidance_state(messages), separators=(",", ":"))
    return Sizes(sent / count, len(json.dumps(state)) / count, len(code))


def circuitsvis_sizes(generation: Generation, code: bytes) -> Sizes:
    """Return what CircuitsVis writes into the output a token, and its code."""
    text = json.dumps(circuitsvis_props(generation))
    saved = len(json.dumps(text)) / len(generation)
    return Sizes(len(text) / len(generation), saved, len(code))


SIZES = {"guidance": guidance_sizes, "circuitsvis": circuitsvis_sizes}
