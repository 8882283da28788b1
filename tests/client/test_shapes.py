"""Answers whose JSON is not quite what it should be."""

from __future__ import annotations

import json
import math
from typing import Any

import httpx
import pytest

from lpwidgets.errors import WireError
from tests.client.server import DONE, STOP, choice, event, mocked, said, streamed

TEXT = {"index": 0, "delta": {"content": "b"}}


def after_a(*events: bytes) -> Any:
    """Return the answer of a stream that goes on like this after a first token."""
    return mocked(streamed(said("a"), *events, STOP, DONE)).generate("Hi")


@pytest.mark.parametrize(
    "odd",
    [
        event(choices=None),
        event(choices=[]),
        event(choices=[{"index": 0, "delta": None}]),
        event(choices=[{"index": 0, "delta": {}, "logprobs": None}]),
        event(choices=[{"delta": {}, "logprobs": {"content": None}}]),
        event(choices=[{"index": 0}], obfuscation="x", service_tier=None),
        event(choices=[], usage=None),
        event(choices=[], error=None),
        event(),
        b"data:\n\n",
        b": ping\r\n\r\n",
        b"id: 7\nretry: 10\n\n",
        b'data: {"choices":[],\ndata: "usage":null}\n\n',
    ],
)
def test_chunks_that_say_nothing_are_passed_over(odd: bytes) -> None:
    """Null, empty and absent are all the same nothing."""
    answer = after_a(odd, said("b"))
    assert (answer.text, len(answer), answer.status) == ("ab", 2, "complete")


@pytest.mark.parametrize(
    "logprobs",
    [
        -0.2,
        "yes",
        [],
        [-0.1],
        {"content": "b"},
        {"content": [{"token": 1}]},
        {"content": [{"token": "b", "logprob": "low"}]},
        {"content": [{"token": "b", "logprob": -1, "top_logprobs": {"b": -1}}]},
        {"tokens": ["b"], "token_logprobs": [-0.2], "top_logprobs": [{"b": -0.2}]},
    ],
)
def test_log_probabilities_of_another_shape(logprobs: Any) -> None:
    """The text is kept, and the finding shows how they begin."""
    events = event(choices=[TEXT | {"logprobs": logprobs}]), STOP, DONE
    answer = mocked(streamed(*events)).generate("Hi")
    assert (answer.text, len(answer), answer.status) == ("b", 0, "complete")
    if logprobs:
        assert answer.meta.unread
        assert "shape" in answer.findings[0].text


def test_one_odd_choice_does_not_spoil_the_others() -> None:
    """A choice of a shape that nobody knows leaves the next one its tokens."""
    odd = event(choices=[TEXT | {"logprobs": 1}, choice("c", index=1)])
    first, second = mocked(streamed(odd, DONE)).generate("Hi", n=2)
    assert (first.meta.unread, len(second), second.meta.unread) == ("1", 1, "")


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (event(choices=[choice("z", index=-1)]), "error"),
        (event(choices=[choice("z", index=128)]), "error"),
        (event(choices=[choice("z", index=2**80)]), "error"),
        (event(choices=["z"]), "error"),
        (event(choices="z"), "error"),
        (b"data: {]\n\n", "error"),
        (b"data: \xff\xfe\n\n", "error"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "error"),
        (b'data: {"x":' + b"[" * 100_000 + b"\n\n", "error"),
        (b"<html>\n\n", "complete"),
    ],
)
def test_what_is_no_chunk_ends_the_answer(events: bytes, status: str) -> None:
    """The tokens before it stay; nothing raw comes out."""
    answer = after_a(events)
    assert (answer.text, len(answer), answer.status) == ("a", 1, status)
    assert bool(answer.meta.error) == (status == "error")


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b"null", b"{}", b'{"choices": 3}', b"", b"[" * 99_999]
)
def test_what_is_no_body_is_an_error(body: bytes) -> None:
    """An answer in one piece that is none says how it begins."""
    response = httpx.Response(
        200, content=body, headers={"content-type": "application/json"}
    )
    with pytest.raises(WireError):
        mocked(response).generate("Hi", stream=False)


@pytest.mark.parametrize("literal", ["NaN", "-Infinity", "null", "-9999.0", "-3.4e38"])
def test_values_that_stand_for_unknown(literal: str) -> None:
    """Literals that JSON does not have, and sentinels, are unknown, not numbers."""
    unknown = said("b").replace(b"-0.5", literal.encode())
    rows = list(after_a(unknown))
    assert [row.token for row in rows] == ["a", "b"]
    assert math.isnan(rows[1].logprob)


def test_an_error_of_null_beside_a_literal_of_nan() -> None:
    """Two oddities at once are still only two oddities."""
    chunk = {"error": None, "choices": [choice("b")]}
    odd = b"data: " + json.dumps(chunk).replace("-0.5", "NaN").encode() + b"\n\n"
    assert after_a(odd).text == "ab"


def test_half_a_character_written_as_a_lone_surrogate() -> None:
    """JSON may carry what UTF-8 may not; it is kept as it came."""
    answer = after_a(b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n')
    assert answer.text == "a\ud83d"
    assert answer.status == "complete"


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_other_line_separators_stand_raw_in_events(separator: str) -> None:
    """Only line feeds and carriage returns end a line of a stream."""
    raw = json.dumps({"choices": [choice("b" + separator)]}, ensure_ascii=False)
    if separator in "\x0b\x1c":  # control characters that JSON has to escape
        raw = json.dumps({"choices": [choice("b" + separator)]})
    answer = after_a(b"data: " + raw.encode() + b"\n\n")
    assert answer.text == "ab" + separator
    assert [row.token for row in answer] == ["a", "b" + separator]


def test_usage_that_comes_more_than_once() -> None:
    """The last usage counts."""
    usages = [event(choices=[], usage={"completion_tokens": n}) for n in (1, 2, 1)]
    assert after_a(*usages).meta.usage.completion_tokens == 1


def test_bytes_that_are_none() -> None:
    """A byte above 255 makes the text count instead."""
    odd = said("b").replace(b'"bytes": [98]', b'"bytes": [999]')
    assert [row.token for row in after_a(odd)] == ["a", "b"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_server_that_leaves_log_probabilities_out(stream: bool) -> None:
    """No values is a state of its own, said aloud, with the text kept."""
    client = mocked(streamed(said("Hi", None), STOP, DONE))
    answer = client.generate("Hi", stream=stream)
    assert (answer.text, answer.status) == ("Hi", "complete")
    assert not answer.has_logprobs
    assert answer.findings[0].level == "error"
    assert "returned no log probabilities for m" in answer.findings[0].text


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("stop", "complete"),
        ("eos_token", "complete"),
        ("tool_calls", "complete"),
        ("length", "length"),
        ("content_filter", "filtered"),
        ("abort", "error"),
        ("", "truncated"),
        (None, "truncated"),
    ],
)
def test_finish_reasons(reason: str | None, status: str) -> None:
    """Each finish reason is a status; without one the end is a cut."""
    end = event(choices=[{"index": 0, "delta": {}, "finish_reason": reason}])
    assert mocked(streamed(said("a"), end)).generate("Hi").status == status


def test_the_end_mark_alone_completes() -> None:
    """A server that sends no finish reason, but [DONE], has finished."""
    assert mocked(streamed(said("a"), DONE)).generate("Hi").status == "complete"
