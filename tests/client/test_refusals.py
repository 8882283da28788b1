"""Status codes, error bodies and retries."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import stamina
from stamina.instrumentation import set_on_retry_hooks

from lpwidgets.errors import (
    AuthError,
    BusyError,
    ConnectError,
    LpError,
    RequestError,
    ServerError,
    WireError,
)
from tests.client.server import BODY, HELLO, mocked, streamed

OPENAI = {"error": {"message": "it said so", "type": "t", "param": None, "code": "c"}}
KEY = "sk-made-up-0123456789"


def refuse(status: int, body: Any = OPENAI, **headers: str) -> httpx.Response:
    """Return a refusal."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=headers)
    return httpx.Response(status, json=body, headers=headers)


def error_of(response: httpx.Response, **options: Any) -> LpError:
    """Return the error that an answer leads to, which is always short."""
    with pytest.raises(LpError) as caught:
        mocked(response, **options).generate("Hi")
    assert 1 <= len(str(caught.value).splitlines()) <= 3
    assert KEY not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, RequestError, "change what it names"),
        (401, AuthError, "no key was sent: pass api_key"),
        (402, AuthError, "credit or a payment method"),
        (403, AuthError, "the model 'm'"),
        (404, RequestError, "check the model 'm' and base_url"),
        (405, RequestError, "check base_url"),
        (408, BusyError, "try again"),
        (409, BusyError, "try again"),
        (413, RequestError, "shorten it"),
        (418, RequestError, "change what it names"),
        (422, RequestError, "change what it names"),
        (429, BusyError, "send fewer at once"),
        (500, BusyError, "try again later"),
        (503, BusyError, "loads the model"),
        (529, BusyError, "try again later"),
    ],
)
def test_each_status_is_a_typed_error_with_advice(
    status: int, kind: type[ServerError], advice: str
) -> None:
    """A refusal has its type, its status, the server's words, and what to do."""
    error = error_of(refuse(status))
    assert type(error) is kind
    assert isinstance(error, ServerError)
    assert error.status == status
    assert f"answered {status}: it said so" in str(error)
    assert advice in str(error)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (OPENAI, "it said so"),
        ({"error": "Model not found"}, "Model not found"),
        ({"error": {"message": "busy", "code": "engine_overloaded"}}, "busy"),
        (
            {"detail": [{"loc": ["body", "model"], "msg": "field required"}]},
            "body.model: field required",
        ),
        ({"detail": "Not authenticated"}, "Not authenticated"),
        ({"detail": {"error": "text"}}, "text"),
        ({"object": "error", "message": "older vLLM"}, "older vLLM"),
        ({"error": "slow", "error_type": "overloaded"}, "slow"),
        ({"error_type": "validation_error", "error_message": "bad"}, "bad"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        ({"error": {"a": 1}}, '{"a": 1}'),
        ({"detail": [{"loc": 3, "msg": "odd"}]}, "odd"),
        ("<html><h1>502 Bad Gateway</h1>", "502 Bad Gateway"),
        ("", "(an empty body)"),
        ("\x00\x1b[31mred", "red"),
        ("[" * 100_000, "[[["),
    ],
)
def test_the_servers_own_words_are_quoted(body: Any, words: str) -> None:
    """Whatever shape an error body has, its message is in ours."""
    error = error_of(refuse(422, body))
    assert words in str(error)
    assert "\x1b" not in str(error)


def test_long_words_of_a_server_are_cut_to_one_line() -> None:
    """A server's traceback does not fill the notebook."""
    error = error_of(refuse(400, {"error": "line\n" * 1000}))
    assert len(str(error)) < 500


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"provider": "deepinfra", "api_key": KEY}, "check DEEPINFRA_API_KEY"),
        (
            {"provider": "deepinfra", "base_url": "http://127.0.0.1"},
            "DEEPINFRA_API_KEY is for api.deepinfra.com only",
        ),
        ({"provider": "vllm"}, "set VLLM_API_KEY or pass api_key"),
        ({"api_key": KEY}, "the key is wrong: check api_key"),
    ],
)
def test_a_refused_key_names_where_it_comes_from(
    options: dict[str, str], advice: str
) -> None:
    """401 says which variable or argument to look at."""
    assert advice in str(error_of(refuse(401), **options))


