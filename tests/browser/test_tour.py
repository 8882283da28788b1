from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.notebook import WIDGET

if TYPE_CHECKING:
    from tests.browser.conftest import Opener
    from tests.browser.lab import Lab

pytestmark = pytest.mark.browser


def test_the_tour_runs_to_its_end(open_notebook: Opener, lab: Lab) -> None:
    """No cell fails, every widget shows tokens, the chart is drawn without network."""
    cells = nbformat.read(lab.root / "tour.ipynb", as_version=4).cells
    notebook = open_notebook(file="tour.ipynb")
    notebook.run()
    charts = widgets = 0
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        outputs = notebook.outputs(index)
        assert not [o for o in outputs if o["output_type"] == "error"], cell.source
        if any(WIDGET in output.get("data", {}) for output in outputs):
            expect(notebook.tokens(index).last).to_be_visible()
            widgets += 1
        if "alt.Chart" in cell.source:
            drawn = notebook.cell(index).locator(".vega-embed").locator("canvas, svg")
            expect(drawn.first).to_be_visible()
            charts += 1
    assert widgets >= 4
    assert charts == 1
