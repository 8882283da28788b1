"""JSON answers as trees: each value in its place, and how sure the model was of it."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from lpwidgets.analysis.fields import answers_of, table
from lpwidgets.analysis.json_schema import is_constrained
from lpwidgets.analysis.json_values import parse_path, path_text
from lpwidgets.pieces import display_text, well_formed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpwidgets.analysis.json_answers import Answer
    from lpwidgets.analysis.json_paths import Node
    from lpwidgets.analysis.json_values import Path
    from lpwidgets.generation import Generation

    Row = dict[Any, Any]

LONGEST = 400
"""Characters of a value or key; what is longer ends in an ellipsis."""


class Entry(Struct, frozen=True, omit_defaults=True):
    """A value, or a container before what it holds.

    Parameters
    ----------
    depth
        0 for what the document holds itself.
    key
        In an object a string, in an array an index, None for a document of one value.
    path
        As in `lpwidgets.analysis.fields`.
    type
        As JSON calls it; empty for what is missing.
    text
        The value as JSON, none of a container.
    size
        How many values a container holds.
    logprob
        Nats, None unknown; of a container that of the least likely value in it.
    start, stop
        Its tokens: the first, and the one after the last.
    weakest, decided
        The tokens with the least probability, and where its possible values part; −1
        unknown.
    distribution
        Possible values as JSON, and the probability of each.
    unattributed
        The probability that no value could be given.
    repeats
        How often its key comes in its object.
    last
        Whether it is the last of them, which counts for JSON parsers.
    forced
        Whether it was said for the model.
    problem
        As in `lpwidgets.analysis.fields`.
    """

    depth: int
    key: str | int | None
    path: str
    type: str = ""
    text: str = ""
    size: int = 0
    logprob: float | None = None
    start: int = -1
    stop: int = -1
    weakest: int = -1
    decided: int = -1
    distribution: list[tuple[str, float]] = []
    unattributed: float | None = None
    repeats: int = 1
    last: bool = True
    forced: bool = False
    problem: str = ""


class Tree(Struct, frozen=True, omit_defaults=True):
    """The entries of one answer.

    ``least`` is the entry that the model was least sure of, −1 without one. ``said`` is
    how an answer begins that holds no JSON; ``constrained`` that a request restricted
    what could be said; ``complete`` is False if the document was cut off.
    """

    entries: list[Entry] = []
    least: int = -1
    said: str = ""
    constrained: bool = False
    complete: bool = True


@dataclass(slots=True)
class _Branch:
    path: Path
    type: str = ""
    row: Row | None = None
    text: str = ""
    problem: str = ""
    children: list[_Branch] = field(default_factory=list)

    def least(self) -> float | None:
        """Return the least log probability of a value in it that is known."""
        if self.row is not None:
            return _known(self.row["logprob"])
        found = [one.least() for one in self.children]
        return min((value for value in found if value is not None), default=None)


def trees(generations: Sequence[Generation], schema: Any = None) -> list[Tree]:
    """Return the JSON of each answer as a tree; see `Generation.fields`.

    Raises
    ------
    InputError
        The schema is none.
    """
    answers = answers_of(generations, schema)
    rows = table(answers).to_dict("records")
    grouped = groupby(rows, key=lambda row: row["generation"])
    of = {number: list(some) for number, some in grouped}
    return [_tree(answer, of.get(k, [])) for k, answer in enumerate(answers)]


def _tree(answer: Answer, rows: list[Row]) -> Tree:
    logprob = answer.generation.columns.logprob
    entries = list(_entries(_grown(answer, rows), 0, logprob))
    values = [(one.logprob, k) for k, one in enumerate(entries) if one.stop >= 0]
    known = [(value, k) for value, k in values if value is not None]
    return Tree(
        entries,
        min(known, default=(0.0, -1))[1],
        "" if answer.nodes else _short(well_formed(answer.generation.text)),
        is_constrained(answer.generation.meta.parameters),
        not answer.nodes or answer.nodes[0].complete,
    )


def _grown(answer: Answer, rows: list[Row]) -> list[_Branch]:
    """Return the branches at the root; the document's own brackets are none."""
    root = _Branch(())
    places: dict[Path, _Branch] = {(): root}
    above = [root]
    left = iter(rows)
    for node in answer.nodes:
        if node.is_leaf:
            row = next(left)
            text = _text(answer, node, row)
            branch = _Branch(node.path, node.type, row, text)
        elif node.path:
            problem = "" if node.complete else "cut off"
            branch = _Branch(node.path, node.type, problem=problem)
        else:
            continue
        del above[max(1, len(node.path)) :]
        above[-1].children.append(branch)
        if not node.is_leaf:
            above.append(branch)
            places.setdefault(node.path, branch)
    for row in left:  # what is missing
        path = parse_path(row["path"])
        places.get(path[:-1], root).children.append(_Branch(path, row=row))
    return root.children


def _entries(branches: list[_Branch], depth: int, logprob: Any) -> Iterator[Entry]:
    times = Counter(one.path for one in branches)
    last = {one.path: one for one in branches}
    for one in branches:
        again = {"repeats": times[one.path], "last": last[one.path] is one}
        yield _entry(one, depth, logprob, again)
        yield from _entries(one.children, depth + 1, logprob)


def _entry(branch: _Branch, depth: int, logprob: Any, again: dict[str, Any]) -> Entry:
    row, key = branch.row, branch.path[-1] if branch.path else None
    place = {
        "depth": depth,
        "key": _short(key) if isinstance(key, str) else key,
        "path": _short(path_text(branch.path)),
        "type": branch.type,
        "logprob": branch.least(),
        **again,
    }
    if row is None:
        return Entry(**place, size=len(branch.children), problem=branch.problem)
    start, stop = row["start"], row["stop"]
    known = not math.isnan(row["min_logprob"])
    return Entry(
        **place,
        text=_short(branch.text),
        start=start,
        stop=stop,
        weakest=start + int(np.argmin(logprob[start:stop])) if known else -1,
        decided=row["decided_at"],
        distribution=[(_json(v), p) for v, p in (row["distribution"] or {}).items()],
        unattributed=_known(row["unattributed"]),
        forced=row["forced"],
        problem=row["problem"],
    )


def _text(answer: Answer, node: Node, row: Row) -> str:
    """Return a value as JSON, as far as it came."""
    if node.complete:
        return _json(row["value"])
    return display_text(answer.layout.data[node.start : node.stop])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
