"""Choosing among labels: on the real engine, and what lists of likely tokens bound."""

from __future__ import annotations

import asyncio
import json
import math
import random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from IPython.core.interactiveshell import InteractiveShell

from lpwidgets import AsyncClient, Choices, Client, LpError
from lpwidgets.analysis.choices import Measured, Spelling
from lpwidgets.analysis.labels import apart, choices_of
from lpwidgets.client.labels import spellings
from lpwidgets.client.listed import bounded
from lpwidgets.display import magic
from lpwidgets.errors import InputError
from tests.choosing import Reference
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.local import Lease

engine = pytest.mark.engine


@engine
@pytest.mark.parametrize(
    ("prompt", "labels", "raw"),
    [
        ("Is snow cold? Answer yes, no or maybe.", ["yes", "no", "maybe"], False),
        ("The largest city is", ["New", "New York", "New York City", "Rome"], True),
        ("Say joy in one emoji.", ["😀", "not", "no"], False),
    ],
)
def test_choosing_is_what_whole_lists_give(
    lease: Lease, client: Client, prompt: str, labels: list[str], raw: bool
) -> None:
    """To 1e-4, the other mass too; `benchmarks/choose.py` asks 50 questions."""
    found = client.choose(prompt, labels, api="completions" if raw else None)
    expected, other = Reference(lease.base_url).choose(prompt, labels, raw=raw)
    assert found.exact
    for label, value in expected.items():
        one = found[label]
        assert one.probability == pytest.approx(value, abs=1e-4, rel=1e-3)
        assert math.exp(one.logprob) == pytest.approx(one.probability)
        assert one.share == pytest.approx(value / sum(expected.values()), abs=1e-4)
    assert found.other == pytest.approx((other, other), abs=1e-4)
    assert sum(one.share for one in found) == pytest.approx(1)
    assert (found.way, client.last) == ("forced decoding", found)


@engine
def test_a_prompt_that_merges_with_labels_says_so(client: Client) -> None:
    """``y`` and ``es`` would be one token; the values are those after ``y`` alone."""
    found = client.choose("Answer: y", ["es", "!"], api="completions")
    assert len(found.notes) == 1
    assert "'es' and the prompt's end make other tokens together" in found.notes[0]


@engine
def test_case_counts_unless_it_is_not_to(client: Client) -> None:
    """With the other cases a label has no less; without them they are pointed at."""
    prompt = "Is Paris in France? Answer yes, no or maybe."
    exact = client.choose(prompt, ["yes", "no", "maybe"])
    loose = client.choose(prompt, ["yes", "no", "maybe"], ignore_case=True)
    for label in ("yes", "no", "maybe"):
        assert loose[label].probability > exact[label].probability
    assert any("see ignore_case=True" in note for note in exact.notes)


@engine
def test_the_prior_is_divided_out(client: Client) -> None:
    """As in the paper: share over the mean share without content, to sum 1."""
    text = "What a film!"
    prompt = f"Review: {text}\nIs it Positive or Negative?"
    found = client.choose(prompt, ["Positive", "Negative"], calibrate=text)
    plain = client.choose(prompt, ["Positive", "Negative"])
    free = [
        client.choose(prompt.replace(text, one), ["Positive", "Negative"])
        for one in ("N/A", "", "[MASK]")
    ]
    prior = {
        label: sum(one[label].share for one in free) / 3
        for label in ("Positive", "Negative")
    }
    weights = {label: plain[label].share / prior[label] for label in prior}
    for label, weight in weights.items():
        assert found[label].prior == pytest.approx(prior[label], abs=1e-3)
        share = weight / sum(weights.values())
        assert found[label].corrected == pytest.approx(share, abs=1e-2)
    assert found.best.label == max(weights, key=lambda label: weights[label])
    assert "corrected" in repr(found)
    whole = client.choose("Positive or Negative?", ["Positive"], calibrate=True)
    assert (whole.best.prior, whole.best.corrected) == (1, 1)


@engine
def test_async_and_cells_choose_too(lease: Lease, client: Client) -> None:
    """The same values; a cell keeps them under the name that it gives."""
    assert lease.alive()

    async def ask() -> Choices:
        async with AsyncClient("local", progress=lambda _: None) as other:
            return await other.choose("Is snow cold?", ["yes", "no"], system="Be brief")

    found = asyncio.run(ask())
    plain = client.choose("Is snow cold?", ["yes", "no"], system="Be brief")
    shell = InteractiveShell.instance(history_length=0)
    magic.register(shell)
    cell = "%%lp --choose yes,no -s 'Be brief' -o chosen\nIs snow cold?"
    assert shell.run_cell(cell).error_in_exec is None
    error = shell.run_cell("%%lp --choose yes,no -n 2\nIs it?").error_in_exec
    assert "--choose gives a distribution, no answer" in str(error)
    for other in (plain, shell.user_ns["chosen"]):
        assert other["yes"].probability == pytest.approx(
            found["yes"].probability, abs=1e-3
        )


