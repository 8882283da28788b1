"""Calibration: equal to scikit-learn's measures, bounded, and the same in any order."""

from __future__ import annotations

import math
import pickle
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis.calibration import measures
from lpwidgets.analysis.calibration.diagram import wilson
from lpwidgets.errors import InputError, MissingPackageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PAIRS = st.lists(
    st.tuples(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0]), st.booleans()),
    min_size=2,
    max_size=60,
)

SLOWLY = settings(suppress_health_check=[HealthCheck.too_slow])


def over_confident(
    count: int, seed: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Make scores whose answers are right less often than they say."""
    generator = np.random.default_rng(seed)
    scores = generator.beta(2, 1.2, count)
    return scores, generator.random(count) < scores**1.8


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is saved apart from the user's."""
    monkeypatch.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path))
    return tmp_path / "calibrations"


def by_hand(
    scores: NDArray[np.float64], correct: NDArray[np.bool_], bins: int
) -> dict[str, float]:
    """Compute each measure as its paper writes it, with loops."""
    count = len(scores)
    ece = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = (scores > low) & (scores <= high) | (scores == 0) & (number == 0)
        if inside.any():
            gap = abs(correct[inside].mean() - scores[inside].mean())
            ece += inside.sum() / count * gap
    by_score = np.argsort(scores)
    equal = np.array_split(by_score, bins)
    adaptive = sum(
        len(part) / count * abs(correct[part].mean() - scores[part].mean())
        for part in equal
    )
    risks = [1 - correct[scores >= score].mean() for score in scores]
    return {"ece": ece, "adaptive_ece": adaptive, "aurc": float(np.mean(risks))}


def test_measures_are_those_of_the_papers() -> None:
    """To 1e-12; the bins of equal mass have whole answers here."""
    scores, correct = over_confident(600)
    found = lp.calibrate(scores, correct, bins=15, resamples=10)
    for name, value in by_hand(scores, correct, 15).items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-12)


def test_measures_are_those_of_scikit_learn() -> None:
    """To 1e-12, with scores of exactly 0 and 1 and many ties."""
    metrics = pytest.importorskip("sklearn.metrics", exc_type=ImportError)
    scores, correct = over_confident(3000)
    for some in (scores, np.round(scores, 1), np.round(scores, 5)):
        found = lp.calibrate(some, correct, resamples=2)
        loss = metrics.log_loss(correct, some)
        assert found.log_loss == pytest.approx(loss, abs=1e-12)
        expected = metrics.brier_score_loss(correct, some)
        assert found.brier == pytest.approx(expected, abs=1e-12)
        area = metrics.roc_auc_score(correct, some)
        assert found.auroc == pytest.approx(area, abs=1e-12)


@SLOWLY
@given(PAIRS, st.integers(1, 20))
def test_measures_keep_their_bounds(pairs: list[tuple[float, bool]], bins: int) -> None:
    """Errors and areas are shares; merged bins are never worse than fine ones."""
    scores, correct = (np.array(column) for column in zip(*pairs, strict=True))
    of = measures.tally(scores, correct)
    for error in (measures.ece(of, bins), measures.adaptive_ece(of, bins)):
        assert -1e-12 <= error[0] <= 1 + 1e-12
        assert error[0] >= measures.ece(of, 1)[0] - 1e-9
    assert 0 <= measures.brier(of)[0] <= 1
    assert 0 <= measures.aurc(of)[0] <= 1
    area = measures.auroc(of)[0]
    assert math.isnan(area) == (correct.all() or not correct.any())
    assert math.isnan(area) or 0 <= area <= 1


@SLOWLY
@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(
    pairs: list[tuple[float, bool]], shuffler: Any
) -> None:
    """Also where scores are equal: no measure looks at which came first."""
    mixed = list(pairs)
    shuffler.shuffle(mixed)
    found = [
        measures.tally(*(np.array(column) for column in zip(*some, strict=True)))
        for some in (pairs, mixed)
    ]
    for measure in (measures.brier, measures.log_loss, measures.auroc, measures.aurc):
        one, other = (measure(of)[0] for of in found)
        assert one == pytest.approx(other, abs=1e-9, nan_ok=True)
    for error in (measures.ece, measures.adaptive_ece):
        assert error(found[0], 7)[0] == pytest.approx(error(found[1], 7)[0], abs=1e-9)


