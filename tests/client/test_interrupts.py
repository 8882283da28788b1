"""Interrupts, cancellation and closing: what arrived is kept, the request ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from lpwidgets.client.async_client import AsyncClient
from lpwidgets.errors import ConnectError
from tests.client.server import HELLO, Do, FaultServer, head, said, until

ROOT = Path(__file__).parents[2]
DRIP = (head(), said("a"), Do.REPEAT)

CHILD = """
import asyncio, json, signal, sys, time
import lpwidgets

client = lpwidgets.Client(base_url=sys.argv[1], model="m")
asked = []

def note(number, frame, handler=signal.getsignal(signal.SIGINT)):
    asked.append(time.monotonic())
    return handler(number, frame)

def ask():
    # asyncio.run has set a handler of its own by now.
    handler = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, lambda *a: note(*a, handler=handler))
    try:
        CALL
    except KeyboardInterrupt:
        end = time.monotonic()
    print(json.dumps([end - asked[0], client.last.status, len(client.last)]))

async def inside():
    ask()

RUN
"""
CALLS = {
    "generate": 'client.generate("Hi")',
    "stream": 'for _ in client.stream("Hi"): sum(range(200_000))',
}
RUNS = {
    "plain": "ask()",
    "asyncio.run": "try: asyncio.run(inside())\nexcept KeyboardInterrupt: pass",
    "a notebook's loop": "asyncio.new_event_loop().run_until_complete(inside())",
}


def interrupted(script: str, server: FaultServer) -> tuple[list[Any], str]:
    """Run a script, interrupt it once tokens flow, and return what it printed."""
    command = [sys.executable, "-c", script, server.url]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            server.wait(lambda server: server.sent > 30)
            os.kill(child.pid, signal.SIGINT)
            out, complaints = child.communicate(timeout=10)
            assert out, complaints
        finally:
            child.kill()
    return json.loads(out or "[]"), complaints


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_an_interrupt_returns_at_once(call: str, run: str) -> None:
    """Within half a second, with every token, and the server sees the end."""
    with FaultServer(DRIP) as server:
        script = CHILD.replace("CALL", call).replace("RUN", run)
        (seconds, status, tokens), complaints = interrupted(script, server)
        server.wait(lambda server: server.closed == 1)
    assert seconds < 0.5
    assert status == "interrupted"
    assert tokens > 20
    assert complaints == ""


@pytest.mark.parametrize("call", ["generate", "stream"])
def test_an_interrupt_that_strikes_as_the_wait_begins(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The request is on its way, and nobody looks at it yet: it ends all the same."""
    with FaultServer(DRIP) as server:

        def strike(*_: object) -> None:
            server.wait(lambda server: server.sent > 3)
            raise KeyboardInterrupt

        client = server.client()
        monkeypatch.setattr("lpwidgets.client.loop.Job.attend", strike)
        monkeypatch.setattr("lpwidgets.client.stream.weakref.finalize", strike)
        with pytest.raises(KeyboardInterrupt):
            getattr(client, call)("Hi")
        server.wait(lambda server: server.closed == server.opened == 1)
    assert client.last.status == "interrupted"


def test_an_answer_that_has_landed_is_not_asked_for() -> None:
    """An interrupt may be quicker than the first step of the request."""
    with FaultServer(DRIP) as server:
        flight = server.client().flight("Hi")
        assert flight.land().status == "interrupted"
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(flight.run())
        assert server.opened == 0


def test_an_interrupt_while_waiting_for_a_retry() -> None:
    """A server that says "later" does not hold up the interrupt."""
    later = (head("application/json", 429, "retry-after: 20"), b"{}" * 9, Do.REPEAT)
    script = (
        "import lpwidgets, sys, time, signal\n"
        "try: lpwidgets.Client(base_url=sys.argv[1], model='m').generate('Hi')\n"
        "except KeyboardInterrupt: print('[1]')"
    )
    with FaultServer(later) as server:
        assert interrupted(script, server)[0] == [1]


