"""What is new in generations that grew, and how much of them a page has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.columns import ALTERNATIVE_COLUMNS, TOKEN_COLUMNS, Columns
from lpwidgets.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation


class Extent(NamedTuple):
    """How much of a generation the page has."""

    tokens: int = 0
    pieces: int = 0
    alternatives: int = 0

    @classmethod
    def of(cls, generation: Generation) -> Extent:
        """Return the whole extent of a generation."""
        return cls.of_columns(generation.columns)

    @classmethod
    def of_columns(cls, columns: Columns) -> Extent:
        """Return the whole extent of columns."""
        return cls(len(columns), len(columns.pieces), len(columns.alternative))


class News(NamedTuple):
    """What a generation has that its page lacks.

    Attributes
    ----------
    base
        What the page has of it.
    seq
        The number of the frame among those of its widget.
    head
        What has changed of what stands above the tokens, by name.
    live
        Whether its widget still grows.
    """

    generation: Generation
    base: Extent
    seq: int
    head: Mapping[str, Any]
    live: bool = True


def continues(generation: Generation, before: Generation) -> bool:
    """Return whether a generation begins with all that another one has."""
    now, then = generation.columns, before.columns
    tokens, pieces, alternatives = Extent.of_columns(then)

    def same(a: NDArray[Any], b: NDArray[Any], count: int) -> bool:
        return np.array_equal(a[:count], b, equal_nan=a.dtype.kind == "f")

    return (
        same(now.pieces.offsets, then.pieces.offsets, pieces + 1)
        and same(now.pieces.data, then.pieces.data, len(then.pieces.data))
        and same(now.alternative_offsets, then.alternative_offsets, tokens + 1)
        and all(
            same(getattr(now, name), getattr(then, name), tokens)
            for name in TOKEN_COLUMNS
        )
        and all(
            same(getattr(now, name), getattr(then, name), alternatives)
            for name in ALTERNATIVE_COLUMNS
        )
    )


def tail_of(columns: Columns, base: Extent) -> Columns:
    """Return the rows and the pieces after `base`; tokens still count all pieces."""
    starts = columns.alternative_offsets[base.tokens :]
    return Columns(
        pieces=columns.pieces.after(base.pieces),
        alternative_offsets=starts - starts[0],
        **{name: getattr(columns, name)[base.tokens :] for name in TOKEN_COLUMNS},
        **{
            name: getattr(columns, name)[base.alternatives :]
            for name in ALTERNATIVE_COLUMNS
        },
    )


def stacked(tails: Sequence[Columns]) -> Columns:
    """Return the rows and the pieces of all, one after another's."""
    if len(tails) == 1:
        return tails[0]
    offsets = _offsets([tail.pieces.offsets for tail in tails])
    data = np.concatenate([tail.pieces.data for tail in tails])
    return Columns(
        pieces=Pieces(data, offsets),
        alternative_offsets=_offsets([tail.alternative_offsets for tail in tails]),
        **{
            name: np.concatenate([getattr(tail, name) for tail in tails])
            for name in (*TOKEN_COLUMNS, *ALTERNATIVE_COLUMNS)
        },
    )


def rows_of(tails: Sequence[Columns]) -> list[list[list[int]]]:
    """Return where each table's tokens, pieces, alternatives and bytes are in all."""
    sizes = [(*Extent.of_columns(tail), len(tail.pieces.data)) for tail in tails]
    ends = np.cumsum(sizes, axis=0)
    rows: list[list[list[int]]] = np.stack([ends - sizes, ends], axis=2).tolist()
    return rows


def _offsets(parts: Sequence[NDArray[np.uint32]]) -> NDArray[np.uint32]:
    """Return the offsets of rows that stand one after another's."""
    sizes = [np.zeros(1, np.uint32), *(part[1:] - part[:-1] for part in parts)]
    return np.concatenate(sizes).cumsum(dtype=np.uint32)
