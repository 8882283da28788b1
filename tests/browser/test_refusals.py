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


class Server(ThreadingHTTPServer):
    """A server of chats, on a free port."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = threading.Event()
        """Set once the test has seen the empty view."""


class Handler(BaseHTTPRequestHandler):
    """Answers without log probabilities, or refuses late."""

    server: Server

    def do_POST(self) -> None:
        """Look at the model's name for what to do."""
        size = int(self.headers["Content-Length"])
        if json.loads(self.rfile.read(size))["model"] == "silent":
            self.answer()
        else:
            self.server.seen.wait()
            self.send_error(402)

    def answer(self) -> None:
        """Stream two pieces of text and an end mark."""
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
def server() -> Iterator[Server]:
    """Return a running server."""
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def asking(server: Server, model: str) -> str:
    """Return a cell that asks a model there."""
    return f"%%lp --base-url http://127.0.0.1:{server.server_port}/v1 -m {model}\nHello"


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


def test_a_late_refusal_takes_the_empty_view_away(
    open_notebook: Opener, server: Server
) -> None:
    """A view that waits for its first token goes when an error comes instead."""
    notebook = open_notebook(LOAD, asking(server, "late"))
    notebook.run(0)
    notebook.start(1)
    expect(notebook.cell(1).locator(".lpw-waiting:visible")).to_have_count(1)
    server.seen.set()
    notebook.finish()
    expect(notebook.cell(1)).to_contain_text("402")
    expect(notebook.page.locator(".lpw")).to_have_count(0)
    expect(notebook.cell(1)).not_to_contain_text("Error displaying widget")
    shown = [output["output_type"] for output in notebook.outputs(1)]
    assert shown == ["display_data", "error"]


def test_missing_log_probabilities_are_said(
    open_notebook: Opener, server: Server
) -> None:
    """An answer without log probabilities shows its text, and that they are missing."""
    notebook = open_notebook(LOAD, asking(server, "silent"))
    notebook.run()
    view = notebook.cell(1).locator(".lpw")
    expect(view.locator(".lpw-unshown")).to_have_text("Hello there")
    expect(view.locator(".lpw-findings")).to_contain_text(
        "returned no log probabilities for silent"
    )
    expect(view.locator(".lpw-token")).to_have_count(0)
    expect(view.locator(".lpw-legend")).to_be_hidden()
