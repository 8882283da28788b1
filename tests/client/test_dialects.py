"""What each server is asked, and where, and that its recorded answers are read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import httpx
import pytest

import lpwidgets as lp
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part

BODIES = Path(__file__).parents[1] / "wire"
TYPES = {".sse": "text/event-stream", ".json": "application/json"}
PROMPT, GENERATED, SPECIAL = Part.PROMPT, Part.GENERATED, Part.SPECIAL


class Recorded(httpx.AsyncBaseTransport):
    """A server that answers with a recorded body, and keeps what was asked."""

    def __init__(self, body: str) -> None:
        self._body = BODIES / body
        self.path = ""
        self.asked: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the body, whatever was asked."""
        self.path, self.asked = request.url.path, json.loads(await request.aread())
        headers = {"content-type": TYPES[self._body.suffix]}
        return httpx.Response(200, headers=headers, content=self._body.read_bytes())

    def client(self, provider: str) -> lp.Client:
        """Make a client of it."""
        url = "http://127.0.0.1:9"
        return lp.Client(
            provider, base_url=url, api_key="any", model="a-model", transport=self
        )


def _parts(answer: Any) -> list[Part]:
    return [row.part for row in answer]


def _tokens(answer: Any) -> list[str]:
    return [row.token for row in answer]


@pytest.mark.parametrize(
    ("body", "stream"), [("echo_stream.sse", True), ("echo.json", False)]
)
def test_an_echo_is_the_prompt_with_values(body: str, stream: bool) -> None:
    """Text, parts, values and alternatives of the prompt; its first has no value."""
    server = Recorded(f"openai_completions/{body}")
    answer = server.client("vllm").generate(
        "The sky", api="completions", echo=True, max_tokens=2, stream=stream
    )
    assert (server.path, server.asked["echo"]) == ("/v1/completions", True)
    assert server.asked.get("stream", False) is stream
    assert _parts(answer) == [PROMPT, PROMPT, GENERATED, GENERATED]
    assert (answer.text_of(PROMPT), answer.text) == ("The sky", " is blue")
    assert math.isnan(answer[0].logprob)
    assert answer[0].alternatives == ()
    assert answer[1].logprob == -3.25
    assert [one.token for one in answer[1].alternatives] == [" end", " sky"]
    assert answer.sequence_logprob == -1.25


def test_a_text_is_scored_without_an_answer() -> None:
    """No token is generated, and none is missed."""
    server = Recorded("openai_completions/echo_alone.json")
    answer = server.client("vllm").generate(
        "The sky", api="completions", echo=True, max_tokens=0, stream=False
    )
    assert server.asked["max_tokens"] == 0
    assert _parts(answer) == [PROMPT, PROMPT]
    assert (answer.text_of(PROMPT), answer.text) == ("The sky", "")


def test_an_ignored_echo_leaves_the_answer_an_answer() -> None:
    """It begins with the prompt's first word, and has no prompt in it."""
    server = Recorded("openai_completions/echo_ignored.sse")
    answer = server.client("sglang").generate("The sky", api="completions", echo=True)
    assert _parts(answer) == [GENERATED, GENERATED]
    assert (answer.text_of(PROMPT), answer.text) == ("", "The end")


def test_no_alternatives_still_asks_for_values() -> None:
    """A 0 is no off there."""
    server = Recorded("openai_completions/values_only.json")
    answer = server.client("vllm").generate(
        "The sky", api="completions", top_logprobs=0
    )
    assert server.asked["logprobs"] == 0
    assert [row.logprob for row in answer] == [-0.5]