def test_longer_paths_are_taken_off_once() -> None:
    """1 keeps what 10 has not, and 10 what 100 has not."""
    left = apart(
        {
            "1": ([1], math.log(0.5)),
            "10": ([1, 0], math.log(0.3)),
            "100": ([1, 0, 0], math.log(0.1)),
            "2": ([2], math.log(0.25)),
        }
    )
    assert {key: round(math.exp(value), 12) for key, value in left.items()} == {
        "1": 0.2,
        "10": 0.2,
        "100": 0.1,
        "2": 0.25,
    }


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("yes,no", "labels are a list"),
        (None, "labels are a list"),
        ([], "there are no labels"),
        (["yes", ""], "a label is empty"),
        ([" \n"], "a label is empty"),
        (["yes", 1], "for a number write '1'"),
        (["yes", "yes"], "'yes' is there twice"),
        (["yes", " yes"], "'yes' and ' yes' can both be written"),
        (["yes "], "ends in space"),
        (["\ud800"], "lone surrogate"),
    ],
)
def test_labels_that_cannot_be_told_apart(labels: Any, said: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InputError, match=said) as caught:
        spellings(labels)
    assert str(caught.value).count("\n") < 3


def test_spellings_of_a_label() -> None:
    """Alone, after a space, after a newline; other cases on request."""
    assert spellings(iter(["no", "not"])) == {
        "no": ("no", " no", "\nno"),
        "not": ("not", " not", "\nnot"),
    }
    found = spellings(["yes"], ignore_case=True)["yes"]
    assert {text.strip() for text in found} == {"yes", "YES", "Yes"}
    with pytest.raises(InputError, match="can both be written"):
        spellings(["us", "US"], ignore_case=True)


def listed(*lists: dict[str, float], said: Sequence[str]) -> Any:
    """Make an answer whose tokens have these lists."""
    tokens = [
        token(
            one,
            math.log(some[one]),
            [(text, math.log(p)) for text, p in some.items()],
        )
        for some, one in zip(lists, said, strict=True)
    ]
    return generation(*tokens)


def chosen(answer: Any, labels: Sequence[str]) -> Choices:
    """Return what an answer's lists say of labels."""
    return choices_of(bounded(answer, spellings(labels), 5), "m", "p", None)


def test_a_listed_label_is_known_and_another_is_bounded() -> None:
    """By the smallest listed probability a spelling, all by the unseen mass."""
    found = chosen(
        listed({"yes": 0.6, " yes": 0.1, "I": 0.25}, said=["I"]), ["yes", "no"]
    )
    yes, no = found
    # "yes" and " yes" are listed, "\nyes" is not: at most the 0.05 that is unseen.
    assert (yes.low, yes.high) == pytest.approx((0.7, 0.75))
    assert (no.low, no.high) == pytest.approx((0, 0.05))
    assert not yes.exact
    assert math.isnan(yes.probability)
    assert found.best.label == "yes"
    assert found.margin == pytest.approx(0.7 / 0.75 - 0.05 / 0.75)
    ((other, mass),) = found.others
    assert (other, round(mass, 9)) == ("I", 0.25)
    assert "0.7 to 0.75" in repr(found)
    assert "bounds, by top k" in repr(found)


def test_a_list_without_rest_is_exact() -> None:
    """Nothing is unseen, so nothing is left to bound."""
    found = chosen(listed({"a": 0.75, "b": 0.25}, said=["a"]), ["a", "b", "c"])
    assert found["a"].low == pytest.approx(0.75)
    assert found["a"].high == pytest.approx(0.75)
    assert found["c"].high == pytest.approx(0)
    assert found.other == pytest.approx((0, 0), abs=1e-12)


def test_a_label_of_several_tokens_is_followed_where_the_answer_went() -> None:
    """May, then be; what begins with M is bounded by M alone."""
    answer = listed(
        {"may": 0.5, "m": 0.2, "no": 0.2}, {"be": 0.9, "or": 0.1}, said=["may", "be"]
    )
    found = chosen(answer, ["maybe", "mayor", "no"])
    assert found["maybe"].low == pytest.approx(0.45)
    assert found["mayor"].low == pytest.approx(0.05)
    # 0.2 may go on from "m", and 0.1 is unseen.
    assert found["maybe"].high == pytest.approx(0.45 + 0.2 + 0.1)
    assert found["no"].low == pytest.approx(0.2)


