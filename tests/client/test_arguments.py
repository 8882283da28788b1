"""What people type, right and wrong."""

from __future__ import annotations

import inspect
import json
from typing import Any

import httpx
import numpy as np
import pytest

from lpwidgets.client.async_client import AsyncClient
from lpwidgets.client.client import Client
from lpwidgets.client.endpoint import Remote
from lpwidgets.client.providers import PROVIDERS
from lpwidgets.errors import InputError, RequestError
from tests.client.server import HELLO, mocked, streamed

ROW = {"role": "user", "content": "Hi"}


def sent_by(prompt: Any = "Hi", options: Any = None, **client: Any) -> Any:
    """Return the body that a call sends."""
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return streamed(*HELLO[1:])

    mocked(answer, **client).generate(prompt, **(options or {}))
    return bodies[-1]


def refused(call: Any) -> str:
    """Return the message of the error that a call ends in, which is short."""
    with pytest.raises(InputError) as caught:
        call()
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        ("nobody", "no provider 'nobody'; there are: local, deepinfra, openai"),
        ("open ai", "base_url="),
        ("gpt-4", "there are: local"),
        (5, "there are: local"),
        (["openai"], "there are: local"),
        (None, "Client('local')"),
        ("", "Client('local')"),
    ],
)
def test_an_unknown_provider_lists_the_known(provider: Any, words: str) -> None:
    """The message has what to type next."""
    assert words in refused(lambda: Client(provider))


@pytest.mark.parametrize("name", [n for n, row in PROVIDERS.items() if row.needs_key])
def test_a_missing_key_names_its_variable(name: str) -> None:
    """And the way that needs no key at all."""
    message = refused(lambda: Client(name))
    assert PROVIDERS[name].key_variables[0] in message
    assert "Client('local')" in message


@pytest.mark.parametrize(
    ("provider", "base_url", "address"),
    [
        (None, "http://h.test/v1", "http://h.test/v1/chat/completions"),
        (None, "http://h.test/v1/", "http://h.test/v1/chat/completions"),
        (None, " http://h.test/v1//\n", "http://h.test/v1/chat/completions"),
        (None, "http://h.test", "http://h.test/chat/completions"),
        (None, "HTTP://H.test/v1", "http://h.test/v1/chat/completions"),
        (None, "http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
        (
            None,
            "http://h.test/v1/chat/completions/",
            "http://h.test/v1/chat/completions",
        ),
        (None, "http://h.test/chat", "http://h.test/chat/completions"),
        (None, "http://bücher.test/v1", "http://bücher.test/v1/chat/completions"),
        ("vllm", "http://h.test", "http://h.test/v1/chat/completions"),
        ("vllm", "http://h.test/v1", "http://h.test/v1/chat/completions"),
        ("vllm", "http://h.test/proxy/v1", "http://h.test/proxy/v1/chat/completions"),
        ("vllm", "http://h.test/v", "http://h.test/v/v1/chat/completions"),
        ("vllm", None, "http://127.0.0.1:8000/v1/chat/completions"),
        ("deepinfra", "http://h.test", "http://h.test/v1/openai/chat/completions"),
        ("deepinfra", "http://h.test/v1", "http://h.test/v1/openai/chat/completions"),
        (
            "deepinfra",
            "http://h.test/v1/openai",
            "http://h.test/v1/openai/chat/completions",
        ),
        (
            "deepinfra",
            "http://h.test/v1/openai/chat/completions",
            "http://h.test/v1/openai/chat/completions",
        ),
        ("openrouter", "http://h.test", "http://h.test/api/v1/chat/completions"),
    ],
)
def test_each_spelling_of_a_base_url(
    provider: str | None, base_url: str | None, address: str
) -> None:
    """A root, with or without what the provider's path begins with."""
    endpoint = Client(provider, base_url=base_url, model="m")._endpoint
    assert isinstance(endpoint, Remote)
    assert endpoint.url(endpoint.provider.api(None).path) == httpx.URL(address)


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("127.0.0.1:8000/v1", "base_url='http://127.0.0.1:8000/v1'"),
        ("localhost:8000", "base_url='http://localhost:8000'"),
        ("h.test/v1", "base_url='http://h.test/v1'"),
        ("//h.test/v1", "lacks http://"),
        ("ftp://h.test", "lacks http://"),
        ("http://", "lacks http://"),
        ("", "lacks http://"),
        ("/v1", "lacks http://"),
        ("http:/h.test/v1", "lacks http://"),
        ("http://h.test/v 1", "no address"),
        ("http://h t.test/v1", "no address"),
        ("http://h.test:99999/v1", "no address"),
        ("http://h.test:port/v1", "no address"),
        ("http://[::1/v1", "no address"),
        ("http://h..test/v1", "no address"),
        (f"http://{'h' * 64}.test", "no address"),
        ("http://user:word@h.test/v1", "a key goes into api_key"),
        ("http://h.test/v1?key=word", "a key goes into api_key"),
        ("http://h.test/v1#word", "a key goes into api_key"),
        (b"http://h.test/v1", "no address"),
        (8000, "no address"),
    ],
)
def test_what_is_no_base_url(base_url: Any, words: str) -> None:
    """The message says what one looks like, and quotes no passwords."""
    message = refused(lambda: Client(base_url=base_url, model="m"))
    assert words in message
    assert "http://" in message
    assert "word@" not in message


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", "the prompt is empty"),
        ([], "list of messages is empty"),
        (None, "text or a list of messages, not NoneType"),
        (5, "not int"),
        (b"Hi", "not bytes"),
        (ROW, "not dict"),
        (["Hi"], "message 0 is 'Hi'; a message is {'role'"),
        ([ROW, None], "message 1 is None"),
        ([{"content": "Hi"}], "message 0 is"),
        ("\ud800", "cannot be sent as JSON"),
        ([ROW | {"content": object()}], "object is no JSON type"),
    ],
)
def test_what_is_no_prompt(prompt: Any, words: str) -> None:
    """Nothing is sent, and the message shows what a prompt is."""
    client = mocked(httpx.Response(500))
    assert words in refused(lambda: client.generate(prompt))
    assert words in refused(lambda: client.stream(prompt))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"top_logprobs": -1}, "top_logprobs=-1: it is a whole number, 0 to 20 for"),
        ({"top_logprobs": 21}, "0 to 20 for deepinfra"),
        ({"top_logprobs": 1.5}, "whole number"),
        ({"top_logprobs": "5"}, "whole number"),
        ({"top_logprobs": None}, "whole number"),
        ({"top_logprobs": True}, "whole number"),
        ({"n": 0}, "n=0: it is a whole number, 1 to 128"),
        ({"n": -1}, "1 to 128"),
        ({"n": 129}, "1 to 128"),
        ({"n": 2.0}, "1 to 128"),
        ({"top_p": {object()}}, "cannot be sent as JSON"),
        ({"top_p": 1j}, "complex is no JSON type"),
        ({"top_p": float("nan")}, "cannot be sent as JSON"),
    ],
)
def test_options_that_cannot_work(options: dict[str, Any], words: str) -> None:
    """Numbers out of range and things that JSON lacks are refused before sending."""
    client = mocked(httpx.Response(500), provider="deepinfra", api_key="k" * 20)
    assert words in refused(lambda: client.generate("Hi", **options))


