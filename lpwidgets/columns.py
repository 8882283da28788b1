"""The arrays behind a `Generation`, and what makes a server's lists canonical."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lpwidgets.pieces import Pieces

UNKNOWN_LOGPROB = -9999.0
"""At or below this, in nats, servers mean "not known": vLLM and OpenAI send −9999,
llama.cpp the lowest float32."""

_BELOW_BITS = np.uint64(0x7FF8_0000_0000_07A2)
BELOW = _BELOW_BITS.view(np.float64)
"""The NaN that stands for such a value, as R's NA is a NaN of its own: still unknown to
every computation, and still told apart from a value that never came."""


@dataclass(frozen=True, eq=False)
class Columns:
    """n tokens and m alternatives; texts are indexes into ``pieces``.

    ``chosen[i]`` says which of token i's alternatives was sampled, −1 when none is it.
    Token i's alternatives are rows ``alternative_offsets[i]`` to ``[i + 1]``, most
    likely first, unknown ones last. Log probabilities are in nats, NaN unknown; ids are
    −1 and ranks 0 when unknown.
    """

    pieces: Pieces
    token: NDArray[np.int32]
    token_id: NDArray[np.int32]
    logprob: NDArray[np.float64]
    rank: NDArray[np.int32]
    part: NDArray[np.uint8]
    chosen: NDArray[np.int32]
    alternative_offsets: NDArray[np.uint32]
    alternative: NDArray[np.int32]
    alternative_id: NDArray[np.int32]
    alternative_logprob: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.token)

    def arrays(self) -> Iterator[NDArray[np.generic]]:
        """Yield every array, those of the pieces too."""
        yield self.pieces.data
        yield self.pieces.offsets
        for field in fields(self)[1:]:
            yield getattr(self, field.name)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of alternatives a token, shape (n,)."""
        ends = self.alternative_offsets.astype(np.int64)
        return ends[1:] - ends[:-1]

    @property
    def unreported(self) -> NDArray[np.bool_]:
        """Where nothing is known of a token but that it was, shape (n,)."""
        ends = self.pieces.offsets
        empty = ends[self.token] == ends[self.token + 1]
        valueless = np.isnan(self.logprob) & (self.counts == 0)
        result: NDArray[np.bool_] = empty & (self.token_id < 0) & valueless
        return result

    @property
    def row(self) -> NDArray[np.int64]:
        """The token that each alternative belongs to, shape (m,)."""
        return np.repeat(np.arange(len(self)), self.counts)

    def take(self, index: NDArray[np.int64]) -> Columns:
        """Return the tokens at `index`, in that order, with their alternatives."""
        counts = self.counts[index]
        offsets = _offsets(counts)
        within = np.arange(offsets[-1]) - np.repeat(
            offsets[:-1].astype(np.int64), counts
        )
        rows = (
            np.repeat(self.alternative_offsets[index].astype(np.int64), counts) + within
        )
        return replace(
            self,
            **{name: getattr(self, name)[index] for name in TOKEN_COLUMNS},
            alternative_offsets=offsets,
            **{name: getattr(self, name)[rows] for name in ALTERNATIVE_COLUMNS},
        )


