"""Answers marked as right or wrong: labels both ways, and what is made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import lpwidgets as lp
from lpwidgets.display.asked import question_of
from lpwidgets.display.label_html import MOST
from lpwidgets.errors import InputError
from tests.make_generation import META, generation, token

GENS = [generation(token(text, -0.5)) for text in ("Paris", "Lyon", "Nice")]
EVIL = "<img src=x onerror=alert(1)>\u202e\0"


def asking(**parameters: Any) -> lp.Generation:
    """Return an answer to a request."""
    meta = lp.Meta(provider="local", model="m", parameters=parameters)
    return lp.Generation(GENS[0].columns, meta)


def test_labels_go_both_ways_and_to_numpy() -> None:
    """True, False and None; None is NaN."""
    widget = lp.label(GENS)
    seen: list[Any] = []
    widget.observe(lambda change: seen.append(change["new"]), "labels")
    assert widget.labels == [None, None, None]
    widget.set_state({"labels": [True, None, False], "unsure": [1]})  # as the page does
    assert seen == [[True, None, False]]
    assert widget.unsure == [1]
    assert np.array_equal(widget.correct, [1, math.nan, 0], equal_nan=True)
    widget.labels = np.array([1.0, 0.0, math.nan])
    assert widget.labels == [True, False, None]
    assert widget.unsure == []
    assert widget.scores == pytest.approx(np.exp([-0.5] * 3))


def test_labelling_goes_on_where_it_was() -> None:
    """With the labels passed back, also to a list that has grown."""
    first = lp.label(GENS[:2], labels=[True], unsure=[1])
    again = lp.label(GENS, labels=first.labels, unsure=first.unsure)
    assert again.labels == [True, None, None]
    assert again.unsure == [1]


def test_labels_feed_calibrate() -> None:
    """Those without a label are left out."""
    scores = [0.9, 0.4, 0.7]
    few = {"resamples": 20}
    widget = lp.label(["a", "b", "c"], scores=scores, labels=[True, None, False])
    found = lp.calibrate(widget.scores, widget.labels, **few)
    whole = lp.calibrate([0.9, 0.7], [1, 0], **few)
    assert found.to_pandas().equals(whole.to_pandas())
    again = lp.calibrate(widget.scores, widget.correct, **few)
    assert again.notes == found.notes != ()
    frame = widget.to_pandas()
    assert frame["answer"].tolist() == ["a", "b", "c"]
    assert frame["correct"].tolist() == [True, None, False]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": [2]}, "at 0 it is 2"),
        ({"labels": [True, "yes"]}, "at 1 it is 'yes'"),
        ({"labels": [None] * 4}, "4 labels, but 3 answers"),
        ({"labels": "yes"}, "labels is a list"),
        ({"labels": 3}, "labels is a list"),
        ({"unsure": [3]}, "from 0 to 2"),
        ({"unsure": ["x"]}, "unsure has 'x'"),
        ({"scores": [0.1]}, "3 answers, but 1 scores"),
        ({"scores": [-1, -2, -3]}, "pass np.exp"),
        ({"questions": ["x"]}, "3 answers, but 1 questions"),
        ({"questions": "x"}, "questions is a list"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], said: str) -> None:
    """At once, in words; and what was labelled before is kept."""
    with pytest.raises(InputError) as caught:
        lp.label(GENS, **options)
    assert said in str(caught.value)
    if "labels" in options:
        widget = lp.label(GENS, labels=[True])
        with pytest.raises(InputError):
            widget.labels = options["labels"]
        assert widget.labels == [True, None, None]


@pytest.mark.parametrize("answers", [3, None, [1, 2], {"x": 1}])
def test_what_is_no_answer_is_refused(answers: Any) -> None:
    """What `read` takes is an answer, as texts and generations are."""
    with pytest.raises(InputError):
        lp.label(answers)
    assert lp.label(GENS[0].to_openai()).answers[0]["text"] == "Paris"
    assert [one["text"] for one in lp.label(GENS[0]).answers] == ["Paris"]
    assert lp.label([]).labels == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"messages": [{"role": "user", "content": "?"}]},
        {
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": "a"},
                {"role": "user", "content": [{"type": "text", "text": "?"}, {}, 3]},
            ]
        },
        {"prompt": "?"},
        {"input": "?"},
        {"inputs": "?"},
        {"input": [{"role": "user", "content": "?"}]},
        {"contents": [{"role": "user", "parts": [{"text": "?"}]}]},
    ],
)
def test_the_question_is_what_the_user_said_last(parameters: dict[str, Any]) -> None:
    """In whatever format it was asked."""
    assert question_of(asking(**parameters)) == "?"


def test_a_question_that_is_not_known_is_none() -> None:
    """Nothing is made up."""
    asked: list[dict[str, Any]] = [
        {"messages": []},
        {"messages": [3, {"role": "tool"}]},
        {"prompt": [1, 2]},
    ]
    assert [question_of(asking(**one)) for one in asked] == ["", "", ""]
    assert question_of("text") == question_of(GENS[0]) == ""
    assert META.parameters == {}


def test_a_confidence_that_is_unknown_stays_so() -> None:
    """In the numbers and in the fallbacks."""
    widget = lp.label([generation(token("a", None)), generation(token("b", 3.0))])
    assert np.isnan(widget.scores).all()
    assert repr(widget).count("unknown") == 2


def test_the_fallbacks_show_labels_and_run_nothing() -> None:
    """As text and as a table; what is too much is counted."""
    texts = [EVIL, *map(str, range(MOST + 4))]
    widget = lp.label(texts, labels=[False, True], questions=[EVIL] * len(texts))
    data, _ = widget._repr_mimebundle_()
    text, page = data["text/plain"], data["text/html"]
    assert text.startswith("<Labels 2 of 205 labelled, 1 right>\n✗ wrong")
    assert text.endswith("5 more answers not shown")
    assert page.count("<tr>") == MOST
    for words in ("✗ wrong", "✓ right", "2 of 205 labelled", "5 more answers"):
        assert words in page
    assert "<img" not in page
    assert "\u202e" not in page + text
