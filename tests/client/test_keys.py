"""A key is sent to whom it is for, and shown to nobody."""

from __future__ import annotations

import json
import logging
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest

import lpwidgets
from lpwidgets.client.async_client import AsyncClient
from lpwidgets.client.client import Client
from lpwidgets.client.keys import Key
from lpwidgets.errors import InputError, LpError, MissingKeyError
from tests.client.server import (
    DONE,
    HELLO,
    STOP,
    FaultServer,
    event,
    head,
    mocked,
    said,
    streamed,
)

KEY = "sk-made-up-0123456789abcdef"
AUTHORIZATION = f"authorization: bearer {KEY}".encode()


def dump(thing: object, seen: set[int] | None = None) -> str:
    """Return all that `vars` shows of a thing and what it holds."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return ""
    seen.add(id(thing))
    if isinstance(thing, dict):
        parts: list[Any] = [*thing, *thing.values()]
    elif isinstance(thing, list | tuple | set):
        parts = list(thing)
    else:
        parts = [getattr(thing, "__dict__", {})] if hasattr(thing, "__dict__") else []
    return repr(thing) + "".join(dump(part, seen) for part in parts)


OURS = str(Path(lpwidgets.__file__).parent)


def everything_in(error: BaseException) -> str:
    """Return all that an error shows: chain, attributes, locals of our frames."""
    parts = [repr(error), str(error), dump(error.args), dump(vars(error))]
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(OURS):
            parts.append(repr(dict(trace.tb_frame.f_locals)))
        trace = trace.tb_next
    chain = (error.__cause__, error.__context__)
    return "".join(parts) + "".join(everything_in(e) for e in chain if e)


def refuse(status: int) -> httpx.Response:
    """Return a refusal that echoes the key."""
    return httpx.Response(status, json={"error": f"bad key {KEY}, {KEY[:12]}…"})


def fail(_: httpx.Request) -> httpx.Response:
    """Break the connection with an error that has the key."""
    raise httpx.ReadError(f"Illegal header value b'Bearer {KEY}'")


def page(_: httpx.Request) -> httpx.Response:
    """Answer with a page that has the key at the edge of what is quoted."""
    text = "x" * 60 + KEY
    return httpx.Response(200, text=text, headers={"content-type": f"text/html;{KEY}"})


ECHOES: dict[str, Any] = {
    **{f"status {status}": refuse(status) for status in (400, 401, 403, 404, 429, 500)},
    "redirect": httpx.Response(302, headers={"location": f"https://x.test/?key={KEY}"}),
    "broken": fail,
    "page": page,
    "page with 502": httpx.Response(502, text="x" * 70 + KEY),
    "long message": httpx.Response(400, json={"error": "x" * 290 + KEY}),
    "not json": httpx.Response(200, text="{" + "x" * 60 + KEY),
    "no choices": httpx.Response(200, json={"you": KEY}),
    "error event": lambda _: streamed(event(error={"message": f"bad {KEY}"})),
    "no chunk": lambda _: streamed(b'data: {"x": "' + KEY.encode() + b"\n\n"),
}


@pytest.mark.parametrize("answer", ECHOES.values(), ids=ECHOES)
def test_no_error_has_the_key(answer: Any) -> None:
    """Not in its message, attributes, causes, or the locals of its frames."""
    client = mocked(answer, api_key=KEY)
    with pytest.raises(LpError) as caught:
        client.generate("Hi")
    assert KEY[:12] not in everything_in(caught.value)
    assert caught.value.__context__ is None
    assert KEY not in pickle.dumps(caught.value).decode("latin-1")


@pytest.mark.parametrize(
    "arguments",
    [
        {"provider": "nobody"},
        {"base_url": "example.test/v1"},
        {"base_url": "http://example.test/v1"},
        {"base_url": "https://example.test/v1", "timeout": 0},
        {"base_url": "https://example.test/v1", "api_key": KEY + " x"},
        {"base_url": "https://example.test/v1", "api_key": KEY + "é"},
    ],
)
def test_no_wrong_argument_shows_the_key(arguments: dict[str, Any]) -> None:
    """Not in the message, nor in the locals of the frames that refuse it."""
    given: dict[str, Any] = {"api_key": KEY} | arguments
    with pytest.raises(InputError) as caught:
        Client(**given)
    assert KEY[:12] not in everything_in(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    "arguments",
    [
        {"provider": KEY},
        {"base_url": KEY},
        {"base_url": f"https://user:{KEY}@example.test/v1"},
        {"base_url": f"user:{KEY}@example.test/v1"},
        {"base_url": f"https://example.test/v1?key={KEY}"},
        {"base_url": f"http://a:b:{KEY}/v1"},
        {"base_url": "https://example.test/v1", "api_key": KEY.encode()},
    ],
)
def test_a_key_in_the_wrong_argument_is_not_quoted(arguments: dict[str, Any]) -> None:
    """People paste keys where they do not belong."""
    with pytest.raises(InputError) as caught:
        Client(**arguments)
    assert KEY[:12] not in repr(caught.value)


@pytest.mark.parametrize(
    "name", ["api_key", "base_url", "timeout", "transport", "extra_headers"]
)
def test_what_belongs_to_the_client_is_never_sent(name: str) -> None:
    """A key given to a call would end up in the request and in meta."""
    client = mocked(lambda _: streamed(*HELLO[1:]))
    options: dict[str, Any] = {name: KEY}
    with pytest.raises(InputError, match=rf"Client\(…, {name}=…\)") as caught:
        client.generate("Hi", **options)
    assert KEY not in str(caught.value)


def test_a_key_from_the_environment_that_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A variable with rubbish in it is not shown either."""
    monkeypatch.setenv("DEEPINFRA_API_KEY", f"{KEY}\u200b {KEY}")
    with pytest.raises(MissingKeyError, match="copy it once more") as caught:
        Client("deepinfra")
    assert KEY not in everything_in(caught.value)


