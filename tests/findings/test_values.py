"""Values that cannot be, or are not the model's own."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from tests.findings.support import listing, only, texts, words
from tests.make_generation import generation, token


def test_log_probabilities_above_zero_are_told_and_kept() -> None:
    """Logits, or anything: never clamped."""
    finding = only(made := generation(*words(-1.0, 21.25, 3.5)))
    assert finding.level == "error"
    assert finding.text == (
        "2 of 3 log probabilities above 0 (up to 21.25), which none can be"
    )
    assert "logits" in finding.detail
    assert made.columns.logprob.tolist() == [-1.0, 21.25, 3.5]
    listed = generation(token(" t", -0.1, [(" t", -0.1), (" u", 7.0)]))
    assert texts(listed)[0].startswith("1 value of alternatives above 0")


def test_noise_around_zero_is_no_finding() -> None:
    """Single precision makes 1e-7 of 0."""
    assert not generation(*words(1e-7, -1.0, 2e-5)).findings


def test_probabilities_in_place_of_log_probabilities_are_told() -> None:
    """All values from 0 to 1, lists that sum to 1 at most; nothing is converted."""
    made = generation(*listing([0.7, 0.2, 0.05], [0.999, 0.0005, 0.0]))
    assert only(made).level == "error"
    assert "look like probabilities" in only(made).text
    assert made.columns.logprob.tolist() == [0.7, 0.999]
    assert "look like probabilities" in only(generation(*words(0.5, 0.25))).text
    logits = generation(*listing([0.9, 0.8, 0.7]))
    assert "above 0" in only(logits).text


@pytest.mark.parametrize("value", [0.0, -2.25])
def test_values_that_are_all_the_same_are_told(value: float) -> None:
    """No model is equally sure of everything."""
    same = only(generation(*words(*[value] * 6)))
    assert same.level == "warning"
    assert same.text.startswith("all 6 log probabilities are ")
    assert not generation(*words(*[value] * 3)).findings
    assert not generation(*words(*[value] * 5, -0.75)).findings


def test_zeros_that_the_lists_confirm_are_no_finding() -> None:
    """A model may be certain of a whole short answer."""
    assert not generation(*listing(*[[0.0, -19.875, -24.625]] * 8)).findings


def test_zeros_and_placeholders_alone_are_told() -> None:
    """A server that computes nothing sends 0 for what it took."""
    tops = [(" t", 0.0), (" u", -9999.0)]
    found = texts(generation(*[token(" t", 0.0, tops)] * 6))
    assert found[0] == "all 6 log probabilities are exactly 0"


def test_lists_that_sum_to_more_than_one_are_told() -> None:
    """Rounding to eight bits is none."""
    over, fair = [math.log(0.9), math.log(0.5)], [math.log(0.61), math.log(0.4)]
    made = generation(*listing(over, fair, fair))
    assert only(made).text == (
        "the listed probabilities sum to more than 1 at 1 of 3 positions (up to 1.4)"
    )
    assert not generation(*listing(fair, fair)).findings


def after_sampling(rng: np.random.Generator, k: int) -> list[float]:
    """Return k values that are scaled to sum to 1."""
    scaled = np.sort(rng.dirichlet(np.full(k, 2.0)))[::-1]
    return [float(x) for x in np.log(scaled).astype(np.float32)]


def test_values_after_sampling_are_told() -> None:
    """What is listed is all there is, though the last of it is not rare."""
    rng = np.random.default_rng(3)
    made = generation(*listing(*(after_sampling(rng, 4) for _ in range(30))))
    assert only(made).level == "warning"
    assert "after sampling" in only(made).text
    asked = {"post_sampling_probs": True}
    meta = msgspec.structs.replace(made.meta, parameters=asked)
    assert not type(made)(made.columns, meta, made.texts).findings


def test_a_yes_or_no_is_not_taken_for_values_after_sampling() -> None:
    """Two answers may hold all the probability, the rest being next to none."""
    both = [math.log(0.6), math.log(0.4), -14.0, -15.0]
    assert not generation(*listing(*[both, both[:]] * 5, [-0.1, -2.4])).findings
