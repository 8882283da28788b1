"""Checks of whole answers, and the comparison of two runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import lpwidgets as lp
from lpwidgets.errors import InputError
from lpwidgets.testing import assert_same_distribution, holm, mann_whitney
from tests.make_generation import generation, token

GEN = generation(
    token('{"total": ', -0.1),
    token("42", -0.5, [("42", -0.5), ("43", -1.2)]),
    token(', "name": "', -0.2),
    token("Bo", -2.0),
    token('"}', -0.01),
)


def test_a_check_returns_what_it_measured() -> None:
    """By the words of the check."""
    found = GEN.check(
        "p($.total) > 0.6 and p($.name) < 0.2 and perplexity < 2 and tokens == 5 "
        "and max(surprisal_nats) == 2 and count(logprob < -0.3) == 2 "
        "and mean(logprob) == mean_logprob and status == 'complete' and text ~ 'Bo'"
    )
    assert found == {
        "p($.total)": pytest.approx(math.exp(-0.5)),
        "p($.name)": pytest.approx(math.exp(-2.21)),
        "perplexity": pytest.approx(math.exp(2.81 / 5)),
        "tokens": 5,
        "max(surprisal_nats)": 2.0,
        "count(logprob < -0.3)": 2.0,
        "mean(logprob)": pytest.approx(-2.81 / 5),
        "mean_logprob": pytest.approx(-2.81 / 5),
        "status": "complete",
        "text": '{"total": 42, "name": "Bo"}',
    }


def test_a_check_that_fails_says_what_was_measured() -> None:
    """It is an assertion, and an error of ours."""
    with pytest.raises(lp.CheckFailed) as caught:
        GEN.check("p($.total) > 0.9 and perplexity < 20")
    assert str(caught.value) == (
        "the answer does not meet: p($.total) > 0.9 and perplexity < 20\n"
        "  p($.total) = 0.6065, perplexity = 1.754"
    )
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, lp.LpError)
    assert caught.value.measured == {
        "p($.total)": pytest.approx(math.exp(-0.5)),
        "perplexity": pytest.approx(math.exp(2.81 / 5)),
    }


@pytest.mark.parametrize(
    "expression", ["p($.totl) > 0.1", "not p($.totl) > 0.1", "p($.totl) < 0.1"]
)
def test_what_is_not_there_is_unknown_and_fails(expression: str) -> None:
    """Either way round; the message names the closest path."""
    with pytest.raises(
        lp.CheckFailed, match=r"no \$.totl in it; did you mean \$.total"
    ):
        GEN.check(expression)
    assert GEN.check("p($.totl) is unknown")


def test_an_unknown_token_makes_sums_unknown() -> None:
    """A mean over what happens to be known would be a guess."""
    gen = generation(token('{"a": ', -0.1), token("1", None), token("}", -0.1))
    for unknown in ("mean(logprob)", "count(logprob < -1)", "perplexity", "p($.a)"):
        assert math.isnan(gen.check(f"{unknown} is unknown")[unknown])
    with pytest.raises(lp.CheckFailed, match="have no known log probability"):
        gen.check("p($.a) > 0.1")


def test_an_empty_answer_has_nothing_to_measure() -> None:
    """All is unknown but its length."""
    assert GEN[:0].check("tokens == 0 and max(logprob) is unknown")
    with pytest.raises(lp.CheckFailed, match=r"there is no \$.a in it"):
        GEN[:0].check("p($.a) > 0")


def test_containers_and_repeated_keys() -> None:
    """A whole object has a probability; of two equal keys the last counts."""
    gen = generation(
        token('{"a": ', -1), token("1", -2), token(', "a": ', -4), token("2}", -8)
    )
    assert gen.check("p($.a) > 0")["p($.a)"] == pytest.approx(math.exp(-8))
    assert gen.check("p($) > 0")["p($)"] == pytest.approx(math.exp(-15))


def test_several_answers() -> None:
    """All have to meet it; the message counts those that do not."""
    both = lp.Generations([GEN, GEN[:2], GEN[:2]])
    assert [found["tokens"] for found in both.check("tokens > 1")] == [5, 2, 2]
    with pytest.raises(lp.CheckFailed, match="2 of 3 answers do not") as caught:
        both.check("tokens > 2")
    assert "the first, number 1: tokens = 2" in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("logprob < -3", r"no logprob of a whole answer; write min\(logprob\)"),
        ("perplexty < 3", "did you mean perplexity"),
        ("p(total) > 0.5", r"a path stands in p\(…\)"),
        ("p($.a", "is not closed"),
        ("max(perplexity) < 3", "there is no perplexity"),
        ("count(logprob) < 3", "a number, no condition"),
        ("mean(logprob < 3) < 1", "where a number is needed"),
        ("p($.a)", "compare it"),
        ("", "such as"),
    ],
)
def test_mistakes_in_a_check(expression: str, said: str) -> None:
    """Found before anything is measured."""
    with pytest.raises(InputError, match=said):
        GEN.check(expression)


def run(random: Any, answers: int, shift: float = 0.0) -> list[lp.Generation]:
    """Return answers of four tokens; the third is more surprising by `shift` nats."""

    def answer() -> lp.Generation:
        values = -random.exponential(1.0, 4) - np.array([0, 0, shift, 0])
        return generation(*(token(f" w{i}", v) for i, v in enumerate(values.tolist())))

    return [answer() for _ in range(answers)]


def test_two_runs_of_one_distribution_are_the_same() -> None:
    """At most one in a hundred comparisons may say otherwise."""
    random = np.random.default_rng(5)
    alarms = 0
    for _ in range(100):
        try:
            frame = assert_same_distribution(run(random, 20), run(random, 20))
        except lp.CheckFailed:
            alarms += 1
        else:
            assert frame["position"].tolist() == [-1, 0, 1, 2, 3]
    assert alarms <= 3


def test_a_token_that_moved_is_named() -> None:
    """In nats and bits."""
    random = np.random.default_rng(6)
    with pytest.raises(lp.CheckFailed) as caught:
        assert_same_distribution(run(random, 30), run(random, 30, shift=3.0))
    said = str(caught.value)
    assert "position 2 ' w2' +" in said
    assert len(said.split("\n")) <= 3
    frame: Any = caught.value.measured
    moved = frame[frame["moved"] & (frame["position"] >= 0)].iloc[0]
    assert (moved["position"], moved["token"], moved["n_a"]) == (2, " w2", 30)
    assert moved["shift"] == pytest.approx(3.0, abs=0.7)
    assert moved["shift_bits"] == pytest.approx(moved["shift"] / math.log(2))


def test_rounding_is_no_shift() -> None:
    """Values that never vary, a rounding error apart."""
    a = [generation(token("a", -0.5)) for _ in range(20)]
    b = [generation(token("a", -0.500001)) for _ in range(20)]
    frame = assert_same_distribution(a, b)
    assert frame["p_value"].max() < 1e-6
    with pytest.raises(lp.CheckFailed):
        assert_same_distribution(a, b, tolerance=0)


def test_prompts_are_compared_one_by_one() -> None:
    """Holm's correction is over all of them."""
    random = np.random.default_rng(7)
    a = [run(random, 20), run(random, 20)]
    b = [run(random, 20), run(random, 20, shift=4.0)]
    with pytest.raises(lp.CheckFailed, match="prompt 1, position 2 ' w2'"):
        assert_same_distribution(a, b)


