"""Token metrics and scores, against values computed by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpwidgets.analysis import metrics
from lpwidgets.analysis.lists import sums_of
from lpwidgets.wire.records import Part
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

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


@st.composite
def _cut(draw: st.DrawFn) -> tuple[Generation, NDArray[np.float64]]:
    """Draw a full distribution, and a token whose list has its k likeliest."""
    weights = draw(st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=40))
    p = np.sort(np.array(weights) / sum(weights))[::-1]
    k = draw(st.integers(0, len(p)))
    sampled = draw(st.integers(0, len(p) - 1))
    listed = [(f"t{i}", math.log(value)) for i, value in enumerate(p[:k])]
    return generation(token(f"t{sampled}", math.log(p[sampled]), listed)), p


@given(_cut())
def test_an_interval_holds_the_value_of_the_whole_distribution(
    cut: tuple[Generation, NDArray[np.float64]],
) -> None:
    """Wherever the list ends, and whether or not it has the sampled token."""
    gen, p = cut

    def assert_between(low: str, value: float, high: str | None = None) -> None:
        assert gen.metric(low)[0] <= value + 1e-6
        assert high is None or value <= gen.metric(high)[0] + 1e-6

    divergence = -np.log(p * len(p)).mean()
    assert_between("entropy_low", -(p * np.log2(p)).sum(), "entropy_high")
    assert_between("renyi_low", -np.log2((p * p).sum()), "renyi_high")
    if not gen.metric("unseen_mass")[0] > 0:
        assert_between("self_certainty_low", float(divergence))


@given(st.integers(0, 2**32), st.integers(0, 60), st.sampled_from([1500, 9000, 49152]))
def test_self_certainty_is_bounded_whatever_the_vocabulary(
    seed: int, k: int, size: int
) -> None:
    """Also for sizes between those that the bound tries."""
    weights = np.random.default_rng(seed).exponential(size=size) ** 4
    p = np.sort(weights / weights.sum())[::-1]
    listed = [(f"t{i}", math.log(value)) for i, value in enumerate(p[:k])]
    gen = generation(token("t0", math.log(p[0]), listed))
    assert gen.metric("self_certainty_low")[0] <= -np.log(p * size).mean() + 1e-6


def test_nothing_is_unknown_where_something_is_known() -> None:
    """A token without alternatives still bounds its entropy."""
    alone = generation(token("a", QUARTER), token("b", None))
    expected = -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75))
    np.testing.assert_allclose(
        alone.metric("entropy_low"), [expected, math.nan], rtol=1e-12
    )
    half_known = generation(token("a", HALF, [("a", HALF), ("b", None)]))
    assert half_known.metric("unseen_mass")[0] == pytest.approx(0.5)


def test_sums_are_the_same_in_slices() -> None:
    """However many tokens are summed at once."""
    lists = [[(f"t{i}", -1.0 - i / 7) for i in range(n % 5)] for n in range(40)]
    tokens = [token("t0", -1.0, one) for one in lists]
    whole = sums_of(generation(*tokens).columns)
    with patch("lpwidgets.analysis.lists._AT_ONCE", 7):
        sliced = sums_of(generation(*tokens).columns)
    for name in ("count", "mass", "p_ln_p", "first", "second", "last"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(sliced, name))


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


def test_the_summary_has_the_figures_of_a_glance() -> None:
    """Unknown ones are NaN or None, never left out."""
    summary = GEN.summary()
    assert summary["tokens"] == 3
    assert summary["known"] == 2
    assert summary["status"] == "complete"
    assert math.isnan(summary["perplexity"])
    assert summary["tokens_per_second"] is None
