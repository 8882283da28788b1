"""Generations put together from parts of others, every value as it is there."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.builder import GenerationBuilder
from lpwidgets.columns import Columns
from lpwidgets.meta import Meta
from lpwidgets.pieces import Pieces
from lpwidgets.wire.records import Delta, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.client.fork import Fork
    from lpwidgets.wire.records import Token

_AS_THEY_ARE = (
    *("token_id", "logprob", "rank", "part", "chosen"),
    *("alternative_id", "alternative_logprob"),
)


def joined(parts: Sequence[Columns]) -> Columns:
    """Return the tokens of several columns as one."""
    number: dict[bytes, int] = {}
    codes = [
        np.array(
            [number.setdefault(one, len(number)) for one in part.pieces.as_bytes],
            dtype=np.int32,
        )
        for part in parts
    ]
    pairs = list(zip(parts, codes, strict=True))
    counts = np.concatenate([part.counts for part in parts])
    return Columns(
        pieces=_pieces(list(number)),
        token=np.concatenate([code[part.token] for part, code in pairs]),
        alternative=np.concatenate([code[part.alternative] for part, code in pairs]),
        alternative_offsets=np.array([0, *np.cumsum(counts)], dtype=np.uint32),
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in _AS_THEY_ARE
        },
    )


def _pieces(texts: list[bytes]) -> Pieces:
    offsets = [0, *accumulate(map(len, texts))]
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    return Pieces(data, np.array(offsets, dtype=np.uint32))


def forced_from_list(fork: Fork) -> Columns:
    """Return the forced token as a row, with its value from the position's list."""
    row = fork.generation.columns.take(np.array([fork.position]))
    place = fork.place
    appended = row.rank[0] == 0 and place == row.chosen[0]
    return replace(
        row,
        token=row.alternative[place : place + 1],
        token_id=row.alternative_id[place : place + 1],
        logprob=row.alternative_logprob[place : place + 1],
        rank=np.array([0 if appended else place + 1], dtype=np.int32),
        part=np.array([Part.FORCED], dtype=np.uint8),
        chosen=np.array([place], dtype=np.int32),
    )


def forced_from_token(token: Token) -> Columns:
    """Return the forced token as a row, as a server told it."""
    builder = GenerationBuilder()
    builder.add(Delta(0, Part.FORCED, "", [token]))
    return builder.snapshot(Meta()).columns


def answer_bytes(columns: Columns) -> bytes:
    """Return what the answer's tokens spell, forced ones with it."""
    own = np.isin(columns.part, (Part.GENERATED, Part.FORCED))
    return b"".join(columns.pieces.as_bytes[columns.token[own]])


def without_first(columns: Columns, size: int) -> Columns:
    """Return columns without the tokens that spell the first `size` bytes."""
    ends: NDArray[np.int64] = np.cumsum(
        [len(piece) for piece in columns.pieces.as_bytes[columns.token]]
    )
    return columns.take(np.flatnonzero(ends > size))