@SLOWLY
@given(PAIRS)
def test_ranks_are_what_areas_see(pairs: list[tuple[float, bool]]) -> None:
    """Scores that only keep their order have the same AUROC and AURC."""
    scores, correct = (np.array(column) for column in zip(*pairs, strict=True))
    ranks = np.unique(scores, return_inverse=True)[1] / len(scores)
    one, other = (measures.tally(some, correct) for some in (scores, ranks))
    for area in (measures.auroc, measures.aurc):
        assert area(one)[0] == pytest.approx(area(other)[0], abs=1e-12, nan_ok=True)


@settings(max_examples=20)
@given(PAIRS, st.integers(0, 9))
def test_an_interval_is_one_and_the_seed_decides(
    pairs: list[tuple[float, bool]], seed: int
) -> None:
    """The same seed gives the same ends, and they are in order."""
    scores, correct = zip(*pairs, strict=True)
    one, other = (
        lp.calibrate(scores, correct, seed=seed, resamples=50) for _ in range(2)
    )
    assert repr(one) == repr(other)
    frame = one.to_pandas().dropna()
    assert (frame["low"] <= frame["high"] + 1e-12).all()


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Of 60 samples; the Brier score's 95 %, calibration errors' about 90 %."""
    generator = np.random.default_rng(5)
    true_brier, true_error = 1 / 6, 0.0
    inside = {"brier": 0, "ece": 0}
    for seed in range(60):
        scores = generator.random(300)
        correct = generator.random(300) < scores
        found = lp.calibrate(scores, correct, resamples=200, seed=seed)
        inside["brier"] += found.brier.low <= true_brier <= found.brier.high
        inside["ece"] += found.ece.low <= true_error <= found.ece.high
    assert inside["brier"] >= 51
    assert inside["ece"] >= 51


def test_a_thousand_resamples_of_ten_thousand_answers_are_quick() -> None:
    """Well under two seconds of one processor."""
    scores, correct = over_confident(10_000)
    began = time.process_time()
    lp.calibrate(scores, correct)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("outcome", [True, False])
def test_all_right_or_all_wrong(outcome: bool) -> None:
    """What has a value has it, ranks have none and say why, maps refuse."""
    found = lp.calibrate([0.5, 0.9, 0.7], [outcome] * 3)
    assert found.brier == pytest.approx(
        np.mean([(score - outcome) ** 2 for score in (0.5, 0.9, 0.7)])
    )
    assert found.aurc == float(not outcome)
    assert math.isnan(found.auroc)
    assert "needs right and wrong answers" in repr(found)
    assert math.isnan(pickle.loads(pickle.dumps(found.auroc)).low)  # noqa: S301
    kind = "right" if outcome else "wrong"
    with pytest.raises(InputError, match=f"all 3 answers are {kind}"):
        found.fit("platt")


@pytest.mark.parametrize(
    ("scores", "correct", "said"),
    [
        ([0.1, math.nan], [1, 0], "1 of 2 scores are NaN, the first at 1"),
        ([0.1, None], [1, 0], "1 of 2 scores are NaN"),
        ([-0.1, -2.0], [1, 0], r"pass np\.exp\(scores\)"),
        ([88, 12.5], [1, 0], "pass scores / 100"),
        ([0.1, -0.5], [1, 0], "the probability that its answer is right"),
        ([0.1, math.inf], [1, 0], "outside 0 to 1, such as inf"),
        ([0.1], [1], "1 answers tell nothing"),
        ([], [], "0 answers tell nothing"),
        ([0.1, 0.2], [1], "2 scores, but 1 marks"),
        ([0.1, 0.2], [1, 2], "correct is True or False, or 1 or 0"),
        ([0.1, 0.2], [1, math.nan], "1 answers with a label tell nothing"),
        ([0.1, 0.2], [None, 2], "None for one without a label; at 1 it is 2"),
        ([0.1, 0.2], ["yes", "no"], "correct are True or False"),
        ("0.1", [1], "scores are numbers from 0 to 1, not '0.1'"),
        (3, [1], "scores are numbers from 0 to 1, not 3"),
        ([[0.1], [0.2]], [1, 0], "has shape"),
    ],
)
def test_what_cannot_be_is_refused(scores: Any, correct: Any, said: str) -> None:
    """With a message of at most three lines that says what to do."""
    with pytest.raises(InputError, match=said) as caught:
        lp.calibrate(scores, correct)
    assert str(caught.value).count("\n") < 3


@pytest.mark.parametrize("name", ["bins", "resamples", "seed"])
def test_numbers_of_things_are_whole(name: str) -> None:
    """And not below what makes sense."""
    options: dict[str, Any] = {name: -1}
    with pytest.raises(InputError, match=f"{name}=-1: it is a whole number"):
        lp.calibrate([0.1, 0.9], [0, 1], **options)


def test_the_bins_of_the_diagram_add_up() -> None:
    """Their counts to all answers, their gaps to the errors."""
    scores, correct = over_confident(1000)
    found = lp.calibrate(scores, correct, bins=12, resamples=2)
    for equal_mass, error in ((False, found.ece), (True, found.adaptive_ece)):
        frame = found.diagram(equal_mass=equal_mass)
        assert len(frame) == 12
        assert frame["count"].sum() == pytest.approx(1000)
        gaps = (frame["accuracy"] - frame["score"]).abs() * frame["count"] / 1000
        assert gaps.sum() == pytest.approx(error, abs=1e-9)
        known = frame.dropna()
        assert (known["low"] <= known["accuracy"] + 1e-12).all()
        assert (known["accuracy"] <= known["high"] + 1e-12).all()
    counts = found.diagram(equal_mass=True)["count"].tolist()
    assert counts == pytest.approx([1000 / 12] * 12)


def test_an_interval_of_a_share_is_wilsons() -> None:
    """By hand: 81 of 263, the example of Newcombe (1998)."""
    low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_the_chart_is_one_of_vega_lite() -> None:
    """It has every bin, and a transparent ground for light and dark pages."""
    found = lp.calibrate(*over_confident(500), resamples=50)
    for equal_mass in (False, True):
        chart = found.plot(equal_mass=equal_mass).to_dict()
        assert chart["config"]["background"] == "transparent"
        assert "95 % from" in str(chart)
        sizes = [len(rows) for rows in chart["datasets"].values()]
        assert 15 in sizes


def test_thresholds_follow_from_costs_and_from_coverage() -> None:
    """Each against all candidates, one by one."""
    scores, correct = over_confident(400)
    found = lp.calibrate(scores, correct, resamples=2)

    def cost(least: float) -> float:
        accepted = scores >= least
        wrong, missed = accepted & ~correct, ~accepted & correct
        total = 5 * wrong.sum() + 2 * missed.sum() + 0.5 * (~accepted).sum()
        return float(total) / 400

    chosen = found.threshold(cost_wrong=5, cost_reject=2, cost_abstain=0.5)
    assert chosen.cost == pytest.approx(min(map(cost, [*scores, math.inf])))
    assert chosen.cost == pytest.approx(cost(chosen.value))
    accepted = scores >= chosen.value
    assert chosen.coverage == accepted.mean()
    assert chosen.accuracy == pytest.approx(correct[accepted].mean())
    assert chosen.false_accepts == pytest.approx((accepted & ~correct).mean())
    assert chosen.false_rejects == pytest.approx((~accepted & correct).mean())
    covering = found.threshold(coverage=0.8)
    assert covering.coverage == 0.8
    assert math.isnan(covering.cost)
    assert "accepts 80.0%" in repr(covering)


def test_a_threshold_may_accept_none_or_all() -> None:
    """Where that is cheapest."""
    found = lp.calibrate([0.2, 0.9], [False, False])
    nothing = found.threshold(cost_wrong=1)
    assert (nothing.value, nothing.coverage) == (math.inf, 0)
    assert math.isnan(nothing.accuracy)
    everything = lp.calibrate([0.2, 0.9], [1, 1]).threshold(cost_wrong=1, cost_reject=1)
    assert (everything.value, everything.coverage) == (0.2, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "from costs or from a coverage"),
        ({"coverage": 0.5, "cost_wrong": 1}, "from costs or from a coverage"),
        ({"coverage": 0}, "a share above 0"),
        ({"coverage": 80}, "such as 0.8"),
        ({"cost_wrong": -1}, "a cost is a number from 0"),
        ({"cost_wrong": 0}, "all costs are 0"),
    ],
)
def test_a_threshold_needs_sense(options: dict[str, Any], said: str) -> None:
    """Costs or a coverage, and possible ones."""
    with pytest.raises(InputError, match=said):
        lp.calibrate([0.2, 0.9], [0, 1]).threshold(**options)


@pytest.mark.parametrize("how", ["temperature", "platt", "isotonic"])
def test_a_map_makes_other_scores_truer(how: str) -> None:
    """Fitted to one half, it lowers the loss of the other; it never turns an order."""
    pytest.importorskip("sklearn.linear_model", exc_type=ImportError)
    fitted = lp.calibrate(*over_confident(4000), resamples=2)
    scores, correct = over_confident(4000, seed=2)
    mapped = fitted.apply(scores, how)
    before, after = (lp.calibrate(some, correct) for some in (scores, mapped))
    assert after.brier < before.brier
    if how != "temperature":  # which has one number, and no shift
        assert after.ece < before.ece.low
    assert (np.diff(mapped[np.argsort(scores)]) >= -1e-12).all()
    assert np.isnan(fitted.apply([math.nan, 0.5], how)).tolist() == [True, False]


def test_a_temperature_is_found_again() -> None:
    """Scores made too sure by a factor of 2 have the temperature 2."""
    pytest.importorskip("sklearn.linear_model", exc_type=ImportError)
    generator = np.random.default_rng(3)
    odds = generator.normal(0, 1.5, 20_000)
    correct = generator.random(20_000) < 1 / (1 + np.exp(-odds))
    found = lp.calibrate(1 / (1 + np.exp(-2 * odds)), correct, resamples=2)
    assert found.fit("temperature").temperature == pytest.approx(2, abs=0.1)
    platt = found.fit("platt")
    assert (platt.slope, platt.intercept) == pytest.approx((0.5, 0), abs=0.05)


@pytest.mark.parametrize(
    ("correct", "said"),
    [([0, 0, 1, 1], "the best temperature is 0"), ([1, 1, 0, 0], "no temperature")],
)
def test_answers_without_a_temperature_say_so(correct: list[int], said: str) -> None:
    """Where no mistake is made, and where only mistakes are."""
    pytest.importorskip("sklearn.linear_model", exc_type=ImportError)
    with pytest.raises(InputError, match=said):
        lp.calibrate([0.1, 0.2, 0.8, 0.9], correct).fit("temperature")


@pytest.mark.parametrize("how", ["temperature", "platt", "isotonic"])
def test_a_map_is_saved_and_applied_by_name(how: str, cache: Path) -> None:
    """To the bit, and nothing else is left in the folder."""
    pytest.importorskip("sklearn.linear_model", exc_type=ImportError)
    fitted = lp.calibrate(*over_confident(500), resamples=2).fit(how)
    assert fitted.save("small-model.v1") == cache / "small-model.v1.json"
    again = lp.load_calibration("small-model.v1")
    scores = np.linspace(0, 1, 101)
    assert (again.apply(scores) == fitted.apply(scores)).all()
    assert again == fitted
    assert how in repr(again)
    assert [path.name for path in cache.iterdir()] == ["small-model.v1.json"]


def test_names_are_no_paths_and_mistakes_are_told(cache: Path) -> None:
    """A name that is not there, a near one, a damaged file."""
    for name in ("../x", "", "a/b", ".hidden", "x" * 81, "ü"):
        with pytest.raises(InputError, match="letters, digits"):
            lp.load_calibration(name)
    with pytest.raises(InputError, match="there are: none yet"):
        lp.load_calibration("first")
    made = lp.CalibrationMap("platt", 10, 1.0, 0.0)
    made.save("first")
    with pytest.raises(InputError, match="did you mean 'first'"):
        lp.load_calibration("frist")
    (cache / "first.json").write_text("{}")
    with pytest.raises(InputError, match=r"first\.json cannot be read"):
        lp.load_calibration("first")


def test_without_scikit_learn_the_command_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Measures and thresholds need nothing of it."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for name in [one for one in sys.modules if one.startswith("sklearn.")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    found = lp.calibrate([0.2, 0.9, 0.6], [0, 1, 0])
    assert found.threshold(coverage=0.5).coverage >= 0.5
    with pytest.raises(MissingPackageError, match=r"lpwidgets\[calibration\]"):
        found.fit("isotonic")
    with pytest.raises(InputError, match="there are: temperature, platt, isotonic"):
        found.fit("beta")
