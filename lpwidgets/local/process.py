"""The engine's own process: llama.cpp's server, and a desk that counts its users.

Run by path, not as a module, so that neither ``lpwidgets`` nor anything in a notebook's
folder is imported. Every user holds one connection to the desk; the system closes it
however the user ends. When none has been open for the grace period, the process ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import socket
import sys
from pathlib import Path
from typing import Any

WELCOME = b"welcome\n"
_NOWHERE = "https://lpwidgets.invalid"  # no page in a browser may read the answers


def start_server(path: str, alias: str, options: dict[str, int], threads: int) -> Any:
    """Load the model and start llama.cpp's HTTP server on a free loopback port."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {alias}
    params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
    params.n_ctx, params.n_parallel = options["n_ctx"], options["n_parallel"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cors_origins = _NOWHERE
    params.endpoint_slots = False  # would show one user's prompts to another
    params.cache_ram_mib = 0  # the default may grow to 8 GiB
    params.verbosity = 1  # errors only: no prompt reaches the log
    # Fitting to a GPU's memory loads the model twice; without a GPU it is no use.
    devices = xllamacpp.get_device_info()
    params.fit_params = any("GPU" in device["type"].name for device in devices)
    return xllamacpp.Server(params)


class Desk:
    """Counts the users by their open connections.

    Parameters
    ----------
    token
        What a user must say first.
    """

    def __init__(self, token: str) -> None:
        self._hello = token.encode()
        self._users: set[socket.socket] = set()
        self._events = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._events.register(self._listener, selectors.EVENT_READ)

    def attend(self, grace: float) -> None:
        """Return once there has been no user for ``grace`` seconds."""
        while True:
            events = self._events.select(None if self._users else grace)
            if not events and not self._users:
                return
            for key, _ in events:
                if key.fileobj is self._listener:
                    self._admit()
                else:
                    self._listen(key.fileobj)

    def _admit(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            self._events.register(connection, selectors.EVENT_READ)

    def _listen(self, connection: Any) -> None:
        with contextlib.suppress(OSError):
            said = connection.recv(len(self._hello))
            if secrets.compare_digest(said, self._hello):
                self._users.add(connection)
                connection.send(WELCOME)
                return
        self._users.discard(connection)
        self._events.unregister(connection)
        connection.close()


def announce(state: Path, note: dict[str, Any]) -> None:
    """Tell every kernel at once where to knock."""
    draft = state.with_suffix(".new")
    draft.write_text(json.dumps(note), "ascii")
    draft.replace(state)


def withdraw(state: Path, token: str) -> None:
    """Take the note and the log back, unless another engine has replaced them."""
    with contextlib.suppress(OSError, ValueError):
        if json.loads(state.read_text("ascii"))["token"] == token:
            state.unlink()
            state.with_suffix(".log").unlink()


def main(order: dict[str, Any]) -> None:
    """Serve until the last user is gone."""
    state = Path(order["state"])
    server = start_server(
        order["path"], order["alias"], order["options"], order["threads"]
    )
    desk = Desk(token := secrets.token_hex(16))
    announce(
        state,
        {
            "pid": os.getpid(),
            "control": desk.port,
            "url": server.listening_address,
            "token": token,
        },
    )
    desk.attend(order["grace"])
    withdraw(state, token)
    os._exit(0)  # nobody is left to wait for a generation that is still running


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
