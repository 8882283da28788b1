"""How much came of what there is: tokens, values, alternatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lpwidgets.builder import AnswerBuilder
from lpwidgets.wire.records import Delta, Done, Part, Usage
from tests.findings.support import LOW, asking, listing, only, texts, words
from tests.make_generation import META, generation, token


def test_no_values_at_all_is_told_with_what_to_do() -> None:
    """An explicit state instead of an empty picture."""
    finding = only(generation(text="Hello"))
    assert finding.level == "error"
    assert "no log probabilities for a-model" in finding.text
    assert "try another model" in finding.text


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        (Usage(completion_tokens=4), []),
        (Usage(completion_tokens=3), []),  # an end mark that is not counted
        (Usage(completion_tokens=5), []),  # an end mark that is not listed
        (Usage(completion_tokens=0), []),
        (Usage(completion_tokens=9), ["4 of 9 tokens were reported"]),
        # reasoning is part of the count, but hidden
        (
            Usage(completion_tokens=90, reasoning_tokens=86),
            ["the 86 tokens of the reasoning came without values"],
        ),
        (
            Usage(completion_tokens=90, reasoning_tokens=20),
            ["4 of 90 tokens were reported"],
        ),
        # reasoning is no part of the count (Gemma)
        (Usage(completion_tokens=4, reasoning_tokens=1081), []),
        (Usage(completion_tokens=1, reasoning_tokens=3), []),
        (Usage(completion_tokens=2, prompt_tokens=2), []),  # an echo
        (Usage(completion_tokens=1), ["4 tokens came, the server counts 1"]),
    ],
)
def test_the_count_of_tokens(usage: Usage, found: list[str]) -> None:
    """One token more or less is an end mark; reasoning may count or not."""
    assert texts(generation(*words(-1.0, -2.0, -3.0, -0.5), usage=usage)) == found


def test_the_count_of_several_choices_is_not_that_of_one() -> None:
    """The usage covers all of them; a slice is only a part, too."""
    builder = AnswerBuilder(META, 2)
    for index in (0, 1):
        builder.add(Delta(index, text=" w0", tokens=words(-1.0), finish_reason="stop"))
    builder.add(Usage(completion_tokens=40))
    builder.add(Done())
    assert [made.findings for made in builder.finish()] == [(), ()]
    whole = generation(*words(*[-1.5, -0.5] * 4), usage=Usage(completion_tokens=8))
    assert not whole[:2].findings


def test_unknown_values_and_placeholders_are_counted_apart() -> None:
    """A placeholder says "less likely than the listed", a missing value nothing."""
    made = generation(*words(-1.0, None, -9999.0, LOW, math.inf))
    assert texts(made) == [
        "2 of 5 log probabilities are unknown",
        "2 of 5 log probabilities are only placeholders",
    ]
    assert np.isnan(made.columns.logprob[1:]).all()
    assert only(made[2:4]).text == (
        "instead of log probabilities 2 placeholders such as −9999 came; try another "
        "model or provider"
    )


def test_the_first_token_of_a_prompt_has_no_value_by_nature() -> None:
    """Nothing stands before it."""
    assert not generation(*words(None, -1.0), part=Part.PROMPT).findings
    assert generation(*words(-1.0, None), part=Part.PROMPT).findings


def test_placeholders_among_the_alternatives_are_told() -> None:
    """That of the sampled token itself is told as the token's."""
    tops = [(" w0", -0.1), (" x", -9999.0), (" y", -9999.0)]
    made = generation(token(" w0", -0.1, tops))
    assert only(made).level == "info"
    assert only(made).text == "2 of 3 alternatives have only a placeholder"
    own = generation(
        token("a", -1.0), token("b", -9999.0, [("c", -0.5), ("b", -9999.0)])
    )
    assert texts(own) == ["1 of 2 log probabilities are only placeholders"]


ASKED = [
    {"logprobs": True, "top_logprobs": 3},
    {"logprobs": 3},
    {"n_probs": 3},
    {"parameters": {"top_n_tokens": 3, "details": True}},
    {"top_logprobs_num": 3},
    {"generationConfig": {"responseLogprobs": True, "logprobs": 3}},
]


@pytest.mark.parametrize("parameters", ASKED, ids=str)
def test_fewer_alternatives_than_asked_for_are_told(parameters: dict[str, Any]) -> None:
    """Everywhere or here and there, in any server's words."""
    full, short = [-0.5, -1.5, -2.5], [-0.5, -1.5]
    assert texts(asking(parameters, *listing(short, short))) == [
        "2 of 3 alternatives came at every position"
    ]
    assert texts(asking(parameters, *listing(full, short, [-0.9]))) == [
        "fewer than 3 alternatives came at 2 of 3 positions, as few as 1"
    ]
    assert texts(asking(parameters, *words(-0.5, -1.5))) == [
        "none of the 3 alternatives asked for came"
    ]
    assert not asking(parameters, *listing(full, full)).findings


@pytest.mark.parametrize(
    "parameters", [{}, {"logprobs": True}, {"top_logprobs": 0}, {"top_logprobs": -1}]
)
def test_what_was_not_asked_for_is_not_missing(parameters: dict[str, Any]) -> None:
    """None, only the sampled one, or as many as there are."""
    assert not asking(parameters, *words(-0.5, -1.5)).findings


def test_a_model_that_is_certain_may_list_fewer() -> None:
    """A server that leaves out what has no probability has nothing to list."""
    sure = [-1e-6, -14.0]
    full = [-0.5, -1.5, -2.5]
    assert not asking({"top_logprobs": 3}, *listing(sure, full, sure)).findings
    more = [*full, -3.5]  # legacy completions list one more
    assert not asking({"top_logprobs": 3}, *listing(more, full)).findings