def test_cancelling_a_task_keeps_what_came() -> None:
    """The asynchronous client ends like the plain one."""

    async def ask(server: FaultServer) -> None:
        client = AsyncClient(base_url=server.url, model="m")
        task = asyncio.create_task(client.generate("Hi"))
        await asyncio.to_thread(server.wait, lambda server: server.sent > 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(server.wait, lambda server: server.closed == 1)
        assert client.last is not None
        assert client.last.status == "interrupted"
        assert len(client.last) > 5
        await client.close()

    with FaultServer(DRIP) as server:
        asyncio.run(ask(server))


def test_a_time_limit_around_a_call() -> None:
    """`asyncio.timeout` works as everywhere."""

    async def ask(server: FaultServer) -> None:
        async with AsyncClient(base_url=server.url, model="m") as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.generate("Hi")

    with FaultServer(DRIP) as server:
        asyncio.run(ask(server))
        server.wait(lambda server: server.closed == 1)


def test_leaving_an_asynchronous_stream_closes_it() -> None:
    """Breaking out of the loop and closing the generator ends the request."""

    async def ask(server: FaultServer) -> None:
        async with AsyncClient(base_url=server.url, model="m") as client:
            stream = client.stream("Hi")
            async for snapshot in stream:
                if len(snapshot) > 3:
                    break
            await stream.aclose()
            assert client.last is not None
            assert len(client.last) > 3
            assert client.last.status == "interrupted"

    with FaultServer(DRIP) as server:
        asyncio.run(ask(server))
        server.wait(lambda server: server.closed == 1)


def test_closing_a_stream_closes_the_request() -> None:
    """The end of a ``with`` ends the request, and keeps what came."""
    with FaultServer(DRIP) as server:
        client = server.client()
        with client.stream("Hi") as stream:
            while len(next(stream)) < 3:
                pass
        server.wait(lambda server: server.closed == 1)
        assert list(stream) == []
    assert client.last == stream.latest
    assert stream.latest.status == "interrupted"


def test_letting_go_of_a_stream_closes_the_request() -> None:
    """Breaking out of a loop over a stream ends the request too."""
    with FaultServer(DRIP) as server:
        client = server.client()
        for snapshot in client.stream("Hi"):
            if len(snapshot):
                break
        gc.collect()
        assert client.last
        assert client.last.status == "interrupted"
        server.wait(lambda server: server.closed == 1)


def test_a_stream_may_be_collected_at_any_moment() -> None:
    """Also where its exchange is at work: nothing waits for what it would wait for."""
    with FaultServer(DRIP) as server:
        client = server.client()
        stream = client.stream("Hi")
        next(stream)
        (exchange,) = stream._flight._exchanges
        with exchange._lock:
            del stream
            gc.collect()
        server.wait(lambda server: server.closed == 1)
    assert client.last
    assert client.last.status == "interrupted"


def test_an_error_in_the_loops_body_closes_the_request() -> None:
    """What the caller does with a snapshot may fail."""
    with FaultServer(DRIP) as server:
        with (
            contextlib.suppress(ZeroDivisionError),
            server.client().stream("Hi") as stream,
        ):
            len(next(stream)) / 0
        server.wait(lambda server: server.closed == 1)


def test_a_stream_that_is_closed_at_once() -> None:
    """Nothing came yet, and nothing is lost or left over."""
    with FaultServer((Do.HOLD,)) as server:
        stream = server.client().stream("Hi")
        stream.close()
        stream.close()
        assert (len(stream.latest), stream.latest.status) == (0, "interrupted")


def test_a_stream_raises_what_generate_would() -> None:
    """An error comes out of the loop, once; then the stream is over."""
    with FaultServer(()) as server:
        stream = server.client().stream("Hi")
        with pytest.raises(ConnectError, match="broke"):
            next(stream)
        assert list(stream) == []


def test_snapshots_grow_and_earlier_ones_stay() -> None:
    """Each snapshot is a value of its own; the last is finished."""
    with FaultServer(HELLO) as server:
        snapshots = list(server.client().stream("Hi"))
    lengths = [len(snapshot) for snapshot in snapshots]
    assert lengths == sorted(lengths)
    assert (snapshots[-1].text, snapshots[-1].status) == ("Hello", "complete")
    assert {s.status for s in snapshots} <= {"streaming", "complete"}


def test_a_plain_call_inside_a_running_loop() -> None:
    """A notebook's cell runs inside a loop."""

    async def cell(server: FaultServer) -> Any:
        return server.client().generate("Hi")

    with FaultServer(HELLO) as server:
        assert asyncio.run(cell(server)).text == "Hello"


def test_no_thread_is_left_for_each_call() -> None:
    """All plain clients share one loop in one thread."""
    with FaultServer(HELLO) as server:
        server.client().generate("Hi")
        before = {thread.name for thread in threading.enumerate()}
        for _ in range(5):
            server.client().generate("Hi")
        names = [thread.name for thread in threading.enumerate()]
    assert names.count("lpwidgets") == 1
    assert len(set(names) - before) <= 2  # asyncio's pool may grow


def test_closing_a_client_closes_its_connections() -> None:
    """A ``with`` leaves no socket."""
    keep = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
    with FaultServer((keep + b"\r\n{}", Do.HOLD)) as server:
        with server.client() as client, pytest.raises(Exception, match="no choices"):
            client.generate("Hi")
        until(lambda: server.closed == 1)
