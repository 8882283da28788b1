"""OpenAI's Responses, Gemini, and SGLang's own: what is sent where, what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import lpwidgets as lp
from lpwidgets.client.providers import PROVIDERS
from lpwidgets.errors import AuthError, InputError, RequestError, ServerError
from lpwidgets.local.engine import acquire
from tests.client.server import FaultServer, head, mocked

BODIES = Path(__file__).parents[1] / "wire"
TYPES = {".sse": "text/event-stream", ".json": "application/json; charset=UTF-8"}
WAYS: dict[str, dict[str, Any]] = {
    "openai_responses": {"provider": "openai", "api_key": "any"},
    "gemini": {"provider": "gemini", "api_key": "any"},
    "sglang": {"provider": "sglang"},
}
APIS = {"openai_responses": "responses", "gemini": "native", "sglang": "native"}
GEMINI = "/v1beta/models/m:"


class Server:
    """Answers with a recorded stream, or a plain body if none is asked for."""

    def __init__(self, dialect: str, *names: str) -> None:
        self.dialect = dialect
        self.names = names or ("stream.sse", "plain.json")
        self.asked: list[httpx.Request] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Keep the request, and answer."""
        self.asked.append(request)
        self.headers.append(request.headers.copy())  # the key is taken out again
        streams = "stream" in json.loads(request.content) or request.url.query
        path = BODIES / self.dialect / self.names[0 if streams else -1]
        kind = {"content-type": TYPES[path.suffix]}
        return httpx.Response(200, headers=kind, content=path.read_bytes())

    def ask(self, prompt: Any = "Hi", **options: Any) -> Any:
        """Ask it."""
        client = mocked(self, **WAYS[self.dialect])
        return client.generate(prompt, api=APIS[self.dialect], **options)

    @property
    def body(self) -> dict[str, Any]:
        """What it was asked last."""
        return dict(json.loads(self.asked[-1].content))


@pytest.mark.parametrize("dialect", WAYS)
def test_in_a_stream_and_in_one_piece_the_answer_is_the_same(dialect: str) -> None:
    """Text, tokens, alternatives, status and usage; snapshots grow on the way."""
    server = Server(dialect)
    streamed, whole = server.ask(), server.ask(stream=False)
    assert streamed == whole
    assert len(streamed) == 3
    assert streamed.has_logprobs
    assert streamed.meta.dialect == dialect
    assert streamed.meta.usage.completion_tokens == 3
    client = mocked(server, **WAYS[dialect])
    *_, last = client.stream("Hi", api=APIS[dialect])
    assert last == whole


def test_responses_are_asked_for_values() -> None:
    """Under the names of that API, with the messages as input."""
    server = Server("openai_responses")
    server.ask("Hi", system="Be brief.", top_logprobs=3, max_tokens=9, temperature=0)
    assert server.asked[0].url == "https://api.openai.com/v1/responses"
    assert server.headers[0]["authorization"] == "Bearer any"
    assert server.body == {
        "model": "m",
        "input": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
        ],
        "include": ["message.output_text.logprobs"],
        "top_logprobs": 3,
        "max_output_tokens": 9,
        "stream": True,
        "temperature": 0,
    }


def test_what_else_is_to_be_included_is_added() -> None:
    """The values are never left out for it."""
    server = Server("openai_responses")
    wanted = ["reasoning.encrypted_content", "message.output_text.logprobs"]
    server.ask(include=wanted, stream=False, top_logprobs=0)
    assert server.body == {
        "model": "m",
        "input": [{"role": "user", "content": "Hi"}],
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
    }


def test_gemini_is_asked_in_its_own_words() -> None:
    """Roles, the system's part, and all parameters of generation in one place."""
    server = Server("gemini")
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Yes?"}]},
        {"role": "user", "parts": [{"inlineData": {"mimeType": "x/y", "data": ""}}]},
    ]
    server.ask(
        turns,
        system="Be brief.",
        max_tokens=9,
        temperature=0.5,
        top_p=0.9,
        seed=7,
        stop="\n",
        generationConfig={"thinkingConfig": {"thinkingBudget": 0}},
        safetySettings=[],
    )
    assert server.body == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"text": "Yes?"}]},
            turns[2],
        ],
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "seed": 7,
            "stopSequences": ["\n"],
            "maxOutputTokens": 9,
            "responseLogprobs": True,
            "logprobs": 5,
            "thinkingConfig": {"thinkingBudget": 0},
        },
        "safetySettings": [],
    }


