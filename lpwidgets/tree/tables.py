"""A tree as tables.

``leaves`` has a row a text: ``leaf, position, token, token_logprob, tokens, logprob,
probability, status, text``, where ``position`` is where it leaves the texts beside it
and ``token`` the first that it has alone. ``nodes`` has a row a run: ``node, parent,
position, tokens, token, token_logprob, logprob, mass, leaves, text``; ``logprob`` is
the run's own, ``mass`` that of all from the root to its end. ``tokens`` has the columns
of `lpwidgets.frames.tables` for what is stored, ``node`` first. Log probabilities are
in nats, NaN unknown; ``parent`` is −1 at the root.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.pieces import display_text
from lpwidgets.tree.node import walk
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from lpwidgets.tree.leaf import Leaf
    from lpwidgets.tree.node import Node
    from lpwidgets.tree.texts import Texts


def to_pandas(tree: Texts, table: str) -> pd.DataFrame:
    """Return a table of a tree.

    Raises
    ------
    InputError
        There is none of that name.
    """
    make = _TABLES.get(str(table))
    if make is None:
        msg = f"there is no table {table!r}; there are: {', '.join(_TABLES)}"
        raise InputError(msg)
    return make(tree)


def _leaves(tree: Texts) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_leaf(leaf) for leaf in tree])


def _leaf(leaf: Leaf) -> dict[str, Any]:
    at, last = leaf.position, leaf.node
    known = at < len(leaf) and len(last) > 0
    return {
        "leaf": leaf.name,
        "position": at,
        "token": display_text(last.first[0]) if known else "",
        "token_logprob": float(leaf.logprobs[at]) if known else math.nan,
        "tokens": len(leaf),
        "logprob": leaf.logprob,
        "probability": leaf.probability,
        "status": str(leaf.status),
        "text": leaf.text,
    }


def _nodes(tree: Texts) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    number: dict[Node | None, int] = {None: -1}
    for node, parent in walk(tree.root):
        above = rows[number[parent]]["mass"] if parent else 0.0
        number[node] = len(rows)
        rows.append(
            {
                "node": len(rows),
                "parent": number[parent],
                "position": node.start,
                "tokens": len(node),
                "token": display_text(node.first[0]) if len(node) else "",
                "token_logprob": float(node.logprobs[0]) if len(node) else math.nan,
                "logprob": mass(node),
                "mass": above + mass(node),
                "leaves": [end.name for end in node.ends],
                "text": node.text,
            }
        )
    return pd.DataFrame(rows)


def mass(node: Node) -> float:
    """Return the log probability of a node's own run, nats, its prompt left out."""
    run = node.run
    answer = run.columns.part[run.start : run.stop] != Part.PROMPT
    return float(node.logprobs[answer].sum())


def _tokens(tree: Texts) -> pd.DataFrame:
    from lpwidgets import frames

    nodes = tree.nodes
    table = frames.to_pandas([node.tokens for node in nodes])
    starts = np.array([node.start for node in nodes])
    table["position"] += starts[table["generation"].to_numpy()]
    return table.rename(columns={"generation": "node"})


_TABLES: dict[str, Callable[[Texts], pd.DataFrame]] = {
    "leaves": _leaves,
    "nodes": _nodes,
    "tokens": _tokens,
}
