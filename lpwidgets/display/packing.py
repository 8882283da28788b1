"""Generations in few bytes, for a notebook's file; ``js/src/packed.ts`` unpacks them.

``docs/decisions/0006-saved-output.md`` says how the bytes are laid out.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.analysis import metrics
from lpwidgets.display import codec
from lpwidgets.display.news import Extent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lpwidgets.columns import Columns
    from lpwidgets.display.head import Head
    from lpwidgets.generation import Generation

    Words = NDArray[np.int64]
    Derived = tuple[str, float | None]

MANTISSA_BITS = 10
"""Bits kept of a value's mantissa, of 23: off by at most 1 in 2,048 of itself."""

_DROPPED = 23 - MANTISSA_BITS


def pack(
    traits: dict[str, Any], generations: Sequence[Generation], heads: Sequence[Head]
) -> bytes:
    """Return traits and tokens as a raw deflate stream.

    Parameters
    ----------
    traits
        What JSON can say.
    generations
        The tokens, if there are any: they become a frame where they are unpacked.
    heads
        What stands above each of them.
    """
    header: dict[str, Any] = {"traits": traits}
    parts = []
    if generations:
        derived = _derived(generations)
        header["frame"] = _header(generations, heads) | {"derived": derived}
        parts = list(_parts([one.columns for one in generations]))
        parts += _planes([_metrics(generations, derived)])
    text = msgspec.json.encode(header)
    return _deflated([struct.pack("<I", len(text)) + text, *parts])


def _header(generations: Sequence[Generation], heads: Sequence[Head]) -> dict[str, Any]:
    """Return the header of a keyframe, with counts in place of its columns."""
    empty = codec.keyframe([g[:0] for g in generations], 0, live=False, heads=heads)
    header: dict[str, Any] = msgspec.json.decode(empty[8 : codec.body_start(empty)])
    for place, generation in zip(header["generations"], generations, strict=True):
        columns = generation.columns
        del place["columns"]
        place["counts"] = {
            **Extent.of(generation)._asdict(),
            "bytes": len(columns.pieces.data),
        }
    return header


def _derived(generations: Sequence[Generation]) -> dict[str, Derived]:
    """Return of which metrics nothing is to be saved, and what they are made of.

    A factor of the values of a column, or None where they are exponentials of it.
    """
    columns = [one.columns for one in generations]
    logprob = np.concatenate([one.logprob for one in columns])
    rank = np.concatenate([one.rank for one in columns])
    sources = {"logprob": logprob, "rank": np.where(rank > 0, rank, np.nan)}
    derived: dict[str, Derived] = {}
    for metric in metrics.every():
        values = np.concatenate([metric.compute(one) for one in generations])
        if _same(values, np.exp(logprob)):
            derived[metric.name] = "logprob", None
            continue
        for name, source in sources.items():
            factor = _factor(values, source)
            if _same(values, factor * source):
                derived[metric.name] = name, factor
                break
    return derived


def _factor(values: NDArray[np.float64], source: NDArray[np.float64]) -> float:
    """Return what the largest value was multiplied by."""
    sizes = np.where(np.isfinite(source), np.abs(source), 0.0)
    at = int(sizes.argmax()) if len(sizes) else 0
    return float(f"{values[at] / source[at]:.9g}") if sizes.any() else 1.0


def _same(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=0.0, equal_nan=True))


def _parts(columns: Sequence[Columns]) -> Iterator[bytes]:
    """Yield the bytes of all pieces, then words."""
    yield b"".join(one.pieces.data.tobytes() for one in columns)
    yield from _planes([_tokens(one) for one in columns])
    yield from _planes([_references(one.alternative) for one in columns])
    yield from _planes([_steps(one) for one in columns])


def _tokens(columns: Columns) -> Words:
    """Return the columns of a token, as differences from its place in its own list."""
    counts = columns.counts
    starts = columns.alternative_offsets[:-1].astype(np.int64)
    listed = columns.chosen >= 0
    at = starts[listed] + columns.chosen[listed]
    token, value = np.zeros((2, len(columns)), dtype=np.int64)
    token[listed] = columns.alternative[at]
    value[listed] = _code(columns.alternative_logprob[at])
    words = (
        np.diff(columns.pieces.offsets.astype(np.int64)),
        columns.part.astype(np.int64),
        counts,
        _folded(columns.chosen),
        _folded(columns.token - token),
        _folded(columns.token_id),
        _folded(columns.rank - (columns.chosen + 1)),
        _folded(_code(columns.logprob) - value),
    )
    return np.concatenate(words)


def _references(pieces: NDArray[np.int32]) -> Words:
    """Return 0 for the piece after the last new one, else how far back it is."""
    highest = np.maximum.accumulate(np.concatenate(([-1], pieces)))[: len(pieces)]
    return _folded(highest + 1 - pieces)


def _steps(columns: Columns) -> Words:
    """Return how much less likely each alternative is than the one before it."""
    codes = _code(columns.alternative_logprob)
    before = np.concatenate(([0], codes))[: len(codes)]
    before[columns.alternative_offsets[:-1][columns.counts > 0]] = 0
    return _folded(codes - before)


def _metrics(
    generations: Sequence[Generation], derived: Mapping[str, Derived]
) -> Words:
    saved = [one for one in metrics.every() if one.name not in derived]
    codes = [_code(m.compute(one)) for one in generations for m in saved]
    return np.concatenate([np.empty(0, np.int64), *codes])


def _code(values: NDArray[np.float64]) -> Words:
    """Return the first bits of float32 values, rounded: in order within a sign."""
    short = np.where(np.isnan(values), np.nan, values).astype(np.float32)
    finite = np.isfinite(short)
    half = np.where(finite, 1 << _DROPPED >> 1, 0)
    return (short.view(np.uint32).astype(np.int64) + half) >> _DROPPED


def _folded(differences: NDArray[Any]) -> Words:
    """Return 0, −1, 1, −2, 2 … as 0, 1, 2, 3, 4 …, which are small where they are."""
    wide = differences.astype(np.int64)
    return np.where(wide < 0, -2 * wide - 1, 2 * wide)


def _planes(words: Sequence[Words]) -> Iterator[bytes]:
    """Yield the upper bytes of words, which are alike, then the lowest ones."""
    flat = np.concatenate(words).astype("<u4").view(np.uint8).reshape(-1, 4).T[::-1]
    yield flat[:3].tobytes()
    yield flat[3].tobytes()


def _deflated(parts: Sequence[bytes]) -> bytes:
    """Return parts as one stream, in blocks of their own: each gets its own codes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    blocks = [packer.compress(part) + packer.flush(zlib.Z_BLOCK) for part in parts]
    return b"".join((*blocks, packer.flush()))
