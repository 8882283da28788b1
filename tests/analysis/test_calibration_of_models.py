"""Maps that know their model: kept with it, found by it, refused for others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis.calibration.diagram import bin_frame
from lpwidgets.analysis.calibration.given import pairs_of
from lpwidgets.client.doctor.profile import Profile
from lpwidgets.errors import InputError
from tests.make_generation import META, generation, token

CONTRACT = Path(__file__).parents[1] / "contract" / "reliability.json"
GEN = generation(token("yes", -0.1))
OTHER = lp.Generation(
    GEN.columns, lp.Meta(provider="openai", model="another", status=META.status)
)
SCORES = np.linspace(0.05, 0.95, 40)
CORRECT = np.random.default_rng(5).random(40) < SCORES


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is saved apart from the user's."""
    monkeypatch.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path))
    return tmp_path / "calibrations"


def fitted(model: Any = GEN, score: str = "share") -> lp.CalibrationMap:
    """Fit a map to answers of a model."""
    pytest.importorskip("sklearn.linear_model", exc_type=ImportError)
    found = lp.calibrate(SCORES, CORRECT, resamples=2)
    return found.fit("platt", model=model, score=score)


def test_a_map_is_kept_with_its_model(cache: Path) -> None:
    """Two models' maps of one name do not touch each other."""
    mine, theirs = fitted(), fitted(OTHER, score="p_true")
    path = mine.save("reviews")
    theirs.save("reviews")
    assert path.parent.parent == cache
    assert path.parent.name.startswith("local-a-model-")
    assert lp.load_calibration("reviews", model=GEN) == mine
    assert lp.load_calibration("reviews", model=[OTHER, OTHER]) == theirs
    assert lp.load_calibration("reviews", model="another") == theirs
    assert "a-model of local, score share" in repr(mine)
    with pytest.raises(InputError, match="on a-model of local and on another of op"):
        lp.load_calibration("reviews")


def test_a_single_map_needs_no_model_and_knows_its_own() -> None:
    """What it was fitted on stays known, and is asked where it counts."""
    mine = fitted()
    mine.save("reviews")
    again = lp.load_calibration("reviews")
    assert (again.provider, again.model, again.score) == ("local", "a-model", "share")
    assert (again.apply([0.5], model=GEN) == mine.apply([0.5])).all()
    with pytest.raises(InputError, match=r"on a-model of local, the scores are of ano"):
        again.apply([0.5], model=OTHER)
    with pytest.raises(InputError, match=r"on a-model of local, not on another of op"):
        lp.load_calibration("reviews", model=OTHER)


def test_a_map_of_no_model_is_as_before() -> None:
    """By its name alone; it cannot say that it is of a model."""
    plain = lp.CalibrationMap("platt", 10, 1.0, 0.0)
    plain.save("plain")
    fitted().save("plain")
    assert lp.load_calibration("plain") == plain
    assert plain.apply([0.5], model=GEN).tolist() == [0.5]
    plain.save("alone")
    with pytest.raises(InputError, match="does not say which model"):
        lp.load_calibration("alone", model=GEN)


def test_one_name_of_a_model_may_be_two_models() -> None:
    """The same weights on two servers have maps of their own."""
    elsewhere = lp.Meta(provider="vllm", model="a-model", status=META.status)
    fitted().save("reviews")
    fitted(lp.Generation(GEN.columns, elsewhere)).save("reviews")
    assert lp.load_calibration("reviews", model=GEN).provider == "local"
    with pytest.raises(InputError, match="give a generation, not the model's name"):
        lp.load_calibration("reviews", model="a-model")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (3, "names no model"),
        ("", "names no model"),
        ([], "names no model"),
        ([GEN, 3], "names no model"),
        ([GEN, OTHER], "several models (a-model of local, another of openai)"),
    ],
)
def test_what_names_no_model(model: Any, said: str) -> None:
    """The error says what does."""
    with pytest.raises(InputError) as caught:
        lp.load_calibration("x", model=model)
    assert said in str(caught.value)


def test_maps_are_listed_and_shown_by_the_profile(cache: Path) -> None:
    """A damaged one is passed over with a warning."""
    lp.CalibrationMap("platt", 10).save("plain")
    fitted().save("reviews")
    fitted(OTHER).save("reviews")
    listed = lp.calibrations()
    assert listed["name"].tolist() == ["plain", "reviews", "reviews"]
    assert set(listed["model"]) == {"", "a-model", "another"}
    mine = lp.calibrations(GEN)
    assert mine[["score", "how", "answers"]].to_numpy().tolist() == [
        ["share", "platt", 40]
    ]
    profile = Profile(
        date="2026-11-23T09:45:05+00:00",
        provider="local",
        origin="local",
        model="a-model",
    )
    line = "'reviews': platt from 40 answers, score share, saved on "
    assert [one.startswith(line) for one in profile.calibrations] == [True]
    assert f"calibration {line}" in repr(profile)
    assert "&#x27;reviews&#x27;: platt" in profile._repr_html_()
    (cache / "plain.json").write_text("{}")
    with pytest.warns(UserWarning, match=r"plain\.json cannot be read"):
        assert len(lp.calibrations()) == 2


def test_answers_without_a_label_are_left_out() -> None:
    """With a note, and with the same measures as without them."""
    labels = [None, True, float("nan"), False, True, False]
    scores = [float("nan"), 0.9, 0.1, 0.3, 0.6, 0.7]
    found = lp.calibrate(scores, labels)
    whole = lp.calibrate([0.9, 0.3, 0.6, 0.7], [1, 0, 1, 0])
    assert found.to_pandas().equals(whole.to_pandas())
    assert found.notes == ("2 without a label left out",)
    assert repr(found).endswith("note: 2 without a label left out")
    assert whole.notes == ()
    with pytest.raises(InputError, match="1 of 2 scores are NaN, the first at 0"):
        lp.calibrate([None, 0.5], [1, 0])


def test_the_page_draws_the_bins_that_are_computed_here() -> None:
    """The contract is read by the tests of the page too; 0.6 is on an edge."""
    for case in json.loads(CONTRACT.read_text()):
        scores = np.array(case["scores"])
        right = np.array(case["correct"])
        frame = bin_frame(scores, right, case["bins"], equal_mass=False)
        for expected, row in zip(case["rows"], frame.to_dict("records"), strict=True):
            known = {k: None if np.isnan(v) else v for k, v in row.items()}
            assert known == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.tuples(st.floats(0, 1), st.none() | st.booleans()), max_size=20))
def test_leaving_out_never_changes_the_rest(
    pairs: list[tuple[float, bool | None]],
) -> None:
    """Whatever else is unlabelled."""
    kept = [(score, label) for score, label in pairs if label is not None]
    told = [score for score, _ in pairs], [label for _, label in pairs]
    if len(kept) < 2:
        with pytest.raises(InputError, match="tell nothing about calibration"):
            pairs_of(*told)
        return
    scores, correct, left_out = pairs_of(*told)
    assert list(zip(scores.tolist(), correct.tolist(), strict=True)) == kept
    assert left_out == len(pairs) - len(kept)
