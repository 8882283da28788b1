"""Answers have DeepInfra's shapes, whoever asks."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from typing import Any

import openai
import pytest

import lpwidgets as lp
from tests.gateway.server import (
    CHAT,
    COMMAND,
    COMPLETIONS,
    DREAM,
    ENDLESS,
    HELLO,
    MODEL,
    NATIVE,
    PROGRAM,
    Server,
)

pytestmark = pytest.mark.engine


def test_the_documents_python_program(server: Server) -> None:
    """It runs as written, with another host, and prints what it should."""
    program = PROGRAM.replace("https://api.deepinfra.com", server.url)
    out = subprocess.check_output([sys.executable, "-c", program], text=True)
    lines = out.splitlines()
    values = [float(line.rpartition(": ")[2]) for line in lines]
    assert len(values) >= 4
    assert len(values) == 4 * sum(not line.startswith("  alt") for line in lines)
    assert max(values) <= 0
    assert min(values) > -100


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_documents_curl_command(server: Server) -> None:
    """It runs as written, with another host, and its first lines are the document's."""
    command = COMMAND.replace("https://api.deepinfra.com", server.url)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["sh", "-c", "exec " + command.strip()], stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(6)]
        process.kill()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.strip()]
    for event in events:
        assert list(event) == ["token", "generated_text", "details"]
        assert list(event["token"]) == ["id", "text", "logprob", "special"]
        assert event["token"]["logprob"] <= 0


def test_chat_streams_what_it_answers(server: Server) -> None:
    """With a seed, stream and answer have the same tokens, values and usage."""
    whole = server.post(CHAT, **HELLO).json()
    events = server.events(CHAT, **HELLO)
    entries = whole["choices"][0]["logprobs"]["content"]
    parts = [event["choices"][0] for event in events]
    streamed = [
        entry for part in parts for entry in (part["logprobs"] or {}).get("content", [])
    ]
    assert [one["token"] for one in streamed] == [one["token"] for one in entries]
    for one, other in zip(streamed, entries, strict=True):
        assert math.isclose(one["logprob"], other["logprob"], abs_tol=1e-2)
    text = "".join(part["delta"].get("content", "") for part in parts)
    assert text == whole["choices"][0]["message"]["content"]
    assert [part["finish_reason"] for part in parts[-2:]] == [None, "length"]
    assert events[-1]["usage"]["completion_tokens"] == len(entries) == 8
    assert whole["usage"]["estimated_cost"] == 0.0
    assert whole["model"] == events[0]["model"] == MODEL


def test_chat_entries(server: Server) -> None:
    """An entry has bytes and as many alternatives as asked for, none by default."""
    (entry, *_) = server.post(CHAT, **HELLO).json()["choices"][0]["logprobs"]["content"]
    assert list(entry) == ["token", "logprob", "bytes", "top_logprobs"]
    assert bytes(entry["bytes"]).decode() == entry["token"]
    assert len(entry["top_logprobs"]) == 3
    bare = {name: value for name, value in HELLO.items() if name != "top_logprobs"}
    (entry, *_) = server.post(CHAT, **bare).json()["choices"][0]["logprobs"]["content"]
    assert entry["top_logprobs"] == []
    assert entry["logprob"] <= 0
    without = server.post(CHAT, **HELLO | {"logprobs": False, "top_logprobs": None})
    assert without.json()["choices"][0]["logprobs"] is None


def test_a_stream_without_usage(server: Server) -> None:
    """Whoever does not want the usage does not get it."""
    options = {"include_usage": False}
    events = server.events(CHAT, **HELLO, stream_options=options)
    assert not any("usage" in event for event in events)
    assert events[-1]["choices"][0]["finish_reason"] == "length"