@pytest.mark.parametrize(
    "timeout", [0, -1, "5", None, True, float("nan"), [1], "for ever"]
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_timeout(kind: type[Client], timeout: Any) -> None:
    """A number of seconds above zero is."""
    message = refused(lambda: kind("vllm", model="m", timeout=timeout))
    assert "number of seconds above 0" in message


def test_a_model_has_to_be_named_where_there_is_no_default() -> None:
    """The message says how."""
    client = Client(base_url="http://h.test/v1")
    assert "pass model=…" in refused(lambda: client.generate("Hi"))


def test_a_servers_own_limits_are_in_its_words() -> None:
    """A wrong type or a number too large for this server is the server's to refuse."""
    said = {"error": {"message": "top_logprobs must be less than 6", "code": 400}}
    client = mocked(httpx.Response(400, json=said))
    warm: Any = "warm"
    with pytest.raises(RequestError, match="must be less than 6\nthe server does not"):
        client.generate("Hi", top_logprobs=100, top_p=warm)


@pytest.mark.parametrize("top", [0, 1, 20, np.int64(7)])
def test_every_number_of_alternatives_is_sent(top: int) -> None:
    """Zero means the sampled token only, and is left out as servers want it."""
    body = sent_by(options={"top_logprobs": top})
    assert body["logprobs"] is True
    assert body.get("top_logprobs", 0) == top


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        ({"temperature": 0}, "temperature", 0),
        ({"temperature": np.float64(0.5)}, "temperature", 0.5),
        ({"max_tokens": 7}, "max_tokens", 7),
        ({"seed": 2**40}, "seed", 2**40),
        ({"stop": ("a", "b")}, "stop", ["a", "b"]),
        ({"top_p": 0.9}, "top_p", 0.9),
        ({"logit_bias": {50256: -100}}, "logit_bias", {"50256": -100}),
        ({"provider": {"order": []}}, "provider", {"order": []}),
        ({"n": 2}, "n", 2),
        ({"system": "Be brief."}, "messages", [{"role": "system"}, ROW]),
    ],
)
def test_options_are_sent_as_given(
    options: dict[str, Any], key: str, value: Any
) -> None:
    """Also zero, numpy's numbers, and what lpwidgets has never heard of."""
    if key == "messages":
        value = [{"role": "system", "content": "Be brief."}, ROW]
    assert sent_by(options=options)[key] == value


def test_options_that_are_not_given_are_not_sent() -> None:
    """The server's own defaults hold."""
    assert sent_by(options={"seed": None, "top_logprobs": 2}) == {
        "model": "m",
        "messages": [ROW],
        "logprobs": True,
        "top_logprobs": 2,
        "stream": True,
    }


def test_openai_calls_the_limit_otherwise() -> None:
    """What differs between providers is a column of the table."""
    body = sent_by(options={"max_tokens": 7}, provider="openai", api_key="k" * 20)
    assert body["max_completion_tokens"] == 7
    assert "max_tokens" not in body
    assert body["stream_options"] == {"include_usage": True}


def test_messages_are_kept_apart_from_the_callers() -> None:
    """What was sent stays in meta, whatever becomes of the list."""
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    answer = mocked(streamed(*HELLO[1:])).generate(messages)
    messages[0]["content"][0]["text"] = "changed"  # type: ignore[index]
    assert "changed" not in repr(answer.meta.parameters)


@pytest.mark.parametrize("name", ["generate", "stream"])
def test_both_clients_take_the_same_options(name: str) -> None:
    """What is learnt for one holds for the other."""
    plain = inspect.signature(getattr(Client, name)).parameters
    assert plain == inspect.signature(getattr(AsyncClient, name)).parameters
    assert {"model", "top_logprobs", "max_tokens", "seed", "n"} <= plain.keys()
