"""Errors with all that tracebacks can show, logs, warnings."""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.ultratb import VerboseTB

import lpwidgets as lp
from tests.canary.echo import ANSWER, CUT, FAULTS, SAID, tree
from tests.canary.needles import KEY, found_in, places_with_key
from tests.client.server import FaultServer, head

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = "http://elsewhere.test/v1"
REFUSED: dict[str, Callable[[], object]] = {
    "plain http": lambda: lp.Client(base_url=PLAIN, api_key=KEY),
    "no model": lambda: lp.Client("vllm", api_key=KEY).generate("Hi"),
    "in the address": lambda: lp.Client(base_url=f"https://u:{KEY}@elsewhere.test"),
    "in the query": lambda: lp.Client(base_url=f"https://elsewhere.test/v1?key={KEY}"),
    "in the fragment": lambda: lp.Client(base_url=f"https://elsewhere.test/v1#{KEY}"),
    "as the provider": lambda: lp.Client(KEY),
    "as the address": lambda: lp.Client(base_url=KEY),
    "as bytes": lambda: lp.Client("vllm", api_key=KEY.encode()),  # type: ignore[arg-type]
    "in a list": lambda: lp.Client("vllm", api_key=[KEY]),  # type: ignore[arg-type]
    "with a space": lambda: lp.Client("vllm", api_key=f"{KEY} {KEY}"),
    "with a letter": lambda: lp.Client("vllm", api_key=f"{KEY}é"),
    "wrong provider": lambda: lp.Client("nobody", api_key=KEY),
    "wrong timeout": lambda: lp.Client("vllm", api_key=KEY, timeout=0),
    "wrong model": lambda: lp.Client("vllm", api_key=KEY, model=5),  # type: ignore[arg-type]
    "wrong transport": lambda: lp.Client("vllm", api_key=KEY, transport=5),  # type: ignore[arg-type]
    "unknown argument": lambda: lp.Client("vllm", api_key=KEY, modle="m"),  # type: ignore[call-arg]
    "in the wrong place": lambda: lp.Client("vllm", KEY),  # type: ignore[call-arg]
    "no prompt": lambda: lp.Client("vllm", api_key=KEY, model="m").generate(""),
}


def shown(error: BaseException) -> dict[str, str | bytes]:
    """Return all that an error shows, and that ever so talkative tracebacks do."""
    kind, trace = type(error), error.__traceback__
    frames = traceback.TracebackException(kind, error, trace, capture_locals=True)
    verbose = VerboseTB(theme_name="nocolor", include_vars=True)
    return {
        "words": f"{error!r} {error} {error.args!r}",
        "tree": tree(error) + tree(error.__cause__) + tree(error.__context__),
        "traceback": "".join(frames.format()),
        "verbose": verbose.text(kind, error, trace),
        "pickle": pickle.dumps(error),
    }


def caught(call: Callable[[], object]) -> BaseException:
    """Return what a call raises."""
    with pytest.raises((lp.LpError, TypeError)) as info:
        call()
    return info.value


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_of_a_server_that_repeats_it(fault: str) -> None:
    """Whatever is wrong, streaming or not, in either client."""
    with FaultServer(FAULTS[fault]) as server:
        places = {
            f"{stream} {name}": said
            for stream in (True, False)
            for name, said in shown(_asked(server, stream=stream)).items()
        }
        places |= shown(_awaited(server.url))
        assert all(KEY.encode() in request for request in server.requests)
    assert places_with_key(places) == {}


def _asked(server: FaultServer, *, stream: bool) -> BaseException:
    client = server.client(api_key=KEY)
    return caught(lambda: client.generate("Hi", stream=stream))


def _awaited(url: str) -> BaseException:
    client = lp.AsyncClient(base_url=url, model="m", api_key=KEY)

    async def ask() -> None:
        async with client:
            await client.generate("Hi")

    return caught(lambda: asyncio.run(ask()))


@pytest.mark.parametrize("refused", REFUSED)
def test_an_error_before_anything_is_sent(refused: str) -> None:
    """Of a key in the wrong place, or beside a wrong argument."""
    error = caught(REFUSED[refused])
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    places = {"words": f"{error!r} {error}", "traceback": "".join(frames.format())}
    assert places_with_key(places) == {}


def test_logs_and_warnings(caplog: pytest.LogCaptureFixture) -> None:
    """Of every logger at its most talkative, and of asyncio's debugging.

    Except httpcore's, which writes a server's headers down: one that repeats the key
    in a header has it logged there, if somebody turns that log on.
    """
    caplog.set_level(logging.DEBUG)
    refusal = (head("application/json", 500), SAID)
    plain, cut = (head(), *ANSWER[1:]), (head(), *CUT[1:])
    with (
        warnings.catch_warnings(record=True) as warned,
        FaultServer(refusal, plain, cut) as server,
    ):
        warnings.simplefilter("always")
        client = server.client(api_key=KEY)
        client.generate("Hi")
        asyncio.run(_debugged(server.url), debug=True)
        client.close()
    records = "".join(tree(vars(record)) for record in caplog.records)
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert {"httpx", "httpcore", "asyncio", "stamina"} <= names
    assert not found_in(caplog.text + records + repr([str(w) for w in warned]))


async def _debugged(url: str) -> None:
    async with lp.AsyncClient(base_url=url, model="m", api_key=KEY) as client:
        await client.generate("Hi")


def test_a_key_never_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by a redirect, not by http to another machine, not by an environment."""
    monkeypatch.setenv("DEEPINFRA_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultServer(ANSWER) as other:
        where = f"location: {other.url}/chat/completions\r\n\r\n".encode()
        moved: Any = (b"HTTP/1.1 308 Moved\r\ncontent-length: 0\r\n" + where,)
        with FaultServer(moved) as server:
            said = shown(_asked(server, stream=True))
            assert KEY.encode() in server.requests[0]
        assert other.requests == []
        for provider in ("deepinfra", "openai"):
            lp.Client(provider, base_url=other.url, model="m").generate("Hi")
        assert not any(found_in(request) for request in other.requests)
        assert len(other.requests) == 2
    assert places_with_key(said) == {}
    assert "elsewhere.test" in str(caught(REFUSED["plain http"]))
    assert sys.exc_info() == (None, None, None)
