"""A hundred runs in one picture, as a reader meets it."""

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

def run(*pieces):
    return generation(*(token(piece, -0.3 * len(piece)) for piece in pieces))

rare = [[" Rare", f" n{i}", " and so on" * (i % 3)] for i in range(30)]
runs = [[" It", " is", " not", "."]] * 40 + [[" It", "'s", " not", "."]] * 25
runs += [[" Yes", " <b>"]] * 4 + [[" Yes"]] + rare
lp.lattice([run(*one) for one in runs], same=lambda a, b: a[:3] == b[:3])
"""
OVERLAPS = """(nodes) => {
  const boxes = nodes.map((node) => node.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return boxes.flatMap((a, k) => boxes.slice(k + 1).filter((b) => meet(a, b))).length;
}"""
SCROLLS = "(node) => node.scrollWidth > node.clientWidth"


def test_a_hundred_runs_can_be_read_and_walked(open_notebook: Opener) -> None:
    """By pointer and keys, in both themes, in a wide and a narrow page."""
    notebook = open_notebook(MAKE)
    notebook.run()
    view, page = notebook.cell(0).locator(".lpw-lattice"), notebook.page
    nodes, fold = view.locator(".lpw-node"), view.locator(".lpw-fold").first
    marked = view.locator(".lpw-node.lpw-marked")
    expect(view.locator(".lpw-answer")).to_have_count(3)
    expect(view.get_by_text(" not.", exact=True)).to_have_count(1)
    assert nodes.evaluate_all(OVERLAPS) == 0
    view.get_by_text("'s", exact=True).hover()
    expect(view.locator(".lpw-card:visible")).to_contain_text("25 of 100 · 25.0 %")
    expect(marked).to_have_count(5)
    expect(marked.last).to_have_text("'s")
    notebook.page.mouse.move(0, 0)
    expect(marked).to_have_count(0)
    view.locator(".lpw-start").click()
    for text in (" It", " is", " not"):
        page.keyboard.press("ArrowRight")
        expect(view.locator(".lpw-token:focus")).to_have_text(text)
    expect(view.locator(".lpw-card:visible")).to_contain_text("2 different beginnings")
    page.add_script_tag(path=AXE)
    for theme in ("Light", "Dark"):
        notebook.theme(theme)
        expect(view).to_have_attribute("data-theme", theme.lower())
        words = view.locator(".lpw-node:not(.lpw-marked) .lpw-token")
        assert page.evaluate(CHECK) == []
        page.keyboard.press("Escape")
        assert min(contrast(*pair) for pair in painted(words)) >= 4.5
    before = fold.inner_text()
    fold.focus()
    page.keyboard.press("Enter")
    expect(fold).not_to_have_text(before)
    assert nodes.evaluate_all(OVERLAPS) == 0
    expect(view.locator(".lpw-answers")).to_be_hidden()
    page.set_viewport_size({"width": 750, "height": 900})
    expect(view.locator(".lpw-answers")).to_be_visible()
    assert view.locator(".lpw-scroller").evaluate(SCROLLS)
    assert not view.evaluate(SCROLLS)
