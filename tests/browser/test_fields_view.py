"""JSON answers as a tree in JupyterLab, by pointer and by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_axe import AXE, CHECK

if TYPE_CHECKING:
    from tests.browser.conftest import Opener
    from tests.browser.notebook import Notebook

pytestmark = pytest.mark.browser

MAKE = """
import math
from make_generation import generation, token
p = math.log
listed = [(" true", p(0.7)), (" false", p(0.2))]
evil = "<img src=x onerror=window.pwned=1>"
gen = generation(
    token('{"item": ', -0.1), token('"blue', p(0.5), [('"red', p(0.25))]),
    token(' lamp"', p(0.9)), token(', "ok":', -0.1), token(*listed[0], listed),
    token(', "list": [1, 2], "x": "', -0.1), token(evil, p(0.4)), token('"}', -0.1),
)
fields = gen.fields_view({"type": "object", "required": ["phone"]})
fields
"""
LINK = """
import ipywidgets, lpwidgets as lp
tokens = lp.TokensWidget(gen)
link = ipywidgets.jslink((fields, "selection"), (tokens, "highlight"))
tokens
"""
TOLD = "print(fields.selection, fields.selected.text)"
LARGE = """
import json
text = json.dumps([{"id": k, "name": f"n{k}"} for k in range(2500)])
pieces = text.replace("}", "}|").split("|")
generation(*(token(piece, -0.1) for piece in pieces)).fields_view()
"""


@pytest.fixture(scope="module")
def notebook(module_opener: Opener) -> Notebook:
    """Return a notebook with a tree of fields and the tokens beside it."""
    notebook = module_opener(MAKE, LINK, TOLD, LARGE)
    notebook.run()
    return notebook


def test_a_tree_of_fields(notebook: Notebook) -> None:
    """Its figures and its tokens, which a link marks in the text."""
    view = notebook.cell(0).locator(".lpw-fields")
    lines = view.get_by_role("treeitem")
    expect(lines).to_have_count(10)
    expect(lines.first).to_contain_text('item:"blue lamp"')
    expect(lines.first).to_contain_text("45.0 %")
    expect(lines.last).to_contain_text("missing")
    lines.first.locator(".lpw-row").click()
    expect(view.locator(".lpw-piece")).to_have_text(['"blue', '·lamp"'])
    expect(view.locator(".lpw-about")).to_contain_text('"red')
    expect(notebook.cell(1).locator(".lpw-highlighted")).to_have_count(2)
    notebook.run(2)
    assert notebook.printed(2) == '[[0, 1, 3]] "blue lamp"\n'
    assert notebook.page.evaluate("() => window.pwned") is None


def test_a_tree_has_the_keys_of_a_tree(notebook: Notebook) -> None:
    """And no other: what is typed there is no command to the notebook."""
    page, view = notebook.page, notebook.cell(0).locator(".lpw-fields")
    lines = view.get_by_role("treeitem")
    lines.first.focus()
    for key in ("Escape", "End", "Home", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(view.locator(".lpw-detail")).to_have_count(1)
    for key in ("Escape", "ArrowLeft", "a", "x"):
        page.keyboard.press(key)
    expect(view.locator(".lpw-detail")).to_have_count(0)
    expect(lines).to_have_count(7)
    expect(lines.nth(1)).to_be_focused()
    expect(page.locator(".jp-Notebook-cell")).to_have_count(4)


def test_a_tree_can_be_read_by_all(notebook: Notebook) -> None:
    """In both themes, as far as a program can tell."""
    page, view = notebook.page, notebook.cell(0).locator(".lpw-fields")
    view.locator(".lpw-row").first.click()
    page.add_script_tag(path=AXE)
    for theme in ("Light", "Dark"):
        notebook.theme("Dark" if theme == "Dark" else "Light")
        expect(view).to_have_attribute("data-theme", theme.lower())
        assert page.evaluate(CHECK.replace(".lpw", ".lpw-fields")) == []


def test_five_thousand_values(notebook: Notebook) -> None:
    """A part of them is on the page, the rest is said and can be had."""
    view = notebook.cell(3).locator(".lpw-fields")
    view.scroll_into_view_if_needed()
    expect(view.get_by_role("treeitem")).to_have_count(500)
    expect(view).to_contain_text("2,000 more lines: show 500")
    view.get_by_role("button", name="least likely").click()
    expect(view.locator(".lpw-detail")).to_have_count(1)