def test_neither_the_client_nor_the_answer_has_the_key() -> None:
    """Not in repr, vars, meta, a pickle of the answer, nor in a snapshot."""
    client = mocked(lambda _: streamed(*HELLO[1:]), api_key=KEY)
    answer = client.generate("Hi")
    assert KEY not in dump(client) + dump(answer) + repr(answer.meta)
    assert KEY not in pickle.dumps(answer).decode("latin-1")
    assert KEY not in "".join(map(dump, client.stream("Hi")))


@pytest.mark.parametrize("thing", [Key(KEY), mocked(refuse(500), api_key=KEY)])
def test_nothing_with_a_key_is_pickled(thing: object) -> None:
    """A pickle would be a file with the key in it."""
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(thing)


def test_an_echo_after_the_first_token_is_hidden_too() -> None:
    """Status and findings quote the server without the key."""
    broken = event(error={"message": f"bad {KEY}"})
    answer = mocked(streamed(said("a"), broken), api_key=KEY).generate("Hi")
    odd = event(choices=[{"delta": {"content": "a"}, "logprobs": KEY}])
    unread = mocked(streamed(odd, STOP, DONE), api_key=KEY).generate("Hi")
    assert answer.meta.error == "bad …"
    assert KEY not in dump(answer) + repr(answer.findings)
    assert json.loads(unread.meta.unread) == "…"


def test_no_log_has_the_key(caplog: pytest.LogCaptureFixture) -> None:
    """At its most talkative the network's log has none, nor has that of retries."""
    with FaultServer((head(status=500), KEY.encode()), HELLO) as server:
        caplog.set_level(logging.DEBUG)
        server.client(api_key=KEY).generate("Hi")
    assert caplog.records
    assert KEY not in caplog.text + "".join(dump(vars(r)) for r in caplog.records)


def test_the_key_is_sent_once_as_a_bearer() -> None:
    """To the origin it was given for."""
    with FaultServer(HELLO) as server:
        server.client(api_key=f" {KEY}\n").generate("Hi")
        assert server.requests[0].lower().count(AUTHORIZATION) == 1


