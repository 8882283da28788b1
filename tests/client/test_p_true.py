"""P(True): what is asked, and how the probability of the reply is read."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import httpx
import pytest

import lpwidgets as lp
from lpwidgets.client.p_true import inquiry, options_for, verdict
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part
from tests.client.server import DONE, STOP, async_mocked, mocked, said, streamed
from tests.make_generation import generation, token

P = math.log


def spread(*tokens: Any) -> tuple[float, ...]:
    """Return how a reply is read: true, false, other, unseen."""
    return verdict(generation(*tokens))[:4]


def test_all_spellings_of_a_label_count() -> None:
    """Letters, words and brackets; an article is no label."""
    trues = [("A", P(0.3)), (" (A", P(0.1)), ("True", P(0.1)), ("\tTRUE", P(0.05))]
    falses = [("B", P(0.2)), ("false.", P(0.05)), ("(B)", P(0.05))]
    others = [("a", P(0.04)), ("The", P(0.01)), ("Tr", P(0.01))]
    reply = token("A", P(0.3), [*trues, *falses, *others])
    assert spread(reply) == pytest.approx((0.55, 0.3, 0.06, 0.09))
    assert verdict(generation(reply)).probability == pytest.approx(0.55 / 0.85)


def test_a_bracket_is_walked_over() -> None:
    """Its share is spread as what follows it is; so two ways to say A add up."""
    bracket = token(" (", P(0.5), [("A", P(0.25)), (" (", P(0.5))])
    label = token("B", P(0.5), [("B", P(0.5)), ("A", P(0.25))])
    rest = token(")", P(1.0), [(")", P(1.0))])
    told = (0.25 + 0.125, 0.25, 0.0, 0.25 + 0.125)
    assert spread(bracket, label, rest) == pytest.approx(told)
    cut = spread(bracket)
    assert cut == pytest.approx((0.25, 0.0, 0.0, 0.75))


def test_a_reply_that_is_neither_is_unknown() -> None:
    """And so is one without values, or without a token."""
    assert spread(token("The", P(0.5))) == pytest.approx((0, 0, 0.5, 0.5))
    assert math.isnan(verdict(generation(token("The", P(0.5)))).probability)
    reasoning = generation(token("A", P(0.5)), part=Part.REASONING)
    for reply in (generation(token("A", None)), generation(), reasoning):
        assert all(math.isnan(share) for share in verdict(reply)[:4])
        assert "PTrue nan" in repr(verdict(reply))


def test_the_question_is_that_of_the_paper() -> None:
    """With ideas in front if there are; an answer may be a generation."""
    answer = generation(token("Canberra", P(0.5)))
    lines = inquiry("Capital of Australia?", answer, ["Sydney", "Perth"]).splitlines()
    assert lines[0] == "Question: Capital of Australia?"
    assert lines[2:5] == ["Sydney", "Perth", "Proposed Answer: Canberra"]
    assert lines[6:8] == [" (A) True", " (B) False"]
    assert len(inquiry("Why?", "So.").splitlines()) == 6


@pytest.mark.parametrize(
    ("question", "answer", "message"),
    [
        ("", "So.", "the question is empty"),
        ("Why?", " ", "the answer is empty"),
        ("Why?", None, "the answer is None"),
        ([{"role": "user"}], "So.", "the question is \\[{'role'"),
    ],
)
def test_what_is_missing_is_named(question: Any, answer: Any, message: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InputError, match=message):
        mocked(httpx.Response(500)).p_true(question, answer)


def test_as_many_alternatives_as_the_server_lists() -> None:
    """And one reply."""
    assert options_for(None, {})["top_logprobs"] == 20
    assert options_for(5, {})["top_logprobs"] == 5
    assert options_for(5, {"top_logprobs": 2})["top_logprobs"] == 2
    with pytest.raises(InputError, match="leave n out"):
        options_for(5, {"n": 3})


def test_both_clients_ask_once_without_sampling() -> None:
    """The reply is kept, and is the client's last."""
    bodies: list[dict[str, Any]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return streamed(said("A"), STOP, DONE)

    client = mocked(serve)
    told = client.p_true("Why?", "So.")
    assert told.true > 0
    assert told.generation is client.last
    again = asyncio.run(async_mocked(serve).p_true("Why?", "So.", max_tokens=9))
    assert again[:4] == told[:4]
    assert [body["temperature"] for body in bodies] == [0, 0]
    assert [body["max_tokens"] for body in bodies] == [4, 9]


@pytest.mark.engine
@pytest.mark.parametrize("api", ["chat", "completions"])
def test_the_embedded_model_says_both_labels(api: str) -> None:
    """All its probability is accounted for."""
    with lp.Client("local") as client:
        answer = client.generate("What is two plus two?", max_tokens=8, seed=1)
        told = client.p_true("What is two plus two?", answer, api=api)
    assert told.true > 0
    assert told.false > 0
    assert sum(told[:4]) == pytest.approx(1)
    assert 0 < told.probability < 1
