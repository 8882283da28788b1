"""Frames: generations as bytes for the page, see ``docs/frame-format.md``."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.analysis import metrics
from lpwidgets.display.head import Head, head_of
from lpwidgets.display.news import rows_of, stacked, tail_of
from lpwidgets.generation import Generation
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.display.news import News

MAGIC = b"LPW1"
VERSION = 1
_ALIGNMENT = 8


def keyframe(
    generations: Sequence[Generation],
    seq: int,
    *,
    live: bool,
    heads: Sequence[Head] = (),
) -> bytes:
    """Return a frame that holds everything.

    `heads` stand above the tokens in place of the generations' own.
    """
    shared = {
        "parts": [part.name.lower() for part in Part],
        "metrics": [
            {key: value for key, value in m._asdict().items() if key != "compute"}
            for m in metrics.every()
        ],
    }
    heads = heads or [head_of(generation) for generation in generations]
    body = _Body()
    header = {
        "version": VERSION,
        "kind": "keyframe",
        "seq": seq,
        "live": live,
        **shared,
        "generations": [
            {"head": _plain(head), "columns": body.add(_columns(generation))}
            for generation, head in zip(generations, heads, strict=True)
        ],
    }
    return _bytes(header, body)


def append(news: Sequence[News]) -> bytes:
    """Return a frame of what is new in generations that only grew, in one table.

    Many widgets may stream at once: a column that is made once for all of them costs
    what it costs for one.
    """
    body = _Body()
    tails = [tail_of(new.generation.columns, new.base) for new in news]
    table = Generation(stacked(tails), news[0].generation.meta)
    header = {
        "version": VERSION,
        "kind": "append",
        "columns": body.add(_columns(table)),
        "generations": [
            {
                "seq": new.seq,
                "live": new.live,
                "base": new.base,
                "head": {name: _plain(value) for name, value in new.head.items()}
                or None,
                "rows": rows,
            }
            for new, rows in zip(news, rows_of(tails), strict=True)
        ],
    }
    return _bytes(header, body)


def _bytes(header: dict[str, Any], body: _Body) -> bytes:
    text = msgspec.json.encode(header)
    text += b" " * (-(len(text) + _ALIGNMENT) % _ALIGNMENT)
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, *body.parts))


def body_start(frame: bytes) -> int:
    """Return where the arrays of a frame begin."""
    return 8 + int.from_bytes(frame[4:8], "little")


class _Body:
    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0

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
            data = array.astype(dtype).tobytes()
            data += b"\0" * (-len(data) % _ALIGNMENT)
            self.parts.append(data)
            self._size += len(data)
        return places


@cache
def _little(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], str]:
    """Return a type as it travels, and its name."""
    little = dtype.newbyteorder("<")
    return little, little.name


def _columns(generation: Generation) -> dict[str, NDArray[Any]]:
    c = generation.columns
    columns: dict[str, NDArray[Any]] = {
        "piece_offsets": c.pieces.offsets,
        "piece_bytes": c.pieces.data,
        "token": c.token.astype(np.uint32),
        "token_id": c.token_id,
        "logprob": c.logprob.astype(np.float32),
        "rank": c.rank,
        "part": c.part,
        "chosen": c.chosen,
        "alternative_offsets": c.alternative_offsets,
        "alternative": c.alternative.astype(np.uint32),
        "alternative_logprob": c.alternative_logprob.astype(np.float32),
    }
    for metric in metrics.every():
        columns[f"metric:{metric.name}"] = metric.compute(generation).astype(np.float32)
    return columns


def _plain(value: Any) -> Any:
    """Return named tuples as dicts, at any depth."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
