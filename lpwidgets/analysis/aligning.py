"""Which bytes two texts have in common, in the same order.

What is between the same beginning and the same end is cut into words, and the longest
common subsequence of these is found by the bit-parallel algorithm of Hyyrö (2004): a
row of the table is one integer, so that the cost is the product of the lengths over 64.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import accumulate
from typing import NamedTuple

import numpy as np

_WORD = re.compile(
    rb" ?[A-Za-z]+|[0-9]+|\s+|[\xc0-\xff][\x80-\xbf]*|[\x00-\xff]", re.DOTALL
)

LARGEST = 1_000_000_000
"""Bits of the largest table; of texts that need more, only both ends are compared."""


class Run(NamedTuple):
    """Bytes that are the same: ``size`` of them, from ``start`` and from ``other``."""

    start: int
    other: int
    size: int


def common(a: bytes, b: bytes, head: int) -> list[Run]:
    """Return the runs of bytes that two texts have in common, in order.

    The first `head` bytes are known to be the same.

    >>> common(b"a red car", b"a blue car", 1)
    [Run(start=0, other=0, size=1), Run(start=5, other=6, size=4)]
    """
    tail = shared(a[head:][::-1], b[head:][::-1])
    words, others = (_WORD.findall(text[head : len(text) - tail]) for text in (a, b))
    starts, other_starts = (_starts(head, pieces) for pieces in (words, others))
    runs = [Run(0, 0, head)]
    for i, j in _subsequence(words, others):
        runs.append(Run(starts[i], other_starts[j], len(words[i])))
    runs.append(Run(len(a) - tail, len(b) - tail, tail))
    return _joined(runs)


def shared(a: bytes, b: bytes) -> int:
    """Return how many bytes two texts begin with are the same.

    >>> shared(b"Paris", b"Parma")
    3
    """
    size = min(len(a), len(b))
    x, y = (np.frombuffer(text, dtype=np.uint8, count=size) for text in (a, b))
    other = np.flatnonzero(x != y)
    return int(other[0]) if len(other) else size


def _starts(start: int, pieces: list[bytes]) -> list[int]:
    return list(accumulate(map(len, pieces), initial=start))


def _joined(runs: list[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else Run(0, 0, 0)
        ends = last.start + last.size, last.other + last.size
        if joined and ends == (run.start, run.other):
            joined[-1] = last._replace(size=last.size + run.size)
        elif run.size:
            joined.append(run)
    return [run for run in joined if run.size]


def _subsequence(a: list[bytes], b: list[bytes]) -> list[tuple[int, int]]:
    """Return the places of a longest common subsequence in both."""
    if not a or not b or len(a) * len(b) > LARGEST:
        return []
    rows = _rows(a, b)
    pairs = []
    i, j = len(b), len(a)
    while i and j:
        if a[j - 1] == b[i - 1]:
            i, j = i - 1, j - 1
            pairs.append((j, i))
        elif rows[i - 1] >> (j - 1) & 1:
            j -= 1
        else:
            i -= 1
    return pairs[::-1]


def _rows(a: list[bytes], b: list[bytes]) -> list[int]:
    """Return the table, a row for each of `b`.

    The bit of a place in `a` is 0 if a longest common subsequence up to there is longer
    than one that ends before it.
    """
    where: defaultdict[bytes, int] = defaultdict(int)
    for place, word in enumerate(a):
        where[word] |= 1 << place
    every = (1 << len(a)) - 1
    row, rows = every, []
    for word in b:
        match = row & where.get(word, 0)
        row = ((row + match) | (row - match)) & every
        rows.append(row)
    return rows
