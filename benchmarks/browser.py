"""A page in Chromium that a benchmark serves and measures."""

from __future__ import annotations

import shutil
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import CDPSession, Page

    Serve = Callable[[str], tuple[str, bytes]]

PROGRAMS = Path(sys.executable).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]


def program() -> str:
    """Return the path of Chromium."""
    found = shutil.which("chromium", path=PROGRAMS) or shutil.which("chromium")
    if found is None:
        message = "there is no Chromium: make browser"
        raise FileNotFoundError(message)
    return found


@contextmanager
def opened(
    serve: Serve, policy: str = "", viewport: tuple[int, int] = (1200, 900)
) -> Iterator[Page]:
    """Open a page that has a `bench`.

    Parameters
    ----------
    serve
        Returns the type and the body of a path; "" is the page.
    policy
        The page's content security policy.
    viewport
        Width and height in pixels.
    """
    width, height = viewport
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), _handler(serve, policy)) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever).start()
        browser = playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("pageerror", lambda error: print("page error:", error))
        try:
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.wait_for_function("() => window.bench")
            yield page
        finally:
            browser.close()
            server.shutdown()


def measured(page: Page) -> CDPSession:
    """Return a session that `busy` can be asked of."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    return cdp


def busy(cdp: CDPSession) -> float:
    """Return the seconds that the page's main thread has worked."""
    found: dict[str, Any] = cdp.send("Performance.getMetrics")
    named = {metric["name"]: metric["value"] for metric in found["metrics"]}
    return float(named["TaskDuration"])


def _handler(serve: Serve, policy: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = serve(self.path.removeprefix("/"))
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
