from __future__ import annotations

import re
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser import places
from tests.browser.notebook import NO_MODEL, Notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route

    from tests.browser.conftest import Opener
    from tests.browser.lab import Lab

pytestmark = pytest.mark.browser

RESTART = """async () => {
  const { sessionContext } = jupyterapp.shell.currentWidget;
  await sessionContext.session.kernel.restart();
}"""
GIVE_UP = "(node) => { node.textContent = 'Error displaying widget' }"
EXECUTE = """async (code) => {
  const { sessionContext } = jupyterapp.shell.currentWidget;
  await sessionContext.session.kernel.requestExecute({ code }).done;
}"""


@pytest.fixture(scope="module")
def live(module_opener: Opener, lab: Lab) -> Notebook:
    """Return the notebook whose saved forms are looked at, each in a tab of its own."""
    notebook = module_opener(*places.CELLS)
    notebook.run()
    places.make_files(notebook, lab)
    return notebook


@pytest.fixture(scope="module")
def executed(lab: Lab) -> Path:
    """Return a notebook that ran without a page."""
    return places.execute(lab)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that no network reaches."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def test_live(live: Notebook, lab: Lab) -> None:
    """The widget with its kernel is true to single precision."""
    places.check_cards(live.cell(0), lab.root, 0.0)
    expect(places.views(live.cell(0), "live")).to_have_count(1)


def test_reloaded(live: Notebook, lab: Lab) -> None:
    """A running kernel has the widget still."""
    live.page.reload()
    live.wait()
    expect(places.views(live.cell(0), "live")).to_have_count(1)
    places.check_cards(live.cell(0), lab.root, 0.0)


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
@pytest.mark.parametrize("state", [True, False], ids=["state", "stateless"])
def test_reopened(live: Notebook, lab: Lab, trusted: bool, state: bool) -> None:
    """The live widget is there where its state is saved and trusted, else the saved."""
    with ExitStack() as stack:
        if trusted and not state:  # looked at after ipywidgets has given up
            stack.enter_context(live.page.expect_console_message(has_no_model))
        live.open(places.file_name(trusted=trusted, state=state))
    has_model = trusted and state
    expect(places.views(live.cell(0), "live")).to_have_count(int(has_model))
    expect(places.views(live.cell(0), "saved")).to_have_count(int(not has_model))
    off = 0.0 if has_model else places.ROUNDED
    places.check_cards(live.cell(0), lab.root, off)
    check_hostile(live.cell(2))


def test_without_a_kernel(live: Notebook, lab: Lab) -> None:
    """What JupyterLab would wait for for ever is not waited for."""
    live.open("trusted.ipynb", kernel=False)
    places.check_cards(live.cell(0), lab.root, places.ROUNDED)
    expect(live.cell(0)).not_to_contain_text("Loading widget")
    live.tokens(0).nth(3).focus()
    live.page.locator(".lpw-card:visible").wait_for()
    live.cell(0).locator(".jp-OutputArea-output").evaluate(GIVE_UP)
    expect(live.cell(0).locator(".lpw-card:popover-open")).to_have_count(1)
    expect(live.tokens(0).nth(3)).to_be_focused()


def test_executed_without_a_page(live: Notebook, lab: Lab, executed: Path) -> None:
    """What nbclient leaves is read with its cards, too."""
    live.open(executed.relative_to(lab.root).as_posix())
    places.check_cards(live.cell(0), executed.parent, places.ROUNDED)


def test_closed_or_restarted(live: Notebook, lab: Lab) -> None:
    """A widget whose model goes leaves its saved view, on the page and in the file."""
    live.open("trusted.ipynb")
    live.wait()
    live.run(2)
    expect(places.views(live.cell(2), "live")).to_have_count(1)
    live.page.evaluate(EXECUTE, "widget.close()")
    expect(places.views(live.cell(2), "saved")).to_have_count(1)
    live.run(2)
    live.page.evaluate(RESTART)
    live.save()
    shutil.copy(lab.root / "trusted.ipynb", lab.root / "restarted.ipynb")
    live.open("restarted.ipynb")
    expect(places.views(live.cell(2), "saved")).to_have_count(1)
    check_hostile(live.cell(2))


def test_without_ipywidgets(live: Notebook, lab: Lab) -> None:
    """A JupyterLab that knows no widgets draws what is saved."""
    page = live.page.context.new_page()
    page.route("**/lab/tree/**", disable_ipywidgets)
    page.goto(lab.address("trusted.ipynb"))
    cell = page.locator(".jp-Notebook-cell").first
    places.check_cards(cell, lab.root, places.ROUNDED)
    page.close()


@pytest.mark.usefixtures("live")
def test_converted_to_html(lab: Lab, page: Page) -> None:
    """The page of nbconvert needs nothing from elsewhere."""
    check_html(page, places.as_html(lab.root / "trusted.ipynb"), lab.root)


def test_executed_and_converted(executed: Path, page: Page) -> None:
    """So does ``nbconvert --execute``, although nbclient saves every widget's state."""
    assert nbformat.read(executed, as_version=4).metadata.widgets
    check_html(page, places.as_html(executed), executed.parent)


@pytest.mark.usefixtures("live")
def test_sanitised(lab: Lab, page: Page) -> None:
    """Where no attribute is left, as on GitHub no style, every number is text."""
    html: str = places.data_of(lab.root / "trusted.ipynb")["text/html"]
    assert " · length · tokens 12 · " in html
    check_html(page, re.sub(r"<(\w+) [^>]*>", r"<\1>", html), lab.root)


@pytest.mark.usefixtures("live")
def test_in_a_terminal(lab: Lab) -> None:
    """The plain text has the tokens line by line."""
    data = places.data_of(lab.root / "trusted.ipynb")
    places.check_lines(data["text/plain"], lab.root)


def has_no_model(line: ConsoleMessage) -> bool:
    """Whether it is ipywidgets, giving up."""
    return NO_MODEL in line.text


def disable_ipywidgets(route: Route) -> None:
    """Change the configuration that comes with JupyterLab's page."""
    response = route.fetch()
    start = '"disabledExtensions": ['
    text = response.text()
    assert start in text
    named = f'{start}"@jupyter-widgets/jupyterlab-manager"'
    route.fulfill(response=response, body=text.replace(f"{start}]", f"{named}]"))


def check_html(page: Page, html: str, folder: Path) -> None:
    """Open the list of tokens in a page, and read it."""
    page.set_content(html, wait_until="domcontentloaded")
    for summary in page.get_by_text("tokens and alternatives").all():
        summary.click()
    text = page.locator("ol").first.inner_text()
    places.check_lines(text, folder)
    assert page.evaluate("() => window.pwned") is None


def check_hostile(cell: Locator) -> None:
    """Look at text that would run if it were markup."""
    expect(cell.locator(".lpw-token")).to_have_text(
        "</li><img src=x onerror=window.pwned=1>"
    )
    assert cell.page.evaluate("() => window.pwned") is None
    assert cell.page.locator("img[src=x]").count() == 0
