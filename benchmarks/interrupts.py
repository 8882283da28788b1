"""Interrupts of a real kernel at random instants: how soon, what is kept, what runs on.

A kernel asks a loopback server that says a token every ten milliseconds, in three ways,
and the embedded model. Each cell is interrupted at a random instant of its first second
as the stop button does it. Then what the client kept is compared with what was sent.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import queue
import random
import statistics
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import httpx
import psutil  # type: ignore[import-untyped]
from jupyter_client.manager import KernelManager

from benchmarks.dripping import Dripping

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTS = 120
WAYS = ("generate", "stream", "magic", "generate", "local", "sleep")
FIRST = 0.05
"""Seconds until a cell surely runs; before, an interrupt is ipykernel's, and lost."""

ON_THE_WAY = 0.1
"""Seconds that a token may be on its way: to the kernel, and through its decoder."""

SETUP = """
import json
import lpwidgets as lp
%load_ext lpwidgets
clients = {{"server": lp.Client(base_url={url!r}, model="m")}}
answer = None

def local():
    if "local" not in clients:
        clients["local"] = lp.Client("local", progress=lambda line: None)
    return clients["local"]

def tell():
    kept = answer or next((c.last for c in clients.values() if c.last), None)
    return json.dumps(kept and [str(kept.status), [row.token for row in kept]])

def forget():
    global answer
    answer = None
    for client in clients.values():
        client.last = None
"""
STORY = '"Tell a long story.", max_tokens=400, temperature=0'
CELLS = {
    "generate": 'clients["server"].generate("Hi", model="run-{run}-")',
    "stream": 'for _ in clients["server"].stream("Hi", model="run-{run}-"): pass',
    "magic": "%%lp --base-url {url} -m run-{run}- -o answer\nHi",
    "local": f"local().generate({STORY})",
    "sleep": "import time; time.sleep(10)",  # what an interrupt takes without us
}


class Outcome(NamedTuple):
    """What an interrupt led to; seconds count from it.

    ``back`` is when the prompt was back; ``closed`` when the server saw the end, or the
    embedded engine was idle. ``lost`` counts tokens that had arrived and were not kept.
    """

    way: str
    ended: str
    back: float
    closed: float
    kept: int
    lost: int
    exact: bool


