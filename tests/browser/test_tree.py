"""The tree in JupyterLab: clicked on, grown, walked with the keys, reopened."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Opener
    from tests.browser.notebook import Notebook

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
CHECK = """async () => {
  const { violations } = await axe.run(".lpw");
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}"""
ASK = """
import lpwidgets as lp
client = lp.Client("local", progress=lambda _: None)
gen = client.generate("Write a story about a lighthouse.", temperature=0, max_tokens=24)
tree = lp.Tree(gen)
view = lp.TreeWidget(tree, client=client, options={"max_tokens": 10})
view
"""
SAY = "print(len(tree), tree.leaf('2').position, len(tree.leaf('2')), view.error)"
GROW = """
forks = [(8, gen[8].alternatives[1]), (8, gen[8].alternatives[2])]
tree.grow(client, "1", forks, max_tokens=40, ignore_eos=True)
"""
REOPENED = """
forks = [(8, gen[8].alternatives[k]) for k in (1, 2, 3)]
reopened = lp.Tree(gen)
reopened.grow(client, "1", forks, max_tokens=4, show=False)
reopened
"""
RECORD = """() => {
  window.seen = [];
  const look = () => {
    const tokens = document.querySelectorAll(".lpw-token").length;
    const live = document.querySelector(".lpw-header .lpw-status")?.checkVisibility();
    if (window.seen.at(-1)?.[0] !== tokens) window.seen.push([tokens, live]);
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def opened(module_opener: Opener) -> Notebook:
    """Return a notebook with an answer as a tree."""
    notebook = module_opener(ASK, SAY, GROW, REOPENED)
    notebook.run(0)
    expect(notebook.tokens(0)).to_have_count(24)
    return notebook


def ends(notebook: Notebook) -> Locator:
    """Return the marks at the ends of texts."""
    return notebook.cell(0).locator(".lpw-end")


def branch(notebook: Notebook) -> None:
    """Click on an alternative of the fifth token, and wait for its branch."""
    notebook.tokens(0).nth(4).click()
    offered = notebook.page.locator(".lpw-card:visible tbody button")
    label = offered.nth(1).inner_text().replace("·", " ")
    offered.nth(1).click()
    expect(notebook.cell(0).locator(".lpw-branch")).to_have_count(1)
    expect(notebook.tokens(0).nth(4)).to_have_text(label)
    expect(ends(notebook)).to_have_count(2)
    expect(notebook.cell(0).locator(".lpw-header .lpw-status")).to_be_hidden()


def test_a_click_on_an_alternative_grows_a_branch(opened: Notebook) -> None:
    """Below its fork, without a cell being run, and Python has it."""
    branch(opened)
    opened.run(1)
    texts, position, length, *error = opened.printed(1).split()
    assert (texts, position, error) == ("2", "4", [])
    expect(opened.tokens(0)).to_have_count(24 + int(length) - 4)


def test_branches_grow_while_the_cell_runs(opened: Notebook) -> None:
    """Both in the view that is open, in many steps, and the end is all of them."""
    before, texts = opened.tokens(0).count(), ends(opened).count()
    opened.page.evaluate(RECORD)
    opened.run(2)
    expect(ends(opened)).to_have_count(texts + 2)
    expect(opened.tokens(0)).to_have_count(before + 2 * 41)
    seen = opened.page.evaluate("() => window.seen")
    growing = [tokens for tokens, live in seen if live]
    assert sum(before < tokens < before + 80 for tokens in growing) >= 3
    assert growing == sorted(growing)
    printed = "".join(str(output) for output in opened.outputs(2))
    assert "widget-view" not in printed


def test_the_keys_walk_and_fold(opened: Notebook) -> None:
    """Along a text, between branches, and Enter folds without editing the cell."""
    page = opened.page
    if ends(opened).count() == 1:
        branch(opened)
    opened.tokens(0).nth(0).click()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    place = page.locator(".lpw-card:visible .lpw-card-place")
    expect(place).to_have_text("token 5")
    page.keyboard.press("ArrowUp")
    expect(place).to_have_text("token 5")
    lines = opened.cell(0).locator(".lpw-line")
    before = lines.count()
    page.keyboard.press("Enter")
    expect(lines).to_have_count(before - 1)
    expect(opened.cell(0).locator(".lpw-preview")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(lines).to_have_count(before)
    focused = "() => document.activeElement.className"
    assert "lpw-token" in page.evaluate(focused)


def test_axe_finds_nothing_in_both_themes(opened: Notebook) -> None:
    """With a card open, and its alternatives as buttons."""
    opened.page.add_script_tag(path=AXE)
    for theme in ("Dark", "Light"):
        opened.theme(theme)
        opened.tokens(0).nth(3).click()
        expect(opened.page.locator(".lpw-card:visible")).to_have_count(1)
        assert opened.page.evaluate(CHECK) == []


def test_what_is_reopened_can_be_read(opened: Notebook) -> None:
    """The cell's output has the whole tree as HTML, its branches in it."""
    opened.run(3)
    (shown,) = [one for one in opened.outputs(3) if "data" in one]
    html = "".join(shown["data"]["text/html"])
    assert html.count("<details") == 3
    said = "".join(shown["data"]["text/plain"])
    assert re.fullmatch(r"<Tree 4 texts · \d+ tokens · '.*'>", said)
