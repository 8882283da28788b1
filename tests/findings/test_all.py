"""All checks together: order, silence, speed."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.builder import AnswerBuilder
from lpwidgets.meta import Status
from lpwidgets.wire.records import Delta, Usage
from tests.findings.support import LOW, asking, listing, only, texts, words
from tests.make_generation import META, generation, token

if TYPE_CHECKING:
    from lpwidgets.wire.records import Token


def test_nothing_is_judged_before_the_end() -> None:
    """What is missing may still come."""
    builder = AnswerBuilder(META)
    builder.add(Delta(0, text="Hello there", tokens=words(-1.0, None)))
    assert builder.snapshot()[0].findings == ()
    assert builder.finish(Status.INTERRUPTED)[0].findings[0].level == "warning"


def test_the_worst_comes_first() -> None:
    """Each with a line that has no line break, and a longer detail."""
    tops = [(" a", -0.5), (" b", -1.5)]
    made = generation(
        *words(-1.0, None), token(" z", -6.0, tops), text="x", finish_reason="error"
    )
    levels = [finding.level for finding in made.findings]
    assert levels == ["error", "warning", "warning", "info"]
    assert all("\n" not in text for text in texts(made))
    assert all(finding.detail for finding in made.findings)


NUMBERS = st.none() | st.sampled_from([0.0, -9999.0, LOW, math.inf]) | st.floats()
TOKENS = st.builds(
    token,
    st.binary(max_size=4) | st.text(max_size=4),
    NUMBERS,
    st.lists(st.tuples(st.binary(max_size=2), NUMBERS, st.integers(-1, 3)), max_size=4),
    st.integers(-1, 3),
)


@settings(max_examples=300)
@given(st.lists(TOKENS, max_size=8), st.text(max_size=12), st.integers(0, 9), st.text())
def test_whatever_came_is_looked_at_without_failing(
    tokens: list[Token], text: str, k: int, stop: str
) -> None:
    """Any bytes, any numbers: a finding is for the reader, never an error."""
    made = generation(*tokens, text=text, usage=Usage(completion_tokens=k))
    meta = msgspec.structs.replace(made.meta, parameters={"n_probs": k, "stop": [stop]})
    for one in (made, type(made)(made.columns, meta, made.texts), made[1:]):
        assert all(finding.text.isprintable() for finding in one.findings)


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 40),
    st.integers(1, 20),
    st.floats(0.05, 5.0),
    st.booleans(),
)
def test_what_is_sampled_from_a_true_distribution_has_no_finding(
    seed: int, length: int, k: int, spread: float, has_ids: bool
) -> None:
    """Save that a token below the listed ones was taken, if one was."""
    rng, size = np.random.default_rng(seed), 2000
    tokens, below = [], 0
    for _ in range(length):
        logits = (rng.gumbel(size=size) * spread).astype(np.float32)
        logprobs = logits - np.logaddexp.reduce(logits.astype(np.float64))
        taken = int(rng.choice(size, p=np.exp(logprobs) / np.exp(logprobs).sum()))
        top = np.argsort(-logprobs)[:k]
        below += taken not in top
        tokens.append(
            token(
                f" {taken}",
                float(logprobs[taken]),
                [(f" {i}", float(logprobs[i]), i if has_ids else -1) for i in top],
                taken if has_ids else -1,
            )
        )
    made = asking({"logprobs": True, "top_logprobs": k}, *tokens)
    assert len(made.findings) == (below > 0)
    if below:
        assert only(made).text == (
            f"the sampled token is less likely than the listed ones at {below} of "
            f"{length} position{'s' * (length > 1)}"
        )


@pytest.mark.parametrize("api", ["chat", "completions", "native"])
def test_a_good_answer_of_the_embedded_engine_has_no_false_finding(api: str) -> None:
    """Greedy, so that what is taken is listed."""
    with lp.Client("local") as client:
        made = client.generate(
            "Name three colors.", api=api, max_tokens=24, temperature=0, top_logprobs=5
        )
    assert len(made) > 5
    note = made.meta.note  # what the client did, which is true
    assert [text for text in texts(made) if text != note] == []


def test_a_hundred_thousand_tokens_are_checked_in_a_moment() -> None:
    """With 20 alternatives each, all checks together."""
    values = [-0.7 * (k + 1) for k in range(20)]
    one_of_each = [listing(values, taken=k)[0] for k in range(20)]
    made = asking({"top_logprobs": 20}, *(one_of_each * 5000))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        assert type(made)(made.columns, made.meta, made.texts).findings == ()
        times.append(time.perf_counter() - start)
    assert min(times) < 1
