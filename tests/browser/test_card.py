from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.card import (
    WRITE_VALUES,
    check_card,
    read_all,
    read_card,
    read_values,
)

if TYPE_CHECKING:
    from tests.browser.card import Values
    from tests.browser.conftest import Opener
    from tests.browser.lab import Lab
    from tests.browser.notebook import Notebook

pytestmark = pytest.mark.browser

ASK = """
import lpwidgets as lp
gen = lp.Client("local", progress=lambda _: None).generate(
    "Tell me about the sea.", max_tokens=200, top_logprobs=20, temperature=1.0, seed=7,
    ignore_eos=True,
)
gen
"""
TWICE = """
widget = lp.TokensWidget(gen[:12])
display(widget)
display(widget)
"""


@pytest.fixture(scope="module")
def answered(module_opener: Opener) -> Notebook:
    """Return a notebook with an answer of 200 tokens, 20 alternatives each."""
    notebook = module_opener(ASK, WRITE_VALUES, TWICE)
    notebook.run()
    expect(notebook.tokens(0)).to_have_count(200)
    return notebook


@pytest.fixture
def values(answered: Notebook, lab: Lab) -> list[Values]:
    """Return what the DataFrames of that answer hold."""
    assert answered.outputs(1) == []
    return read_values(lab.root)


def test_hover_shows_what_the_dataframe_holds(
    answered: Notebook, values: list[Values]
) -> None:
    """The card of a token under the pointer has its alternatives, true to the digit."""
    for position in (0, 17, 42):
        answered.tokens(0).nth(position).hover()
        place = answered.page.get_by_text(f"token {position + 1} of 200")
        expect(place).to_be_visible()
        check_card(read_card(answered.page), values[position])
    answered.page.mouse.move(0, 0)
    expect(answered.page.locator(".lpw-card:visible")).to_have_count(0)


def test_every_card_is_true(answered: Notebook, values: list[Values]) -> None:
    """All 200 cards agree with the DataFrames: text, 20 alternatives, unseen mass."""
    cards = read_all(answered.cell(0).locator(".lpw-text").first)
    assert len(cards) == len(values) == 200
    ranks = [[row["rank"] for row in value.alternatives] for value in values]
    assert all(set(range(1, 21)) <= {*row} <= set(range(21)) for row in ranks)
    for card, value in zip(cards, values, strict=True):
        check_card(card, value)


def test_the_keyboard_walks_through_the_text(answered: Notebook) -> None:
    """Tab leads into the text, arrows move the card along, Escape closes it."""
    page = answered.page
    text = answered.cell(2).locator(".lpw-text").first
    places = answered.cell(2).locator(".lpw-card:visible .lpw-card-place")
    answered.cell(2).locator(".lpw-menu").first.focus()
    for _ in range(3):  # past what may be said below the text
        if not text.locator(":focus").count():
            page.keyboard.press("Shift+Tab")
    for keys, place in (("", 1), ("Right Right", 3), ("Left", 2)):
        for key in keys.split():
            page.keyboard.press(f"Arrow{key}")
        expect(places).to_have_text(f"token {place} of 12")
    page.keyboard.press("End")
    expect(places).to_have_text("token 12 of 12")
    cells = page.locator(".jp-Notebook-cell")
    count = cells.count()
    for letter in "abxm":  # to JupyterLab: add a cell, cut it, make it text
        page.keyboard.press(letter)
    expect(cells).to_have_count(count)
    expect(places).to_have_text("token 12 of 12")
    page.keyboard.press("Escape")
    expect(places).to_have_count(0)


def test_two_views_show_the_same(answered: Notebook) -> None:
    """Views of one widget share text and colours, and one choice of a metric."""
    first, second = answered.cell(2).locator(".lpw").all()
    expect(second.locator(".lpw-token")).to_have_count(12)
    shown = [view.locator(".lpw-generations").inner_text() for view in (first, second)]
    assert shown[0] == shown[1]
    first.locator(".lpw-menu").first.select_option("surprisal")
    second.scroll_into_view_if_needed()  # what nobody sees is not drawn
    expect(second.locator(".lpw-menu").first).to_have_value("surprisal")
    colours = "(spans) => spans.map((span) => getComputedStyle(span).backgroundColor)"
    by_surprisal, again = (
        view.locator(".lpw-token").evaluate_all(colours) for view in (first, second)
    )
    assert by_surprisal == again
    assert len(set(by_surprisal)) > 3


def test_cleared_outputs_leave_nothing_behind(answered: Notebook) -> None:
    """Clearing an output takes its views and cards along; the others go on."""
    cards = answered.page.locator(".lpw-card")
    before = cards.count()
    answered.tokens(2).first.hover()
    expect(answered.page.locator(".lpw-card:visible")).to_have_count(1)
    answered.command("notebook:clear-cell-output", 2)
    expect(answered.cell(2).locator(".lpw")).to_have_count(0)
    expect(cards).to_have_count(before - 2)
    expect(answered.page.locator(".lpw-card:visible")).to_have_count(0)
    answered.tokens(0).first.hover()
    expect(answered.page.get_by_text("token 1 of 200")).to_be_visible()
