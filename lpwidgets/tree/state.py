"""What a tree is now and was before, what still grows in it, and what looks at it."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from lpwidgets.errors import InputError
from lpwidgets.tree.node import walk
from lpwidgets.tree.planting import check_question, planted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lpwidgets.generation import Generation
    from lpwidgets.tree.node import Node

_UNDONE = 100
"""Changes that can be undone; each keeps what the tree was before."""


class State:
    """The state of a tree; `lock` is held while it changes.

    Parameters
    ----------
    first
        A generation without tokens whose ``meta`` has the tree's prompt and model.
    root
        The first node.
    """

    def __init__(self, first: Generation, root: Node) -> None:
        self.lock = threading.RLock()
        self.first = first
        self.watchers: WeakSet[Any] = WeakSet()
        """What shows the tree; each is told of a change by its ``refresh()``."""
        self._before: deque[Node] = deque(maxlen=_UNDONE)
        self._growing: dict[str, Generation | None] = {}
        self._set(root)

    def _set(self, root: Node) -> None:
        self.root = root
        self.names = {end.name for node, _ in walk(root) for end in node.ends}

    def change(self, root: Node | None) -> None:
        """Go on with another root.

        Raises
        ------
        InputError
            There is none left.
        """
        if root is None:
            msg = "that is all of the tree: make another lp.Tree instead"
            raise InputError(msg)
        self._before.append(self.root)
        self._set(root)
        self.refresh()

    def plant(self, named: Iterable[tuple[Generation, str]]) -> list[str]:
        """Add texts in one step, and return their names.

        Raises
        ------
        InputError
            One answers another prompt, or its name is taken; none is added then.
        """
        with self.lock:
            root, names = self.root, list[str]()
            for generation, name in named:
                check_question(self.first, generation)
                names.append(self.free(name, names))
                root, _ = planted(root, generation, names[-1])
            if names:
                self._before.append(self.root)
                self.root = root
                self.names |= {*names}
                self.refresh()
            return names

    def undo(self) -> None:
        """Go back to what was before the last change.

        Raises
        ------
        InputError
            Nothing was.
        """
        with self.lock:
            if not self._before:
                msg = f"nothing to undo: a tree keeps its last {_UNDONE} changes"
                raise InputError(msg)
            self._set(self._before.pop())
            self.refresh()

    def free(self, name: str, also: Sequence[str] = ()) -> str:
        """Return a name, the next free number if it is empty.

        Raises
        ------
        InputError
            It is taken, or no text.
        """
        if not isinstance(name, str):
            msg = f"name={name!r:.40}: a name is text, such as 'sea'"
            raise InputError(msg)
        taken = {*self._growing, *also}
        if name in taken or name in self.names:
            msg = f"there is a leaf {name!r} already: take another name"
            raise InputError(msg)
        number = len(self.names) + len(taken) + 1
        while str(number) in taken or str(number) in self.names:
            number += 1
        return name or str(number)

    def reserve(self, names: Sequence[str], count: int) -> list[str]:
        """Promise so many names to texts that will grow: those given, then numbers.

        Raises
        ------
        InputError
            One is taken, or there are too many.
        """
        if len(names) > count:
            msg = f"{len(names)} names for {count} branches: at most one each"
            raise InputError(msg)
        found: list[str] = []
        with self.lock:
            for name in [*names, *[""] * (count - len(names))]:
                found.append(self.free(name, found))
            self._growing |= dict.fromkeys(found)
        return found

    def follow(self, snapshots: Mapping[str, Generation]) -> None:
        """Show texts that still grow, by the names that they were promised."""
        with self.lock:
            self._growing |= snapshots
        self.refresh()

    def settle(self, names: Iterable[str], came: Mapping[str, Generation]) -> list[str]:
        """Add what came of the texts that grew, and return its names."""
        with self.lock:
            for name in names:
                self._growing.pop(name, None)
            if not came:
                self.refresh()
            return self.plant((one, name) for name, one in came.items())

    @property
    def growing(self) -> set[str]:
        """The names of the texts that still grow."""
        return {*self._growing}

    @property
    def shown(self) -> Node:
        """The root with the texts that still grow."""
        with self.lock:
            root = self.root
            for name, generation in self._growing.items():
                if generation is not None:
                    root, _ = planted(root, generation, name)
            return root

    def refresh(self) -> None:
        """Tell everything that shows the tree to look again."""
        for watcher in list(self.watchers):
            watcher.refresh()