@pytest.mark.parametrize(
    ("stream", "path"),
    [(True, "streamGenerateContent?alt=sse"), (False, "generateContent")],
)
def test_gemini_streams_from_another_address(stream: bool, path: str) -> None:
    """The key is in Gemini's own header, and in no address."""
    server = Server("gemini")
    server.ask(stream=stream)
    root = "https://generativelanguage.googleapis.com"
    assert str(server.asked[0].url) == f"{root}{GEMINI}{path}"
    assert server.headers[0]["x-goog-api-key"] == "any"
    assert "authorization" not in server.headers[0]


@pytest.mark.parametrize("root", ["", "/", "/v1beta", "/v1beta/models"])
def test_another_host_of_gemini_keeps_its_paths(root: str) -> None:
    """However much of the path its base_url has; a model cannot leave its place."""
    with FaultServer((head(), b"")) as server:
        url = server.url.removesuffix("/v1") + root
        client = lp.Client("gemini", base_url=url, model="a?key=b", timeout=5)
        assert client.generate("Hi").status == "truncated"
        asked = server.requests[0].split()[1]
    assert asked == b"/v1beta/models/a%3Fkey%3Db:streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("stream", "counts"), [(True, [None, None]), (False, [2])], ids=["stream", "whole"]
)
def test_candidates_of_gemini(stream: bool, counts: list[int | None]) -> None:
    """A stream has one; in one piece the server is asked for several."""
    server = Server("gemini", "stream.sse", "two_candidates.json")
    answers = server.ask(n=2, stream=stream)
    configs = [json.loads(r.content)["generationConfig"] for r in server.asked]
    assert [config.get("candidateCount") for config in configs] == counts
    texts = ["Low tide."] * 2 if stream else ["Low", " tide"]
    assert [answer.text for answer in answers] == texts


def test_a_prompt_that_gemini_blocks() -> None:
    """It is an answer without words, whose status says why."""
    server = Server("gemini", "blocked.json")
    answer = server.ask(stream=False)
    assert (answer.text, answer.status) == ("", "filtered")
    assert answer.meta.finish_reason == "PROHIBITED_CONTENT"


@pytest.mark.parametrize(
    "said",
    [
        {"content": [{"type": "image_url", "image_url": {"url": "data:,"}}]},
        {"content": 5},
        {"content": [None]},
        {"parts": "Hi"},
    ],
)
def test_a_message_that_only_gemini_can_say(said: dict[str, Any]) -> None:
    """Is refused before anything is sent, with the way to say it."""
    server = Server("gemini")
    with pytest.raises(InputError, match="message 0 holds more than text"):
        server.ask([{"role": "user", **said}])
    assert not server.asked


@pytest.mark.parametrize(
    ("dialect", "options", "message"),
    [
        ("gemini", {"generationConfig": [1]}, r"generationConfig=\[1\]: it is a dict"),
        ("sglang", {"sampling_params": "x"}, "sampling_params='x': it is a dict"),
        ("openai_responses", {"include": "x"}, "include='x': it is a list"),
    ],
)
def test_what_is_merged_has_to_be_of_its_type(
    dialect: str, options: dict[str, Any], message: str
) -> None:
    """None is nothing."""
    server = Server(dialect)
    with pytest.raises(InputError, match=message):
        server.ask(**options)
    assert not server.asked
    assert server.ask(**dict.fromkeys(options)).has_logprobs


