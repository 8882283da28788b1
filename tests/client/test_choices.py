"""Several choices, several requests, several threads."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

import lpwidgets as lp
from lpwidgets.errors import AuthError, RequestError
from lpwidgets.generation import Generations
from tests.client.server import (
    DONE,
    HELLO,
    STOP,
    Do,
    FaultServer,
    async_mocked,
    event,
    mocked,
    said,
    streamed,
)

DEEPINFRA = {"provider": "deepinfra", "api_key": "k" * 20}


def echo(request: httpx.Request) -> httpx.Response:
    """Answer with the prompt."""
    prompt = json.loads(request.content)["messages"][-1]["content"]
    return streamed(said(prompt), STOP, DONE)


@pytest.mark.engine
def test_more_choices_than_the_server_takes_in_one_request() -> None:
    """The embedded engine takes four; six are six requests, seeds counting up."""
    with lp.Client("local") as client:
        six = client.generate("Name a fruit.", n=6, seed=1, max_tokens=8)
        assert len({one.text for one in six}) > 1
        assert [one.meta.parameters["seed"] for one in six] == [1, 2, 3, 4, 5, 6]
        assert [one.meta.choice for one in six] == list(range(6))
        four = client.generate("Name a fruit.", n=4, seed=1, max_tokens=8)
        assert four[0].meta.parameters["n"] == 4


def test_choices_interleave_in_one_stream() -> None:
    """Each event goes to the choice that it names."""
    events = (said("a"), said("b", index=1), said("c", index=1), said("d"))
    first, second = mocked(streamed(*events, DONE)).generate("Hi", n=2)
    assert (first.text, second.text) == ("ad", "bc")
    assert (first.meta.choice, second.meta.choice) == (0, 1)


def test_a_choice_that_ends_badly_leaves_the_others() -> None:
    """One is complete, the other is cut off."""
    cut = mocked(streamed(said("a"), said("b", index=1), STOP)).generate("Hi", n=2)
    assert [g.status for g in cut] == ["complete", "truncated"]
    assert [g.text for g in cut] == ["a", "b"]


def test_a_server_that_ignores_n() -> None:
    """The choices that never came are there, empty, and not called complete."""
    first, second = mocked(streamed(*HELLO[1:])).generate("Hi", n=2)
    assert (first.text, first.status) == ("Hello", "complete")
    assert (len(second), second.status) == (0, "truncated")
    assert "no such choice" in second.findings[0].text


def test_where_a_stream_holds_one_choice_requests_run_side_by_side() -> None:
    """No ``n`` is sent, and seeds differ, or all would say the same."""
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return streamed(*HELLO[1:])

    answers = mocked(answer, **DEEPINFRA).generate("Hi", n=3, seed=7)
    assert isinstance(answers, Generations)
    assert [(g.meta.choice, g.meta.choices) for g in answers] == [
        (0, 3),
        (1, 3),
        (2, 3),
    ]
    assert sorted(body["seed"] for body in bodies) == [7, 8, 9]
    assert not any("n" in body for body in bodies)


def test_several_need_no_seed() -> None:
    """Without one, the server draws as it likes."""
    client = mocked(lambda _: streamed(*HELLO[1:]), **DEEPINFRA)
    assert len(client.generate("Hi", n=2, seed=None)) == 2


def test_one_of_several_requests_may_fail() -> None:
    """The others live, and the failed one says why."""
    answers = [httpx.Response(401, json={"error": "no"}), streamed(*HELLO[1:])]
    result = mocked(lambda _: answers.pop(), **DEEPINFRA).generate("Hi", n=2)
    assert sorted(g.status for g in result) == ["complete", "error"]
    failed = next(g for g in result if g.status == "error")
    assert "answered 401: no" in failed.meta.error


def test_when_all_requests_fail_it_is_one_error() -> None:
    """The first error stands for all."""
    refusal = httpx.Response(401, json={"error": "no"})
    with pytest.raises(AuthError, match="answered 401: no"):
        mocked(refusal, **DEEPINFRA).generate("Hi", n=3)


def test_a_server_that_refuses_several_choices() -> None:
    """Its words are the message."""
    said = {"detail": [{"loc": ["body", "n"], "msg": "must be 1 when streaming"}]}
    with pytest.raises(RequestError, match=r"body\.n: must be 1 when streaming"):
        mocked(httpx.Response(422, json=said)).generate("Hi", n=2)


def test_closing_a_stream_of_several_requests_closes_all() -> None:
    """Each of them keeps what came."""
    script = (*HELLO[:2], Do.HOLD)
    with FaultServer(script) as server:
        client = server.client(provider="ollama")
        with client.stream("Hi", n=3) as stream:
            while sum(len(g) for g in next(stream)) < 3:
                pass
        server.wait(lambda server: server.closed == 3)
    assert [(g.text, g.status) for g in stream.latest] == [("Hel", "interrupted")] * 3


def test_one_client_in_many_threads() -> None:
    """Everyone gets the answer to the own question."""
    client = mocked(echo)
    prompts = [str(number) for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(client.generate, prompts))
    assert [answer.text for answer in answers] == prompts


def test_a_client_in_each_thread() -> None:
    """Clients share a loop, not their answers."""
    texts: dict[int, str] = {}

    def ask(number: int) -> None:
        texts[number] = mocked(echo).generate(str(number)).text

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {n: str(n) for n in range(12)}


def test_many_calls_at_once_over_real_connections() -> None:
    """Nothing is limited but by the server."""
    with FaultServer(HELLO) as server, ThreadPoolExecutor(16) as pool:
        client = server.client()
        answers = list(pool.map(client.generate, ["Hi"] * 48))
    assert {answer.text for answer in answers} == {"Hello"}
    assert len(server.requests) == 48


def test_many_tasks_of_one_asynchronous_client() -> None:
    """Each task gets the answer to the own question."""

    async def ask() -> list[Any]:
        client = async_mocked(echo)
        return await asyncio.gather(*(client.generate(str(n)) for n in range(40)))

    assert [g.text for g in asyncio.run(ask())] == [str(n) for n in range(40)]


def test_one_asynchronous_client_in_one_loop_after_another() -> None:
    """`asyncio.run` makes a new loop each time, and old ones are let go."""
    client = async_mocked(echo)
    texts = [asyncio.run(client.generate(str(n))).text for n in range(3)]
    assert texts == ["0", "1", "2"]
    assert len(client._transport._clients) == 1


def test_asynchronous_streams_grow() -> None:
    """The last snapshot is finished."""

    async def ask() -> list[Any]:
        client = async_mocked(lambda _: streamed(*HELLO[1:]))
        return [snapshot async for snapshot in client.stream("Hi")]

    assert asyncio.run(ask())[-1].text == "Hello"


def test_an_asynchronous_stream_raises_what_generate_would() -> None:
    """An error comes out of the loop."""

    async def ask() -> None:
        client = async_mocked(httpx.Response(401, json={"error": "no"}))
        async for _ in client.stream("Hi"):
            pass

    with pytest.raises(AuthError, match="answered 401: no"):
        asyncio.run(ask())


def test_the_newest_answer_is_kept() -> None:
    """Also after a call that failed."""
    refusal = event(error={"message": "no"})
    answers = [streamed(refusal), streamed(*HELLO[1:])]
    client = mocked(lambda _: answers.pop())
    assert client.last is None
    answer = client.generate("Hi")
    with pytest.raises(Exception, match="reported: no"):
        client.generate("Hi")
    assert client.last == answer
