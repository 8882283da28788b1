"""What the page may ask of a widget: a condition, a second metric, a choice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lpwidgets as lp
from lpwidgets.display import palette
from lpwidgets.errors import InputError
from tests.make_generation import generation, token

GEN = generation(
    token("Hello", -0.1, [("Hello", -0.1), ("Hi", -2.5)]),
    token(" you", -1.6, [(" all", -0.4), (" you", -1.6)]),
    token("!", -3.0),
)
SHEET = Path(__file__).parents[1] / "js" / "src" / "styles" / "palette.css"


def _say(widget: lp.TokensWidget, **message: Any) -> None:
    """Send what a page would."""
    widget._handle_custom_msg(message, [])


def test_a_filter_is_answered_with_the_tokens_that_where_gives() -> None:
    """From Python, at the start and later, and none at all."""
    widget = lp.TokensWidget([GEN, GEN[:2]], filter="logprob < -1")
    assert widget.filtered["runs"] == [[0, 1, 3], [1, 1, 2]]
    assert sum(b - a for _, a, b in widget.filtered["runs"]) == len(
        lp.Generations([GEN, GEN[:2]]).where("logprob < -1")
    )
    widget.filter = ""
    assert widget.filtered == {"condition": "", "runs": [], "error": ""}


def test_what_is_no_condition_is_refused_where_it_came_from() -> None:
    """Python gets an error, the page the text that points at the word."""
    widget = lp.TokensWidget(GEN, filter="rank > 1")
    with pytest.raises(InputError, match="no surprsal"):
        widget.filter = "surprsal > 4"
    assert widget.filtered["condition"] == widget.filter == "rank > 1"
    with pytest.raises(InputError):
        lp.TokensWidget(GEN, filter="logprob <")
    _say(widget, type="filter", condition="surprsal > 4")
    assert widget.filtered["condition"] == "surprsal > 4"
    assert "  surprsal > 4\n  ^^^^^^^^" in widget.filtered["error"]
    assert widget.filtered["runs"] == []
    _say(widget, type="filter", condition="rank > 1")
    assert widget.filtered["runs"] == [[0, 1, 2]]
    _say(widget, type="filter", condition=None)
    assert widget.filtered["error"]


def test_a_filter_is_asked_again_of_what_is_shown_next() -> None:
    """A stream's end has other tokens than its beginning."""
    widget = lp.TokensWidget(GEN[:1], filter="logprob < -1")
    assert widget.filtered["runs"] == []
    widget.show(GEN)
    assert widget.filtered["runs"] == [[0, 1, 3]]


def test_an_underline_is_a_metric_or_none() -> None:
    """Known by the same names as the colours."""
    assert lp.TokensWidget(GEN, underline="entropy_low").underline == "entropy_low"
    assert lp.TokensWidget(GEN).underline == ""
    with pytest.raises(InputError, match="there is no metric 'certainty'"):
        lp.TokensWidget(GEN, underline="certainty")


def test_a_choice_is_what_branch_takes() -> None:
    """The generation, the position and the alternative that was clicked."""
    widget, chosen = lp.TokensWidget([GEN[:1], GEN]), []
    assert not widget.choosable
    _say(widget, type="choose", generation=1, position=1, alternative=0)

    def choose(*choice: Any) -> None:
        chosen.append(choice)

    widget.on_choice(choose)
    assert widget.choosable
    _say(widget, type="choose", generation=1, position=1, alternative=0)
    ((gen, position, alternative),) = chosen
    assert (gen, position, alternative.bytes) == (GEN, 1, b" all")
    widget.on_choice(choose, remove=True)
    assert not widget.choosable


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"generation": 2, "position": 0, "alternative": 0},
        {"generation": 0, "position": 9, "alternative": 0},
        {"generation": 0, "position": 0, "alternative": 9},
        {"generation": 0, "position": 0, "alternative": -1},
        {"generation": "a", "position": 0, "alternative": None},
    ],
)
def test_a_choice_of_nothing_calls_nobody(message: dict[str, Any]) -> None:
    """A page may be behind, or be made up."""
    widget, chosen = lp.TokensWidget(GEN), []
    widget.on_choice(lambda *choice: chosen.append(choice))
    _say(widget, type="choose", **message)
    assert chosen == []


def test_the_stylesheet_has_the_palette() -> None:
    """Both sides draw the same colours; `palette.css` writes the file."""
    assert SHEET.read_text() == palette.css()


def test_a_table_takes_what_the_text_takes() -> None:
    """The same traits, another view."""
    table = lp.TableWidget(GEN, color="surprisal", filter="rank > 1")
    assert table.color == "surprisal"
    assert table.filtered["runs"] == [[0, 1, 2]]
    assert repr(table).startswith("<TableWidget ")
    assert table._esm != lp.TokensWidget(GEN)._esm
    with pytest.raises(InputError):
        lp.TableWidget(GEN, color="certainty")
