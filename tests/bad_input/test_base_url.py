"""Spellings of `base_url`, over a real socket: the right path, or what to type."""

from __future__ import annotations

from typing import Any

import pytest

import lpwidgets as lp
from tests.client.server import HELLO, FaultServer

CHAT = "/v1/chat/completions"
LONG = "/deep" * 300


@pytest.mark.parametrize(
    ("spelling", "path"),
    [
        ("http://127.0.0.1:{port}/v1", CHAT),
        ("http://127.0.0.1:{port}/v1/", CHAT),
        ("http://127.0.0.1:{port}/v1//", CHAT),
        ("http://127.0.0.1:{port}//v1", "//v1/chat/completions"),
        ("http://127.0.0.1:{port}/v1/chat", CHAT),
        ("http://127.0.0.1:{port}/v1/chat/completions", CHAT),
        ("http://127.0.0.1:{port}/v1/chat/completions/", CHAT),
        ("http://127.0.0.1:{port}/v1/completions", CHAT),
        ("http://127.0.0.1:{port}", "/chat/completions"),
        ("http://127.0.0.1:{port}/", "/chat/completions"),
        ("  http://127.0.0.1:{port}/v1\n", CHAT),
        ("HTTP://LOCALHOST:{port}/v1", CHAT),
        ("http://localhost:{port}/V1", "/V1/chat/completions"),
        ("http://127.0.0.1:{port}/%76%31", CHAT),
        ("http://127.0.0.1:{port}/my%20server", "/my%20server/chat/completions"),
        ("http://127.0.0.1:{port}/modèle/v1", "/mod%C3%A8le/v1/chat/completions"),
        ("http://127.0.0.1:{port}" + LONG, LONG + "/chat/completions"),
        ("http://127.0.0.1:{port}/v1?", CHAT),
    ],
)
def test_a_spelling_that_works(spelling: str, path: str) -> None:
    """The request line has the path that was meant."""
    with FaultServer(HELLO) as server:
        url = spelling.format(port=server.port)
        with lp.Client(base_url=url, model="m", timeout=20) as client:
            assert client.generate("Hi").text == "Hello"
        assert server.requests[0].split()[1].decode() == path


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("", "lacks http:// or https://"),
        ("   ", "lacks http:// or https://"),
        ("/v1", "lacks http:// or https://"),
        ("127.0.0.1:8000", "base_url='http://127.0.0.1:8000'"),
        ("localhost:8000/v1", "base_url='http://localhost:8000/v1'"),
        ("example.test/v1", "base_url='http://example.test/v1'"),
        ("[::1]:8000/v1", "base_url='http://127.0.0.1:8000/v1'"),
        ("file:///etc/hosts", "lacks http:// or https://"),
        ("ws://127.0.0.1:8000/v1", "lacks http:// or https://"),
        ("ftp://127.0.0.1/v1", "lacks http:// or https://"),
        ("htp://127.0.0.1/v1", "lacks http:// or https://"),
        ("http:127.0.0.1:8000/v1", "lacks http:// or https://"),
        ("http:///v1", "lacks http:// or https://"),
        ("http//127.0.0.1:8000/v1", "lacks http:// or https://"),
        ("http://user:pass@127.0.0.1/v1", "a key goes into api_key"),
        ("http://127.0.0.1/v1?key=word", "a key goes into api_key"),
        ("http://127.0.0.1/v1#models", "scheme, host, port and path only"),
        ("http://127.0.0.1:8000:80/v1", "is no address"),
        ("http://127.0.0.1:port/v1", "is no address"),
        ("http://127.0.0.1:99999/v1", "is no address"),
        ("http://127.0.0.1:-1/v1", "is no address"),
        ("http://my server/v1", "is no address"),
        ("http://127.0.0.1/my v1", "is no address"),
        ("http://[::1/v1", "is no address"),
        ("http://..", "is no address"),
        (f"http://{'h' * 300}.test/v1", "is no address"),
        (f"http://127.0.0.1/{'h' * 70_000}", "is no address"),
        ("http://127.0.0.1/\x00", "is no address"),
        (b"http://127.0.0.1:8000/v1", "is no address"),
        (8000, "is no address"),
        (["http://127.0.0.1:8000/v1"], "is no address"),
        (None, "base_url='http://127.0.0.1:8000/v1'"),
    ],
)
def test_a_spelling_that_cannot_work(base_url: Any, words: str) -> None:
    """One message says why, and shows what to type; no word of a secret is in it."""
    with pytest.raises(lp.LpError) as caught:
        lp.Client(base_url=base_url, model="m")
    said = str(caught.value)
    assert words in said
    assert "base_url='http://" in said
    assert len(said.splitlines()) <= 3
    assert len(said) < 300
    assert not {"pass@", "word"} & set(said.split("'"))


def test_an_address_of_ipv6_where_nobody_listens() -> None:
    """It is understood, brackets and all."""
    client = lp.Client(base_url="http://[::1]:9/v1", model="m", timeout=5)
    with pytest.raises(lp.LpError, match=r"\[::1\]:9"):
        client.generate("Hi")
