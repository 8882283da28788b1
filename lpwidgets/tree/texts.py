"""What can be asked of a tree: its runs, its texts, where they part."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from lpwidgets.errors import InputError
from lpwidgets.tree.leaf import Leaf, Parting, compared
from lpwidgets.tree.node import Node, ends_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from lpwidgets.tree.node import Path
    from lpwidgets.tree.state import State

_SHOWN = 40
"""Characters of the text in a repr."""

_NAMED = 6
"""Leaves that a message lists."""


class Texts:
    """The texts of a tree, and the runs that they go through."""

    state: State

    @property
    def root(self) -> Node:
        """The run that all texts begin with, empty if they share nothing."""
        return self.state.root

    @property
    def leaves(self) -> list[Leaf]:
        """All texts, in the order of the tree."""
        return [Leaf(path, end) for end, path in ends_of(self.root)]

    @property
    def nodes(self) -> list[Node]:
        """All runs, parents first."""
        return [node for node, _ in walk(self.root)]

    @property
    def token_count(self) -> int:
        """How many tokens are stored."""
        return sum(map(len, self.nodes))

    def leaf(self, name: str | Leaf) -> Leaf:
        """Return the text of a name.

        Raises
        ------
        InputError
            There is no such leaf; the message lists some that are.
        """
        wanted = name.name if isinstance(name, Leaf) else name
        if wanted in self:
            return next(leaf for leaf in self if leaf.name == wanted)
        if wanted in self.state.growing:
            msg = f"leaf {wanted!r} is still growing: ask again when it has ended"
            raise InputError(msg)
        names = [leaf.name for leaf in self]
        near = get_close_matches(str(wanted), names, 3) or names[:_NAMED]
        listed = ", ".join([*map(repr, near), *["…"][: len(names) - len(near)]])
        raise InputError(f"there is no leaf {wanted!r:.40}; there are: {listed}")

    def path(self, leaf: str | Leaf) -> Path:
        """Return the nodes from the root to the one in which a text ends.

        Raises
        ------
        InputError
            There is no such leaf.
        """
        return self.leaf(leaf).path

    def __iter__(self) -> Iterator[Leaf]:
        return iter(self.leaves)

    def __len__(self) -> int:
        return len(self.state.names)

    def __contains__(self, name: object) -> bool:
        return (name.name if isinstance(name, Leaf) else name) in self.state.names

    def compare(self, a: str | Leaf, b: str | Leaf) -> Parting:
        """Return where two texts part, and the token of each there.

        Raises
        ------
        InputError
            There is no such leaf.
        """
        with self.state.lock:
            return compared(self.leaf(a), self.leaf(b))

    def to_pandas(self, table: str = "leaves") -> pd.DataFrame:
        """Return a DataFrame; `lpwidgets.tree.tables` names its columns.

        Parameters
        ----------
        table
            ``"leaves"``: a row a text; ``"nodes"``: a row a run; ``"tokens"``: a row a
            stored token.

        Raises
        ------
        InputError
            There is no such table.
        """
        from lpwidgets.tree import tables

        return tables.to_pandas(self, table)

    def __repr__(self) -> str:
        text = next((node.text for node in self.nodes if len(node)), "")
        shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        texts = f"{len(self):,} text{'s' * (len(self) != 1)}"
        return f"<Tree {texts} · {self.token_count:,} tokens · {shown!r}>"
