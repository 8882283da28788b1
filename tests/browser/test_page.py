"""The file that stands by itself, in a browser without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from lpwidgets.generation import Generation, Generations
from tests.browser.card import read_card
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WORDS = ["The", " keeper", " lit", " the", " lamp", " and", " waited", ".\n"]
LENGTH = 40_000
COPIED = """() => {
  const data = new DataTransfer();
  const text = document.querySelector(".lpw-text");
  const options = { clipboardData: data, bubbles: true };
  text.dispatchEvent(new ClipboardEvent("copy", options));
  return data.getData("text/plain");
}"""
SELECT = """([from, to]) => {
  const token = (index) => document.querySelector(`[data-index="${index}"]`).firstChild;
  if (from !== null) getSelection().setPosition(token(from), 0);
  else getSelection().extend(token(to), token(to).length);
}"""


def _long() -> Generation:
    rng = np.random.default_rng(3)
    line = [
        token(word, float(np.log(p)), [(word, float(np.log(p))), (" x", -9.0)])
        for word, p in zip(WORDS, rng.uniform(0.3, 1, len(WORDS)), strict=True)
    ]
    one = generation(*line)
    columns = one.columns.take(np.tile(np.arange(len(WORDS)), LENGTH // len(WORDS)))
    return Generation(columns, one.meta)


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Open the file of a long text and a short one."""
    Generations(
        [_long(), generation(token(" Paris", -0.4, [(" Paris", -0.4)]))]
    ).to_html(tmp_path / "page.html")
    faults: list[str] = []
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 700})
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text))
    page.goto((tmp_path / "page.html").as_uri())
    page.locator(".lpw-token").first.wait_for()
    yield page
    context.close()
    assert not faults


def test_only_what_is_near_the_window_is_on_the_page(page: Page) -> None:
    """At the start, in the middle and at the end; the card works everywhere."""
    tokens = page.locator(".lpw-token")
    tokens.first.click()
    for key, place in (("End", LENGTH), ("Home", 1)):
        page.keyboard.press(key)
        assert read_card(page).place == f"token {place} of {LENGTH}"
        assert tokens.count() < 6000
    strip = page.locator(".lpw-strip").first.bounding_box()
    assert strip
    page.mouse.click(strip["x"] + strip["width"] / 2, strip["y"] + 5)
    middle = page.locator(f'[data-index="{LENGTH // 2}"]')
    expect(middle).to_be_in_viewport()
    middle.hover()
    assert read_card(page).place == f"token {LENGTH // 2 + 1} of {LENGTH}"


def test_a_selection_reaches_over_what_is_not_on_the_page(page: Page) -> None:
    """What is copied is the original text."""
    page.locator(".lpw-token").first.click()
    page.evaluate(SELECT, [1, None])
    page.keyboard.press("End")
    page.evaluate(SELECT, [None, LENGTH - 1])
    text = "".join(WORDS) * (LENGTH // len(WORDS))
    assert page.evaluate(COPIED) == text.removeprefix("The")


def test_nothing_jumps_while_scrolling_back(page: Page) -> None:
    """Blocks that come into the page above keep what is seen where it is."""
    page.locator(".lpw-token").first.click()
    page.keyboard.press("End")
    for _ in range(20):
        seen = page.evaluate("""async () => {
          const tokens = [...document.querySelectorAll(".lpw-token")];
          const token = tokens.find((one) => one.getBoundingClientRect().top > 200);
          const top = () => token.getBoundingClientRect().top;
          const painted = () =>
            new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          const before = top();
          scrollBy(0, -150);
          for (let k = 0; k < 4; k++) await painted();
          return top() - before;
        }""")
        assert abs(seen - 150) <= 2


def test_search_goes_through_both_texts(page: Page) -> None:
    """The last match is in the second."""
    page.locator(".lpw-token").first.click()
    page.keyboard.press("/")
    page.keyboard.type("paris")
    expect(page.locator(".lpw-search .lpw-number")).to_have_text("1 of 1")
    expect(page.locator(".lpw-current-match")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".lpw-card-token:visible")).to_have_text("·Paris")


def test_pinning_leaves_the_focus_where_it_is(page: Page) -> None:
    """So that the next token can be pinned beside it."""
    page.locator(".lpw-token").first.click()
    for key in ("Enter", "ArrowRight", "Enter", "Escape", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".lpw-pin .lpw-card-place")).to_have_text(
        f"token 3 of {LENGTH}"
    )
    expect(page.locator(".lpw-pinned")).to_be_focused()
