"""Branches that grow at once: shown while they stream, kept whatever ends them."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.client.client import Client
from lpwidgets.client.loop import Job
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.meta import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lpwidgets.client.branching import Branching
    from lpwidgets.tree.leaf import Leaf
    from lpwidgets.tree.state import State
    from lpwidgets.tree.tree import Tree

_FRAME_SECONDS = 0.05
"""At most 20 looks a second: Jupyter drops what comes much faster."""


class Growth:
    """Branches of one text, ready to grow.

    Parameters
    ----------
    state
        The tree that they go into.
    client
        Who made the text.
    leaf
        The text.
    forks
        Of each branch its position and its token.
    names
        What they are to be called, as far as it is said.
    options
        As for `lpwidgets.Client.branch`.

    Raises
    ------
    InputError
        Something of it cannot be meant; nothing was asked yet.
    """

    def __init__(
        self,
        state: State,
        client: Client,
        leaf: Leaf,
        forks: Sequence[tuple[int, Any]],
        *,
        names: Sequence[str] = (),
        options: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        if not isinstance(client, Client):
            msg = (
                f"an lp.Client grows branches, not {type(client).__name__}; with an "
                "AsyncClient: tree.add(await client.branch(gen, position, token))"
            )
            raise InputError(msg)
        self._state, self._client = state, client
        pairs = [_pair(fork) for fork in forks]
        if not pairs:
            msg = "there is nothing to grow: pass pairs such as [(3, ' sea')]"
            raise InputError(msg)
        gen = leaf.generation
        works = [client.branching(gen, *pair, **options) for pair in pairs]
        self._ready, self._names = works, names
        self._works: dict[str, Branching] = {}
        self._jobs: dict[str, Job[Generation]] = {}
        self._changed = threading.Event()
        self._stopped = False
        self.errors: list[Exception] = []

    def start(self) -> None:
        """Begin all of them.

        Raises
        ------
        InputError
            A name is taken.
        """
        names = self._state.reserve(self._names, len(self._ready))
        self._works = dict(zip(names, self._ready, strict=True))
        self._client.transport.prepare()
        for name, work in self._works.items():
            self._jobs[name] = Job(work.run(), self._changed.set).start()

    def stop(self) -> None:
        """Tell them to end where they are."""
        self._stopped = True
        self._changed.set()

    def follow(self) -> bool:
        """Show what there is, and wait a moment; return whether they still grow.

        Raises
        ------
        KeyboardInterrupt
            The wait was interrupted.
        """
        works = self._works.items()
        snapshots = {name: work.answer() for name, work in works if work.has_tokens}
        self._state.follow(snapshots)
        job = next(iter(self._jobs.values()))
        if job.attend(self._changed, _FRAME_SECONDS):
            self._changed.clear()
        return not (self._stopped or all(one.over for one in self._jobs.values()))

    def settle(self) -> list[str]:
        """End what still grows, put all that came into the tree, return its names."""
        results = {name: self._result(name) for name in self._works}
        came = {name: one for name, one in results.items() if one is not None}
        if came:
            self._client.last = list(came.values())[-1]
        return self._state.settle(self._works, came)

    def _result(self, name: str) -> Generation | None:
        work, job = self._works[name], self._jobs.get(name)
        failure: Exception | None = None
        if job and job.over:
            try:
                return job.wait()
            except Exception as error:  # noqa: BLE001 — raised when all is kept
                failure = error
                self.errors.append(error)
        elif job:
            job.cancel()
        if not work.has_tokens:
            return None
        landed = work.land()
        return _failed(landed, failure) if failure else landed


def _failed(branch: Generation, failure: Exception) -> Generation:
    meta = msgspec.structs.replace(branch.meta, status=Status.ERROR, error=str(failure))
    return Generation(branch.columns, meta, branch.texts)


def grown(growth: Growth, tree: Tree, *, show: bool | None) -> list[str]:
    """Grow branches to their end, and return the names of those in the tree.

    Raises
    ------
    LpError
        One of them failed; the others, and what came of it, are in the tree.
    """
    with _shown(tree, show=show):
        try:
            growth.start()
            while growth.follow():
                pass
        finally:
            names = growth.settle()
    if growth.errors:
        raise growth.errors[0]
    return names


@contextmanager
def _shown(tree: Tree, *, show: bool | None) -> Iterator[None]:
    """Show a tree in this cell's output, and leave its last state there."""
    if show is None:
        show = _in_notebook() and not tree.state.watchers
    if not show:
        yield
        return
    from IPython.display import DisplayHandle

    from lpwidgets.display.tree_widget import TreeWidget

    widget, handle = TreeWidget(tree), DisplayHandle()
    handle.display(widget)
    try:
        yield
    finally:
        widget.live = False
        handle.update(widget)


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython.core.getipython")
    return bool(shell and hasattr(shell.get_ipython(), "kernel"))


def _pair(fork: Any) -> tuple[Any, Any]:
    if not isinstance(fork, tuple | list) or len(fork) != 2:  # noqa: PLR2004
        msg = f"{fork!r:.40} is no fork: pass pairs of a position and a token"
        raise InputError(msg)
    return fork[0], fork[1]