def is_below(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a server sent "less likely than what I list" instead of a value."""
    result: NDArray[np.bool_] = values.view(np.uint64) == _BELOW_BITS
    return result


TOKEN_COLUMNS = ("token", "token_id", "logprob", "rank", "part", "chosen")
ALTERNATIVE_COLUMNS = ("alternative", "alternative_id", "alternative_logprob")


@dataclass(eq=False)
class Block:
    """Tokens as a server listed them: a row of alternatives a token, in its order."""

    token: NDArray[np.int32]
    token_id: NDArray[np.int32]
    logprob: NDArray[np.float64]
    counts: NDArray[np.int64]
    alternative: NDArray[np.int32]
    alternative_id: NDArray[np.int32]
    alternative_logprob: NDArray[np.float64]


@dataclass(eq=False)
class Ranked:
    """What `canonical` adds to a block."""

    rank: NDArray[np.int32]
    chosen: NDArray[np.int32]
    out_of_order: int
    """Lists that were out of order, beyond having the sampled token first."""


def canonical(block: Block) -> Ranked:
    """Make a block canonical in place, and rank its sampled tokens.

    Sentinels become `BELOW`, a NaN. A sampled token that its list lacks is added to it,
    its rank unknown. Lists are sorted by log probability. A list that had the sampled
    token first and out of order (vLLM) does not tell the rank of one that sorts last.
    """
    for values in (block.logprob, block.alternative_logprob):
        unknown = np.flatnonzero(~((values > UNKNOWN_LOGPROB) & (values < np.inf)))
        if len(unknown):
            below = values[unknown] <= UNKNOWN_LOGPROB
            values[unknown] = np.where(below, BELOW, np.nan)
    out_of_order = _count_out_of_order(block)
    chosen = _find_sampled(block)
    listed = chosen >= 0
    _add_missing(block, chosen)
    unsorted = _sort(block, chosen)
    last = chosen == block.counts - 1
    ranked = listed & ~(unsorted & last) & ~np.isnan(block.logprob)
    rank = np.where(ranked, chosen + 1, 0)
    return Ranked(rank.astype(np.int32), chosen.astype(np.int32), out_of_order)


def _find_sampled(block: Block) -> NDArray[np.int64]:
    """Return each token's place in its own list, −1 when absent.

    By id where both are known, else by bytes; of several, the one closest in value.
    """
    row = np.repeat(np.arange(len(block.counts)), block.counts)
    token_id = block.token_id[row]
    by_id = (token_id >= 0) & (block.alternative_id >= 0)
    same_id = token_id == block.alternative_id
    same_bytes = block.token[row] == block.alternative
    hits = np.flatnonzero(np.where(by_id, same_id, same_bytes))
    rows = row[hits]
    distance = np.abs(block.alternative_logprob[hits] - block.logprob[rows])
    order = np.lexsort((distance, rows))
    first, at = np.unique(rows[order], return_index=True)
    chosen = np.full(len(block.counts), -1)
    chosen[first] = hits[order][at] - _offsets(block.counts)[first]
    return chosen


def _add_missing(block: Block, chosen: NDArray[np.int64]) -> None:
    missing = np.flatnonzero((chosen < 0) & (block.counts > 0))
    if not len(missing):
        return
    ends = _offsets(block.counts)[missing + 1].astype(np.int64)
    for name, values in (
        ("alternative", block.token),
        ("alternative_id", block.token_id),
        ("alternative_logprob", block.logprob),
    ):
        setattr(block, name, np.insert(getattr(block, name), ends, values[missing]))
    chosen[missing] = block.counts[missing]
    block.counts[missing] += 1


def _count_out_of_order(block: Block) -> int:
    """Count the lists that rise somewhere beyond their first entry."""
    row = np.repeat(np.arange(len(block.counts)), block.counts)
    values = block.alternative_logprob
    rises = (values[2:] > values[1:-1]) & (row[2:] == row[:-2])
    return len(np.unique(row[2:][rises])) if rises.any() else 0


def _sort(block: Block, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Sort each list, most likely first, and return which ones were not."""
    row = np.repeat(np.arange(len(block.counts)), block.counts)
    key = np.where(
        np.isnan(block.alternative_logprob), np.inf, -block.alternative_logprob
    )
    falls = (key[1:] < key[:-1]) & (row[1:] == row[:-1])
    unsorted = np.zeros(len(block.counts), dtype=bool)
    if not falls.any():
        return unsorted
    unsorted[row[1:][falls]] = True
    order = np.lexsort((key, row))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    starts = _offsets(block.counts)[:-1].astype(np.int64)
    has = chosen >= 0
    chosen[has] = place[starts[has] + chosen[has]] - starts[has]
    block.alternative = block.alternative[order]
    block.alternative_id = block.alternative_id[order]
    block.alternative_logprob = block.alternative_logprob[order]
    return unsorted


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.uint32]:
    offsets = np.zeros(len(counts) + 1, dtype=np.uint32)
    np.cumsum(counts, out=offsets[1:])
    return offsets
