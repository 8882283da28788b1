"""Answers that end too early, at any byte and in any way."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from benchmarks.cut_streams import STREAMS, WAYS, CuttingServer
from benchmarks.faults import Ours, ask_all
from lpwidgets.errors import ConnectError, LpError, WireError
from tests.client.server import (
    BODY,
    DONE,
    HELLO,
    STOP,
    Do,
    FaultServer,
    async_mocked,
    head,
    mocked,
    said,
    streamed,
    until,
)

if TYPE_CHECKING:
    from lpwidgets.generation import Generation

TOKENS = ["Hé", "l\u2028", "o"]
STREAM = b"".join((b": ping\r\n\r\n", *map(said, TOKENS), STOP, DONE))
ENDS = [STREAM.index(said(token)) + len(said(token)) - 2 for token in TOKENS]
FINISHED = STREAM.index(STOP) + len(STOP) - 2


async def at_every_cut(*after: bytes | Exception) -> list[Generation | LpError]:
    """Return what comes of the stream cut at each byte, and followed by something."""
    cut = [0]
    client = async_mocked(lambda _: streamed(STREAM[: cut[0]], *after))
    outcomes: list[Generation | LpError] = []
    for cut[0] in range(len(STREAM)):
        try:
            outcomes.append(await client.generate("Hi"))
        except LpError as error:
            outcomes.append(error)
    return outcomes


def expected_tokens(cut: int) -> list[str]:
    """Return the tokens whose events were there by then."""
    return [token for token, end in zip(TOKENS, ENDS, strict=True) if cut >= end]


def test_a_clean_end_at_every_byte() -> None:
    """Each prefix gives its tokens exactly; complete needs a finish reason."""
    outcomes = asyncio.run(at_every_cut())
    for cut, answer in enumerate(outcomes):
        assert not isinstance(answer, LpError)
        assert [row.token for row in answer] == expected_tokens(cut)
        assert answer.text == "".join(expected_tokens(cut))
        assert answer.status == ("complete" if cut >= FINISHED else "truncated")


def test_a_reset_at_every_byte() -> None:
    """Before the first token it is an error, afterwards the tokens stay, cut off."""
    outcomes = asyncio.run(at_every_cut(httpx.ReadError("reset")))
    for cut, answer in enumerate(outcomes):
        if isinstance(answer, LpError):
            assert isinstance(answer, ConnectError)
            # Without its blank line a first event does not keep from asking again.
            assert not expected_tokens(cut - 2)
            continue
        assert [row.token for row in answer] == expected_tokens(cut)
        finished = cut >= FINISHED
        assert answer.status == ("complete" if finished else "truncated")
        assert finished or "reset" in answer.meta.error


def test_garbage_after_every_byte() -> None:
    """What follows a cut and is no event ends the answer, and the tokens stay."""
    outcomes = asyncio.run(at_every_cut(b"<html>\xff\n\n\n", b"data: {]\n\n"))
    for cut, answer in enumerate(outcomes):
        # Without its line's end an event runs into the garbage.
        tokens = expected_tokens(cut - 1)
        if isinstance(answer, LpError):
            assert isinstance(answer, WireError)
            assert not tokens
            continue
        assert [row.token for row in answer] == tokens
        assert answer.status in {"error", "complete"}
        assert (answer.status == "complete") == (cut > FINISHED)


@pytest.mark.parametrize("name", STREAMS)
def test_a_real_connection_cut_in_every_way(name: str) -> None:
    """Here at some of the bytes; `benchmarks/faults.py` does it at each of them."""
    with CuttingServer() as server:
        ours = Ours(server.url)
        counts = ask_all(ours, name, WAYS, step=37)
        ours.close()
        until(lambda: server.open == 0)
    total = sum(counts.values(), Counter())
    assert set(total) <= {"complete", "cut, said so", "typed error"}
    assert total["cut, said so"] > total["typed error"] > 0


def test_a_whole_body_cut_at_every_byte() -> None:
    """Half a JSON document is an error in words, never an exception of a parser."""
    headers = {"content-type": "application/json"}
    for cut in range(len(BODY)):
        response = httpx.Response(200, content=BODY[:cut], headers=headers)
        with pytest.raises(WireError, match="not JSON"):
            mocked(response).generate("Hi", stream=False)


@pytest.mark.parametrize("after", [(), (Do.RESET,)], ids=["closed", "reset"])
@pytest.mark.parametrize("tokens", [1, 2])
def test_a_connection_that_breaks_between_tokens(
    tokens: int, after: tuple[Do, ...]
) -> None:
    """Over a real connection the tokens that came are kept, nothing is retried."""
    with FaultServer((*HELLO[: 1 + tokens], *after)) as server:
        stream = server.client().stream("Hi")
        seen = [len(snapshot) for snapshot in stream]
        answer = stream.latest
    assert answer.status == "truncated"
    assert len(answer) == seen[-1]
    assert len(answer) == tokens or after  # a reset may overtake what was sent
    assert len(server.requests) == 1 or not len(answer)


def test_a_body_shorter_than_announced() -> None:
    """A content-length that is not met is a break, not an end."""
    top = head("text/event-stream", 200, "content-length: 9999")
    with FaultServer((top, said("a"))) as server:
        answer = server.client().generate("Hi")
    assert (answer.text, answer.status) == ("a", "truncated")
    assert "broke" in answer.findings[0].text


def test_a_broken_attempt_leaves_nothing_behind() -> None:
    """A retry starts afresh: half an event of the first attempt does not count."""
    top = head("text/event-stream", 200, "content-length: 9999")
    with FaultServer((top, b'data: {"choi'), HELLO) as server:
        answer = server.client().generate("Hi")
    assert (answer.text, answer.status) == ("Hello", "complete")
    assert len(server.requests) == 2


def test_a_broken_whole_body_is_asked_for_again() -> None:
    """Half a document and a whole one are not put together."""
    top = head("application/json", 200, "content-length: 9999")
    with FaultServer((top, BODY[:50]), (head("application/json"), BODY)) as server:
        assert server.client().generate("Hi", stream=False).text == "Hi"


@pytest.mark.parametrize("script", [(), (b"",), (b"HTTP/1.1 200 OK\r\ncon",)])
def test_a_connection_that_ends_before_an_answer(script: tuple[bytes, ...]) -> None:
    """Silence is a broken connection, tried three times."""
    with (
        FaultServer(script) as server,
        pytest.raises(ConnectError, match="broke"),
    ):
        server.client().generate("Hi")
    assert len(server.requests) == 3


def test_what_is_no_http_at_all() -> None:
    """Another protocol at the port is an error in words."""
    with (
        FaultServer((b"SSH-2.0-OpenSSH_9.2\r\n",)) as server,
        pytest.raises(ConnectError, match="broke"),
    ):
        server.client().generate("Hi")


def test_a_server_that_falls_silent_after_tokens() -> None:
    """A stall longer than the timeout keeps the tokens and says so."""
    with FaultServer((*HELLO[:3], Do.HOLD)) as server:
        answer = server.client(timeout=0.2).generate("Hi")
        server.wait(lambda server: server.closed == 1)
    assert (answer.text, answer.status) == ("Hello", "truncated")
    assert "timeout=" in answer.meta.error


@pytest.mark.parametrize("script", [(Do.HOLD,), (head(), Do.HOLD)])
def test_a_server_that_never_says_anything(script: tuple[bytes | Do, ...]) -> None:
    """Silence from the start is one error, not three waits."""
    with FaultServer(script) as server:
        with pytest.raises(ConnectError, match="went silent"):
            server.client(timeout=0.2).generate("Hi")
        assert len(server.requests) == 1


def test_an_announced_end_is_not_waited_out() -> None:
    """After [DONE] an open connection does not hold up the answer for long."""
    with FaultServer((*HELLO, Do.HOLD)) as server:
        answer = server.client().generate("Hi")
        server.wait(lambda server: server.closed == 1)
    assert answer.status == "complete"
    assert answer.meta.seconds < 5


def test_a_refusal_whose_body_breaks_is_still_that_refusal() -> None:
    """The status counts more than the body that did not come whole."""
    top = head("application/json", 404, "content-length: 99")
    with (
        FaultServer((top, b'{"err')) as server,
        pytest.raises(LpError, match="answered 404"),
    ):
        server.client().generate("Hi")


@pytest.mark.parametrize("body", [b"", b": ping\n\n", b"data: {}\n\n"])
def test_a_stream_without_anything_is_truncated(body: bytes) -> None:
    """Nothing at all is said to be nothing."""
    answer = mocked(streamed(body)).generate("Hi")
    assert (len(answer), answer.status) == (0, "truncated")
    assert "without an end mark" in answer.findings[0].text
