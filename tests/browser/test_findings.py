"""What is odd about an answer: one quiet line, which opens like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

MAKE = """
from lpwidgets.wire.records import Usage
from make_generation import generation, token
words = [token(" word", -1.0), token(" unknown", None), token("<b>!</b>", -2.0)]
generation(*words, text=" word, unknown", usage=Usage(completion_tokens=24))
"""


def test_findings_are_one_line_that_opens_by_mouse_and_keyboard(
    open_notebook: Opener,
) -> None:
    """Enter and Space open it, and neither edits the cell nor scrolls."""
    notebook = open_notebook(MAKE)
    notebook.run()
    view = notebook.cell(0).locator(".lpw-findings")
    summary, details = view.locator("summary"), view.locator("details")
    expect(summary).to_contain_text("3 of 24 tokens were reported +2 more")
    line = summary.bounding_box()
    assert line
    assert line["height"] < 30
    expect(view.locator("p").first).to_be_hidden()
    for press in ("Enter", "Space"):
        summary.press(press)
        expect(details).to_have_attribute("open", "")
        expect(view.locator(".lpw-finding:visible")).to_have_count(3)
        expect(view).to_contain_text("tokens: 'word unknown")
        expect(summary).to_be_focused()
        summary.press(press)
        expect(details).not_to_have_attribute("open", "")
    summary.click()
    expect(details).to_have_attribute("open", "")
    expect(view.locator("b")).to_have_count(0)
