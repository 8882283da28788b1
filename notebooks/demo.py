"""Run the tour on the embedded model, then open it in JupyterLab: `make demo`."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import webbrowser
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import lpwidgets as lp

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent.resolve()
TOUR = HERE / "tour.ipynb"
BUILD = HERE.parent / "build"
COUNT_TOKENS = """
import lpwidgets as lp
held = [x for x in globals().values() if isinstance(x, lp.Generation | lp.Generations)]
each = [g for x in held for g in ([x] if isinstance(x, lp.Generation) else x)]
print(sum({id(g): len(g) for g in each}.values()))
"""


def main() -> None:
    """Run the tour, or keep JupyterLab open on it until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["run", "lab"])
    parser.add_argument("--exit", action="store_true", help="stop once the Lab answers")
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    if options.action == "run":
        run_tour()
        return
    with jupyterlab() as lab:  # starts while the model answers
        ask()
        url = wait_for(lab)
        print(f"JupyterLab: {url}")
        if options.exit:
            return
        print("Ctrl-C stops it.", flush=True)
        if has_display():
            webbrowser.open(url)
        lab.wait()


def run_tour() -> None:
    """Execute a copy of the tour; a failing cell stops the demo and is shown."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    notebook = nbformat.read(TOUR, as_version=4)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    notebook.cells.append(nbformat.v4.new_code_cell(COUNT_TOKENS))
    running: list[str] = []
    start = time.perf_counter()
    try:
        NotebookClient(
            notebook,
            timeout=120,
            resources={"metadata": {"path": str(HERE)}},
            extra_arguments=["--log-level=ERROR"],
            on_cell_start=lambda cell, **_: running.append(cell.source),
        ).execute()
    except CellExecutionError as error:  # shows the cell itself
        sys.exit(f"{TOUR.name}: {without_colour(str(error))}")
    except (CellTimeoutError, DeadKernelError, nbformat.ValidationError) as error:
        sys.exit(f"{TOUR.name}: {error}\n\nThe cell was:\n{running[-1]}")
    seconds = time.perf_counter() - start
    tokens = notebook.cells.pop().outputs[0].text.strip()
    nbformat.write(notebook, BUILD / TOUR.name)
    print(f"{TOUR.name}: {cells} cells, {tokens} tokens, {seconds:.1f} s", flush=True)


def ask() -> None:
    """Let the embedded model say something."""
    with lp.Client("local") as client:
        answer = client.generate("Say hello in one word", max_tokens=12, seed=1)
    said = f"{answer.text!r}, {len(answer)} tokens, perplexity {answer.perplexity:.3g}"
    print(f"{answer.meta.model} says {said}", flush=True)


def without_colour(text: str) -> str:
    """Drop the terminal's colour codes."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@contextmanager
def jupyterlab() -> Iterator[subprocess.Popen[bytes]]:
    """Start JupyterLab, and end it with this process; its log goes to build."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.root_dir={HERE}",
        "--ServerApp.answer_yes=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with (BUILD / "jupyterlab.log").open("wb") as log:
        lab = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield lab
    except KeyboardInterrupt:
        print()
    finally:
        lab.terminate()
        lab.wait()


def wait_for(lab: subprocess.Popen[bytes]) -> str:
    """Return the tour's address in the Lab, once it answers there."""
    import httpx
    from jupyter_core.paths import jupyter_runtime_dir

    file = Path(jupyter_runtime_dir()) / f"jpserver-{lab.pid}.json"
    while lab.poll() is None:
        if file.exists():
            server = json.loads(file.read_text())
            url = f"{server['url']}lab/tree/{TOUR.name}?token={server['token']}"
            httpx.get(url, timeout=60).raise_for_status()
            return url
        time.sleep(0.05)
    log = (BUILD / "jupyterlab.log").read_text(errors="replace")
    sys.exit(f"JupyterLab did not start:\n{log[-2000:]}")


def has_display() -> bool:
    """Whether a browser window has somewhere to open."""
    return sys.platform != "linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


if __name__ == "__main__":
    main()
