"""Texts side by side, as a reader meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_axe import AXE, CHECK
from tests.browser.test_theme import contrast, painted

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

MAKE = """
import lpwidgets as lp
from make_generation import generation, token
before = generation(*(
    token(f" w{i}", -0.1 * i, [(f" w{i}", -0.1 * i)]) for i in range(20)
))
after = generation(
    *(token(part, -0.3) for part in (" ", "w0")),
    *(token(f" w{i}", -0.01 * i**2, [(f" w{i}", -0.01 * i**2)]) for i in range(1, 20)),
    token(" more", -1.0),
)
lp.compare(before, after, names=["before", "after"])
"""
SIDES = """(columns) => columns.map((one) => {
  const { left, top } = one.getBoundingClientRect();
  return [Math.round(left), Math.round(top)];
})"""


def test_texts_stand_side_by_side_and_lead_to_each_other(open_notebook: Opener) -> None:
    """Pointer and keys show the cards of the same bytes; all of it can be read."""
    notebook = open_notebook(MAKE)
    notebook.run()
    view, page = notebook.cell(0).locator(".lpw-compare"), notebook.page
    columns = view.locator(".lpw-column")
    expect(columns).to_have_count(2)
    (left, top), (right, level) = columns.evaluate_all(SIDES)
    assert right > left
    assert level == top
    expect(view.locator(".lpw-fork")).to_have_text(" more")
    columns.nth(0).locator(".lpw-token").first.hover()
    cards = view.locator(".lpw-card:visible .lpw-linked-text")
    expect(cards).to_have_count(2)
    expect(cards.nth(1)).to_contain_text("the same bytes in 2 tokens")
    expect(columns.nth(1).locator(".lpw-hovered")).to_have_count(2)
    columns.nth(0).locator(".lpw-token").nth(9).click()
    page.keyboard.press("o")
    expect(columns.nth(1).locator(".lpw-token:focus")).to_have_text(" w9")
    page.add_script_tag(path=AXE)
    for theme in ("Light", "Dark"):
        notebook.theme(theme)
        expect(view).to_have_attribute("data-theme", theme.lower())
        words = view.locator("xpath=.//*[text()][not(ancestor::select)]")
        tokens = painted(view.locator(".lpw-token"))
        assert min(contrast(*pair) for pair in tokens + painted(words)) >= 4.5
        assert len({tuple(background) for background, _ in tokens}) >= 4
        assert page.evaluate(CHECK) == []
    page.set_viewport_size({"width": 560, "height": 900})
    (left, top), (right, level) = columns.evaluate_all(SIDES)
    assert right == left
    assert level > top