def test_completions_have_the_older_lists(server: Server) -> None:
    """Tokens, values, alternatives by text, offsets; the stream counts on."""
    body = {"model": "x", "prompt": "I have this dream", "max_tokens": 5, "seed": 5}
    whole = server.post(COMPLETIONS, **body, logprobs=2).json()["choices"][0]
    lists, text = whole["logprobs"], whole["text"]
    assert "".join(lists["tokens"]) == text
    for token, offset, value, top in zip(
        *(lists["tokens"], lists["text_offset"]),
        *(lists["token_logprobs"], lists["top_logprobs"]),
        strict=True,
    ):
        assert text[offset:].startswith(token)
        assert top[token] == value
        assert len(top) in {2, 3}
    events = server.events(COMPLETIONS, **body, logprobs=2)
    parts = [event["choices"][0]["logprobs"] for event in events]
    offsets = [one for part in parts if part for one in part["text_offset"]]
    assert offsets == lists["text_offset"]
    assert events[-1]["usage"]["completion_tokens"] == 5


def test_native_streams_what_it_answers(server: Server) -> None:
    """A token an event, the last with the text and its details; the answer is text."""
    *events, last = server.events(NATIVE, **DREAM)
    texts = [event["token"]["text"] for event in [*events, last]]
    assert all(event["generated_text"] is None for event in events)
    assert last["generated_text"] == "".join(texts)
    assert last["details"]["finish_reason"] == "length"
    assert last["details"]["generated_tokens"] == last["num_output_tokens"] == 6
    assert last["details"]["seed"] == 5
    whole = server.post(NATIVE, **DREAM).json()
    assert whole["results"] == [{"generated_text": last["generated_text"]}]
    assert whole["inference_status"]["status"] == "succeeded"
    assert whole["num_tokens"] == whole["inference_status"]["tokens_generated"] == 6
    assert whole["num_input_tokens"] == last["num_input_tokens"]


def test_native_takes_no_chat_template(server: Server) -> None:
    """The caller writes the template; the end of the text is a special token."""
    prompt = "<|im_start|>user\nSay hi<|im_end|>\n<|im_start|>assistant\n"
    body = {"input": prompt, "temperature": 0, "max_new_tokens": 100}
    last = server.events(NATIVE, **body)[-1]
    assert last["token"]["special"]
    assert last["details"]["finish_reason"] == "eos_token"
    assert "<|im" not in last["generated_text"]
    several = server.post(NATIVE, **DREAM, num_responses=2, stop="zzz").json()
    assert len(several["results"]) == 2
    assert several["num_tokens"] == 12


@pytest.mark.parametrize(
    ("path", "body", "many"),
    [
        (CHAT, ENDLESS | {"n": 3, "temperature": 1.5}, 3),
        (COMPLETIONS, {"model": "x", "prompt": ["I", "You"], "n": 2, "seed": 1}, 4),
    ],
)
def test_several_choices(
    server: Server, path: str, body: dict[str, Any], many: int
) -> None:
    """They differ, are numbered, and the usage counts all of them."""
    answer = server.post(path, **body | {"max_tokens": 8}).json()
    choices = answer["choices"]
    assert [choice["index"] for choice in choices] == list(range(many))
    texts = {choice.get("text") or choice["message"]["content"] for choice in choices}
    assert len(texts) == many
    assert answer["usage"]["completion_tokens"] == 8 * many


def test_the_openai_package(server: Server) -> None:
    """Its streams and its errors are what its users know."""
    client = openai.OpenAI(
        api_key="x", base_url=f"{server.url}/v1/openai", max_retries=0
    )
    chunks = list(client.chat.completions.create(**HELLO, stream=True))
    assert chunks[-1].usage
    assert chunks[-1].choices[0].finish_reason == "length"
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(**HELLO | {"n": 9})
    assert [model.id for model in client.models.list()] == [MODEL]


def test_our_own_client(server: Server) -> None:
    """The library talks to it as to DeepInfra."""
    client = lp.Client("deepinfra", base_url=server.url, api_key="x")
    answer = client.generate("Say hello", top_logprobs=3, max_tokens=5, temperature=0)
    assert len(answer) == 5
    assert answer.meta.status == "length"
