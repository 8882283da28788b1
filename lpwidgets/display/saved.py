"""What a notebook's file keeps of the tokens; JupyterLab's extension draws it.

``docs/decisions/0006-saved-output.md`` says why, and how the bytes are laid out.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.analysis.findings.finding import Finding
from lpwidgets.display.head import head_of
from lpwidgets.display.packing import pack
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

MAX_CHARACTERS = 1_000_000
"""Characters of what a view shows besides tokens, before they are packed."""

VERSION = 2


def render(
    view: str, traits: Mapping[str, Any], generations: Sequence[Generation] = ()
) -> dict[str, Any]:
    """Return a view as JSON of at most 200 bytes a token with 20 alternatives.

    Parameters
    ----------
    view
        The name of its script and stylesheet.
    traits
        How it shows what: the widget's ``color``, ``highlight`` and the like.
    generations
        The tokens that it gets as its ``frame``.
    """
    kept = list(_fitting(generations))
    heads = [
        _with_rest(head_of(whole), len(whole) - len(part))
        for whole, part in zip(generations, kept, strict=True)
    ]
    packed = pack(dict(traits), kept, heads)
    data = base64.b85encode(packed).decode()
    return {"version": VERSION, "view": view, "data": data}


def whole(
    view: str, traits: Mapping[str, Any], generations: Sequence[Generation] = ()
) -> dict[str, Any]:
    """Return a view that cannot be cut, as `render` does; words if it is too large."""
    columns = [one.columns for one in generations]
    for name, count, most in (
        ("tokens", sum(map(len, columns)), MAX_TOKENS),
        ("alternatives", sum(len(c.alternative) for c in columns), MAX_ALTERNATIVES),
        ("characters", len(msgspec.json.encode(traits)), MAX_CHARACTERS),
    ):
        if count > most:
            note = f"{count:,} {name} not saved: a notebook's file keeps at most"
            note += f" {most:,} of such a view. Run the cell again to see it."
            return {"version": VERSION, "view": view, "note": note}
    return render(view, traits, generations)


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
    """Return the same tokens with their own pieces only, as they appear."""
    rows = np.concatenate((columns.alternative, columns.token))
    used, first, index = np.unique(rows, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.argsort(order).astype(np.int32)
    texts = [columns.pieces[piece] for piece in used[order]]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.uint32)
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    alternative, token = np.split(place[index], [len(columns.alternative)])
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