def test_an_exhausted_quota_is_no_rate_limit() -> None:
    """OpenAI's insufficient_quota comes as 429, and is final all the same."""
    calls: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return refuse(429, {"error": {"message": "m", "code": "insufficient_quota"}})

    with pytest.raises(AuthError, match="credit or a payment"):
        mocked(answer).generate("Hi")
    assert len(calls) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_passing_trouble_is_tried_three_times(status: int) -> None:
    """Two retries, and the third answer counts."""
    answers = [streamed(*HELLO[1:]), refuse(status), refuse(status)]
    assert mocked(lambda _: answers.pop()).generate("Hi").text == "Hello"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 422])
def test_what_cannot_change_is_tried_once(status: int) -> None:
    """A final refusal costs one request."""
    answers = [streamed(*HELLO[1:]), refuse(status)]
    with pytest.raises(ServerError):
        mocked(lambda _: answers.pop()).generate("Hi")
    assert len(answers) == 1


def test_after_two_retries_the_error_stays() -> None:
    """The fourth answer is never asked for."""
    answers = [streamed(*HELLO[1:]), *(refuse(500) for _ in range(3))]
    with pytest.raises(BusyError):
        mocked(lambda _: answers.pop()).generate("Hi")
    assert len(answers) == 1


def in_seconds(seconds: float) -> str:
    """Return a date in HTTP's form."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"retry_after_ms": "150"}, 0.15, 0.45),
        ({"retry_after": "0.15"}, 0.15, 0.45),
        ({"retry_after": in_seconds(-60)}, 0.0, 0.3),
        ({"retry_after": "-5"}, 0.0, 0.3),
    ],
)
def test_a_server_says_when_to_come_back(
    headers: dict[str, str], least: float, most: float
) -> None:
    """Retry-After is obeyed, in milliseconds, seconds, or as a date."""
    answers = [streamed(*HELLO[1:]), refuse(429, **headers)]
    start = time.monotonic()
    with stamina.set_testing(False):
        mocked(lambda _: answers.pop()).generate("Hi")
    assert least <= time.monotonic() - start < most + 0.5


def test_after_a_first_connection_breaks_another_is_tried_at_once() -> None:
    """It may be one that the server closed while it was kept; a second is no chance."""
    waits: list[float] = []
    broken = httpx.RemoteProtocolError("Server disconnected")
    answers = [streamed(*HELLO[1:]), streamed(broken), streamed(broken)]
    set_on_retry_hooks([lambda details: waits.append(details.wait_for)])
    try:
        with stamina.set_testing(False):
            mocked(lambda _: answers.pop()).generate("Hi")
    finally:
        set_on_retry_hooks(None)
    assert waits[0] == 0
    assert waits[1] > 0


@pytest.mark.parametrize(
    "headers",
    [
        {"retry_after": "3600"},
        {"retry_after": in_seconds(3600 * 1000)},
        {"retry_after": "inf"},
        {"x_should_retry": "false"},
    ],
    ids=["seconds", "date", "for ever", "no"],
)
def test_a_wait_beyond_the_cap_is_not_waited(headers: dict[str, str]) -> None:
    """An hour or more is left to the user, who is told of it."""
    answers = [streamed(*HELLO[1:]), refuse(429, **headers)]
    with pytest.raises(BusyError, match="too many requests: wait") as caught:
        mocked(lambda _: answers.pop()).generate("Hi")
    assert len(answers) == 1
    hour = "retry_after" in headers and headers["retry_after"] != "inf"
    assert bool(re.search(r"wait 3[56]\d\d(\d{3})? s", str(caught.value))) == hour


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"retry_after": "7"}, 7, 7),
        ({"retry_after": "1.5"}, 1.5, 1.5),
        ({"retry_after": "0"}, 0, 0),
        ({"retry_after": "-3"}, 0, 0),
        ({"retry_after": in_seconds(9_000)}, 5_000, 9_000),
        ({"retry_after": in_seconds(-20)}, 0, 0),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "7"}, 7, 7),
    ],
)
def test_each_form_of_retry_after_is_told(
    headers: dict[str, str], least: float, most: float
) -> None:
    """The last refusal carries the seconds to wait; the finer header counts first."""
    error = error_of(refuse(429, **headers))
    assert isinstance(error, BusyError)
    assert error.retry_after is not None
    assert least <= error.retry_after <= most


@pytest.mark.parametrize("value", ["soon", "", "Mon, 99 Foo 99999 00:00:00 GMT"])
def test_a_retry_after_that_makes_no_sense_is_ignored(value: str) -> None:
    """The retry comes after the usual wait then."""
    answers = [streamed(*HELLO[1:]), refuse(429, retry_after=value)]
    assert mocked(lambda _: answers.pop()).generate("Hi").text == "Hello"


def test_a_redirect_is_an_address_to_give_not_to_follow() -> None:
    """A key is not carried anywhere by a server's wish."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://other.test/v1"})

    with pytest.raises(
        RequestError, match=r"redirects to https://other\.test/v1: give"
    ):
        mocked(answer, api_key=KEY).generate("Hi")
    assert asked == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        ("text/html; charset=utf-8", "login page or proxy"),
        ("application/octet-stream", "check base_url"),
        ("image/png", "check base_url"),
    ],
)
def test_a_page_in_place_of_an_answer(content_type: str, words: str) -> None:
    """A login page with status 200 is named, with how it begins."""
    page = httpx.Response(
        200, content=b"<html>Sign in</html>", headers={"content-type": content_type}
    )
    error = error_of(page)
    assert isinstance(error, WireError)
    assert words in str(error)
    assert "Sign in" in str(error)


