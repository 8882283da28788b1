"""A notebook that used a key: its outputs, history, messages, files, and pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.canary.echo import ANSWER, CUT, FAULTS
from tests.canary.needles import KEY, found_in, places_with_key
from tests.client.server import FaultServer

if TYPE_CHECKING:
    from pathlib import Path

CELLS = (
    """import os
from dataclasses import replace
import lpwidgets as lp
from lpwidgets.client.providers import PROVIDERS
PROVIDERS["deepinfra"] = replace(PROVIDERS["deepinfra"], root=os.environ["LP_SERVER"])
%load_ext lpwidgets""",
    "%%lp -p deepinfra -o gen\nHi",
    "gen",
    "lp.show(gen, color='surprisal')",
    "gen.to_pandas()",
    "%%lp -p deepinfra -o cut\nHi",
    "%%lp -p deepinfra\nHi",
    "%xmode Verbose\nclient = lp.Client('deepinfra')",
    "client.generate('Hi')",
    "client",
    "%config LpMagics",
    "%config LpMagics.provider = 'deepinfra'",
    "print(get_ipython().object_inspect_text('%lp', detail_level=1))",
    "%whos",
    "%history -o",
    "In, Out, _oh, dir(client), client.last",
    "%tb",
)


class Recording(NotebookClient):
    """Keeps every message that a kernel sends, those of widgets included."""

    def __init__(self, notebook: Any, **options: Any) -> None:
        super().__init__(notebook, **options)
        self.messages: list[str] = []

    def process_message(self, message: Any, cell: Any, index: int) -> Any:
        """Keep one message, buffers and all."""
        buffers = [bytes(buffer).decode("latin-1") for buffer in message["buffers"]]
        self.messages.append(repr(message) + "".join(buffers))
        return super().process_message(message, cell, index)


@pytest.mark.notebook
def test_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is in the kernel's environment, as the README tells people to have it."""
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "LPWIDGETS_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
        (tmp_path / name).mkdir()
    monkeypatch.setenv("DEEPINFRA_API_KEY", KEY)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    refused = FAULTS["status 401"]
    with FaultServer(ANSWER, CUT, refused, refused) as server:
        monkeypatch.setenv("LP_SERVER", server.url.removesuffix("/v1"))
        client = Recording(
            notebook,
            timeout=120,
            allow_errors=True,
            ipython_hist_file=str(tmp_path / "history.sqlite"),
        )
        client.execute()
        assert [KEY.encode() in one for one in server.requests] == [True] * 4
    places = {
        f"output {i}": json.dumps(c.outputs, ensure_ascii=False)
        for i, c in enumerate(notebook.cells)
    }
    places |= saved(notebook)
    places["messages"] = "".join(client.messages)
    assert "comm_open" in places["messages"]
    assert "deepinfra answered 401: no: Bearer …" in places["output 8"]
    assert places_with_key(places) == {}
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.name == "history.sqlite" for file in written)
    assert not [str(file) for file in written if found_in(file.read_bytes())]


def saved(notebook: Any) -> dict[str, str]:
    """Return a notebook as files: with widget state, without, and as a page."""
    assert notebook.metadata.widgets
    with_state = nbformat.writes(notebook)
    export = HTMLExporter()
    page, _ = export.from_notebook_node(notebook)
    del notebook.metadata["widgets"]
    return {
        "notebook with widget state": with_state,
        "notebook": nbformat.writes(notebook),
        "page": page,
    }
