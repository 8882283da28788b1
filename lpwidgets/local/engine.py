"""Sharing one engine between kernels: the first starts it, the others join it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import weakref
from typing import TYPE_CHECKING, Self

from lpwidgets.errors import EngineError
from lpwidgets.local.launch import launch, require_packages
from lpwidgets.local.machine import state_folder
from lpwidgets.local.model import resolve
from lpwidgets.local.process import WELCOME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lpwidgets.local.model import Model

_HELLO_TIMEOUT = 5.0


class Lease:
    """A user's hold on a running engine: the engine runs while anyone holds one.

    Parameters
    ----------
    base_url
        The server's root, without ``/v1``.
    model
        The name under which the server knows the model.
    connection
        The open connection to the engine that is the hold.
    """

    def __init__(self, base_url: str, model: str, connection: socket.socket) -> None:
        self.base_url = base_url
        self.model = model
        self._connection = connection
        self._finalizer = weakref.finalize(self, _hang_up, connection, os.getpid())

    def alive(self) -> bool:
        """Tell whether the engine still runs and this lease still holds it."""
        try:
            return self._connection.recv(1) != b""
        except BlockingIOError:  # the engine has nothing to say, but is there
            return True
        except OSError:
            return False

    def release(self) -> None:
        """Let the engine go; a second time does nothing."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<Lease of {self.model} at {self.base_url}>"


def acquire(
    model: str | os.PathLike[str] | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Lease:
    """Join the running engine of this model, or start it.

    Parameters
    ----------
    model
        A path to a GGUF file; by default the packaged SmolLM2-135M-Instruct.
    progress
        Called with short lines for a person while there is something to wait for.

    Returns
    -------
    Lease
        The hold on the engine; release it when done.

    Raises
    ------
    EngineError
        A part is missing or the model does not load; the message says what to do.
    """
    say = progress or (lambda _: None)
    require_packages()
    wanted = resolve(model)
    state = state_folder() / f"{wanted.key}.json"
    lease = _join(state, wanted)
    if lease is not None:
        return lease
    with _turn(state, wanted, say):
        lease = _join(state, wanted)
        if lease is None:
            launch(wanted, state, say)
            lease = _join(state, wanted)
    if lease is None:
        raise EngineError(
            f"The engine of {wanted.alias} ended right after its start.\n"
            f"Its log is {state.with_suffix('.log')}; try again."
        )
    return lease


def _join(state: Path, wanted: Model) -> Lease | None:
    """Take a lease of the engine that the state file tells of, if it is there."""
    try:
        note = json.loads(state.read_text("ascii"))
        port, url, token = int(note["control"]), str(note["url"]), str(note["token"])
        connection = socket.create_connection(("127.0.0.1", port), _HELLO_TIMEOUT)
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return None
    with contextlib.suppress(OSError):
        connection.sendall(token.encode())
        if connection.recv(len(WELCOME)) == WELCOME:
            connection.setblocking(False)
            return Lease(url, wanted.alias, connection)
    connection.close()
    return None


@contextlib.contextmanager
def _turn(state: Path, wanted: Model, say: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other kernel is starting the same engine."""
    from filelock import FileLock, Timeout

    lock = FileLock(state.with_suffix(".lock"))
    while not lock.is_locked:
        try:
            lock.acquire(timeout=1)
        except Timeout:
            say(f"another kernel is starting {wanted.alias} …")
    try:
        yield
    finally:
        lock.release()


def _hang_up(connection: socket.socket, owner: int) -> None:
    # A forked child has a copy of the connection and must not end its parent's.
    if os.getpid() == owner:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    connection.close()
