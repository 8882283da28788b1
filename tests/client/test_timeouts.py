"""How long a client waits: for a connection, for a byte, for the whole answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
import stamina

from lpwidgets.client.async_client import AsyncClient
from lpwidgets.client.client import Client
from lpwidgets.client.transport import MAX_CONNECT
from lpwidgets.errors import ConnectError, InputError
from tests.client.server import HELLO, Do, FaultServer, head, mocked, said, streamed

DRIP = (head(), said("a"), Do.REPEAT)
PINGS = (head(), b": ping\n\n", Do.REPEAT)


def test_a_total_timeout_keeps_the_tokens_and_says_which_it_was() -> None:
    """A server that goes on and on is left, with all that it said."""
    with FaultServer(DRIP) as server:
        answer = server.client(total_timeout=0.5).generate("Hi")
        server.wait(lambda server: server.closed == 1)
        assert 3 < len(answer) <= server.sent
    assert answer.status == "truncated"
    assert "total_timeout=0.5 seconds" in answer.meta.error
    assert 0.5 <= answer.meta.seconds < 2


def test_a_total_timeout_of_the_asynchronous_client() -> None:
    """It is no cancellation: the call returns, and a time limit around it is whole."""

    async def ask(server: FaultServer) -> Any:
        async with (
            AsyncClient(base_url=server.url, model="m", total_timeout=0.3) as client,
            asyncio.timeout(5),
        ):
            return await client.generate("Hi")

    with FaultServer(DRIP) as server:
        answer = asyncio.run(ask(server))
        server.wait(lambda server: server.closed == 1)
    assert answer.status == "truncated"
    assert len(answer) > 1


@pytest.mark.parametrize("script", [PINGS, (Do.HOLD,), (head(), Do.HOLD)])
def test_a_total_timeout_before_the_first_token(script: Any) -> None:
    """Pings keep a connection alive, but are no answer."""
    with FaultServer(script) as server:
        with pytest.raises(ConnectError, match=r"total_timeout=0\.3") as caught:
            server.client(total_timeout=0.3).generate("Hi")
        server.wait(lambda server: server.closed == 1)
        assert len(server.requests) == 1
    assert len(str(caught.value).splitlines()) <= 3


def test_a_total_timeout_counts_retries() -> None:
    """Whatever a server asks to wait."""
    answer = httpx.Response(503, headers={"retry-after": "5"})
    start = time.monotonic()
    with (
        stamina.set_testing(False),
        pytest.raises(ConnectError, match="total_timeout"),
    ):
        mocked(lambda _: answer, total_timeout=0.3).generate("Hi")
    assert time.monotonic() - start < 2


def test_an_answer_in_time_is_whole() -> None:
    """Also when the server leaves the connection open after its end."""
    with FaultServer((*HELLO, Do.HOLD)) as server:
        answer = server.client(total_timeout=0.5).generate("Hi")
    assert (answer.text, answer.status, answer.meta.error) == ("Hello", "complete", "")


def test_pings_keep_a_slow_server_alive() -> None:
    """`timeout` is about silence only."""
    with FaultServer(PINGS) as server:
        client = server.client(timeout=0.2, total_timeout=0.8)
        with pytest.raises(ConnectError, match=r"total_timeout=0\.8"):
            client.generate("Hi")


@pytest.mark.parametrize(("timeout", "connect"), [(120, MAX_CONNECT), (2, 2)])
def test_a_connection_is_waited_for_only_briefly(
    timeout: float, connect: float
) -> None:
    """However long an answer may take."""
    seen: list[dict[str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return streamed(*HELLO[1:])

    mocked(answer, timeout=timeout).generate("Hi")
    assert seen[0]["connect"] == connect <= 10
    assert seen[0]["read"] == timeout


@pytest.mark.parametrize("value", [0, -1, "5", True, float("nan")])
def test_a_total_timeout_that_is_none(value: Any) -> None:
    """The message names it, and a call is told where it goes."""
    with pytest.raises(InputError, match="total_timeout="):
        Client(base_url="http://127.0.0.1:1/v1", total_timeout=value)
    with pytest.raises(InputError, match="goes into the client"):
        mocked(streamed()).generate("Hi", total_timeout=5)
