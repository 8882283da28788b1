"""Every notebook, and the README's own examples, run on the embedded model."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

VIEWS = {
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.lpwidgets.v1+json",
}
ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run all cells in a folder; the first error is raised."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, resources=resources).execute()


@pytest.mark.engine
@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_leaves_readable_outputs(
    path: Path, tmp_path: Path
) -> None:
    """Wherever a widget is shown, the final state is there as HTML and text too."""
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, tmp_path)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    bundles = [out.data for out in outputs if "data" in out]
    shown = [data for data in bundles if VIEWS & set(data)]
    assert shown
    for data in shown:
        assert "streaming" not in data["text/plain"]
        assert data["text/html"].count("<span") > 1


@pytest.mark.engine
@pytest.mark.notebook
def test_the_examples_of_the_readme_run_as_they_stand(tmp_path: Path) -> None:
    """In the order of the page, in one kernel."""
    readme = (ROOT / "README.md").read_text()
    use = readme[readme.index("## Use it") : readme.index("### Servers")]
    blocks = re.findall(r"```(?:python)?\n(.*?)```", use, flags=re.DOTALL)
    cells = [block for block in blocks if "pip install" not in block]
    assert [cell.splitlines()[0] for cell in cells[:2]] == [
        "%load_ext lpwidgets",
        "%%lp --top 5 -o gen",
    ]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    execute(notebook, tmp_path)