@pytest.mark.parametrize("api_key", ["", "  ", None])
def test_no_key_sends_no_header(api_key: str | None) -> None:
    """An empty key is none."""
    with FaultServer(HELLO) as server:
        server.client(api_key=api_key).generate("Hi")
        assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ({"provider": "deepinfra"}, True),
        ({"provider": "DeepInfra "}, True),
        ({"provider": "deepinfra", "base_url": "https://api.deepinfra.com:443"}, True),
        ({"provider": "deepinfra", "base_url": "https://api.deepinfra.com.x"}, False),
        ({"provider": "deepinfra", "base_url": "https://api.deepinfra.com:44"}, False),
        ({"provider": "deepinfra", "base_url": "http://api.deepinfra.com"}, False),
        ({"provider": "deepinfra", "base_url": "http://127.0.0.1:8000"}, False),
        ({"provider": "deepinfra", "api_key": ""}, None),
        ({"base_url": "https://api.deepinfra.com/v1/openai"}, False),
        ({"provider": "openai"}, None),
    ],
)
def test_an_environments_key_goes_to_its_own_host_only(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], sent: bool | None
) -> None:
    """Another host, port or scheme gets none; None: a clear error instead."""
    monkeypatch.setenv("DEEPINFRA_API_TOKEN", KEY)
    headers: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        headers.append(httpx.Headers(request.headers))
        return streamed(*HELLO[1:])

    if sent is None:
        with pytest.raises(MissingKeyError, match="set the environment variable"):
            mocked(answer, **arguments)
        return
    mocked(answer, **arguments).generate("Hi")
    assert ("authorization" in headers[0]) == sent


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ({}, {"x-goog-api-key": KEY}),
        ({"api_key": KEY[::-1]}, {"x-goog-api-key": KEY[::-1]}),
        ({"base_url": "https://generativelanguage.googleapis.com.x"}, {}),
        ({"base_url": "http://127.0.0.1:8000"}, {}),
        ({"base_url": "https://a.test", "api_key": KEY}, {"x-goog-api-key": KEY}),
    ],
)
@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_a_key_in_a_header_of_its_own_is_bound_as_well(
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    sent: dict[str, str],
    variable: str,
) -> None:
    """To one origin, in no other header, and only while it is sent."""
    monkeypatch.setenv(variable, KEY)
    requests, headers = [], []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        headers.append(request.headers.copy())
        return refuse(400)

    client = mocked(answer, provider="gemini", **arguments)
    with pytest.raises(LpError) as caught:
        client.generate("Hi")
    names = ("authorization", "x-goog-api-key")
    assert {name: headers[0][name] for name in names if name in headers[0]} == sent
    assert not any(name in requests[0].headers for name in names)
    if arguments.get("api_key", KEY) == KEY and sent:
        assert KEY[:12] not in everything_in(caught.value)
    assert KEY not in str(requests[0].url) + dump(client)


@pytest.mark.parametrize("variable", ["API_KEY", "API_TOKEN", "TOKEN"])
def test_each_variable_of_a_provider_is_found(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """All three names that DeepInfra's own documents use."""
    monkeypatch.setenv(f"DEEPINFRA_{variable}", KEY)
    assert "deepinfra" in repr(Client("deepinfra"))


def test_openai_base_url_gets_no_key_of_openai(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment may name another host, but not send it the key."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultServer(HELLO) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/")
        Client("openai").generate("Hi")
        assert server.requests[0].startswith(b"POST /v1/chat/completions ")
        assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_key_never_travels_unencrypted(kind: type[Client | AsyncClient]) -> None:
    """Plain http to another machine is refused before anything is sent."""
    with pytest.raises(
        MissingKeyError, match=r"unencrypted to example\.test: use https"
    ):
        kind(base_url="http://example.test/v1", api_key=KEY)


def test_a_key_is_not_carried_through_a_redirect() -> None:
    """The other server is never asked."""
    with FaultServer(HELLO) as other:
        moved = head("text/plain", 307, f"location: {other.url}/chat/completions")
        with FaultServer((moved,)) as server, pytest.raises(LpError, match="redirects"):
            server.client(api_key=KEY).generate("Hi")
        assert other.requests == []
