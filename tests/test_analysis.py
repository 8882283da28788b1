"""Token metrics and findings, against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpwidgets.analysis import metrics
from lpwidgets.wire.records import Part, Usage
from tests.make_generation import generation, token

HALF, QUARTER, EIGHTH = (math.log(p) for p in (0.5, 0.25, 0.125))
GEN = generation(
    token("a", HALF, [("a", HALF), ("b", QUARTER), ("c", EIGHTH)]),
    token("c", EIGHTH, [("a", HALF), ("b", QUARTER)]),
    token("d", None, []),
)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("probability", [0.5, 0.125, math.nan]),
        ("surprisal", [1.0, 3.0, math.nan]),
        ("margin", [0.25, 0.25, math.nan]),
        ("unseen_mass", [0.125, 0.125, math.nan]),
        ("entropy_low", [1.75, 1.75, math.nan]),
        ("rank", [1.0, math.nan, math.nan]),
    ],
)
def test_a_metric_is_what_its_definition_gives(name: str, values: list[float]) -> None:
    """With halves, quarters and eighths every value is exact."""
    np.testing.assert_allclose(GEN.metric(name), values, rtol=1e-12)


@given(st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=12), st.integers(1, 12))
def test_the_lower_bound_holds_for_any_distribution_cut_to_any_k(
    weights: list[float], k: int
) -> None:
    """The entropy of the whole is never below it."""
    p = np.sort(np.array(weights) / sum(weights))[::-1]
    listed = [(f"t{i}", math.log(value)) for i, value in enumerate(p[:k])]
    bound = generation(token("t0", math.log(p[0]), listed)).metric("entropy_low")[0]
    assert bound <= -(p * np.log2(p)).sum() + 1e-9


@pytest.mark.parametrize("one", metrics.every(), ids=lambda one: one.name)
def test_a_metric_tells_all_that_menus_and_legends_need(one: metrics.Metric) -> None:
    """A label, a description of one sentence, and a certain end within its domain."""
    low, high = one.domain
    assert one.label
    assert one.description.endswith((".", ")."))
    assert one.certain in {low, high}
    assert len(one.compute(GEN)) == len(GEN)
    assert len(one.compute(GEN[:0])) == 0


def test_prompt_and_forced_tokens_do_not_count_in_scores() -> None:
    """The model did not choose them."""
    prompt = generation(token("a", -1.0), part=Part.PROMPT)
    columns = prompt.columns
    assert columns.part.tolist() == [Part.PROMPT]
    assert math.isnan(prompt.perplexity)


def test_a_count_that_differs_from_the_servers_is_told() -> None:
    """One missing token is the end mark that many servers count."""

    def found(reported: int) -> list[str]:
        gen = generation(token("a", -1.0), usage=Usage(completion_tokens=reported))
        return [finding.text for finding in gen.findings]

    assert found(2) == []
    assert found(9) == ["1 of 9 tokens were reported"]


def test_no_values_at_all_is_told_with_what_to_do() -> None:
    """An explicit state instead of an empty picture."""
    finding = generation(text="Hello").findings[0]
    assert finding.level == "error"
    assert "no log probabilities for a-model" in finding.text
    assert "try another model" in finding.text


def test_tokens_that_do_not_spell_the_text_are_told() -> None:
    """Both are kept, and the difference is shown."""
    gen = generation(token("Hello", -1.0), text="Goodbye")
    assert gen.text == "Goodbye"
    assert [f.text for f in gen.findings] == [
        "the tokens do not spell the text that the server sent"
    ]


def test_the_summary_has_the_figures_of_a_glance() -> None:
    """Unknown ones are NaN or None, never left out."""
    summary = GEN.summary()
    assert summary["tokens"] == 3
    assert summary["known"] == 2
    assert summary["status"] == "complete"
    assert math.isnan(summary["perplexity"])
    assert summary["tokens_per_second"] is None
