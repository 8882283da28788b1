"""A tree as the page gets it: all tokens in one table, and where each run has its own.

The table only grows, so that what is open, folded or has the focus in the page stays
what it is: a token is known by its row. The structure lists the nodes, parents first:
``parent`` (−1 at the root), ``position`` of the first token, ``runs`` of rows
``[start, stop, start, stop, …]``; and ``leaves``, the texts, by the node they end in.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.generation import Generation
from lpwidgets.meta import Meta, Status
from lpwidgets.tree.leaf import Leaf
from lpwidgets.tree.node import ends_of, walk
from lpwidgets.tree.rows import differing, shared
from lpwidgets.tree.sheet import Run, Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.analysis.findings import Finding
    from lpwidgets.columns import Columns
    from lpwidgets.tree.node import End, Node, Path

_TONES = {
    Status.STREAMING: "busy",
    Status.COMPLETE: "good",
    Status.ERROR: "error",
    Status.TRUNCATED: "error",
}


class _Placed(NamedTuple):
    """Columns, held so that their identity stays theirs, and the row of each token."""

    columns: Columns
    rows: NDArray[np.int64]


class _Table(Generation):
    """Tokens of many texts, of which as a whole there is nothing to find."""

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Nothing."""
        return ()


class Layout:
    """Where the tokens of a tree are in the page's table."""

    def __init__(self) -> None:
        self._sheet = Sheet()
        self._placed: dict[int, _Placed] = {}
        self._by_name: dict[str, tuple[int, _Placed]] = {}

    @property
    def table(self) -> Generation:
        """All tokens that were ever placed."""
        return _Table(self._sheet.columns(), Meta(status=Status.COMPLETE))

    def place(self, root: Node) -> dict[str, Any]:
        """Give each token that is new a row, and return the structure."""
        nodes = list(walk(root))
        number = {id(node): k for k, (node, _) in enumerate(nodes)}
        return {
            "parent": [number[id(above)] if above else -1 for _, above in nodes],
            "position": [node.start for node, _ in nodes],
            "runs": [_runs(self._rows(node)) for node, _ in nodes],
            "leaves": [
                _leaf(end, path, number[id(path[-1])]) for end, path in ends_of(root)
            ],
        }

    def _rows(self, node: Node) -> NDArray[np.int64]:
        run = node.run
        found = self._placed.get(id(run.columns))
        if found is None:
            found = self._add(node)
            self._placed[id(run.columns)] = found
        return found.rows[run.start : run.stop]

    def _add(self, node: Node) -> _Placed:
        columns = node.run.columns
        name = node.ends[0].name if node.ends and not node.children else ""
        start, before = self._by_name.get(name, (-1, None))
        rows = np.zeros(0, dtype=np.int64)
        if before and start == node.start:  # it grew, or ended
            rows = before.rows[: self._unchanged(before, columns)]
            self._placed.pop(id(before.columns), None)
        begin = self._sheet.extend(Run(columns, len(rows), len(columns)))
        new = np.arange(begin, begin + len(columns) - len(rows))
        placed = _Placed(columns, np.concatenate([rows, new]))
        if name:
            self._by_name[name] = node.start, placed
        return placed

    def _unchanged(self, before: _Placed, columns: Columns) -> int:
        """Return how many tokens are to the bit what they were."""
        old, new = (Run(one, 0, len(one)) for one in (before.columns, columns))
        count = shared(old, new)
        other = differing(Run(old.columns, 0, count), Run(columns, 0, count))
        return int(other[0]) if len(other) else count


def _runs(rows: NDArray[np.int64]) -> list[int]:
    """Return rows as starts and stops of those that follow each other."""
    cuts = np.flatnonzero(np.diff(rows) != 1) + 1
    if not len(rows):
        return []
    starts, stops = rows[[0, *cuts]], rows[[*(cuts - 1), -1]] + 1
    return [int(value) for value in np.stack([starts, stops], axis=1).ravel()]


def _leaf(end: End, path: Path, node: int) -> dict[str, Any]:
    mass = Leaf(path, end).logprob
    return {
        "node": node,
        "name": end.name,
        "status": str(end.meta.status),
        "tone": _TONES.get(end.meta.status, "warning"),
        "logprob": None if math.isnan(mass) else mass,
    }
