"""The colours, to those who see all of them and to those who do not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.colors import VISIONS, contrasts, figures, linear, oklab, seen, steps
from lpwidgets.display.palette import DARK, LIGHT, Stops

JUST_NOTICEABLE = 2.0
"""ΔE OK, as CSS Color 4 has it."""


@pytest.mark.parametrize("stops", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_the_stops_are_told_apart(stops: Stops, vision: str) -> None:
    """By three just noticeable differences, and in order of lightness."""
    found = figures(stops, vision)
    assert found.any_two >= 3 * JUST_NOTICEABLE
    assert found.steps > 0.5
    lightness = seen(steps(stops), vision)[:, 0]
    assert (np.diff(lightness) * (-1 if stops is LIGHT else 1) > 0).all()


@pytest.mark.parametrize("stops", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_read_on_every_step(stops: Stops) -> None:
    """At 4.5 : 1 (WCAG 2.2, AA)."""
    assert min(contrasts(stops)) >= 4.5


def test_the_measure_is_the_published_one() -> None:
    """White and red in OKLab as Ottosson gives them; greys stay what they are."""
    lab = oklab(linear(["#ffffff", "#ff0000"]))
    expected = [[100.0, 0.0, 0.0], [62.7955, 22.4863, 12.5846]]
    np.testing.assert_allclose(lab, expected, atol=1e-3)
    for matrix in VISIONS.values():
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=2e-6)
