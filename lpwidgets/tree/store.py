"""A tree as one Parquet file: a row a run and a row a text, the structure beside them.

The rows are written as `lpwidgets.frames` writes generations: first one without tokens
for the prompt, then the runs in the order of the tree, then for each text what it has
beside the runs. How they belong together is JSON in the file's metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from lpwidgets import frames
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.tree.node import End, Node, Own, walk
from lpwidgets.tree.sheet import Run, Sheet
from lpwidgets.tree.state import State
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_KEY = b"lpwidgets.tree"


class _Text(msgspec.Struct):
    """A text: where it ends; ``spelled`` has stretches of what its tokens spell."""

    name: str
    node: int
    positions: list[int]
    spelled: dict[int, tuple[int, int]] | None


class _Structure(msgspec.Struct):
    version: int
    parents: list[int]
    texts: list[_Text]


def save(state: State, path: Path) -> None:
    """Write a tree.

    Raises
    ------
    MissingPackageError
        PyArrow is not installed.
    """
    frames.needed("pyarrow", "arrow")
    import pyarrow.parquet as pq

    from lpwidgets.frames import nested

    number: dict[Node | None, int] = {None: -1}
    parents, runs, texts, rests = [], list[Generation](), [], list[Generation]()
    for node, parent in walk(state.root):
        number[node] = len(runs)
        parents.append(number[parent])
        runs.append(node.tokens)
        texts += [_text(end, number[node]) for end in node.ends]
        rests += [_rest(end) for end in node.ends]
    table = nested.table_of([state.first, *runs, *rests])
    structure = msgspec.json.encode(_Structure(1, parents, texts))
    metadata = {**(table.schema.metadata or {}), _KEY: structure}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")


def _text(end: End, node: int) -> _Text:
    positions = end.own.positions.tolist() if end.own else []
    spelled = None
    if end.texts is not None:
        stretches = end.texts.items()
        spelled = {int(part): s for part, s in stretches if isinstance(s, tuple)}
    return _Text(end.name, node, positions, spelled)


def _rest(end: End) -> Generation:
    columns = end.own.columns if end.own else Sheet().columns()
    texts = None
    if end.texts is not None:
        texts = {part: s for part, s in end.texts.items() if isinstance(s, str)}
    return Generation(columns, end.meta, texts)


def load(path: Path) -> State:
    """Read a tree.

    Raises
    ------
    InputError
        It is no such file.
    MissingPackageError
        PyArrow is not installed.
    """
    rows = frames.read_parquet(path)
    import pyarrow.parquet as pq

    found = (pq.read_schema(path).metadata or {}).get(_KEY)
    try:
        structure = msgspec.json.decode(found or b"", type=_Structure)
        return _state(structure, rows)
    except (msgspec.DecodeError, IndexError, ValueError):
        msg = f"{str(path)[:80]!r} holds no tree; lp.read gives what is in it"
        raise InputError(msg) from None


def _state(structure: _Structure, rows: Sequence[Generation]) -> State:
    count = len(structure.parents)
    first, runs, rests = rows[0], rows[1 : 1 + count], rows[1 + count :]
    ends: list[list[End]] = [[] for _ in runs]
    for text, rest in zip(structure.texts, rests, strict=True):
        ends[text.node].append(_end(text, rest))
    starts, children = [0] * count, [list[Node]() for _ in runs]
    for k, parent in enumerate(structure.parents[1:], 1):
        starts[k] = starts[parent] + len(runs[parent])
    for k in reversed(range(count)):
        run = Run(runs[k].columns, 0, len(runs[k]))
        below = tuple(reversed(children[k]))
        node = Node(run, starts[k], below, tuple(ends[k]))
        if k:
            children[structure.parents[k]].append(node)
    return State(first, node)


def _end(text: _Text, rest: Generation) -> End:
    own = None
    if text.positions:
        own = Own(np.array(text.positions, dtype=np.int64), rest.columns)
    texts: dict[Part, str | tuple[int, int]] | None = None
    if text.spelled is not None:
        texts = {**(rest.texts or {})}
        texts |= {Part(part): s for part, s in text.spelled.items()}
    return End(text.name, rest.meta, texts, own)
