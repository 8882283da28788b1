"""The ways to ask a server: chat, completions, and DeepInfra's own."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

import lpwidgets as lp
from lpwidgets.errors import InputError


class Native(httpx.AsyncBaseTransport):
    """A server that answers in DeepInfra's native stream, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Say two words."""
        self.asked.append((request.url.path, json.loads(await request.aread())))
        tokens = [(5, "Good", -0.25), (6, " day", -0.5)]
        events: list[dict[str, Any]] = [
            {"token": {"id": i, "text": text, "logprob": logprob, "special": False}}
            for i, text, logprob in tokens
        ]
        details = {"finish_reason": "eos_token", "generated_tokens": 2}
        events[-1] |= {"generated_text": "Good day", "details": details}
        content = "".join(f"data: {json.dumps(event)}\r\n\r\n" for event in events)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, content=content)


def deepinfra(server: Native) -> lp.Client:
    """Make a client of it."""
    url = "http://127.0.0.1:9"
    return lp.Client("deepinfra", base_url=url, api_key="any", transport=server)


def test_the_native_api_takes_text_as_it_is() -> None:
    """At the model's own address, under the names it knows."""
    server = Native()
    answer = deepinfra(server).generate(
        "<|user|>Hi", api="native", max_tokens=9, stop="\n", model="a/b c"
    )
    assert server.asked == [
        (
            "/v1/inference/a/b c",
            {
                "input": "<|user|>Hi",
                "stream": True,
                "max_new_tokens": 9,
                "stop": ["\n"],
            },
        )
    ]
    assert [token[1:5] for token in answer] == [
        ("Good", b"Good", 5, -0.25),
        (" day", b" day", 6, -0.5),
    ]
    assert (answer.status, answer.meta.dialect) == (
        "complete",
        "deepinfra_native",
    )


def test_what_has_no_values_in_one_piece_is_streamed_and_says_so() -> None:
    """Nobody gets an empty picture for having asked so."""
    server = Native()
    answer = deepinfra(server).generate("Hi", api="native", stream=False)
    assert server.asked[0][1]["stream"] is True
    assert answer.has_logprobs
    assert "has no token values" in answer.findings[-1].text


def test_several_native_answers_take_several_requests() -> None:
    """A native stream carries one; seeds count up."""
    server = Native()
    answers = deepinfra(server).generate("Hi", api="native", n=3, seed=7)
    assert sorted(body["seed"] for _, body in server.asked) == [7, 8, 9]
    assert [answer.text for answer in answers] == ["Good day"] * 3


def test_completions_ask_with_a_raw_prompt() -> None:
    """And with a number of alternatives in place of a yes."""
    server = Native()
    answer = deepinfra(server).generate("Hi", api="completions", top_logprobs=3)
    path, body = server.asked[0]
    assert path == "/v1/openai/completions"
    assert (body["prompt"], body["logprobs"]) == ("Hi", 3)
    assert answer.status == "truncated"  # it answered in another dialect


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"api": "nativ"}, "it has: chat, completions, native"),
        ({"api": "native", "system": "Be brief."}, "takes text as it is"),
        ({"api": "completions", "prompt": [{"role": "user"}]}, "takes text as it is"),
        ({"api": "native", "prompt": ""}, "the prompt is empty"),
    ],
)
def test_what_an_api_cannot_take_is_refused(
    options: dict[str, Any], message: str
) -> None:
    """Before anything is sent."""
    server = Native()
    with pytest.raises(InputError, match=message):
        deepinfra(server).generate(**({"prompt": "Hi"} | options))
    assert not server.asked


@pytest.mark.engine
@pytest.mark.parametrize("api", ["completions", "native"])
@pytest.mark.parametrize("stream", [True, False])
def test_the_embedded_model_completes_a_raw_prompt(api: str, stream: bool) -> None:
    """Both of its ways, in a stream and in one piece, give the same values."""
    with lp.Client("local") as client:
        answer = client.generate(
            "The capital of France is",
            api=api,
            max_tokens=3,
            temperature=0,
            stream=stream,
        )
    assert answer.text.startswith(" Paris")
    assert answer[0].alternatives[0].token == " Paris"
    assert answer[0].logprob == pytest.approx(-0.26, abs=0.02)
    assert len(answer[0].alternatives) >= 5
