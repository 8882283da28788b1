from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

LOAD = "%load_ext lpwidgets"


class Silent(BaseHTTPRequestHandler):
    """Answers chats, and leaves the log probabilities out."""

    def do_POST(self) -> None:
        """Stream two pieces of text and an end mark."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for text, reason in (("Hello ", None), ("there", "stop")):
            delta = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
            chunk = json.dumps({"model": "silent", "choices": [delta]})
            self.wfile.write(f"data: {chunk}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Return the address of a server without log probabilities."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def test_refusals_take_one_line(open_notebook: Opener) -> None:
    """What cannot be asked says why and what to do, without traceback or empty view."""
    refused = {
        "%%lp -p deepinfra\nHello": "DEEPINFRA_API_KEY",
        "%%lp -p nowhere\nHello": "there is no provider 'nowhere'",
        "%%lp --color mood\nHello": "mood",
        "%%lp --base-url http://127.0.0.1:9/v1 -m any\nHello": "127.0.0.1:9",
    }
    notebook = open_notebook(LOAD, *refused)
    notebook.run(0)
    for index, words in enumerate(refused.values(), start=1):
        notebook.run(index)
        (output,) = notebook.outputs(index)
        assert output["output_type"] == "error"
        said = "\n".join(output["traceback"])
        assert words in said
        assert "Traceback" not in said
        assert "File " not in said
        assert len(said.splitlines()) <= 3
        expect(notebook.cell(index)).to_contain_text(words)
    expect(notebook.page.locator(".lpw")).to_have_count(0)


def test_missing_log_probabilities_are_said(
    open_notebook: Opener, silent_server: str
) -> None:
    """An answer without log probabilities shows its text, and that they are missing."""
    ask = f"%%lp --base-url {silent_server} -m silent\nHello"
    notebook = open_notebook(LOAD, ask)
    notebook.run()
    view = notebook.cell(1).locator(".lpw")
    expect(view.locator(".lpw-unshown")).to_have_text("Hello there")
    expect(view.locator(".lpw-findings")).to_contain_text(
        "returned no log probabilities for silent"
    )
    expect(view.locator(".lpw-token")).to_have_count(0)
    expect(view.locator(".lpw-legend")).to_be_hidden()
