"""The sampled token stands in its list, and each alternative once."""

from __future__ import annotations

from lpwidgets.wire.records import Part
from tests.findings.support import LOST, only
from tests.make_generation import generation, token


def test_a_sampled_token_below_the_listed_ones_is_told() -> None:
    """With its own value, and no rank."""
    tops = [(" a", -0.5), (" b", -1.5)]
    made = generation(token(" z", -6.0, tops), token(" a", -0.5, tops))
    assert only(made).level == "info"
    assert only(made).text == (
        "the sampled token is less likely than the listed ones at 1 of 2 positions"
    )
    assert made.columns.rank.tolist() == [0, 1]
    given = generation(token(" z", -6.0, tops), part=Part.FORCED)
    assert not given.findings


def test_a_sampled_token_that_is_spelled_otherwise_in_its_list_is_told() -> None:
    """By its value it has to be in there."""
    tops = [("Deep", -0.2), ("Big", -2.5)]
    made = generation(token(" Deep", -0.2, tops), token(" Deep", -0.2, tops))
    assert only(made).level == "warning"
    assert "lack the sampled token at 2 of 2 positions" in only(made).text
    assert "' Deep', listed first is 'Deep'" in only(made).detail


def test_an_alternative_that_is_listed_twice_is_told() -> None:
    """By id it is an error, by text it may be another token."""
    twice = [(" a", -1.0, 7), (" a", -1.0, 7), (" b", -2.0, 8)]
    made = generation(token(" a", -1.0, twice, 7))
    assert only(made).text == "the same token is listed twice at 1 position"
    unnamed = [(LOST, -1.0), (LOST, -2.0), (" b", -2.5)]
    made = generation(token(" b", -2.5, unnamed))
    assert only(made).text == "two alternatives have the same text at 1 position"
    assert only(made).level == "info"
    other_ids = [(" a", -1.0, 7), (" a", -2.0, 9)]
    assert not generation(token(" a", -1.0, other_ids, 7)).findings


def test_lists_that_came_out_of_order_are_told() -> None:
    """They are sorted; the sampled token in front (vLLM) is an order of its own."""
    mixed = [(" a", -2.0), (" b", -1.5), (" c", -0.5)]
    first = [(" b", -1.5), (" a", -0.5), (" c", -2.0)]
    made = generation(token(" b", -1.5, mixed), token(" b", -1.5, first))
    assert only(made).text == "the alternatives of 1 position came out of order"
    assert [one.token for one in made[0].alternatives] == [" c", " b", " a"]
    assert not generation(token(" b", -1.5, first)).findings
