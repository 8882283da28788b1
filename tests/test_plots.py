"""Charts hold the values, at any length, and say when there is nothing to draw."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import lpwidgets as lp
from lpwidgets.errors import InputError, MissingPackageError
from tests.make_generation import generation, token

GEN = generation(
    token("Hi", -0.5, [("Hi", -0.5), ("Ho", -1.5)]), token(" you", -3.0), token("!", 0)
)


def _data(chart: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = next(iter(chart.to_dict()["datasets"].values()))
    return rows


def test_a_bar_a_token_with_its_value() -> None:
    """In the unit of the metric, named with it."""
    chart = GEN.plot()
    assert [row["token"] for row in _data(chart)] == ["Hi", " you", "!"]
    assert [row["value"] for row in _data(chart)] == GEN.metric("surprisal").tolist()
    assert chart.to_dict()["encoding"]["y"]["title"] == "surprisal [bits]"
    assert GEN.plot("probability").to_dict()["encoding"]["y2"]["datum"] == 1.0


def test_very_many_tokens_keep_the_least_certain_of_each_stretch() -> None:
    """A mark a stretch; the surprising token is not lost."""
    tokens = [token("a", -0.1) for _ in range(50_000)]
    tokens[31_234] = token("odd", -9.0)
    rows = _data(generation(*tokens).plot())
    assert len(rows) == 2000
    assert [row["token"] for row in rows if row["value"] > 1] == ["odd"]


def test_several_answers_are_rows() -> None:
    """Their distributions below each other, on one scale."""
    several = lp.Generations([GEN, GEN])
    assert {row["answer"] for row in _data(several.plot())} == {"answer 1", "answer 2"}
    assert sum(row["tokens"] for row in _data(several.plot())) == 6
    assert len(_data(several.plot(kind="text"))) == 6


def test_agreement_counts_answers_that_say_the_same() -> None:
    """Upper and lower case, and a final full stop, make no difference."""
    texts = ["Paris", "paris.", "Rome"]
    several = lp.Generations([generation(token(one, -1.0)) for one in texts])
    counts = {
        row["answer"]: row["answers"] for row in _data(several.plot(kind="agreement"))
    }
    assert counts == {"Paris": 2, "Rome": 1}


def test_nothing_to_draw_is_said() -> None:
    """Not an empty frame of axes."""
    with pytest.raises(InputError, match="nothing to draw: no token has a known"):
        generation(token("a", None)).plot()
    with pytest.raises(InputError, match="there are: text, distribution, agreement"):
        GEN.plot(kind="pie")
    with pytest.raises(InputError, match="there is no metric 'nope'"):
        GEN.plot("nope")


def test_without_altair_the_message_has_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What to type next."""
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'lpwidgets\[plot\]'"):
        GEN.plot()