def test_a_label_may_be_the_beginning_of_another() -> None:
    """No keeps at least nothing, as all of it may go on to not."""
    found = chosen(listed({"no": 0.8, "x": 0.2}, said=["no"]), ["no", "not"])
    assert (found["no"].low, found["no"].high) == pytest.approx((0, 0.8))
    assert (found["not"].low, found["not"].high) == pytest.approx((0, 0.8))
    whole = chosen(listed({"no": 0.5, "not": 0.5}, said=["no"]), ["no", "not"])
    assert whole["not"].low == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(30))
def test_bounds_hold_what_is_true(seed: int) -> None:
    """For random distributions over short words, cut to any k."""
    generator = random.Random(seed)  # noqa: S311
    words = ["yes", "no", "not", "maybe", "I", "The", " yes", " no", "\nno", "x"]
    weights = [generator.random() ** 3 for _ in words]
    p = {word: w / sum(weights) for word, w in zip(words, weights, strict=True)}
    most = sorted(p, key=lambda word: -p[word])
    labels = ["yes", "no", "not", "maybe"]
    for k in range(1, len(words) + 1):
        answer = listed({word: p[word] for word in most[:k]}, said=most[:1])
        for one in chosen(answer, labels):
            true = sum(p[word] for word in words if word.strip() == one.label)
            assert one.low - 1e-9 <= true <= one.high + 1e-9
            assert one.share_low <= one.share_high + 1e-12


def body(*entries: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of OpenAI's kind."""
    message = {"role": "assistant", "content": "".join(e["token"] for e in entries)}
    choice = {
        "index": 0,
        "message": message,
        "logprobs": {"content": list(entries)} if entries else None,
        "finish_reason": "length",
    }
    return {"choices": [choice]}


def entry(**listed: float) -> dict[str, Any]:
    """Return a token with its list, the first one said."""
    top = [{"token": text, "logprob": math.log(p)} for text, p in listed.items()]
    return top[0] | {"top_logprobs": top}


def served(answer: Callable[[dict[str, Any]], tuple[int, Any]]) -> Client:
    """Return a client of a server that lists tokens, and cannot score."""

    def handle(request: httpx.Request) -> httpx.Response:
        status, content = answer(json.loads(request.content))
        return httpx.Response(status, json=content)

    transport = httpx.MockTransport(handle)
    return Client("xai", api_key="key-for-tests", model="m", transport=transport)


def test_a_server_that_only_lists_gives_bounds() -> None:
    """It is asked for as many as it lists, at a temperature that changes nothing."""
    asked: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> tuple[int, Any]:
        asked.append(request)
        return 200, body(entry(yes=0.5, no=0.25))

    with served(answer) as client:
        found = client.choose("Is it?", ["yes", "no", "maybe"])
        with pytest.raises(LpError, match="the prior cannot be divided out"):
            client.choose("Is it?", ["yes", "maybe"], calibrate=True)
    assert (found.way, found.exact) == ("top k", False)
    assert found["yes"].low == pytest.approx(0.5)
    assert found["maybe"].high == pytest.approx(0.25)
    assert (asked[0]["top_logprobs"], asked[0]["temperature"]) == (8, 1.0)


def test_a_server_that_lists_fewer_is_asked_for_fewer() -> None:
    """Some refuse more than five."""

    def answer(request: dict[str, Any]) -> tuple[int, Any]:
        if request["top_logprobs"] > 5:
            return 400, {"error": {"message": "top_logprobs must be at most 5"}}
        return 200, body(entry(yes=0.9))

    with served(answer) as client:
        assert client.choose("Is it?", ["yes"])["yes"].low == pytest.approx(0.9)


def test_no_list_is_no_choice() -> None:
    """It is said, not guessed."""
    with (
        served(lambda _: (200, body())) as client,
        pytest.raises(LpError, match="sent no list of likely tokens"),
    ):
        client.choose("Is it?", ["yes"])


def echoing(tokens: Callable[[str], list[tuple[str, float]]]) -> Client:
    """Return a client of a server that sends a prompt back with values."""

    def handle(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        found = tokens(asked["prompt"])
        top = [{text: value} for text, value in found]
        logprobs = {
            "tokens": [text for text, _ in found],
            "token_logprobs": [None, *(value for _, value in found[1:])],
            "top_logprobs": [None, *top[1:]],
        }
        choice = {
            "index": 0,
            "text": asked["prompt"],
            "logprobs": logprobs,
            "finish_reason": "length",
        }
        return httpx.Response(200, json={"choices": [choice]})

    return Client(
        base_url="http://127.0.0.1:9/v1",
        model="m",
        transport=httpx.MockTransport(handle),
    )


def test_an_echoing_server_scores_each_spelling() -> None:
    """Exactly; one whose token begins in the prompt is left out, and said."""

    def tokens(prompt: str) -> list[tuple[str, float]]:
        if prompt == "Is it?\nyes":
            return [("Is it", -1.0), ("?\n", -1.0), ("yes", -1.0)]
        rest = prompt.removeprefix("Is it?")
        values = {"yes": -1.0, " yes": -2.0, "no": -3.0, " no": -4.0, "\nno": -5.0}
        return [("Is it", -1.0), ("?", -1.0), (rest, values[rest])]

    with echoing(tokens) as client:
        found = client.choose("Is it?", ["yes", "no"], api="completions")
    assert (found.way, found.requests, found.exact) == ("echo", 6, True)
    assert found["yes"].probability == pytest.approx(math.exp(-1) + math.exp(-2))
    assert found["no"].probability == pytest.approx(
        math.exp(-3) + math.exp(-4) + math.exp(-5)
    )
    assert found.notes == (r"'\nyes' is left out: its token begins in the prompt",)


def test_a_label_that_merges_with_the_prompt_is_refused() -> None:
    """Where a server only scores both together nothing tells its own value."""

    def tokens(prompt: str) -> list[tuple[str, float]]:
        return [("Answer:", -1.0), (prompt.removeprefix("Answer:"), -1.0)]

    with echoing(tokens) as client, pytest.raises(InputError, match="'es' merges with"):
        client.choose("Answer: y", ["es"], api="completions")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("absent", "does not stand in the prompt"),
        ("", "say which part"),
        (7, "say which part"),
    ],
)
def test_content_is_a_part_of_the_prompt(content: Any, said: str) -> None:
    """Or nothing could take its place."""
    with Client(base_url="http://127.0.0.1:9/v1", model="m") as client:
        with pytest.raises(InputError, match=said):
            client.choose("Is it?", ["yes"], calibrate=content)
        with pytest.raises(InputError, match="say which part"):
            client.choose("Is it?", ["yes"], api="completions", calibrate=True)