@pytest.mark.parametrize(
    ("api", "body", "prompt"),
    [
        ("chat", "openai_chat/vllm_prompt.json", ["", "Hi", ":"]),
        ("completions", "openai_completions/vllm_prompt.json", ["", "The", " sky"]),
    ],
)
def test_vllm_is_asked_for_a_prompt_in_one_piece(
    api: str, body: str, prompt: list[str]
) -> None:
    """With the ids that tell its tokens; it refuses to stream so, and that is said."""
    server = Recorded(body)
    answer = server.client("vllm").generate("The sky", api=api, prompt_logprobs=2)
    assert "stream" not in server.asked
    assert "stream_options" not in server.asked
    assert server.asked["return_token_ids"] is True
    assert "in one piece" in answer.meta.note
    assert _tokens(answer[:3]) == prompt
    assert _parts(answer) == [PROMPT] * 3 + [GENERATED]


def test_a_prompt_token_that_nothing_tells_is_unknown() -> None:
    """Its alternatives are kept; it has no text, value or rank."""
    server = Recorded("openai_chat/vllm_prompt_without_ids.json")
    answer = server.client("vllm").generate("Hi", prompt_logprobs=2)
    unknown = answer[2]
    assert (unknown.token, unknown.token_id, unknown.rank) == ("", -1, 0)
    assert math.isnan(unknown.logprob)
    assert [one.token for one in unknown.alternatives][:2] == [":", "."]
    assert any("unknown" in finding.text for finding in answer.findings)


@pytest.mark.parametrize(
    ("body", "stream", "path"),
    [("stream.sse", True, "/generate_stream"), ("plain.json", False, "/generate")],
)
def test_tgi_has_a_place_for_streams(body: str, stream: bool, path: str) -> None:
    """And its parameters by themselves; a temperature of 0 means no sampling."""
    server = Recorded(f"tgi/{body}")
    answer = server.client("tgi").generate(
        "Wide", api="native", stream=stream, max_tokens=3, temperature=0, stop="."
    )
    assert server.path == path
    assert server.asked == {
        "inputs": "Wide",
        "parameters": {
            "details": True,
            "max_new_tokens": 3,
            "top_n_tokens": 5,
            "do_sample": False,
            "stop": ["."],
        },
    }
    assert answer.has_logprobs
    assert answer.meta.dialect == "tgi"


def test_tgi_gives_a_prompt_in_one_piece() -> None:
    """As its other details do, and the text without the prompt in it."""
    server = Recorded("tgi/prompt.json")
    answer = server.client("tgi").generate(
        "Deep", api="native", decoder_input_details=True, return_full_text=True
    )
    assert server.path == "/generate"
    assert "decoder_input_details" in answer.meta.note
    assert _parts(answer) == [PROMPT, PROMPT, GENERATED, SPECIAL]
    assert (answer.text_of(PROMPT), answer.text) == ("Deep", " sea")


def test_tgi_chats_as_openai_does() -> None:
    """With at most five alternatives."""
    server = Recorded("openai_chat/tgi.sse")
    client = server.client("tgi")
    answer = client.generate("Wide")
    assert (server.path, server.asked["top_logprobs"]) == ("/v1/chat/completions", 5)
    assert answer.text == " Deep sea"
    with pytest.raises(InputError, match="0 to 5"):
        client.generate("Wide", top_logprobs=6)


@pytest.mark.parametrize(
    ("body", "stream"), [("stream.sse", True), ("plain.json", False)]
)
def test_together_is_asked_for_a_number(body: str, stream: bool) -> None:
    """In a chat too; both of its shapes have ids, values and alternatives."""
    server = Recorded(f"together_chat/{body}")
    answer = server.client("together").generate("Hi", top_logprobs=2, stream=stream)
    assert server.path == "/v1/chat/completions"
    assert server.asked["logprobs"] == 2
    assert "top_logprobs" not in server.asked
    assert answer.columns.token_id[:2].tolist() == [13347, 0]
    assert [row.logprob for row in answer[:2]] == [-0.25, -0.5]
    assert [one.token for one in answer[0].alternatives] == ["Hi", "Hey"]
    assert (answer.text, answer.status) == ("Hi!", "complete")


