"""Scoring on servers that send a prompt back, and on those that do not."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

from lpwidgets import Client, LpError, Part
from lpwidgets.errors import InputError, RequestError
from lpwidgets.generation import Generation, Generations
from tests.client.server import mocked, said, streamed

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[httpx.Request], httpx.Response]


def echoing(*tokens: tuple[str, float | None], more: str = " more") -> Handler:
    """Answer as vLLM and OpenAI do: the prompt's tokens, then perhaps one more."""

    def handler(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        handler.asked.append((request.url.path, asked))  # type: ignore[attr-defined]
        rows = [*tokens, *([(more, -0.25)] * asked["max_tokens"])]
        logprobs = {
            "tokens": [text for text, _ in rows],
            "token_logprobs": [value for _, value in rows],
            "top_logprobs": [
                None if value is None else {text: value, " other": -7.5}
                for text, value in rows
            ],
            "text_offset": [0] * len(rows),
        }
        text = "".join(text for text, _ in rows)
        choice = {"index": 0, "text": text, "logprobs": logprobs}
        usage = {"prompt_tokens": len(tokens), "completion_tokens": asked["max_tokens"]}
        body = {"choices": [choice | {"finish_reason": "length"}], "usage": usage}
        return httpx.Response(200, json=body)

    handler.asked = []  # type: ignore[attr-defined]
    return handler


FRANCE = (("The", None), (" capital", -3.5), (" of", -0.5), (" France", -1.25))


@pytest.mark.parametrize(
    ("provider", "most"),
    [("vllm", 0), ("openai", 0), ("deepinfra", 1), ("together", 1), ("fireworks", 1)],
)
def test_a_text_alone(provider: str, most: int) -> None:
    """Its tokens are what the prompt's were; one that was generated is dropped."""
    handler = echoing(*FRANCE)
    client = mocked(handler, provider=provider, api_key="key-for-tests")
    scored = client.score("The capital of France", top_logprobs=2)
    ((path, asked),) = handler.asked  # type: ignore[attr-defined]
    assert path.endswith("/completions")
    assert (asked["echo"], asked["max_tokens"]) == (True, most)
    assert asked["logprobs"] in {2, True}
    assert "stream" not in asked
    assert scored.text == "The capital of France"
    assert scored.columns.logprob[1:].tolist() == [-3.5, -0.5, -1.25]
    assert {row.part for row in scored} == {Part.GENERATED}
    assert (scored.status, scored.meta.scored) == ("complete", True)


def test_a_first_token_without_a_value_is_left_out() -> None:
    """Nothing stands before it; every other unknown value stays unknown."""
    scored = mocked(echoing(*FRANCE)).score("The capital of France")
    assert np.isnan(scored.columns.logprob[0])
    assert scored.sequence_logprob == -5.25
    assert scored.perplexity == pytest.approx(math.exp(5.25 / 3))
    assert "no context" in scored.meta.note
    assert any("no context" in finding.text for finding in scored.findings)
    gap = mocked(echoing(*FRANCE[:2], (" of", None), FRANCE[3]))
    assert math.isnan(gap.score("The capital of France").perplexity)


def test_a_text_after_a_prompt() -> None:
    """The prompt's tokens are there, and no part of a score."""
    client = mocked(echoing(*FRANCE))
    scored = client.score(" of France", prompt="The capital")
    parts = [Part.PROMPT, Part.PROMPT, Part.GENERATED, Part.GENERATED]
    assert [row.part for row in scored] == parts
    assert (scored.text, scored.sequence_logprob) == (" of France", -1.75)
    assert scored.text_of(Part.PROMPT) == "The capital"
    assert scored.meta.note == "scored, not generated"


def test_a_token_across_the_border_is_told() -> None:
    """It belongs to the text, and the note says that it begins before."""
    scored = mocked(echoing(*FRANCE)).score("ital of France", prompt="The cap")
    assert [row.part for row in scored][:2] == [Part.PROMPT, Part.GENERATED]
    assert "b' capital' begins in the prompt" in scored.meta.note


def test_a_mark_of_the_beginning_is_prompt() -> None:
    """A model's own first token is in front of a text that was given alone."""
    scored = mocked(echoing(("<s>", None), *FRANCE[1:])).score(" capital of France")
    assert [row.part for row in scored][:2] == [Part.PROMPT, Part.GENERATED]
    assert scored.sequence_logprob == -5.25


def test_tokens_that_spell_something_else_have_no_border() -> None:
    """Nobody can tell where the text begins."""
    with pytest.raises(LpError, match="do not spell"):
        mocked(echoing(("?", None), *FRANCE[1:])).score("France!", prompt="The")


def test_a_server_that_ignores_echo() -> None:
    """It sends a generated token only: that is no score."""

    def deaf(_: httpx.Request) -> httpx.Response:
        logprobs = {"tokens": ["."], "token_logprobs": [-1.0], "top_logprobs": None}
        choice = {"index": 0, "text": ".", "logprobs": logprobs}
        return httpx.Response(200, json={"choices": [choice | {"finish_reason": "x"}]})

    with pytest.raises(LpError, match="cannot score a given text") as caught:
        mocked(deaf).score("The capital of France")
    assert "Client('local')" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("provider", ["xai", "openrouter", "ollama"])
def test_a_server_without_a_way_is_not_asked(provider: str) -> None:
    """It would answer something else, and bill it."""

    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    client = mocked(never, provider=provider, api_key="key-for-tests")
    with pytest.raises(LpError, match="cannot score a given text"):
        client.score("Hi")


def test_messages_need_a_chat_that_sends_its_prompt_back() -> None:
    """One of vLLM has it; others say what to do."""
    chat = [{"role": "user", "content": "Hi"}]
    with pytest.raises(LpError, match="after messages"):
        mocked(echoing(*FRANCE)).score("Hello", prompt=chat)

    def vllm(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        assert asked["messages"] == [*chat, {"role": "assistant", "content": "Hello"}]
        assert asked["continue_final_message"]
        assert not asked["add_generation_prompt"]
        row = {"logprob": -0.75, "rank": 2, "decoded_token": "Hello"}
        top = {"logprob": -0.5, "rank": 1, "decoded_token": "Hey"}
        before = {"logprob": -0.25, "rank": 1, "decoded_token": ">"}
        body = {
            "choices": [{"index": 0, "message": {"content": "!"}}],
            "prompt_logprobs": [None, {"5": before}, {"7": row, "8": top}],
            "prompt_token_ids": [1, 5, 7],
        }
        return httpx.Response(200, json=body)

    scored = mocked(vllm, provider="vllm").score("Hello", prompt=chat, top_logprobs=1)
    assert [row.part for row in scored][-2:] == [Part.PROMPT, Part.GENERATED]
    assert (scored.text, scored.sequence_logprob) == ("Hello", -0.75)


def test_an_error_of_the_server_is_passed_on() -> None:
    """Such as a model that does not send prompts back."""
    refused = httpx.Response(400, json={"error": {"message": "no echo here"}})
    with pytest.raises(RequestError, match="no echo here"):
        mocked(refused).score("Hi")


@pytest.mark.parametrize("prompt", [7, [], [{"content": "x"}], b"x"])
def test_a_prompt_that_is_none(prompt: Any) -> None:
    """Found before anything is sent."""
    with pytest.raises(InputError):
        mocked(echoing()).score("Hi", prompt=prompt)


def under_reported(asked: list[str]) -> Handler:
    """Answer as llama.cpp does: fewer tokens than it counts."""
    usage = b'data: {"choices": [], "usage": {"completion_tokens": 5}}\n\n'
    end = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.method == "GET":
            return httpx.Response(404)
        return streamed(said("😀"), end, usage, b"data: [DONE]\n\n")

    return handler


@pytest.mark.parametrize("provider", ["llama.cpp", "vllm", None])
def test_a_foreign_server_is_never_asked_unbidden(provider: str | None) -> None:
    """Only the embedded engine is asked again by itself."""
    asked: list[str] = []
    named = {"provider": provider} if provider else {}
    answer = mocked(under_reported(asked), **named).generate("Hi")
    assert len(asked) == 1
    assert answer.meta.requests == 1


@pytest.mark.parametrize(("breaks", "why"), [(2, "no /props"), (3, "broke")])
def test_what_a_server_says_of_itself_is_asked_for_again(breaks: int, why: str) -> None:
    """As a server may close a connection just as it is used again."""
    asked: list[str] = []
    answers = under_reported(asked)

    def breaking(request: httpx.Request) -> httpx.Response:
        answer = answers(request)
        if request.method == "GET" and asked.count("/props") <= breaks:
            raise httpx.RemoteProtocolError("Server disconnected", request=request)
        return answer

    client = mocked(breaking, provider="llama.cpp")
    answer = client.generate("Hi")
    with pytest.raises(LpError, match=why):
        client.complete(answer)
    assert asked.count("/props") == 3


def test_completing_where_it_cannot_be() -> None:
    """A server of another kind, or none behind the name."""
    asked: list[str] = []
    client = mocked(under_reported(asked), provider="llama.cpp")
    answer = client.generate("Hi")
    with pytest.raises(LpError, match="no /props"):
        client.complete(answer)
    with pytest.raises(LpError, match="cannot complete"):
        mocked(under_reported(asked), provider="vllm").complete(answer)
    nothing: list[Any] = [None, Generations()]
    for wrong in nothing:
        with pytest.raises(InputError, match="complete takes"):
            client.complete(wrong)
    assert isinstance(answer, Generation)


def test_scoring_where_llamacpp_should_be() -> None:
    """Something else answers there."""
    client = Client(
        "llama.cpp", transport=httpx.MockTransport(lambda _: httpx.Response(404))
    )
    with pytest.raises(LpError, match="check base_url"):
        client.score("Hi")