@pytest.mark.parametrize(
    ("status", "error", "kind", "message"),
    [
        (400, {"message": "Bad key.", "reason": "API_KEY_INVALID"}, AuthError, "key"),
        (400, {"message": "Logprobs is not enabled"}, RequestError, "not enabled"),
        (200, {"message": "overloaded", "code": 503}, ServerError, "overloaded"),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_refusal_of_gemini(
    status: int,
    error: dict[str, Any],
    kind: type[Exception],
    message: str,
    listed: bool,
) -> None:
    """As an object, or as a list of one where a stream was asked for."""
    body: Any = {"error": {"code": status, "status": "X", **error}}
    answer = httpx.Response(status, json=[body] if listed else body)
    with pytest.raises(kind, match=message):
        mocked(answer, **WAYS["gemini"]).generate("Hi")


def test_sglang_gets_a_raw_prompt() -> None:
    """Below the root, with the parameters of sampling in one place."""
    server = Server("sglang")
    server.ask(
        "The sea is",
        max_tokens=9,
        temperature=0,
        seed=0,
        stop=["."],
        top_logprobs=40,
        logprob_start_len=0,
    )
    assert server.asked[0].url == "http://127.0.0.1:30000/generate"
    assert server.body == {
        "text": "The sea is",
        "sampling_params": {
            "temperature": 0,
            "stop": ["."],
            "sampling_seed": 0,
            "max_new_tokens": 9,
        },
        "return_logprob": True,
        "top_logprobs_num": 40,
        "return_text_in_logprobs": True,
        "stream": True,
        "logprob_start_len": 0,
    }
    with pytest.raises(InputError, match="takes text as it is"):
        server.ask(system="Be brief.")


def test_sglang_says_what_it_thinks_of_the_prompt() -> None:
    """The prompt's tokens stand in front, and are no part of the answer."""
    answer = Server("sglang", "prompt.json").ask(stream=False, logprob_start_len=0)
    assert [row.part.name for row in answer] == ["PROMPT"] * 3 + ["GENERATED"] * 3
    assert answer.text == " cold and wet"
    assert answer[1].logprob == -4.5


def test_several_answers_of_sglang() -> None:
    """They share a stream, or a list."""
    server = Server("sglang", "two_choices.sse", "batch.json")
    assert [g.text for g in server.ask(n=2)] == [" cold and wet", " deep."]
    assert server.body["sampling_params"] == {"n": 2}
    whole = server.ask(n=2, stream=False)
    assert [g.text for g in whole] == [" cold and wet", " deep"]


def test_where_an_api_takes_one_choice_requests_run_side_by_side() -> None:
    """Whether it streams or not; no n is sent."""
    server = Server("openai_responses")
    for stream in (True, False):
        answers = server.ask(n=2, stream=stream)
        assert [answer.text for answer in answers] == ["Sea is blue"] * 2
    assert len(server.asked) == 4
    assert not any("n" in json.loads(request.content) for request in server.asked)


@pytest.mark.parametrize("dialect", WAYS)
def test_an_error_after_the_first_token_keeps_it(dialect: str) -> None:
    """The answer has it, with status error and the server's words."""
    name = "error_failed" if dialect == "openai_responses" else "error_midway"
    answer = Server(dialect, f"{name}.sse").ask()
    assert (answer.status, len(answer) > 0) == ("error", True)
    assert answer.meta.error


@pytest.mark.engine
@pytest.mark.parametrize("stream", [True, False])
def test_the_embedded_models_own_api_gives_several(stream: bool) -> None:
    """It knows no n either."""
    with lp.Client("local") as client:
        answers = client.generate(
            "The sea is", api="native", n=2, seed=1, max_tokens=3, stream=stream
        )
    assert [len(answer) for answer in answers] == [3, 3]


def test_who_speaks_responses() -> None:
    """Those that send values there; Ollama and llama.cpp send none."""
    speakers = {name for name, row in PROVIDERS.items() if "responses" in row.apis}
    assert speakers == {"openai", "vllm"}


@pytest.mark.engine
@pytest.mark.parametrize("stream", [True, False])
def test_a_real_server_of_responses(stream: bool) -> None:
    """llama.cpp answers there too, but without values, and the answer says so."""
    root = acquire(None).base_url
    with lp.Client("openai", base_url=root, model="any") as client:
        answer = client.generate(
            "Name a sea.",
            api="responses",
            top_logprobs=0,
            max_tokens=4,
            temperature=0,
            stream=stream,
        )
    assert answer.text
    assert (answer.status, len(answer)) == ("complete", 0)
    assert answer.meta.usage.completion_tokens == 4
    assert "returned no log probabilities" in answer.findings[0].text
