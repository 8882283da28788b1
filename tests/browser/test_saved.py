from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.notebook import WIDGET, Notebook

if TYPE_CHECKING:
    from tests.browser.conftest import Opener
    from tests.browser.lab import Lab

pytestmark = pytest.mark.browser

LOAD = "%load_ext lpwidgets"
ASK = "%%lp --max-tokens 40 --seed 5\nTell me about the sea."
TEXT = """
from pathlib import Path
Path("answer.txt").write_text(_lp.text)
print(len(_lp))
"""


def test_a_reopened_notebook_shows_its_tokens(open_notebook: Opener, lab: Lab) -> None:
    """The file holds the finished answer as text, and a running kernel the widget."""
    notebook = open_notebook(LOAD, ASK, TEXT)
    notebook.run()
    count = int(notebook.printed(2))
    expect(notebook.tokens(1)).to_have_count(count)
    notebook.save()
    page = notebook.page
    check_file(lab, page.url.rsplit("/", 1)[-1])
    page.reload()
    again = Notebook(page)
    expect(again.tokens(1)).to_have_count(count)
    again.tokens(1).nth(3).hover()
    expect(page.get_by_text(f"token 4 of {count}")).to_be_visible()


def check_file(lab: Lab, name: str) -> None:
    """Look for the whole answer beside the widget's view."""
    cells = nbformat.read(lab.root / name, as_version=4).cells
    (output,) = [o for o in cells[1].outputs if WIDGET in o.get("data", {})]
    answer = (lab.root / "answer.txt").read_text()
    assert len(answer) > 50
    assert " · length · " in output.data["text/html"]
    assert words(answer) == words(shown_in(output.data["text/html"]))
    assert "length" in output.data["text/plain"]
    assert "40 tokens" in output.data["text/plain"]


def shown_in(html: str) -> str:
    """Return the text of the tokens."""
    return unescape("".join(re.findall("<span[^>]*>([^<]*)</span>", html)))


def words(text: str) -> list[str]:
    """Return the words, whatever is between them."""
    return text.replace("⏎", " ").split()
