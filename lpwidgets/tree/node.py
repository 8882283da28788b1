"""The nodes of a tree: immutable, so that a change shares what it leaves as it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.generation import Generation
from lpwidgets.meta import Meta, Status
from lpwidgets.pieces import display_text
from lpwidgets.tree.sheet import Run, gathered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from lpwidgets.columns import Columns
    from lpwidgets.wire.records import Part

Path = tuple["Node", ...]
"""From the root to a node."""


class Own(NamedTuple):
    """The rows of one text whose values are not those that the tree keeps there."""

    positions: NDArray[np.int64]
    columns: Columns


class End(NamedTuple):
    """Where a text of the tree ends, with what it has beside its tokens.

    ``texts`` has of each part what the server sent: where that is a stretch of what the
    tokens spell, only its start and stop.
    """

    name: str
    meta: Meta
    texts: Mapping[Part, str | tuple[int, int]] | None
    own: Own | None = None


@dataclass(frozen=True, eq=False)
class Node:
    """A run of tokens that every text below it goes through.

    Attributes
    ----------
    run
        The tokens, which may be part of a longer run.
    start
        The position of the first.
    children
        What follows: first the text that was here first, then its branches.
    ends
        The texts that end here.
    """

    run: Run
    start: int
    children: tuple[Node, ...] = ()
    ends: tuple[End, ...] = ()

    def __len__(self) -> int:
        return len(self.run)

    @property
    def stop(self) -> int:
        """The position after the last token."""
        return self.start + len(self.run)

    @property
    def tokens(self) -> Generation:
        """Its tokens, as a slice of a generation."""
        rows = self.run.columns.take(np.arange(self.run.start, self.run.stop))
        return Generation(rows, Meta(status=Status.COMPLETE))

    @property
    def text(self) -> str:
        """What its tokens spell."""
        pieces, codes = self.run.columns.pieces, self.run.columns.token
        own = codes[self.run.start : self.run.stop]
        return display_text(b"".join(pieces[code] for code in own))

    @property
    def logprobs(self) -> NDArray[np.float64]:
        """Log probabilities of its tokens, nats, shape (n,); NaN unknown."""
        values: NDArray[np.float64] = self.run.columns.logprob[
            self.run.start : self.run.stop
        ]
        return values

    @cached_property
    def first(self) -> tuple[bytes, int]:
        """The bytes and the id of its first token."""
        columns, start = self.run.columns, self.run.start
        return columns.pieces[columns.token[start]], int(columns.token_id[start])

    def split(self, count: int) -> tuple[Node, Node]:
        """Return its first `count` tokens without what follows, and the rest."""
        middle = self.run.start + count
        rest = replace(
            self, run=replace(self.run, start=middle), start=self.start + count
        )
        return Node(replace(self.run, stop=middle), self.start), rest

    def __repr__(self) -> str:
        facts = [f"tokens {self.start} to {self.stop}", repr(self.text)[:40]]
        facts += [f"{len(self.children)} branches"] if self.children else []
        return f"<Node {' · '.join(facts)}>"


def walk(root: Node) -> Iterator[tuple[Node, Node | None]]:
    """Yield each node with its parent, parents first, children in order."""
    waiting: list[tuple[Node, Node | None]] = [(root, None)]
    while waiting:
        node, parent = waiting.pop()
        yield node, parent
        waiting += [(child, node) for child in reversed(node.children)]


def ends_of(root: Node) -> list[tuple[End, Path]]:
    """Return every text's end with the path to it, in the order of the tree."""
    parents = {id(node): parent for node, parent in walk(root)}
    ending = [node for node, _ in walk(root) if node.ends]
    return [(end, _path(node, parents)) for node in ending for end in node.ends]


def _path(node: Node | None, parents: Mapping[int, Node | None]) -> Path:
    path = []
    while node is not None:
        path.append(node)
        node = parents[id(node)]
    return tuple(reversed(path))


def with_last(path: Path, new: Node | None) -> Node | None:
    """Return the root after the last node of a path was replaced, or taken away.

    What then has one child and no end of its own becomes one run with it.
    """
    old, node = path[-1], tidy(new)
    for parent in reversed(path[:-1]):
        children = [node if child is old else child for child in parent.children]
        kept = tuple(child for child in children if child is not None)
        old, node = parent, tidy(replace(parent, children=kept))
    return node


def tidy(node: Node | None) -> Node | None:
    """Return a node without what means nothing: no text, or a fork of one branch."""
    if node is None or node.ends or len(node.children) > 1:
        return node
    if not node.children:
        return None
    (child,) = node.children
    a, b = node.run, child.run
    if a.columns is b.columns and a.stop == b.start:
        run = replace(a, stop=b.stop)
    else:
        run = Run(gathered([a, b]), 0, len(a) + len(b)) if len(a) else b
    return replace(child, run=run, start=node.start)
