"""Every view in a notebook that was closed: neither widget state nor kernel has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

from tests.browser.notebook import NO_MODEL, Notebook
from tests.browser.places import views

if TYPE_CHECKING:
    from tests.browser.conftest import Opener
    from tests.browser.lab import Lab

pytestmark = pytest.mark.browser

MAKE = """
import lpwidgets as lp
from make_generation import generation, token

def said(*words):
    return generation(*(token(w, -0.7, [(w, -0.7), (" no", -1.1)]) for w in words))

one, two = said("It", " is", " Paris", "."), said("It", " was", " Rome", ".")
tree = lp.Tree(one)
tree.add(two)
mark = lp.label([one, two], labels=[True, None], questions=["<b>Where?</b>", "When?"])
"""
VIEWS = {
    "lp.compare(one, two)": "Rome",
    "lp.lattice([one, two])": "Rome",
    "lp.TreeWidget(tree)": "Paris",
    "lp.FieldsWidget(said('{\"city\":', ' \"Rome\"}'))": "city",
    "mark": "<b>Where?</b>",
    "lp.TableWidget(one)": "Paris",
    "lp.StepWidget(lp.guessing(one), teach=False)": " no",
}
STYLE = "(node) => getComputedStyle(node).getPropertyValue('--lpw-on-step')"


@pytest.fixture(scope="module")
def live(module_opener: Opener, lab: Lab) -> Notebook:
    """Return a notebook that leaves two files, of which one is trusted."""
    live = module_opener(MAKE, *VIEWS)
    live.run()
    live.save()
    name = live.page.url.partition("?")[0].rsplit("/", 1)[-1]
    notebook = nbformat.read(lab.root / name, as_version=4)
    notebook.metadata.pop("widgets", None)
    notary = NotebookNotary(data_dir=str(lab.data))
    for file in ("views-untrusted.ipynb", "views-trusted.ipynb"):
        notebook.metadata["copy"] = file
        nbformat.write(notebook, lab.root / file)
    notary.sign(notebook)
    return live


def test_every_view_is_the_live_one_while_it_lives(live: Notebook) -> None:
    """Drawn once, by its widget; what can be done there is not refused."""
    live.page.reload()
    live.wait()
    check(live, "live")


def test_every_view_is_drawn_where_nobody_trusts_it(live: Notebook) -> None:
    """By the extension's renderer."""
    live.open("views-untrusted.ipynb")
    check(live)


def test_every_view_is_drawn_where_its_model_is_gone(live: Notebook) -> None:
    """In the place of what ipywidgets says."""
    with live.page.expect_console_message(lambda line: NO_MODEL in line.text):
        live.open("views-trusted.ipynb")
    check(live)


def check(notebook: Notebook, kind: Literal["live", "saved"] = "saved") -> None:
    """Look at each view: it is there once, with its style, and says what it shows."""
    for index, text in enumerate(VIEWS.values(), start=1):
        cell = notebook.cell(index)
        cell.scroll_into_view_if_needed()
        root = cell.locator(".jp-OutputArea-output .lpw")
        expect(root).to_contain_text(text)
        expect(views(cell, kind)).to_have_count(1)
        assert root.evaluate(STYLE)
        expect(cell).not_to_contain_text("cannot be read")
        expect(cell.locator(".jupyter-widgets-error-widget:visible")).to_have_count(0)
        if text == "<b>Where?</b>":
            mark = root.locator("button[data-mark=right]").first
            expect(mark).to_be_enabled(enabled=kind == "live")
