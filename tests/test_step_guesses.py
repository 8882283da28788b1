"""Guessing the next token: what a guess scores, with a model and without one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.errors import InputError
from lpwidgets.stepping.guesses import judged
from lpwidgets.stepping.steps import How, step
from lpwidgets.wire.records import Part
from tests.make_generation import candidate, generation, token

if TYPE_CHECKING:
    from lpwidgets import Client

HALF = math.log(0.5)
LIST = [(" sea", HALF, 1), ("sea", 2 * HALF, 2), (" sky", 3 * HALF, 3)]
GEN = generation(*(token(*LIST[k % 3][:2], LIST, k % 3 + 1) for k in range(6)))


def test_a_guess_is_scored_in_bits() -> None:
    """Its surprisal, how much the best would have saved, and what came."""
    game = lp.guessing(GEN)
    first = game.guess(" sky")
    assert (first.rank, first.bits, first.regret) == (3, 3.0, 2.0)
    assert (first.came, first.came_rank, first.came_bits) == (" sea", 1, 1.0)
    assert not first.right
    assert first.entropy_low == pytest.approx(GEN.metric("entropy_low")[0])
    assert first.entropy_high == pytest.approx(GEN.metric("entropy_high")[0])
    second = game.guess(b"sea")
    assert (second.guess, second.bits, second.regret) == (" sea", 1.0, 0.0)
    third = game.guess("sky")
    assert third.right
    assert (third.guess, third.bits) == (" sky", 3.0)
    frame = game.guesses
    assert list(frame.columns) == list(lp.Guess._fields)
    assert frame["position"].tolist() == [0, 1, 2]
    score = game.score
    assert (score.guesses, score.right) == (3, 1)
    assert score.bits == pytest.approx(7 / 3)
    assert score.came_bits == pytest.approx(2.0)


def test_an_unlisted_guess_costs_at_least_what_the_list_says() -> None:
    """It is no likelier than the last listed token, nor than all that is unlisted."""
    guess = lp.guessing(GEN).guess("zebra")
    assert (guess.rank, guess.at_least, guess.token_id) == (0, True, -1)
    assert guess.bits == 3.0  # both are 1/8
    few = [(" a", math.log(0.9)), (" b", math.log(0.05))]
    guess = lp.guessing(generation(token(" a", math.log(0.9), few))).guess("c")
    assert guess.bits == pytest.approx(-math.log2(0.05))
    sure = [(" a", math.log(0.6)), (" b", math.log(0.39))]
    guess = lp.guessing(generation(token(" a", math.log(0.6), sure))).guess("c")
    assert guess.bits == pytest.approx(-math.log2(0.01), rel=1e-6)
    assert lp.guessing(GEN).score.at_least is False


@given(
    st.lists(st.floats(0.01, 10), min_size=2, max_size=12, unique=True),
    st.data(),
)
def test_the_bound_holds_whatever_the_rest_is(
    weights: list[float], data: st.DataObject
) -> None:
    """Any token that a shorter list leaves out costs at least the bound of it."""
    weights.sort(reverse=True)
    whole = sum(weights)
    logprobs = [math.log(one / whole) for one in weights]
    cut = data.draw(st.integers(1, len(weights) - 1))
    hidden = data.draw(st.integers(cut, len(weights) - 1))
    top = [candidate(f"t{k}", logprobs[k], k) for k in range(cut)]
    came = step(top[0], top, How.RAN)
    bound = judged(candidate(f"t{hidden}", None, hidden), came, 0)
    told = judged(candidate(f"t{hidden}", logprobs[hidden], hidden), came, 0)
    assert bound.at_least
    assert not told.at_least
    assert bound.bits <= told.bits + 1e-3 or told.bits > 19
    assert bound.regret <= told.regret + 1e-3 or told.bits > 19


def test_a_game_without_a_client_asks_nothing() -> None:
    """It goes along what is there, and no other way."""
    game = lp.guessing(GEN)
    assert game.generation.text == ""
    assert game.pick(1).token == " sea"
    game.next()
    assert (len(game), game.ahead) == (2, 4)
    for act in (
        lambda: game.pick(1),
        lambda: game.write("x"),
        lambda: game.run(3) if not game.ahead else game.write("x"),
    ):
        with pytest.raises(InputError, match="no client"):
            act()
    game.rewind(0)
    game.rewind(6)
    assert game.over
    assert game.candidates.empty
    assert game.text == GEN.text
    with pytest.raises(InputError, match="ended"):
        game.guess("x")


def test_a_prompt_is_not_guessed() -> None:
    """Unless it is asked for; where nothing is known the score is unknown."""
    gen = generation(token("Hi", None), part=Part.PROMPT)
    answer = generation(token(" a", -0.5, [(" a", -0.5)]), token(" b", None))
    joined = lp.Generation(
        lp.Tree([gen]).leaves[0].generation.columns, gen.meta, gen.texts
    )
    with pytest.raises(InputError, match="no alternatives"):
        lp.guessing(joined)
    game = lp.guessing(answer)
    assert game.guess(" a").right
    last = game.guess(" c")
    assert math.isnan(last.bits)
    assert not last.at_least
    assert game.score.bits == pytest.approx(0.5 / math.log(2))


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        (3, {}, "not int"),
        ([GEN], {}, "not list"),
        (GEN, {"position": 6}, "0 to 5"),
        (GEN, {"position": -1}, "0 to 5"),
        (GEN, {"position": "x"}, "position="),
        (generation(token("a", -1.0)), {}, "top_logprobs"),
        (generation(), {}, "top_logprobs"),
    ],
)
def test_what_cannot_be_guessed_is_refused(
    given: Any, options: dict[str, Any], said: str
) -> None:
    """In words."""
    with pytest.raises(InputError, match=said):
        lp.guessing(given, **options)


@pytest.mark.engine
def test_a_given_text_is_guessed_with_the_models_values(client: Client) -> None:
    """A guess outside the list is asked for; the first of several tokens counts."""
    prompt = "The capital of France is"
    game = client.stepping(prompt, text=" Paris.", api="completions", top_logprobs=5)
    assert (len(game), game.ahead) == (0, 2)
    told = game.guess("banana")
    value = client.score(" banana", prompt=prompt)[0].logprob
    assert (told.rank, told.at_least) == (0, False)
    assert told.bits == pytest.approx(-value / math.log(2), abs=0.02)
    assert told.came == " Paris"
    assert game.guess(".").right
    assert game.ahead == 0
    assert game.text == " Paris."


@pytest.mark.engine
def test_the_model_draws_what_is_guessed(client: Client) -> None:
    """From the list that the guess is judged by, in one request a token."""
    game = client.stepping("The capital of France is", api="completions")
    game.listed()
    before = game.generation.meta.requests
    guess = game.guess("Paris")
    assert game.generation.meta.requests == before
    assert guess.came == game.text
    assert guess.bits == pytest.approx(0.3735, abs=0.02)
    assert game.generation[0].part is Part.GENERATED
