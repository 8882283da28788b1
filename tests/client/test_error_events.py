"""Errors inside answers of status 200, in every shape that servers write."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from benchmarks.cut_streams import STREAMS
from lpwidgets.errors import AuthError, BusyError, LpError, RequestError, ServerError
from tests.client.server import DONE, HELLO, Chunks, event, mocked, said, streamed

FAILED = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
SHAPES = {
    "OpenAI": event(error={"message": "it broke", "type": "server_error"}),
    "TGI": event(error="it broke", error_type="generation"),
    "DeepInfra native": event(error_type="x", error_message="it broke"),
    "older vLLM": event(object="error", message="it broke", type="x", code=500),
    "OpenRouter": event(error={"code": "x", "message": "it broke"}, choices=[FAILED]),
    "per choice": event(choices=[FAILED | {"error": {"message": "it broke"}}]),
    "TGI chat": event(error={"message": "it broke", "http_status_code": 424}),
    "Ollama": b'{"error":"it broke"}\n',
    "named event": b"event: error\n" + event(error={"message": "it broke"}),
    "FastAPI": event(detail="it broke"),
}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


@every_shape
@pytest.mark.parametrize("end", [(), (DONE,)], ids=["cut", "done"])
def test_before_the_first_token_it_is_raised(shape: bytes, end: Any) -> None:
    """Nothing came: an error with the server's words and advice."""
    with pytest.raises(ServerError, match=r"reported: it broke\n.*(try again|change)"):
        mocked(lambda _: streamed(shape, *end)).generate("Hi")


@every_shape
@pytest.mark.parametrize("end", [(), (DONE,)], ids=["cut", "done"])
def test_after_the_first_token_it_is_kept(shape: bytes, end: Any) -> None:
    """The tokens stay, and the status, meta and findings tell what happened."""
    answer = mocked(streamed(said("a"), said("b"), shape, *end)).generate("Hi")
    assert (answer.text, len(answer), answer.status) == ("ab", 2, "error")
    assert answer.meta.error == "it broke"
    assert "it broke" in answer.findings[0].text


@pytest.mark.parametrize("name", [name for name in STREAMS if name != "chat"])
@every_shape
def test_every_other_format_knows_every_shape(name: str, shape: bytes) -> None:
    """Raised before the first token, kept after it, whichever server it is."""
    stream = STREAMS[name]
    lines = stream.content_type == "application/x-ndjson"
    said_so = shape.split(b"data: ")[-1].rstrip() + (b"\n" if lines else b"\n\n")
    said_so = said_so if lines or shape.startswith(b"{") else b"data: " + said_so
    headers = {"content-type": stream.content_type}

    def answer(*body: bytes) -> Any:
        client = mocked(
            lambda _: httpx.Response(200, headers=headers, stream=Chunks(*body)),
            provider=stream.provider,
            api_key="key-for-tests",
        )
        return client.generate("Hi", api=stream.api)

    with pytest.raises(LpError, match="it broke"):
        answer(said_so)
    cut = answer(stream.body[: stream.ends[1] + stream.mark], said_so)
    assert (len(cut), cut.status) == (2, "error")
    assert "it broke" in cut.meta.error


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, AuthError), (422, RequestError), (429, BusyError), ("x", ServerError)],
)
def test_a_code_inside_an_answer_means_what_a_status_means(
    code: object, kind: type[LpError]
) -> None:
    """The error's type does not hang on where the server put the number."""
    answers = [streamed(event(error={"message": "m", "code": code})) for _ in range(3)]
    with pytest.raises(LpError) as caught:
        mocked(lambda _: answers.pop()).generate("Hi")
    assert type(caught.value) is kind
    assert len(answers) == (0 if kind is BusyError else 2)


def test_a_busy_server_that_says_so_in_its_stream_is_asked_again() -> None:
    """Before the first token a retry costs nothing."""
    busy = streamed(event(error={"message": "busy", "http_status_code": 429}))
    answers = [streamed(*HELLO[1:]), busy]
    answer = mocked(lambda _: answers.pop()).generate("Hi")
    assert (answer.text, answer.status, answer.meta.error) == ("Hello", "complete", "")


def test_nothing_is_retried_after_the_first_token() -> None:
    """Two samples are never spliced."""
    broken = streamed(said("a"), httpx.ReadError("reset"))
    answers = [streamed(*HELLO[1:]), broken]
    answer = mocked(lambda _: answers.pop()).generate("Hi")
    assert (answer.text, answer.status, len(answers)) == ("a", "truncated", 1)


def test_an_error_in_a_whole_body_of_status_200() -> None:
    """Some proxies put every error into a 200."""
    response = httpx.Response(200, json={"error": {"message": "it broke"}})
    with pytest.raises(ServerError, match="it broke"):
        mocked(response).generate("Hi", stream=False)


def test_a_stream_that_goes_on_after_an_error_is_left() -> None:
    """Nothing that follows the error event counts, nor is it waited for."""
    with pytest.raises(ServerError, match="it broke"):
        mocked(streamed(SHAPES["OpenAI"], *[b": ping\n\n"] * 5)).generate("Hi")
