"""What page and kernel tell each other: selected, highlighted and hovered tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import traitlets

import lpwidgets as lp
from lpwidgets.errors import InputError
from tests.make_generation import generation, token

ONE = generation(*(token(f" t{i}", -float(i)) for i in range(6)))
TWO = generation(*(token(f" u{i}", -float(i)) for i in range(4)))


@pytest.mark.parametrize(
    ("meant", "runs"),
    [
        ("logprob < -3", [[0, 4, 6]]),
        (ONE.where("logprob > -2 or logprob < -4"), [[0, 0, 2], [0, 5, 6]]),
        (np.array([True, False, True, True, False, False]), [[0, 0, 1], [0, 2, 4]]),
        ([5, 0], [[0, 0, 1], [0, 5, 6]]),
        (slice(2, 5), [[0, 2, 5]]),
        ([(0, 1, 3)], [[0, 1, 3]]),
        ([], []),
    ],
)
@pytest.mark.parametrize("trait", ["highlight", "selection"])
def test_tokens_are_meant_in_many_ways(trait: str, meant: Any, runs: Any) -> None:
    """A condition, what it gave, a mask, positions, a slice, runs."""
    widget = lp.TokensWidget(ONE)
    setattr(widget, trait, meant)
    assert getattr(widget, trait) == runs
    assert getattr(lp.TokensWidget(ONE, **{trait: meant}), trait) == runs


@pytest.mark.parametrize(
    "meant", [[9], "nonsense", [(0, 2, 9)], [(1, 0, 1)], np.ones(3, dtype=bool), 1.5]
)
def test_what_is_no_token_of_these_is_refused(meant: Any) -> None:
    """And what was there stays."""
    widget = lp.TokensWidget(ONE, highlight=[1])
    with pytest.raises((InputError, traitlets.TraitError)):
        widget.highlight = meant
    assert widget.highlight == [[0, 1, 2]]


def test_the_selection_is_a_generation_and_a_mask() -> None:
    """As if the page had sent it."""
    widget = lp.TokensWidget(ONE)
    heard: list[Any] = []
    widget.observe(lambda change: heard.append(change["new"]), "selection")
    widget.set_state({"selection": [[0, 1, 3], [0, 5, 6]]})
    assert heard == [[[0, 1, 3], [0, 5, 6]]]
    assert isinstance(widget.selected, lp.Generation)
    assert widget.selected.text == " t1 t2 t5"
    assert widget.selected_mask.tolist() == [False, True, True, False, False, True]


def test_of_several_generations_each_has_its_selection() -> None:
    """Masks and conditions go over all tokens, one generation after the other."""
    widget = lp.TokensWidget([ONE, TWO], selection="logprob < -2")
    assert widget.selection == [[0, 3, 6], [1, 3, 4]]
    assert isinstance(widget.selected, lp.Generations)
    assert [one.text for one in widget.selected] == [" t3 t4 t5", " u3"]
    assert widget.selected_mask.sum() == 4


def test_a_condition_is_asked_again_of_what_came_later() -> None:
    """When the generation is finished."""
    widget = lp.TokensWidget(ONE[:3], highlight="logprob < -1")
    assert widget.highlight == [[0, 2, 3]]
    widget.show(ONE)
    assert widget.highlight == [[0, 2, 6]]


def test_widgets_can_be_linked() -> None:
    """One hovered token for both."""
    one, other = lp.TokensWidget(ONE), lp.TokensWidget(ONE, color="rank")
    traitlets.link((one, "hovered"), (other, "hovered"))
    one.set_state({"hovered": [0, 2]})
    assert other.hovered == [0, 2]
    assert one.color != other.color
