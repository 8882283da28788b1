"""The table of tokens: true numbers, any length, by pointer and keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.card import read_card
from tests.browser.test_axe import AXE, CHECK

if TYPE_CHECKING:
    from typing import Literal

    from tests.browser.conftest import Opener
    from tests.browser.notebook import Notebook

pytestmark = pytest.mark.browser

LENGTH = 20_000
ASK = f"""
import ipywidgets
import numpy as np
import lpwidgets as lp
from lpwidgets.generation import Generation
from make_generation import generation, token
words = [(f" w{{i}}", -0.1 * i) for i in range(10)]
one = generation(*(token(*word, [word, (" x", -9.0)]) for word in words))
gen = Generation(one.columns.take(np.arange({LENGTH}) % 10), one.meta)
table = lp.TableWidget(gen, color="entropy_low")
table
"""
TEXT = """
text = lp.TokensWidget(gen)
ipywidgets.jslink((text, "selection"), (table, "selection"))
text
"""
FEW = "lp.TableWidget(gen[:20], filter='surprisal > 1')"
COUNT = "print(len(gen[:20].where('surprisal > 1')))"


@pytest.fixture(scope="module")
def listed(module_opener: Opener) -> Notebook:
    """Return a notebook with a table of 20,000 tokens, and one of some."""
    notebook = module_opener(ASK, TEXT, FEW, COUNT)
    notebook.run()
    return notebook


def test_only_rows_in_view_are_on_the_page(listed: Notebook) -> None:
    """The keyboard leads to the last of 20,000, with its card."""
    cell, page = listed.cell(0), listed.page
    rows = cell.locator("tbody tr[data-at]")
    expect(cell.locator("table")).to_have_attribute("aria-rowcount", str(LENGTH + 1))
    cell.locator("table").focus()
    for key, at in (("End", LENGTH - 1), ("ArrowUp", LENGTH - 2), ("Home", 0)):
        page.keyboard.press(key)
        active = cell.locator("tbody .lpw-active")
        expect(active).to_have_attribute("data-at", str(at))
        expect(active).to_be_in_viewport()
        assert read_card(page).place == f"token {at + 1} of {LENGTH}"
        assert rows.count() < 80
    page.keyboard.press("Escape")
    expect(page.locator(".lpw-card:visible")).to_have_count(0)


def test_a_heading_sorts(listed: Notebook) -> None:
    """Largest first, then smallest first, then as the text stands; the focus stays."""
    cell, page = listed.cell(0), listed.page
    heading = cell.locator("th button", has_text="nats")
    heading.focus()
    first = cell.locator("tbody tr[data-at='0'] td")
    for direction, tokens in (("descending", "·w0"), ("ascending", "·w9")):
        page.keyboard.press("Enter")
        expect(first.nth(1)).to_have_text(tokens)
        expect(cell.locator(f"th[aria-sort={direction}]")).to_have_count(1)
        expect(heading).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell.locator("th[aria-sort]")).to_have_count(0)
    expect(first.nth(0)).to_have_text("0")


def test_a_filter_lists_the_tokens_that_meet_it(listed: Notebook) -> None:
    """As many rows as `Generation.where` has."""
    count = int(listed.printed(3))
    assert 0 < count < 20
    expect(listed.cell(2).locator("tbody tr[data-at]")).to_have_count(count)
    told = f"{count} of 20 tokens: surprisal > 1"
    expect(listed.cell(2).locator(".lpw-count")).to_have_text(told)


def test_a_selection_in_the_text_is_shown_in_the_table(listed: Notebook) -> None:
    """Its row comes into view, and a click in the table selects in the text."""
    listed.tokens(1).nth(700).click()
    row = listed.cell(0).locator("tbody tr[aria-selected=true]")
    expect(row).to_have_attribute("data-at", "700")
    listed.cell(0).locator("tbody tr[data-at='703']").click()
    expect(listed.cell(1).locator(".lpw-selected")).to_have_attribute(
        "data-index", "703"
    )


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(listed: Notebook, theme: Literal["Light", "Dark"]) -> None:
    """In the whole table, with a sorted column, a card and a selection."""
    listed.theme(theme)
    page, cell = listed.page, listed.cell(0)
    page.add_script_tag(path=AXE)
    cell.locator("th button").nth(2).click()
    cell.locator("table").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate(CHECK.replace('".lpw"', '".lpw-numbers"')) == []
