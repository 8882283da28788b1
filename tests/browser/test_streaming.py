from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.notebook import WIDGET

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

LOAD = "%load_ext lpwidgets"
ASK = "%%lp --top 3 --max-tokens {} --seed 5 -o gen\nWrite a story about a lighthouse."
SAY = "print(str(_lp.status), len(_lp), _lp.meta.provider, _lp.meta.model)"
KEEP = """() => {
  window.kept = document.querySelector('[data-index="4"]');
}"""
RECORD = """() => {
  window.seen = [];
  const look = () => {
    const tokens = document.querySelectorAll(".lpw-token").length;
    const status = document.querySelector(".lpw-status")?.textContent;
    if (window.seen.at(-1)?.[0] !== tokens) window.seen.push([tokens, status]);
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


def test_tokens_appear_while_they_come(open_notebook: Opener) -> None:
    """The text grows in many steps, and ends with every token and all the figures."""
    notebook = open_notebook(LOAD, ASK.format(120), SAY)
    notebook.page.evaluate(RECORD)
    notebook.run()
    status, count, provider, model = notebook.printed(2).split()
    expect(notebook.tokens(1)).to_have_count(int(count))
    seen = notebook.page.evaluate("() => window.seen")
    growing = [tokens for tokens, shown in seen if shown == "streaming"]
    assert sum(0 < tokens < int(count) for tokens in growing) >= 3
    assert growing == sorted(growing)
    header = notebook.cell(1).locator(".lpw-header")
    expect(header.locator(".lpw-status")).to_have_text(status)
    expect(header.locator(".lpw-source")).to_contain_text(provider)
    expect(header.locator(".lpw-source")).to_contain_text(model)
    labels = header.locator(".lpw-label").all_inner_texts()
    values = header.locator(".lpw-value").all_inner_texts()
    assert labels == ["tokens", "perplexity", "tokens/s"]
    assert values[0] == count
    assert float(values[1]) > 1
    assert float(values[2]) > 0


def test_the_stop_button_keeps_what_came(open_notebook: Opener) -> None:
    """An interrupt ends the cell in one line; view, variable, file hold its tokens."""
    notebook = open_notebook(LOAD, ASK.format(3000), SAY)
    notebook.run(0)
    notebook.start(1)
    notebook.tokens(1).nth(4).wait_for()
    pressed = time.monotonic()
    notebook.page.locator('[data-jp-item-name="interrupt"]').click()
    notebook.finish()
    assert time.monotonic() - pressed < 15  # the whole answer takes minutes
    notebook.run(2)
    status, count, *_ = notebook.printed(2).split()
    assert status == "interrupted"
    expect(notebook.tokens(1)).to_have_count(int(count))
    expect(notebook.cell(1).locator(".lpw-status")).to_have_text("interrupted")
    expect(notebook.cell(1).locator(".lpw")).to_have_count(1)
    outputs = notebook.outputs(1)
    (error,) = [output for output in outputs if output["output_type"] == "error"]
    assert len("\n".join(error["traceback"]).splitlines()) == 1
    (shown,) = [output for output in outputs if WIDGET in output.get("data", {})]
    assert f"{count} tokens" in "".join(shown["data"]["text/plain"])


def test_an_open_card_outlives_the_stream(open_notebook: Opener) -> None:
    """The end changes neither the view nor where the focus is, though it is saved."""
    notebook = open_notebook(LOAD, ASK.format(60), SAY)
    notebook.run(0)
    notebook.start(1)
    notebook.tokens(1).nth(4).click()
    place = notebook.page.locator(".lpw-card:visible .lpw-card-place")
    expect(place).to_have_text(re.compile(r"token 5 of \d+"))
    notebook.page.evaluate(KEEP)
    notebook.finish()
    expect(notebook.cell(1).locator(".lpw-status")).not_to_have_text("streaming")
    expect(notebook.cell(1).locator(".lpw")).to_have_count(1)
    expect(place).to_have_text(re.compile(r"token 5 of \d+"))
    assert notebook.page.evaluate("() => window.kept === document.activeElement")
