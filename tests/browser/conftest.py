"""One JupyterLab and one browser for all tests here, a page and kernels for each."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import expect, sync_playwright

from lpwidgets.local import acquire
from tests.browser.lab import DEADLINE, Lab
from tests.browser.notebook import KERNEL_GONE, NO_KERNEL, Notebook

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Error,
        Page,
        Route,
    )

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]

Opener: TypeAlias = Callable[..., Notebook]
"""Opens a notebook of the given cells, or a file of the Lab's root."""


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a running JupyterLab; its engine is held while the tests last."""
    with (
        Lab(tmp_path_factory.mktemp("lab")) as lab,
        pytest.MonkeyPatch.context() as env,
    ):
        env.setenv("LPWIDGETS_CACHE_DIR", str(lab.cache))
        env.setenv("LPWIDGETS_ENGINE_GRACE", "0.3")
        lease = acquire()
        env.undo()
        shutil.copy(HERE.parent / "make_generation.py", lab.root)
        shutil.copy(HERE.parent.parent / "notebooks" / "tour.ipynb", lab.root)
        with lease:
            yield lab


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Return the Chromium that ``make browser`` found."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium", path=PROGRAMS)
    assert program, "there is no Chromium for the tests: make browser"
    with pytest.MonkeyPatch.context() as env:
        if (PROGRAMS / "node").exists():
            env.setenv("PLAYWRIGHT_NODEJS_PATH", str(PROGRAMS / "node"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=ARGUMENTS, timeout=1000 * DEADLINE
            )
            yield browser
            browser.close()


@pytest.fixture(scope="module")
def module_opener(lab: Lab, browser: Browser) -> Iterator[Opener]:
    """Open notebooks that the tests of a module share."""
    with _opener(lab, browser) as opener:
        yield opener


@pytest.fixture
def open_notebook(lab: Lab, browser: Browser) -> Iterator[Opener]:
    """Open notebooks for one test."""
    with _opener(lab, browser) as opener:
        yield opener


@contextmanager
def _opener(lab: Lab, browser: Browser) -> Iterator[Opener]:
    viewport = {"width": 1280, "height": 900}
    context = browser.new_context(viewport=viewport)  # type: ignore[arg-type]
    context.set_default_timeout(1000 * DEADLINE)
    expect.set_options(timeout=1000 * DEADLINE)
    faults: list[str] = []
    _refuse_network(context, faults)

    def open_notebook(*cells: str, file: str = "") -> Notebook:
        page = context.new_page()
        _collect_errors(page, faults)
        page.goto(lab.address(file or _write(lab.root, cells)))
        return Notebook(page)

    try:
        yield open_notebook
        assert not faults
    finally:
        context.close()
        lab.shut_down_kernels()


def _write(root: Path, cells: tuple[str, ...]) -> str:
    name = f"{len(list(root.glob('*.ipynb')))}.ipynb"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, root / name)
    return name


def _refuse_network(context: BrowserContext, faults: list[str]) -> None:
    def decide(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in {"http", "https"} and url.hostname != "127.0.0.1":
            faults.append(f"asked the network for {route.request.url}")
            route.abort()
        else:
            route.continue_()

    context.route("**/*", decide)


def _collect_errors(page: Page, faults: list[str]) -> None:
    def note(line: ConsoleMessage) -> None:
        if line.type == "error" and not any(x in line.text for x in KERNEL_GONE):
            faults.append(line.text)

    def fail(error: Error) -> None:
        is_theirs = "@jupyter-widgets/jupyterlab-manager" in (error.stack or "")
        if not (is_theirs and error.message == NO_KERNEL):
            faults.append(f"page error: {error}")

    page.on("pageerror", fail)
    page.on("console", note)
