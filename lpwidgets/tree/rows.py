"""Comparing tokens of two tables: how far the text is one, where values differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.tree.sheet import Run, gathered
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.pieces import Pieces

_NUMBERS = ("token_id", "rank", "part", "chosen")


def shared(a: Run, b: Run) -> int:
    """Return how many tokens two runs begin with in common, by bytes and ids.

    An id that is unknown is that of any token with these bytes. A prompt's token is
    none of an answer.
    """
    size = min(len(a), len(b))
    if not size:
        return 0
    x, y = slice(a.start, a.start + size), slice(b.start, b.start + size)
    one, other = a.columns, b.columns
    ids, also = one.token_id[x], other.token_id[y]
    unlike = (ids != also) & (ids >= 0) & (also >= 0)
    unlike |= (one.part[x] == Part.PROMPT) != (other.part[y] == Part.PROMPT)
    ends, data = _spelled(one.pieces, one.token[x])
    other_ends, other_data = _spelled(other.pieces, other.token[y])
    count = _first(unlike | (ends != other_ends))
    length = int(ends[count - 1]) if count else 0
    byte = _first(data[:length] != other_data[:length])
    return count if byte == length else int(np.searchsorted(ends, byte, side="right"))


def differing(a: Run, b: Run) -> NDArray[np.int64]:
    """Return where two runs of one length and text are not equal to the bit."""
    if _are_equal(a, b):
        return np.zeros(0, dtype=np.int64)
    size = len(a)
    both = gathered([a, b])
    x, y = both.take(np.arange(size)), both.take(np.arange(size, 2 * size))
    mask: NDArray[np.bool_] = _bits(x.logprob) != _bits(y.logprob)
    mask |= x.counts != y.counts
    for name in ("token", *_NUMBERS):
        mask |= getattr(x, name) != getattr(y, name)
    like = np.flatnonzero(~mask)
    x, y = x.take(like), y.take(like)
    unlike = (x.alternative != y.alternative) | (x.alternative_id != y.alternative_id)
    unlike |= _bits(x.alternative_logprob) != _bits(y.alternative_logprob)
    mask[like[x.row[unlike]]] = True
    return np.flatnonzero(mask)


def _are_equal(a: Run, b: Run) -> bool:
    """Say whether two runs of one text are equal throughout, as most are."""
    one, other = a.columns, b.columns
    x, y = slice(a.start, a.stop), slice(b.start, b.stop)
    if not all(_same(getattr(one, n)[x], getattr(other, n)[y]) for n in _NUMBERS):
        return False
    offsets = one.alternative_offsets[a.start : a.stop + 1]
    also = other.alternative_offsets[b.start : b.stop + 1]
    if not (
        _same(_bits(one.logprob[x]), _bits(other.logprob[y]))
        and _same(offsets - offsets[0], also - also[0])
    ):
        return False
    x, y = slice(offsets[0], offsets[-1]), slice(also[0], also[-1])
    values = _bits(one.alternative_logprob[x]), _bits(other.alternative_logprob[y])
    ends, data = _spelled(one.pieces, one.alternative[x])
    other_ends, other_data = _spelled(other.pieces, other.alternative[y])
    return (
        _same(one.alternative_id[x], other.alternative_id[y])
        and _same(*values)
        and _same(ends, other_ends)
        and _same(data, other_data)
    )


def _same(a: NDArray[np.generic], b: NDArray[np.generic]) -> bool:
    return a.shape == b.shape and bool((a == b).all())


def _bits(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    return values.view(np.uint64)


def _spelled(
    pieces: Pieces, codes: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return where each text ends in all of their bytes, and these."""
    starts = pieces.offsets[codes].astype(np.int64)
    sizes = pieces.offsets[codes + 1] - starts
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return ends, pieces.data[np.repeat(starts - ends + sizes, sizes) + np.arange(total)]


def _first(mask: NDArray[np.bool_]) -> int:
    """Return the first place that is true, the length if none is."""
    return int(mask.argmax()) if mask.any() else len(mask)
