"""What cannot be answered is refused as DeepInfra refuses."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.gateway.server import CHAT, COMPLETIONS, DREAM, HELLO, MODEL, NATIVE, Server

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (CHAT, {"model": "x"}, "messages"),
        (CHAT, HELLO | {"model": None}, "model"),
        (CHAT, HELLO | {"messages": "Hi"}, "messages"),
        (CHAT, HELLO | {"top_logprobs": 21}, "top_logprobs"),
        (CHAT, HELLO | {"n": 5}, "n"),
        (CHAT, HELLO | {"n": 2, "stream": True}, "n"),
        (CHAT, HELLO | {"temperature": 2.1}, "temperature"),
        (CHAT, HELLO | {"temperature": True}, "temperature"),
        (CHAT, HELLO | {"stop": [1]}, "stop"),
        (COMPLETIONS, {"model": "x"}, "prompt"),
        (COMPLETIONS, {"model": "x", "prompt": ["a", 1]}, "prompt"),
        (NATIVE, {}, "input"),
        (NATIVE, DREAM | {"max_new_tokens": "6"}, "max_new_tokens"),
    ],
)
def test_a_wrong_parameter(
    server: Server, path: str, body: dict[str, Any], field: str
) -> None:
    """It is refused with its name, as FastAPI does."""
    answer = server.post(path, **body)
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert detail["loc"] == ["body", field]
    assert detail["msg"]
    assert detail["type"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 99999, b"[1]"])
def test_a_body_that_is_no_object(server: Server, content: bytes) -> None:
    """It is refused, whatever it is."""
    answer = httpx.post(server.url + CHAT, content=content)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body"]


def test_paths_and_methods(server: Server) -> None:
    """Unknown ones get JSON too."""
    assert httpx.get(server.url + "/nothing").json() == {"detail": "Not Found"}
    assert httpx.get(server.url + CHAT).status_code == 405
    nameless = server.post("/v1/inference/", **DREAM)
    assert (nameless.status_code, nameless.json()) == (
        *(404, {"error": "Model not found"}),
    )
    for path in ("/v1/models", "/v1/openai/models"):
        (model,) = httpx.get(server.url + path).json()["data"]
        assert model["id"] == MODEL


@pytest.mark.parametrize("stream", [False, True])
def test_a_text_that_is_too_long(server: Server, *, stream: bool) -> None:
    """It is refused with 400 before a stream begins, and echo likewise."""
    answer = server.post(NATIVE, input="dream " * 5000, stream=stream)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "context_length_exceeded"
    body = {"model": "x", "prompt": "Hi", "echo": True, "stream": stream}
    refused = server.post(COMPLETIONS, **body)
    assert refused.status_code == 400
    assert "echo is not supported" in refused.json()["error"]["message"]


def test_half_a_surrogate_pair_does_no_harm(server: Server) -> None:
    """Text that UTF-8 cannot write gets an answer or a refusal."""
    content = json.dumps(DREAM | {"input": "\ud800"})
    answer = httpx.post(server.url + NATIVE, content=content)
    assert answer.status_code in {200, 400, 500}
