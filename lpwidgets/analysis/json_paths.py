r"""Where in some bytes each value of a JSON document stands, however broken it is.

An answer is scanned, not parsed: fences, prose and reasoning around the document are
passed over, what was cut off counts as far as it came, a key that comes twice is there
twice, a comma too many or missing between two keys is forgiven. Of several documents in
a text it is the last that is at least half as long as the longest. Time is linear in
the bytes.

A path is written ``$.a.b[0]['x y']``, as in JSONPath (RFC 9535).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from lpwidgets.analysis.json_values import LITERALS, Path, text_of

_DEEPEST = 200
"""Levels of a document; what is nested deeper ends it."""

_TOKEN = re.compile(
    rb"""[ \t\r\n]*(?:
     (?P<string>"(?:[^"\\]|\\.)*(?P<closed>")?)
    |(?P<number>-?\d+(?:\.\d*)?(?:[eE][-+]?\d*)?|-?Infinity|NaN|-\Z)
    |(?P<literal>true|false|null|(?:tru?|t|fals?|fal?|f|nul?|n)\Z)
    |(?P<sign>[][{},:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_OPENING = re.compile(rb"[{[]")
_THOUGHTS = re.compile(rb"\A.*</think(?:ing)?>", re.DOTALL)
_FENCE = re.compile(rb"```[\w-]*[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)


class Node(NamedTuple):
    """A value of a document.

    ``start`` and ``stop`` are bytes, the quotes of a string included. ``type`` is one
    of JSON's: object, array, string, number, boolean, null. ``complete`` is False for
    what was cut off, and for a number that more digits could have followed.
    """

    path: Path
    start: int
    stop: int
    type: str
    complete: bool
    empty: bool = False

    @property
    def is_leaf(self) -> bool:
        """Whether it holds no other value."""
        return self.empty or self.type not in {"object", "array"}


def scan(data: bytes) -> list[Node]:
    """Return every value of the document in `data`, a container before what it holds.

    An empty list if there is no JSON.

    >>> [node.path for node in scan(b'So: {"a": [1, tr')]
    [(), ('a',), ('a', 0), ('a', 1)]
    """
    thoughts = _THOUGHTS.match(data)
    begin = thoughts.end() if thoughts else 0
    scalar = _scalar(data, begin)
    if scalar:
        return [scalar]
    documents, at = [], begin
    while opening := _OPENING.search(data, at):
        document = _Document(data, opening.start())
        at = max(document.at, opening.end())
        if document.nodes:
            documents.append(document.nodes)
    if not documents:
        return []
    most = max(map(_size, documents))
    return [nodes for nodes in documents if 2 * _size(nodes) >= most][-1]


def _size(nodes: list[Node]) -> int:
    return nodes[0].stop - nodes[0].start


def _scalar(data: bytes, begin: int) -> Node | None:
    fence = _FENCE.search(data, begin)
    start, stop = fence.span(1) if fence else (begin, len(data))
    match = _TOKEN.match(data, start, stop)
    if match is None or match["sign"] or data[match.end() : stop].strip():
        return None
    return _leaf(match, (), len(data))


def _leaf(match: re.Match[bytes], path: Path, size: int) -> Node:
    kind = str(match.lastgroup if match.lastgroup != "closed" else "string")
    start, stop = match.span(kind)
    if kind == "literal":
        text = match[kind]
        kind = "null" if text.startswith(b"n") else "boolean"
        complete = text in LITERALS
    elif kind == "number":
        complete = stop < size or not path
    else:
        complete = bool(match["closed"])
    return Node(path, start, stop, kind, complete)


@dataclass(slots=True)
class _Open:
    """An array or object that is not closed; ``key`` is an index in an array."""

    index: int
    path: Path
    key: str | int | None


class _Document:
    """A document that begins at an opening bracket; ``nodes`` is empty if it is none.

    ``at`` is where it ended, or where it stopped to be JSON.
    """

    def __init__(self, data: bytes, begin: int) -> None:
        self.nodes: list[Node] = []
        self.at = begin
        self._data = data
        self._open: list[_Open] = []
        self._awaits_value = True
        while (match := _TOKEN.match(data, self.at)) and self._take(match):
            self.at = match.end()
            if not self._open:
                return
        while self._open:
            self._close(self.at, complete=False)
        if self._is_prose():
            self.nodes = []

    def _is_prose(self) -> bool:
        """Whether it is a bracket in prose, followed by nothing of JSON."""
        return len(self.nodes) == 1 and bool(self._data[self.at :].strip())

    def _take(self, match: re.Match[bytes]) -> bool:
        """Take in a word; False if it cannot stand here."""
        sign = match["sign"]
        if sign is None:
            return self._say(match)
        if sign in b"[{":
            return self._enter(match.start("sign"), sign)
        level = self._open[-1]
        in_array = isinstance(level.key, int)
        if sign in b"]}":
            self._awaits_value = False
            return (sign == b"]") is in_array and self._close(match.end())
        if sign == b":":
            self._awaits_value = isinstance(level.key, str)
            return self._awaits_value
        if isinstance(level.key, int):
            level.key += not self._awaits_value
        else:
            level.key = None
        self._awaits_value = in_array
        return True

    def _say(self, match: re.Match[bytes]) -> bool:
        if self._awaits_value:
            self.nodes.append(_leaf(match, self._path(), len(self._data)))
            self._awaits_value = False
            return True
        level = self._open[-1]
        if isinstance(level.key, int) or not match["string"]:
            return False
        level.key = text_of(match["string"])
        return True

    def _path(self) -> Path:
        if not self._open:
            return ()
        level = self._open[-1]
        return level.path if level.key is None else (*level.path, level.key)

    def _enter(self, start: int, sign: bytes) -> bool:
        if not self._awaits_value or len(self._open) >= _DEEPEST:
            return False
        path, is_array = self._path(), sign == b"["
        self._open.append(_Open(len(self.nodes), path, 0 if is_array else None))
        kind = "array" if is_array else "object"
        self.nodes.append(Node(path, start, start, kind, complete=False))
        self._awaits_value = is_array
        return True

    def _close(self, stop: int, *, complete: bool = True) -> bool:
        index = self._open.pop().index
        empty = index == len(self.nodes) - 1
        node = self.nodes[index]
        self.nodes[index] = node._replace(stop=stop, complete=complete, empty=empty)
        return True