def made(*logs: float, labels: Sequence[str] = ("yes", "no")) -> Choices:
    """Return exact choices of labels with one spelling each."""
    some = {
        label: [Spelling(label, value, value)]
        for label, value in zip(labels, logs, strict=True)
    }
    return choices_of(Measured(some, [("<b>", 0.1)], "echo", 1), "m", "p", None)


def test_what_choices_are() -> None:
    """A frozen sequence of labels, a frame, a table of text and of HTML."""
    found = made(math.log(0.6), math.log(0.2))
    assert found.best.label == "yes"
    assert found.margin == pytest.approx(0.5)
    assert found.other == pytest.approx((0.2, 0.2))
    assert [one.label for one in found] == ["yes", "no"]
    frame = found.to_pandas()
    assert frame["share"].tolist() == pytest.approx([0.75, 0.25])
    assert frame["exact"].all()
    with pytest.raises(InputError, match="there are: 'yes', 'no'"):
        found["maybe"]
    with pytest.raises(AttributeError):
        found.way = "guess"  # type: ignore[misc]
    assert [line.split() for line in repr(found).splitlines()[1:5]] == [
        ["label", "probability", "share"],
        ["yes", "0.6", "75.0%", "█" * 15],
        ["no", "0.2", "25.0%", "█" * 5],
        ["(other)", "0.2"],
    ]


def test_one_label_and_impossible_ones() -> None:
    """One has no margin; labels without any mass have no share."""
    assert math.isnan(made(-1.0, labels=["a"]).margin)
    nothing = made(-math.inf, -math.inf)
    assert math.isnan(nothing["yes"].share)
    assert nothing["yes"].probability == 0
    assert "unknown" in repr(nothing)
    assert nothing._repr_html_()


def test_html_shows_labels_and_runs_none() -> None:
    """Whatever a label or token spells."""
    found = made(-1.0, -2.0, labels=["<script>alert(1)</script>", "\u202eno"])
    page = found._repr_html_()
    assert "<script" not in page
    assert "<b>" not in page
    assert "[U+202E]no" in page
    assert page.count("background-color") == 2
