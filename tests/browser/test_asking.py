"""What a reader asks of the kernel from the page: conditions, and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Opener
    from tests.browser.notebook import Notebook

pytestmark = pytest.mark.browser

ASK = """
import lpwidgets as lp
client = lp.Client("local", progress=lambda _: None)
gen = client.generate("Tell me about the sea.", max_tokens=120, seed=7, temperature=1)
widget = lp.TokensWidget(gen, filter="rank > 1", underline="entropy_low")
widget
"""
COUNT = "print(len(gen.where('surprisal > 4')), widget.filter)"
CHOOSE = """
other = lp.TokensWidget()
widget.on_choice(lambda *choice: other.show(client.branch(*choice, max_tokens=8)))
other
"""
CHOSEN = (
    "print(other.generations[0].text.startswith(gen[:3].text), len(other.generations))"
)


@pytest.fixture(scope="module")
def asked(module_opener: Opener) -> Notebook:
    """Return a notebook with a filtered answer of 120 tokens."""
    notebook = module_opener(ASK, COUNT, CHOOSE, CHOSEN)
    notebook.run(0)
    expect(notebook.cell(0).locator(".lpw-match").first).to_be_visible()
    return notebook


def test_a_condition_is_answered_by_the_kernel(asked: Notebook) -> None:
    """As many tokens as `Generation.where` has; a mistake points at its word."""
    page = asked.page
    asked.tokens(0).first.click()
    page.keyboard.press("/")
    search = asked.cell(0).locator(".lpw-search")
    expect(search.locator(".lpw-field")).to_have_value("rank > 1")
    search.locator(".lpw-field").fill("surprsal > 4")
    page.keyboard.press("Enter")
    expect(search.locator(".lpw-fault")).to_contain_text("^^^^^^^^")
    expect(asked.cell(0).locator(".lpw-match")).to_have_count(0)
    search.locator(".lpw-field").fill("surprisal > 4")
    page.keyboard.press("Enter")
    expect(asked.cell(0).locator(".lpw-match").first).to_be_visible()
    asked.run(1)
    count, condition = asked.printed(1).split(maxsplit=1)
    assert condition == "surprisal > 4\n"
    expect(asked.cell(0).locator(".lpw-match")).to_have_count(int(count))


def test_a_second_metric_underlines(asked: Notebook) -> None:
    """In its own thickness, whatever the background says."""
    shadow = "(spans) => spans.map((span) => getComputedStyle(span).boxShadow)"
    found = asked.tokens(0).evaluate_all(shadow)
    assert len(set(found)) > 5
    menu = asked.cell(0).locator(".lpw-legend select").nth(1)
    expect(menu).to_have_value("entropy_low")
    menu.select_option("")
    expect(asked.cell(0).locator('.lpw-token[style*="shadow"]')).to_have_count(0)


def test_an_alternative_becomes_a_branch(asked: Notebook) -> None:
    """Clicked in a pinned card, it is what Python gets, and branches with."""
    asked.run(2)
    page = asked.page
    asked.tokens(0).nth(3).click()
    page.keyboard.press("Enter")
    asked.cell(0).locator(".lpw-pin td button").first.click()
    expect(asked.tokens(2).nth(6)).to_be_visible()
    asked.run(3)
    assert asked.printed(3).split() == ["True", "1"]
