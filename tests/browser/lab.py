"""A JupyterLab of the tests' own: nothing of the user's is read or changed."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

import httpx

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE = 120.0
_OWN = ("JUPYTER", "IPYTHON", "LPWIDGETS", "DEEPINFRA", "OPENAI")
_SETTINGS = {
    "apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false"},
}


class Lab:
    """A running server on a free loopback port; ``root`` holds its notebooks.

    Parameters
    ----------
    folder
        Where everything of it lives.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.cache = folder / "cache"
        self.data = folder / "data"
        self._folder = folder
        self._token = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.root.mkdir()
        for name, values in _SETTINGS.items():
            path = folder / "settings" / "@jupyterlab" / name
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(values))

    def __enter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()  # it shuts its kernels down
        try:
            self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            f"--ServerApp.root_dir={self.root}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--IdentityProvider.token={self._token}",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly",
            "--LabApp.expose_app_in_browser=True",
        ]

    def _environment(self) -> dict[str, str]:
        others = {k: v for k, v in os.environ.items() if not k.startswith(_OWN)}
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
            "LPWIDGETS_CACHE_DIR": "cache",
        }
        return others | {k: str(self._folder / v) for k, v in folders.items()}

    def url(self) -> str:
        """Return the address, once the server answers there."""
        assert self._process
        note = self._folder / "runtime" / f"jpserver-{self._process.pid}.json"
        end = time.monotonic() + DEADLINE
        while (port := _port_in(note)) is None:
            late = time.monotonic() > end or self._process.poll() is not None
            assert not late, (self._folder / "log").read_text()[-3000:]
            time.sleep(0.05)
        return f"http://127.0.0.1:{port}/"

    def address(self, name: str) -> str:
        """Return the address of a notebook."""
        return f"{self.url()}lab/tree/{name}?reset&token={self._token}"

    def shut_down_kernels(self) -> None:
        """End every kernel."""
        headers = {"Authorization": f"token {self._token}"}
        base = f"{self.url()}api/"
        with httpx.Client(base_url=base, headers=headers, timeout=DEADLINE) as client:
            for session in client.get("sessions").raise_for_status().json():
                client.delete(f"sessions/{session['id']}").raise_for_status()


def _port_in(note: Path) -> int | None:
    """Return the port that a server notes, None before all of the note is written."""
    try:
        port: int = json.loads(note.read_text())["port"]
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return port
