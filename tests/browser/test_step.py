"""Stepping in JupyterLab: by click and by key, guessed, stopped, and reopened."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import lpwidgets as lp
from lpwidgets.display.step_state import head_of, lists_of, state_of
from tests.browser.test_axe import AXE, CHECK
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from typing import Any, Literal

    from playwright.sync_api import Browser, Locator

    from tests.browser.conftest import Opener
    from tests.browser.notebook import Notebook

pytestmark = pytest.mark.browser

STATIC = Path(lp.__file__).parent / "static"
EVIL = "<img src=x onerror=window.pwned=1>\u202e\n"
ASK = """
import lpwidgets as lp
client = lp.Client("local", progress=lambda _: None)
text = client.stepping("The capital of France is", api="completions")
view = lp.StepWidget(text, options={"sampler": lambda _: 0})
view
"""
SAY = "print(len(text), repr(text.text), len(text.tree), text.score.guesses)"
DRAW = """async ([code, css, states]) => {
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const { default: view } = await import(url);
  const nothing = () => {};
  for (const [state, teach, lists] of states) {
    const get = (name) => ({ state, teach, lists })[name];
    const model = { get, on: nothing, off: nothing, send: nothing };
    const el = document.createElement("section");
    document.querySelector("main").append(el);
    view.render({ model, el, signal: new AbortController().signal });
  }
}"""


@pytest.fixture(scope="module")
def opened(module_opener: Opener) -> Notebook:
    """Return a notebook with a text to step in."""
    notebook = module_opener(ASK, SAY, "text")
    notebook.run(0)
    expect(choices(notebook)).to_have_count(20)
    return notebook


def choices(notebook: Notebook) -> Locator:
    """Return the candidates."""
    return notebook.cell(0).locator("button.lpw-choice")


def told(notebook: Notebook) -> str:
    """Return what Python has."""
    notebook.run(1)
    return notebook.printed(1).strip()


def test_a_text_is_stepped_through_by_click_and_key(opened: Notebook) -> None:
    """What the page does is in Python; what is cut off stays."""
    page, cell = opened.page, opened.cell(0)
    choices(opened).filter(has_text="Paris").first.click()
    expect(opened.tokens(0)).to_have_text([" Paris"])
    expect(choices(opened).first).to_be_focused()
    page.keyboard.press("2")
    expect(opened.tokens(0)).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type(" a<b> city")
    expect(cell.locator(".lpw-preview code")).to_have_text("·a<b>·city")
    page.keyboard.press("Enter")
    expect(cell.locator(".lpw-written").last).to_have_text(" city")
    count = opened.tokens(0).count()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    expect(cell.locator(".lpw-ahead .lpw-token")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(cell.locator(".lpw-ahead .lpw-token")).to_have_count(0)
    opened.tokens(0).first.click()
    expect(cell.locator(".lpw-ahead .lpw-token")).to_have_count(count)
    page.keyboard.press("3")
    expect(opened.tokens(0)).to_have_count(1)
    page.keyboard.press("z")
    page.keyboard.press("Escape")
    expect(cell.locator(".lpw-ahead .lpw-token")).to_have_count(count)
    said = told(opened)
    assert re.fullmatch(r"0 '' 2 0", said)
    expect(page.locator(".jp-Notebook-cell")).to_have_count(3)


def test_the_model_runs_and_is_stopped(opened: Notebook) -> None:
    """Its tokens stream; a press of stop ends it, and what came stays."""
    cell = opened.cell(0)
    cell.get_by_label("how many tokens to run").fill("900")
    cell.get_by_role("button", name="let it run").click()
    stop = cell.get_by_role("button", name="stop")
    expect(opened.tokens(0).nth(12)).to_be_visible()
    before = stop.bounding_box()
    expect(opened.tokens(0).nth(60)).to_be_visible()
    assert stop.bounding_box() == before
    stop.click()
    expect(stop).to_be_hidden()
    expect(choices(opened)).to_have_count(20)
    count = opened.tokens(0).count()
    assert 60 < count < 900
    assert told(opened).startswith(f"{count} ' Paris")


def test_a_guess_shows_what_it_was_up_against(opened: Notebook) -> None:
    """And the candidates only then; both themes can be read."""
    page, cell = opened.page, opened.cell(0)
    page.add_script_tag(path=AXE)
    count = opened.tokens(0).count()
    choices(opened).filter(has_text=re.compile("[a-z]")).first.click()
    expect(opened.tokens(0)).to_have_count(count + 1)
    page.keyboard.press("ArrowLeft")  # what stands ahead comes, no end drawn by chance
    expect(cell.locator(".lpw-ahead .lpw-token")).to_have_count(1)
    page.keyboard.press("t")
    rows = cell.locator(".lpw-choice")
    expect(rows).to_have_count(0)
    expect(cell.locator(".lpw-typing .lpw-field")).to_be_focused()
    page.keyboard.type(" zebra")
    page.keyboard.press("Enter")
    expect(cell.locator(".lpw-came")).to_have_count(1)
    expect(cell.locator(".lpw-guessed code")).to_have_text("·zebra")
    expect(cell.locator(".lpw-result")).to_contain_text("bits above the likeliest")
    expect(cell.get_by_role("img", name="bits of the last 1 guesses")).to_be_visible()
    expect(cell.locator(".lpw-typing .lpw-field")).to_be_focused()
    for theme in ("Dark", "Light"):
        opened.theme("Dark" if theme == "Dark" else "Light")
        expect(cell.locator(".lpw-step")).to_have_attribute("data-theme", theme.lower())
        assert page.evaluate(CHECK) == []
    assert told(opened).endswith(" 1")
    cell.locator(".lpw-step-text").focus()
    page.keyboard.press("t")
    expect(choices(opened)).to_have_count(20)
    assert page.evaluate(CHECK) == []
    opened.run(2)
    (shown,) = [one for one in opened.outputs(2) if "data" in one]
    assert "".join(shown["data"]["text/html"]).count("<tr>") == 21


def _states() -> dict[str, tuple[Any, ...]]:
    half = math.log(0.5)
    listed = [(EVIL, half), (" sea", 2 * half), (b"\xf0\x9f", 3 * half)]
    gen = generation(
        token(EVIL, half, listed), *(token(" sea", 2 * half, listed) for _ in range(40))
    )
    game = lp.guessing(gen)
    empty = state_of(game, hidden=True)
    for guess in ("sea", "zebra", EVIL):
        game.guess(guess)
    guessed = state_of(game, hidden=True)
    game.rewind(30)
    game.rewind(9)
    stepped = {"error": "the server is gone", **state_of(game, hidden=False)}
    running = {**stepped, "client": True, "running": True}
    head = {"seq": 1, "error": "", **head_of(game), "asked": "Why?"}
    lists = lists_of(game, hidden=False)
    return {
        "to guess": (head | empty, True),
        "guessed": (head | guessed, True),
        "stepped": (head | stepped | {"client": True}, False),
        "running": (head | running, False),
        "over": (head | stepped | {"over": True, "listed": None, "error": ""}, False),
        "saved": (head | stepped | {"error": ""}, False, lists),
        "guessed and saved": (head | guessed, True, []),
    }


@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_axe_finds_nothing(browser: Browser, look: str) -> None:
    """In every state, wide and narrow; nothing is wider than the page."""
    scheme: Literal["light", "dark"] = "dark" if look == "dark" else "light"
    forced: Literal["active", "none"] = "active" if look == "contrast" else "none"
    context = browser.new_context(
        bypass_csp=True,
        color_scheme=scheme,
        forced_colors=forced,
        viewport={"width": 380, "height": 800},
    )
    ground = "#111" if scheme == "dark" else "#fff"
    code, css = ((STATIC / f"step.{kind}").read_text() for kind in ("js", "css"))
    page = context.new_page()
    page.set_content(
        "<!doctype html><html lang=en><title>steps</title>"
        f"<body style='background:{ground}'><main></main>"
    )
    page.evaluate(DRAW, [code, css, list(_states().values())])
    page.add_script_tag(path=AXE)
    assert page.evaluate(CHECK) == []
    for text in page.locator(".lpw-step-text").all():
        text.focus()
        page.keyboard.press("?")
        page.keyboard.press("ArrowDown")
    assert page.evaluate(CHECK) == []
    assert page.locator(".lpw-keys").count() == len(_states()) - 2  # those kept
    wide = "() => document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(wide) <= 0
    assert page.evaluate("() => window.pwned") is None
    context.close()
