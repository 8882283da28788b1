"""Where an output is read again: files that hold it, and checks of what is read."""

from __future__ import annotations

import math
import os
import re
import shutil
from typing import TYPE_CHECKING, Any, Literal

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

from tests.browser.card import (
    WRITE_VALUES,
    check_card,
    check_number,
    check_token,
    read_all,
    read_values,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.browser.card import Values
    from tests.browser.lab import Lab
    from tests.browser.notebook import Notebook

ASK = """%load_ext lpwidgets
%lp --top 5 --max-tokens 12 --seed 5 -o gen Tell me of the sea."""
HOSTILE = """
import lpwidgets as lp
from make_generation import generation, token
bad = "<img src=x onerror=window.pwned=1>"
said = token("</li>" + bad, -1.0, [("</li>" + bad, -1.0), (bad + "'", -2.0)])
widget = lp.TokensWidget(generation(said), color="surprisal")
widget
"""
CELLS = (ASK, WRITE_VALUES, HOSTILE)
COUNT = 12
ROUNDED = 2.0**-11
"""What a saved log probability may be off by, of itself."""

_SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
_PAIR = re.compile(r"[“'](.*?)[”'] +([<\d.]+ %)")


def make_files(live: Notebook, lab: Lab) -> None:
    """Save the live notebook with and without widget state, trusted and not."""
    live.command(_SAVE_STATE, 0)
    live.save()
    live.command(_SAVE_STATE, 0)
    name = live.page.url.partition("?")[0].rsplit("/", 1)[-1]
    notary = NotebookNotary(data_dir=str(lab.data))
    for has_state in (True, False):
        for is_trusted in (True, False):
            notebook = nbformat.read(lab.root / name, as_version=4)
            assert notebook.metadata.widgets
            if not has_state:
                del notebook.metadata["widgets"]
            notebook.metadata["copy"] = file_name(trusted=is_trusted, state=has_state)
            if is_trusted:
                notary.sign(notebook)
            nbformat.write(notebook, lab.root / notebook.metadata["copy"])


def file_name(*, trusted: bool, state: bool) -> str:
    """Return the name of one of those files."""
    return f"{'' if trusted else 'un'}trusted{'-state' if state else ''}.ipynb"


def execute(lab: Lab) -> Path:
    """Run the cells by nbclient, in a folder of their own; return the file."""
    folder = lab.root / "executed"
    folder.mkdir()
    shutil.copy(lab.root / "make_generation.py", folder)
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(folder)}}
    environment = {**os.environ, "LPWIDGETS_CACHE_DIR": str(lab.cache)}
    NotebookClient(notebook, resources=resources).execute(env=environment)
    nbformat.write(notebook, folder / "executed.ipynb")
    return folder / "executed.ipynb"


def as_html(file: Path) -> str:
    """Return the page that nbconvert writes of a notebook."""
    html, _ = HTMLExporter().from_filename(str(file))
    return str(html)


def data_of(file: Path) -> dict[str, Any]:
    """Return what a file holds of the answer."""
    cells = nbformat.read(file, as_version=4).cells
    (output,) = [one for one in cells[0].outputs if "data" in one]
    return dict(output.data)


def check_cards(cell: Locator, folder: Path, relative: float) -> None:
    """Read every token's card, in the cell's only view."""
    expect(cell.locator(".lpw-token")).to_have_count(COUNT)
    cards = read_all(cell.locator(".lpw-text").first)
    for card, values in zip(cards, read_values(folder), strict=True):
        check_card(card, values, relative)


def check_lines(text: str, folder: Path) -> None:
    """Read the tokens' lines: each its own probability, then those of the others."""
    found = [pairs for line in text.splitlines() if (pairs := _PAIR.findall(line))]
    for pairs, values in zip(found[:COUNT], read_values(folder), strict=True):
        for pair, (token, logprob) in zip(pairs, _listed(values), strict=True):
            check_token(pair[0].replace(" ", "·"), token)
            check_number(pair[1], 100 * math.exp(logprob))


def _listed(values: Values) -> list[tuple[str, float]]:
    others = [
        (a["token"], a["logprob"]) for a in values.alternatives if not a["chosen"]
    ]
    return [(values.token["token"], values.token["logprob"]), *others]


def views(cell: Locator, kind: Literal["live", "saved"]) -> Locator:
    """Return the views that a widget drew, or the extension."""
    of_widget = ":is(.jp-OutputArea-output > .lm-Widget *)"
    return cell.locator(f".lpw{of_widget if kind == 'live' else f':not({of_widget})'}")