def test_an_error_line_of_another_stream_format_is_read() -> None:
    """Ollama's newline-delimited error keeps its words."""
    headers = {"content-type": "application/x-ndjson"}
    line = httpx.Response(200, content=b'{"error":"no such model"}\n', headers=headers)
    assert "no such model" in str(error_of(line))


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/json"])
def test_events_under_a_wrong_content_type_are_read(content_type: str) -> None:
    """A stream is known by how it begins."""
    body = b"".join(HELLO[1:])
    response = httpx.Response(200, content=body, headers={"content-type": content_type})
    assert mocked(response).generate("Hi").text == "Hello"


@pytest.mark.parametrize("stream", [True, False])
def test_a_whole_answer_is_read_whatever_was_asked(stream: bool) -> None:
    """A server that cannot stream answers in one piece."""
    headers = {"content-type": "application/json"}
    client = mocked(httpx.Response(200, content=BODY, headers=headers))
    answer = client.generate("Hi", stream=stream)
    assert (answer.text, answer.status, len(answer)) == ("Hi", "complete", 1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectTimeout(""), "can it be reached"),
        (httpx.PoolTimeout(""), "all its connections in use"),
        (httpx.ReadTimeout(""), "allow more with timeout"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "no host of that"),
        (httpx.ConnectError("All connection attempts failed"), "nothing listens"),
        (httpx.RemoteProtocolError(""), "RemoteProtocolError"),
        (httpx.DecodingError("bad gzip"), "bad gzip"),
    ],
)
def test_each_network_fault_says_what_to_do(error: Exception, words: str) -> None:
    """No connection is a ConnectError in plain words."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(ConnectError, match=re.escape(words)):
        mocked(answer).generate("Hi")