def test_runs_that_cannot_be_compared() -> None:
    """Too few, of different prompts, mixed, or without values."""
    random = np.random.default_rng(8)
    some = run(random, 8)
    unknown = [generation(token("a", None)) for _ in range(20)]
    for a, b in ((some[:7], some), ([], []), (unknown, unknown)):
        with pytest.raises(InputError, match="at least 8 of each run"):
            assert_same_distribution(a, b)
    with pytest.raises(InputError, match="1 and 2 prompts"):
        assert_same_distribution([some], [some, some])
    with pytest.raises(InputError, match="not both"):
        assert_same_distribution([some, some[0]], [some])  # type: ignore[arg-type]


def test_the_statistics_by_hand() -> None:
    """SciPy's ``mannwhitneyu`` gives the same p (asymptotic, with continuity)."""
    x = np.array([1, 2, 2, 3, 5, 5, 8, 9.0])
    y = np.array([2, 4, 6, 7, 9, 10, 11, 12.0])
    assert mann_whitney(x, y) == pytest.approx(0.07292717393142628)
    assert mann_whitney(x, x) == 1.0
    assert mann_whitney(np.ones(9), np.ones(9)) == 1.0
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


@pytest.mark.engine
def test_the_embedded_model_agrees_with_itself_at_one_temperature() -> None:
    """Other seeds are the same distribution; another temperature is not."""
    with lp.Client("local") as client:

        def sample(seed: int, temperature: float) -> list[lp.Generation]:
            return [
                client.generate(
                    "Tell a joke.",
                    max_tokens=8,
                    temperature=temperature,
                    seed=seed + number,
                    top_logprobs=1,
                )
                for number in range(16)
            ]

        first = sample(0, 1)
        frame = assert_same_distribution(first, sample(100, 1))
        assert not frame["moved"].any()
        with pytest.raises(lp.CheckFailed, match="tokens moved"):
            assert_same_distribution(first, sample(0, 0.1))
