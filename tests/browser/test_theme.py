from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

MAKE = """
from make_generation import generation, token
values = [(f" word{i}", -0.3 * i) for i in range(30)]
words = [token(*value, [value, (" x", -9.0)]) for value in values]
generation(*words, token(" unknown", None), finish_reason="length")
"""
PAINTED = """(elements) => elements.map((element) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const paint = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const around = [];
  for (let at = element; at; at = at.parentElement) around.unshift(at);
  let background = paint("white");
  for (const at of around) background = paint(getComputedStyle(at).backgroundColor);
  return [background, paint(getComputedStyle(element).color)];
})"""

ASK = "%%lp --max-tokens 20 --seed 5\nSay hello."
PUSH = "print('\\n' * 60)"

Rgb: TypeAlias = list[int]


def test_the_view_follows_the_theme(open_notebook: Opener) -> None:
    """In light and dark, uncertain tokens stand out and every text can be read."""
    notebook = open_notebook(MAKE)
    notebook.run()
    view = notebook.cell(0).locator(".lpw")
    notebook.tokens(0).nth(5).hover()
    expect(view.locator(".lpw-card:visible")).to_have_count(1)
    uncertain = {}
    for theme in ("Light", "Dark"):
        notebook.theme(theme)
        expect(view).to_have_attribute("data-theme", theme.lower())
        words = view.locator("xpath=.//*[text()][not(ancestor::select)]")
        wait_for_contrast(view.locator(".lpw-token"))
        wait_for_contrast(words)
        tokens = painted(view.locator(".lpw-token"))
        certain, uncertain[theme] = (tokens[i][0] for i in (0, 29))
        assert contrast(certain, uncertain[theme]) > 1.5
    assert uncertain["Light"] != uncertain["Dark"]


def test_a_view_made_out_of_sight_follows_the_theme(open_notebook: Opener) -> None:
    """A view that the Lab draws before it is on the page has the page's theme."""
    notebook = open_notebook("%load_ext lpwidgets", ASK, PUSH, PUSH)
    notebook.theme("Dark")
    notebook.run()
    view = notebook.cell(1).locator(".lpw")
    view.scroll_into_view_if_needed()
    expect(view).to_have_attribute("data-theme", "dark")
    wait_for_contrast(view.locator(".lpw-token"))


def wait_for_contrast(elements: Locator) -> None:
    """Require text that can be read, once the Lab has loaded the theme's styles."""
    end = time.monotonic() + 10
    while (least := min(contrast(*pair) for pair in painted(elements))) < 4.5:
        assert time.monotonic() < end, least
        time.sleep(0.1)


def painted(elements: Locator) -> list[tuple[Rgb, Rgb]]:
    """Return the colours of background and text as they come out on the page."""
    return [(b, t) for b, t in elements.evaluate_all(PAINTED)]


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of WCAG 2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: Rgb) -> float:
    """Return the relative luminance of WCAG 2."""
    shares = (channel / 255 for channel in color)
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
