"""What a notebook's file keeps of the tokens; JupyterLab's extension draws it.

``docs/decisions/0006-saved-output.md`` says why, and how the bytes are laid out.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis.findings.finding import Finding
from lpwidgets.display import codec
from lpwidgets.display.head import head_of
from lpwidgets.generation import Generation
from lpwidgets.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lpwidgets.columns import Columns
    from lpwidgets.display.head import Head

MIME = "application/vnd.lpwidgets.v1+json"

MAX_TOKENS = 5_000
"""Tokens saved an output; how many are beyond is said in words."""

MAX_ALTERNATIVES = 100_000
"""Alternatives saved an output: 20 for each of as many tokens."""

MANTISSA_BITS = 14
"""Bits kept of a value's mantissa, of 23: off by at most 3 in 100,000 of itself."""


def render(
    generations: Sequence[Generation], traits: Mapping[str, Any]
) -> dict[str, Any]:
    """Return generations as JSON of at most 200 bytes a token with 20 alternatives.

    Parameters
    ----------
    generations
        What is shown, one below the other.
    traits
        How they are shown: the widget's ``color``, ``highlight`` and the like.
    """
    kept = list(_fitting(generations))
    heads = [
        _with_rest(head_of(whole), len(whole) - len(part))
        for whole, part in zip(generations, kept, strict=True)
    ]
    frame = codec.keyframe(kept, 0, live=False, heads=heads, bits=MANTISSA_BITS)
    packed = gzip.compress(_planes(frame), compresslevel=6, mtime=0)
    return {"frame": base64.b64encode(packed).decode(), "traits": dict(traits)}


def _fitting(generations: Sequence[Generation]) -> Iterator[Generation]:
    """Yield of each generation as many tokens as there is room for."""
    tokens, alternatives = MAX_TOKENS, MAX_ALTERNATIVES
    for generation in generations:
        ends = generation.columns.alternative_offsets[1:]
        room = int(np.searchsorted(ends, alternatives, side="right"))
        count = min(len(generation), tokens, room)
        columns = _compact(generation.columns.take(np.arange(count)))
        yield Generation(columns, generation.meta)
        tokens -= count
        alternatives -= len(columns.alternative)


def _compact(columns: Columns) -> Columns:
    """Return the same tokens with no other pieces than theirs."""
    rows = np.concatenate((columns.token, columns.alternative))
    used, index = np.unique(rows, return_inverse=True)
    texts = [columns.pieces[piece] for piece in used]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.uint32)
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    token, alternative = np.split(index.astype(np.int32), [len(columns)])
    pieces = Pieces(data, ends)
    return replace(columns, pieces=pieces, token=token, alternative=alternative)


def _with_rest(head: Head, rest: int) -> Head:
    if rest <= 0:
        return head
    note = Finding(
        "info",
        f"{rest:,} more tokens not saved",
        f"A notebook's file keeps the first {MAX_TOKENS:,} tokens of an output, and "
        f"{MAX_ALTERNATIVES:,} alternatives: run the cell again to see the rest.",
    )
    return head._replace(findings=(note, *head.findings))


def _planes(frame: bytes) -> bytes:
    """Put the body's first bytes of four first, then the second: it packs a fifth less.

    The exponents of numbers resemble each other, as do the high bytes of indexes.
    """
    start = codec.body_start(frame)
    body = np.frombuffer(frame, dtype=np.uint8, offset=start)
    return frame[:start] + body.reshape(-1, 4).T.tobytes()
