"""Labelling in JupyterLab: what is clicked and typed reaches Python, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_axe import AXE, CHECK

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

MAKE = """
import lpwidgets as lp
evil = "<img src=x onerror=window.pwned=1>"
answers = [evil, *(f"answer {k}" for k in range(11))]
try:
    before = w.labels, w.unsure
except NameError:
    before = (), ()
w = lp.label(
    answers, labels=before[0], unsure=before[1],
    scores=[k / 12 for k in range(12)], questions=["Why?"] * 12,
)
w
"""
TOLD = "print(w.labels, w.unsure, len(lp.calibrate(w.scores, w.labels)))"
SET = "w.labels = [None] + [True] * 10"


def test_labels_reach_python_and_outlive_the_cell(open_notebook: Opener) -> None:
    """By click and by key, undone, kept when the cell runs again."""
    notebook = open_notebook(MAKE, TOLD, SET)
    notebook.run(0)
    page, view = notebook.page, notebook.cell(0).locator(".lpw-labels")
    answers = view.locator(".lpw-answer")
    expect(answers).to_have_count(12)
    answers.first.get_by_role("button", name="wrong").click()
    answers.nth(1).focus()
    for key in ("1", "y", "u", "n", "z", "2", "a", "x"):  # or a heading, a cut cell, …
        page.keyboard.press(key)
    expect(view.locator(".lpw-count")).to_have_text("4 of 12 labelled, 1 unsure")
    expect(answers.nth(5)).to_be_focused()
    marks = "[False, True, True, None, False, None, None"
    notebook.run(1)
    while not notebook.printed(1).startswith(marks):  # a cell may overtake a label
        notebook.run(1)
    assert notebook.printed(1).endswith("[3] 4\n")
    notebook.run(0)
    expect(view.locator(".lpw-count")).to_have_text("4 of 12 labelled, 1 unsure")
    expect(view.locator("svg")).to_have_count(0)
    notebook.run(2)
    expect(view.locator(".lpw-count")).to_have_text("10 of 12 labelled")
    expect(view.get_by_role("img", name="reliability diagram")).to_be_visible()
    expect(page.locator(".jp-Notebook-cell")).to_have_count(3)
    expect(page.locator(".jp-MarkdownCell")).to_have_count(0)
    page.add_script_tag(path=AXE)
    for theme in ("Light", "Dark"):
        notebook.theme("Dark" if theme == "Dark" else "Light")
        expect(view).to_have_attribute("data-theme", theme.lower())
        assert page.evaluate(CHECK) == []
    assert page.evaluate("() => window.pwned") is None
