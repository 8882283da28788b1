"""Frames: generations as bytes for the page, see ``docs/frame-format.md``."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from lpwidgets.analysis import metrics
from lpwidgets.display import palette
from lpwidgets.display.head import head_of
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

MAGIC = b"LPW1"
VERSION = 1
_ALIGNMENT = 8


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


def keyframe(generations: Sequence[Generation], seq: int, *, live: bool) -> bytes:
    """Return a frame that holds everything."""
    shared = {
        "parts": [part.name.lower() for part in Part],
        "metrics": [
            {key: value for key, value in m._asdict().items() if key != "compute"}
            for m in metrics.every()
        ],
        "palette": {"light": palette.LIGHT, "dark": palette.DARK},
    }
    bases = [Extent()] * len(generations)
    return _frame("keyframe", generations, bases, seq, live=live, shared=shared)


def append(
    generations: Sequence[Generation], bases: Sequence[Extent], seq: int
) -> bytes:
    """Return a frame of what came after `bases`, for generations that only grew."""
    return _frame("append", generations, bases, seq, live=True, shared={})


def _frame(
    kind: str,
    generations: Sequence[Generation],
    bases: Sequence[Extent],
    seq: int,
    *,
    live: bool,
    shared: dict[str, Any],
) -> bytes:
    body = _Body()
    header = {"version": VERSION, "kind": kind, "seq": seq, "live": live, **shared}
    header["generations"] = [
        {
            "base": base._asdict(),
            "head": _plain(head_of(generation)),
            "columns": body.add(_columns(generation, base)),
        }
        for generation, base in zip(generations, bases, strict=True)
    ]
    text = msgspec.json.encode(header)
    text += b" " * (-(len(text) + _ALIGNMENT) % _ALIGNMENT)
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, *body.parts))


class _Body:
    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0

    def add(self, columns: dict[str, NDArray[Any]]) -> dict[str, dict[str, Any]]:
        """Add arrays and return where they stand."""
        places = {}
        for name, array in columns.items():
            dtype = array.dtype.newbyteorder("<")
            places[name] = {
                "dtype": dtype.name,
                "offset": self._size,
                "length": len(array),
            }
            data = array.astype(dtype).tobytes()
            data += b"\0" * (-len(data) % _ALIGNMENT)
            self.parts.append(data)
            self._size += len(data)
        return places


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