class Kernel:
    """A kernel, and what one can do to it."""

    def __init__(self, server: Dripping) -> None:
        self._server = server
        self._story: list[str] = []

    def __enter__(self) -> Self:
        self._manager = KernelManager()
        # An engine of its own: others on this machine may use the shared one.
        self._folder = tempfile.TemporaryDirectory(prefix="lpw-")
        self._manager.start_kernel(
            env=os.environ | {"LPWIDGETS_CACHE_DIR": self._folder.name}
        )
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self._run(SETUP.format(url=self._server.url))
        self.interrupt("sleep", -1, 0.5)  # IPython's first traceback takes a second
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()
        self._folder.cleanup()

    def _run(self, code: str, **options: Any) -> dict[str, Any]:
        reply = self._reply(self._client.execute(code, **options))
        assert reply["status"] == "ok", reply
        return reply

    def _reply(self, message: str) -> dict[str, Any]:
        while True:
            reply = self._client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == message:
                content: dict[str, Any] = reply["content"]
                return content

    def _begun(self, message: str) -> None:
        """Wait until a cell runs."""
        while True:
            heard = self._client.get_iopub_msg(timeout=60)
            mine = heard["parent_header"].get("msg_id") == message
            if mine and heard["msg_type"] == "execute_input":
                return

    def _told(self) -> Any:
        return json.loads(self._value("tell()"))

    def _value(self, expression: str) -> Any:
        reply = self._run("", user_expressions={"it": expression})
        told = reply["user_expressions"]["it"]
        assert "data" in told, told
        return ast.literal_eval(told["data"]["text/plain"])

    def start_local(self) -> None:
        """Start the embedded model, and hear the whole of what it will say."""
        self._run(f"answer = local().generate({STORY})")
        self._story = self._told()[1]
        where = 'str(local()._transport.endpoint.url("/"))'
        port = httpx.URL(self._value(where)).port
        pid = next(
            one.pid
            for one in psutil.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN and one.laddr.port == port
        )
        self._engine = psutil.Process(pid)

    def interrupt(self, way: str, run: int, after: float) -> Outcome:
        """Interrupt a cell some seconds after its start."""
        self._run("forget()")
        self._empty()
        message = self._client.execute(
            CELLS[way].format(run=run, url=self._server.url),
            store_history=False,
            stop_on_error=False,  # or what is asked next may be refused
        )
        self._begun(message)
        time.sleep(after)
        start = time.monotonic()
        self._manager.interrupt_kernel()
        reply = self._reply(message)
        back = time.monotonic() - start
        ended = reply.get("ename", reply["status"])
        status, tokens = self._told() or ("", [])
        sent = self._server.sent.get(run, [])
        truth = self._story if way == "local" else [f"{i} " for i in range(len(sent))]
        arrived = sum(moment < start - ON_THE_WAY for moment in sent)
        return Outcome(
            way,
            f"{ended}, {status}" if tokens else ended,
            back,
            self._idle(start) if way == "local" else self._closed(run, start),
            len(tokens),
            max(0, arrived - len(tokens)),
            tokens == truth[: len(tokens)],
        )

    def _idle(self, start: float) -> float:
        """Return the seconds until the engine computes no more, infinite after ten."""
        while (now := time.monotonic()) < start + 10:
            before = self._engine.cpu_times()
            time.sleep(0.05)
            after = self._engine.cpu_times()
            if after.user - before.user < 0.02:  # noqa: PLR2004
                return now - start
        return float("inf")

    def _empty(self) -> None:
        while True:
            try:
                self._client.get_iopub_msg(timeout=0)
            except queue.Empty:
                return

    def _closed(self, run: int, start: float) -> float:
        """Return the seconds until the server saw the end, infinite after ten."""
        while self._server.open and time.monotonic() < start + 10:
            time.sleep(0.002)
        if self._server.open:
            return float("inf")
        return max(0.0, self._server.closed.get(run, start) - start)


def interrupt_all(ways: Sequence[str], seed: int) -> list[Outcome]:
    """Interrupt a cell of each of these kinds, all in one kernel."""
    chance = random.Random(seed)  # noqa: S311
    with Dripping() as server, Kernel(server) as kernel:
        if "local" in ways:
            kernel.start_local()
        outcomes = [
            kernel.interrupt(way, run, chance.uniform(FIRST, 1))
            for run, way in enumerate(ways)
        ]
        assert server.open == 0
    return outcomes


def main() -> None:
    """Print a row a way."""
    ways = [WAYS[i % len(WAYS)] for i in range(INTERRUPTS)]
    outcomes = interrupt_all(ways, seed=1)
    packages = ("lpwidgets", "ipykernel", "jupyter-client")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"Python {platform.python_version()}, {versions}")
    print(
        f"{INTERRUPTS} interrupts; seconds until the prompt is back, and at most until"
    )
    print("the connection was closed (local: until the engine was idle)\n")
    print("way         n  median    p95    max  closed   kept  lost  exact")
    for way in (*dict.fromkeys(WAYS), "all ours"):
        ours = way == "all ours"
        some = [
            one for one in outcomes if way == one.way or (ours and one.way != "sleep")
        ]
        back = [one.back for one in some]
        p95 = statistics.quantiles(back, n=20, method="inclusive")[-1]
        print(
            f"{way:9}{len(some):4}{statistics.median(back):8.3f}{p95:7.3f}"
            f"{max(back):7.3f}{max(one.closed for one in some):8.3f}"
            f"{sum(one.kept for one in some):7,}{sum(one.lost for one in some):6}"
            f"{sum(one.exact for one in some):7}"
        )
    print("\nended as", dict(Counter(one.ended for one in outcomes)))


if __name__ == "__main__":
    main()
