"""Scores of one answer, against values computed by hand."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis.scores import SCORES
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part
from tests.make_generation import generation, token
from tests.wire.replay import random_chunks, replay

HALF, QUARTER, EIGHTH = (math.log(p) for p in (0.5, 0.25, 0.125))
LISTED = [("a", HALF), ("b", QUARTER)]
GEN = generation(
    token("aé", HALF, LISTED),
    token("b", QUARTER, LISTED),
    token("c", EIGHTH, LISTED),
    token("d", HALF, LISTED),
)
STREAMS = sorted((Path(__file__).parents[1] / "wire" / "openai_chat").glob("*.sse"))


def mixed(
    *tokens: tuple[Part, str, float | None], scored: bool = False
) -> lp.Generation:
    """Return an answer whose tokens belong to these parts."""
    made = generation(*(token(piece, logprob) for _, piece, logprob in tokens))
    part = np.array([part for part, _, _ in tokens], dtype=np.uint8)
    columns = dataclasses.replace(made.columns, part=part)
    return lp.Generation(columns, lp.Meta(scored=scored), made.texts)


@pytest.mark.parametrize(
    ("name", "options", "value"),
    [
        ("sequence_logprob", {}, -7 * math.log(2)),
        ("mean_logprob", {}, -7 / 4 * math.log(2)),
        ("perplexity", {}, 2 ** (7 / 4)),
        ("bits_per_byte", {}, 7 / 6),
        ("min_probability", {}, 1 / 8),
        ("quantile_probability", {"q": 0}, 1 / 8),
        ("quantile_probability", {"q": 0.5}, 3 / 8),
        ("quantile_probability", {}, 1 / 8 + 0.3 / 8),
        ("mean_entropy_low", {}, (1.5 + 1.5 + 1.75 + 1.5) / 4),
        ("prefix_logprob", {"tokens": 2}, -3 / 2 * math.log(2)),
        ("prefix_logprob", {"tokens": 99}, -7 / 4 * math.log(2)),
        ("window_logprob", {"tokens": 2}, -5 / 2 * math.log(2)),
        ("window_logprob", {"tokens": 3}, -6 / 3 * math.log(2)),
        ("window_logprob", {}, -7 / 4 * math.log(2)),
    ],
)
def test_a_score_is_what_its_definition_gives(
    name: str, options: dict[str, Any], value: float
) -> None:
    """With halves, quarters and eighths, and a character of two bytes."""
    assert GEN.score(name, **options) == pytest.approx(value, rel=1e-12)


def test_only_what_the_model_chose_counts() -> None:
    """Prompt and forced tokens change nothing; the end counts, but is no text."""
    given_ones = ((Part.PROMPT, "long prompt", -9.0), (Part.FORCED, "forced", -9.0))
    end = (Part.SPECIAL, "<|im_end|>", QUARTER)
    one = mixed(*given_ones, (Part.GENERATED, "ab", HALF), end)
    assert one.score("sequence_logprob") == pytest.approx(HALF + QUARTER)
    assert one.score("bits_per_byte") == pytest.approx(3 / 2)
    assert one.score("min_probability") == pytest.approx(0.25)
    assert one.scores().keys() == set(SCORES.names())


def test_a_scored_texts_first_token_is_left_out_of_all() -> None:
    """Nothing stands before it, so no model gives it a value."""
    words = ((Part.GENERATED, "Once", None), (Part.GENERATED, " upon", QUARTER))
    one = mixed(*words, scored=True)
    assert one.score("bits_per_byte") == pytest.approx(2 / 5)
    assert one.score("perplexity") == pytest.approx(4)
    assert math.isnan(mixed(*words).score("perplexity"))


@pytest.mark.parametrize("name", SCORES.names())
def test_what_is_unknown_stays_so(name: str) -> None:
    """One unknown token, no token, only a prompt: NaN, and no warning."""
    unknown = generation(token("a", HALF, LISTED), token("b", None))
    prompt = generation(token("a", HALF, LISTED), part=Part.PROMPT)
    for one in (unknown, GEN[:0], prompt):
        assert math.isnan(one.score(name))
    assert math.isfinite(GEN[:1].score(name))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("perplexty", {}, "no score 'perplexty'.*there are:.*perplexity"),
        ("perplexity", {"q": 1}, "perplexity has no option 'q'; it has: none"),
        ("quantile_probability", {"q": 2}, "q=2: a quantile is a number from 0 to 1"),
        ("quantile_probability", {"q": True}, "a quantile is a number from 0 to 1"),
        ("prefix_logprob", {"tokens": 0}, "tokens=0: it is a whole number from 1"),
        ("window_logprob", {"tokens": 1.5}, "tokens=1.5: it is a whole number"),
    ],
)
def test_what_cannot_be_says_what_can(
    name: str, options: dict[str, Any], message: str
) -> None:
    """Also for an answer without tokens."""
    for one in (GEN, GEN[:0]):
        with pytest.raises(InputError, match=message):
            one.score(name, **options)


def test_a_score_tells_what_it_is() -> None:
    """A label, and a description of one sentence."""
    for one in SCORES.every():
        assert one.label
        assert one.description.endswith((".", ":"))
        assert one.certain in {*one.domain, None}


@given(st.integers(0, 2**32))
def test_scores_do_not_depend_on_how_a_stream_was_cut(seed: int) -> None:
    """Every recorded stream, in chunks of any size, gives the same to the last bit."""
    path = STREAMS[seed % len(STREAMS)]
    data = path.read_bytes()
    whole, cut = replay(path, [data]), replay(path, random_chunks(data, seed))
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_equal(one.scores(), other.scores())


@given(st.lists(st.floats(-30, 0), min_size=1, max_size=60), st.integers(1, 70))
def test_bounds(logprobs: list[float], tokens: int) -> None:
    """A window's mean is between the least value and the mean of all."""
    one = generation(*(token("a", value) for value in logprobs))
    lowest = one.score("window_logprob", tokens=tokens)
    assert min(logprobs) - 1e-9 <= lowest <= max(logprobs) + 1e-9
    assert one.score("window_logprob", tokens=1) == pytest.approx(min(logprobs))
    assert one.score("min_probability") <= one.score("quantile_probability") + 1e-12
    assert one.score("perplexity") >= 1
    assert one.score("mean_entropy_low") <= one.score("mean_entropy_high")
