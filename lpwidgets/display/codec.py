"""Frames: generations as bytes for the page, see ``docs/frame-format.md``."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from lpwidgets.analysis import metrics
from lpwidgets.display.head import Head, head_of
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

MAGIC = b"LPW1"
VERSION = 1
_ALIGNMENT = 8
_MANTISSA_BITS = 23


class Extent(NamedTuple):
    """How much of a generation the page has."""

    tokens: int = 0
    pieces: int = 0
    alternatives: int = 0

    @classmethod
    def of(cls, generation: Generation) -> Extent:
        """Return the whole extent of a generation."""
        columns = generation.columns
        return cls(len(columns), len(columns.pieces), len(columns.alternative))


def keyframe(
    generations: Sequence[Generation],
    seq: int,
    *,
    live: bool,
    heads: Sequence[Head] = (),
    bits: int = _MANTISSA_BITS,
) -> bytes:
    """Return a frame that holds everything.

    `heads` stand above the tokens in place of the generations' own; numbers are rounded
    to `bits` bits of mantissa, since zeros pack well.
    """
    shared = {
        "parts": [part.name.lower() for part in Part],
        "metrics": [
            {key: value for key, value in m._asdict().items() if key != "compute"}
            for m in metrics.every()
        ],
    }
    bases = [Extent()] * len(generations)
    start = {"kind": "keyframe", "seq": seq, "live": live, **shared}
    heads = heads or [head_of(generation) for generation in generations]
    return _frame(start, generations, bases, heads, _Body(bits))


def append(
    generations: Sequence[Generation], bases: Sequence[Extent], seq: int
) -> bytes:
    """Return a frame of what came after `bases`, for generations that only grew."""
    start = {"kind": "append", "seq": seq, "live": True}
    heads = [head_of(generation) for generation in generations]
    return _frame(start, generations, bases, heads, _Body())


def _frame(
    start: dict[str, Any],
    generations: Sequence[Generation],
    bases: Sequence[Extent],
    heads: Sequence[Head],
    body: _Body,
) -> bytes:
    header = {"version": VERSION, **start}
    header["generations"] = [
        {
            "base": base._asdict(),
            "head": _plain(head),
            "columns": body.add(_columns(generation, base)),
        }
        for generation, base, head in zip(generations, bases, heads, strict=True)
    ]
    text = msgspec.json.encode(header)
    text += b" " * (-(len(text) + _ALIGNMENT) % _ALIGNMENT)
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, *body.parts))


def body_start(frame: bytes) -> int:
    """Return where the arrays of a frame begin."""
    return 8 + int.from_bytes(frame[4:8], "little")


class _Body:
    def __init__(self, bits: int = _MANTISSA_BITS) -> None:
        self.parts: list[bytes] = []
        self._size = 0
        self._bits = bits

    def add(self, columns: dict[str, NDArray[Any]]) -> dict[str, dict[str, Any]]:
        """Add arrays and return where they stand."""
        places = {}
        for name, array in columns.items():
            dtype, dtype_name = _little(array.dtype)
            places[name] = {
                "dtype": dtype_name,
                "offset": self._size,
                "length": len(array),
            }
            data = _rounded(array, self._bits).astype(dtype).tobytes()
            data += b"\0" * (-len(data) % _ALIGNMENT)
            self.parts.append(data)
            self._size += len(data)
        return places


@cache
def _little(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], str]:
    """Return a type as it travels, and its name."""
    little = dtype.newbyteorder("<")
    return little, little.name


def _rounded(array: NDArray[Any], bits: int) -> NDArray[Any]:
    """Return float32 values rounded to `bits` bits of mantissa; others as they are."""
    dropped = _MANTISSA_BITS - bits
    if array.dtype != np.float32 or not dropped:
        return array
    words = array.view(np.uint32).astype(np.uint64) + (1 << dropped >> 1)
    short = (words >> dropped << dropped).astype(np.uint32).view(np.float32)
    return np.where(np.isfinite(array), short, array)


def _columns(generation: Generation, base: Extent) -> dict[str, NDArray[Any]]:
    c = generation.columns
    tokens = slice(base.tokens, None)
    alternatives = slice(base.alternatives, None)
    piece_offsets = c.pieces.offsets[base.pieces :]
    starts = c.alternative_offsets[base.tokens :]
    new = generation[base.tokens :] if base.tokens else generation
    return {
        "piece_offsets": piece_offsets - piece_offsets[0],
        "piece_bytes": c.pieces.data[piece_offsets[0] :],
        "token": c.token[tokens].astype(np.uint32),
        "token_id": c.token_id[tokens],
        "logprob": c.logprob[tokens].astype(np.float32),
        "rank": c.rank[tokens],
        "part": c.part[tokens],
        "chosen": c.chosen[tokens],
        "alternative_offsets": starts - starts[0],
        "alternative": c.alternative[alternatives].astype(np.uint32),
        "alternative_logprob": c.alternative_logprob[alternatives].astype(np.float32),
    } | {f"metric:{m.name}": m.compute(new).astype(np.float32) for m in metrics.every()}


def _plain(value: Any) -> Any:
    """Return named tuples as dicts, at any depth."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