@pytest.mark.parametrize(
    ("body", "stream", "tokens"),
    [
        ("stream.sse", True, [" is", " blue", "</s>"]),
        ("plain.json", False, [" is"]),
        ("echo.json", False, ["The", " sky", " is"]),
    ],
)
def test_together_completes(body: str, stream: bool, tokens: list[str]) -> None:
    """A token beside the choices, lists in them, the prompt beside them."""
    server = Recorded(f"together_completions/{body}")
    answer = server.client("together").generate(
        "The sky", api="completions", top_logprobs=0, stream=stream, echo=True
    )
    assert (server.path, server.asked["logprobs"]) == ("/v1/completions", 1)
    assert _tokens(answer) == tokens
    assert (answer.columns.token_id >= 0).all()


@pytest.mark.parametrize(
    ("body", "stream"),
    [("stream.sse", True), ("plain.json", False), ("lists.json", False)],
)
def test_fireworks_has_ids(body: str, stream: bool) -> None:
    """In entries and in lists."""
    server = Recorded(f"fireworks_chat/{body}")
    answer = server.client("fireworks").generate("Hi", stream=stream)
    assert server.path == "/inference/v1/chat/completions"
    assert (server.asked["logprobs"], server.asked["top_logprobs"]) == (True, 5)
    assert answer.columns.token_id.tolist() == [13347, 0]
    assert [one.token for one in answer[0].alternatives] == ["Hi", "Hey"]


def test_a_chat_that_repeats_its_prompt_is_asked_in_one_piece() -> None:
    """Only the counts at its end tell where the answer begins."""
    server = Recorded("fireworks_chat/echo.json")
    answer = server.client("fireworks").generate("Say hi", echo=True)
    assert "stream" not in server.asked
    assert _parts(answer) == [PROMPT, PROMPT, GENERATED, GENERATED]
    assert (answer.text_of(PROMPT), answer.text) == ("Say hi", "Hi!")


@pytest.mark.parametrize(
    ("body", "stream"), [("echo_stream.sse", True), ("echo.json", False)]
)
def test_fireworks_completes(body: str, stream: bool) -> None:
    """Asked for entries, which have more than lists."""
    server = Recorded(f"fireworks_completions/{body}")
    answer = server.client("fireworks").generate(
        "The sky", api="completions", top_logprobs=2, stream=stream, echo=True
    )
    assert server.path == "/inference/v1/completions"
    assert (server.asked["logprobs"], server.asked["top_logprobs"]) == (True, 2)
    assert _parts(answer)[:3] == [PROMPT, PROMPT, GENERATED]
    assert answer.columns.token_id[:3].tolist() == [464, 6766, 318]


def test_the_end_of_a_prompt_is_enough() -> None:
    """As many tokens of it as were asked for."""
    server = Recorded("fireworks_completions/echo_last.json")
    answer = server.client("fireworks").generate(
        "The sky", api="completions", echo_last=1, stream=False
    )
    assert _parts(answer) == [PROMPT, GENERATED]
    assert (answer.text_of(PROMPT), answer.text) == (" sky", " is")


@pytest.mark.engine
@pytest.mark.parametrize("stream", [True, False])
def test_the_embedded_engine_ignores_an_echo(stream: bool) -> None:
    """As llama.cpp does: what it says is the answer, none of it the prompt."""
    with lp.Client("local") as client:
        answer = client.generate(
            "One two three", api="completions", echo=True, max_tokens=3, stream=stream
        )
    assert _parts(answer) == [GENERATED] * 3
    assert answer.text_of(PROMPT) == ""
    assert answer.bytes_of(GENERATED).decode() == answer.text


def test_several_answers_of_tgi_take_several_requests() -> None:
    """Each may be streamed; ``best_of`` gives the others in one piece."""
    server = Recorded("tgi/stream.sse")
    answers = server.client("tgi").generate("Wide", api="native", n=2)
    assert [answer.text for answer in answers] == ["Deep sea"] * 2
    server = Recorded("tgi/best_of.json")
    best = server.client("tgi").generate("Deep", api="native", best_of=2)
    assert (server.path, server.asked["parameters"]["best_of"]) == ("/generate", 2)
    assert best.text == " sea"
