"""JSONTestSuite as answers, whole and inside what an answer has: no raw exception."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import lpwidgets as lp
from lpwidgets.builder import AnswerBuilder
from lpwidgets.wire.dialects import DIALECTS
from tests.bad_input.suites import json_suite
from tests.client.server import FaultServer, head

if TYPE_CHECKING:
    from collections.abc import Callable

SUITE = json_suite()
SAID = b'"delta": {"content": "x"}, "message": {"content": "x"}, "text": "x"'
PLACES = {
    "everything": b"%s",
    "choices": b'{"choices": %s}',
    "choice": b'{"choices": [%s]}',
    "logprobs": b'{"choices": [{' + SAID + b', "logprobs": %s}]}',
    "content": b'{"choices": [{' + SAID + b', "logprobs": {"content": %s}}]}',
    "lists": b'{"choices": [{"text": "x", "logprobs": {"tokens": %s, '
    b'"token_logprobs": %s, "top_logprobs": %s, "text_offset": %s}}]}',
    "token": b'{"choices": [{' + SAID + b', "logprobs": {"content": '
    b'[{"token": %s, "logprob": -1}]}}]}',
    "logprob": b'{"choices": [{' + SAID + b', "logprobs": {"content": '
    b'[{"token": "x", "logprob": %s, "top_logprobs": []}]}}]}',
    "tgi": b'{"token": %s, "details": %s, "generated_text": "x"}',
    "ollama": b'{"message": {"content": "x"}, "logprobs": %s, "done": true}',
    "llamacpp": b'{"content": "x", "completion_probabilities": %s}',
    "usage": b'{"choices": [], "usage": %s}',
    "error": b'{"error": %s}',
}


def outcome(call: Callable[[], Any]) -> str:
    """Return how a call ends: an error on purpose, a short one, or an answer."""
    try:
        found = call()
    except lp.LpError as error:
        return short(str(error))
    for one in [found] if isinstance(found, lp.Generation) else found:
        assert one.status in lp.Status
        assert repr(one)
        assert all(finding.text for finding in one.findings)
    return "answer"


def short(message: str) -> str:
    """Check that a message is there, and is short."""
    assert 1 <= len(message.splitlines()) <= 3
    return "error"


def test_the_suite_is_whole() -> None:
    """As many bodies as its authors collected."""
    kinds = [name.partition("/")[2][:2] for name in SUITE if name.startswith("parsing")]
    assert {kind: kinds.count(kind) for kind in ("y_", "n_", "i_")} == {
        "y_": 95,
        "n_": 188,
        "i_": 35,
    }


@pytest.mark.parametrize("place", PLACES)
def test_each_dialect_decodes_or_refuses(place: str) -> None:
    """A body and an event, by each decoder, and whatever it is by `lp.read`."""
    count = 0
    for value in SUITE.values():
        data = PLACES[place].replace(b"%s", value)
        for dialect in DIALECTS:
            count += bool(outcome(partial(decoded, dialect, "body", data)))
            count += bool(outcome(partial(decoded, dialect, "event", data)))
        count += bool(outcome(partial(lp.read, data)))
    assert count == len(SUITE) * (2 * len(DIALECTS) + 1)


def decoded(dialect: str, way: str, data: bytes) -> Any:
    """Return what a decoder makes of a body or event."""
    builder = AnswerBuilder(lp.Meta(dialect=dialect))
    for record in getattr(DIALECTS[dialect].Decoder(), way)(data):
        builder.add(record)
    return builder.finish()


@pytest.mark.parametrize("stream", [True, False])
def test_a_server_that_answers_so(stream: bool) -> None:
    """Over a socket: nothing raw, nothing that hangs, and each request asked once."""
    kind = "text/event-stream" if stream else "application/json"
    scripts = [(head(kind), as_event(b) if stream else b) for b in SUITE.values()]
    with FaultServer(*scripts) as server, server.client(timeout=20) as client:
        ends = [outcome(lambda: client.generate("Hi", stream=stream)) for _ in scripts]
        assert len(server.requests) == len(SUITE) == len(ends)
    assert ends.count("error") > len(SUITE) // 2


def as_event(data: bytes) -> bytes:
    """Return data as one event, a line of it each line."""
    lines = data.replace(b"\r", b"").split(b"\n")
    return b"".join(b"data: " + line + b"\n" for line in lines) + b"\n"
