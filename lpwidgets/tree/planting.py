"""Putting a text into a tree: where it leaves, what it shares, what is its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.tree.node import End, Node, Own, with_last
from lpwidgets.tree.rows import differing, shared
from lpwidgets.tree.sheet import Run, gathered
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation
    from lpwidgets.tree.node import Path

_ASKED = (
    *("messages", "prompt", "input", "inputs", "text", "contents"),
    *("system", "instructions", "system_instruction", "systemInstruction"),
)
"""Parameters that say what was asked."""

_SHOWN = 40
"""Characters of a prompt in a message."""


def root_of(gen: Generation) -> Node:
    """Return a tree's first node."""
    return Node(Run(gathered([_whole(gen)]), 0, len(gen)), 0)


def planted(root: Node, gen: Generation, name: str) -> tuple[Node, Path]:
    """Return the root and the path to the end of a text that was added.

    Raises
    ------
    InputError
        Its prompt is another one.
    """
    whole, path, own, at = _whole(gen), [root], [], 0
    while True:
        run, left = path[-1].run, Run(whole.columns, at, whole.stop)
        count = shared(run, left)
        same = [Run(one.columns, one.start, one.start + count) for one in (run, left)]
        own.append(at + differing(*same))
        at += count
        child = _child(path[-1], whole, at) if count == len(path[-1]) else None
        if child is None:
            break
        path.append(child)
    _check_prompt(path[-1], whole, count, at)
    end = _end(gen, name, np.concatenate(own))
    return _grafted(tuple(path), count, replace(whole, start=at), end)


def _whole(gen: Generation) -> Run:
    return Run(gen.columns, 0, len(gen))


def _child(node: Node, whole: Run, at: int) -> Node | None:
    """Return the child that begins with a text's token at a position."""
    if at == whole.stop:
        return None
    columns = whole.columns
    piece, token = columns.pieces[columns.token[at]], int(columns.token_id[at])
    for child in node.children:
        text, number = child.first
        if text == piece and (number == token or min(number, token) < 0):
            return child
    return None


def _grafted(path: Path, count: int, rest: Run, end: End) -> tuple[Node, Path]:
    """Return the root and the path when a text leaves the last node after `count`."""
    node = path[-1]
    children = node.children
    if count < len(node):
        node, tail = node.split(count)
        children = (tail,)
    leaves: Path = ()
    if len(rest):
        run = Run(gathered([rest]), 0, len(rest))
        leaves = (Node(run, rest.start, ends=(end,)),)
        new = replace(node, children=(*children, *leaves))
    else:
        new = replace(node, children=children, ends=(*node.ends, end))
    root = with_last(path, new)
    assert root is not None  # noqa: S101 — it has just got a text
    return root, (*_again(root, path), *leaves)


def _again(root: Node, path: Path) -> Path:
    """Return the nodes that stand in a root where those of a path stood."""
    found = [root]
    for parent, child in pairwise(path):
        found.append(found[-1].children[parent.children.index(child)])
    return tuple(found)


def _end(gen: Generation, name: str, positions: NDArray[np.int64]) -> End:
    own = None
    if len(positions):
        own = Own(
            positions, gathered([Run(gen.columns.take(positions), 0, len(positions))])
        )
    texts = None
    if gen.texts is not None:
        texts = {part: _said(gen, part, text) for part, text in gen.texts.items()}
    return End(name, gen.meta, texts, own)


def _said(gen: Generation, part: Part, text: str) -> str | tuple[int, int]:
    """Return a text as a stretch of what its tokens spell, if it is one."""
    start = spelled(gen, part).find(text)
    return text if start < 0 else (start, start + len(text))


def spelled(gen: Generation, part: Part) -> str:
    """Return what the tokens of a part spell, U+FFFD for bytes that are no text."""
    return gen.bytes_of(part).decode("utf-8", "replace")


def _check_prompt(node: Node, whole: Run, count: int, at: int) -> None:
    """Refuse a text that leaves the tree inside of the prompt."""
    columns, place = node.run.columns, node.run.start + count
    parts = [child.run.columns.part[child.run.start] for child in node.children]
    if count < len(node):
        parts = [columns.part[place]]
    if at < whole.stop:
        parts.append(whole.columns.part[at])
    if Part.PROMPT in parts:
        msg = f"its prompt is another one from token {at} on: make a Tree of its own"
        raise InputError(msg)


def check_question(one: Generation, other: Generation) -> None:
    """Refuse two texts that answer different questions, as far as they tell.

    Raises
    ------
    InputError
        Model or prompt are others.
    """
    a, b = one.meta, other.meta
    if a.model and b.model and a.model != b.model:
        msg = f"the tree is of {a.model!r}, this text of {b.model!r}"
        raise InputError(f"{msg}: a tree has one model, make another Tree")
    asked, also = (
        {k: m.parameters[k] for k in _ASKED if k in m.parameters} for m in (a, b)
    )
    if asked and also and asked != also:
        msg = f"the tree answers {_shown(asked)}, this text {_shown(also)}"
        raise InputError(f"{msg}: a tree has one prompt, make another Tree")


def _shown(asked: dict[str, object]) -> str:
    value = next(iter(asked.values()))
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        value = value[-1].get("content", value)
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
