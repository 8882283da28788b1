"""A selection as static HTML: its tokens marked in the text they stand in."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from lpwidgets.display.listing import LARGEST
from lpwidgets.display.palette import color
from lpwidgets.display.static_html import MAX_TOKENS, percent, visible
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lpwidgets.analysis.selection import Selection
    from lpwidgets.generation import Generation

_GREY = "color:#777777"


def render(selection: Selection) -> str:
    """Return the text of every generation, what is selected marked and coloured."""
    pairs = zip(selection.generations, selection.masks, strict=True)
    head = html.escape(repr(selection)[1:-1])
    texts = "".join(_text(generation, mask) for generation, mask in pairs)
    return f'<div><div style="{_GREY}">{head}</div>{texts}</div>'


def _text(generation: Generation, mask: NDArray[np.bool_]) -> str:
    columns = generation.columns
    pieces = columns.pieces.as_bytes[columns.token[:MAX_TOKENS]]
    rows = zip(pieces, columns.logprob, mask, strict=False)
    body = "".join(_token(piece, float(value), bool(on)) for piece, value, on in rows)
    rest = len(columns) - MAX_TOKENS
    more = (
        f'<div style="{_GREY}">{rest:,} more tokens not shown</div>' if rest > 0 else ""
    )
    style = "white-space:pre-wrap;line-height:1.7"
    return f'<div style="{style}">{body}</div>{more}'


def _token(piece: bytes, logprob: float, selected: bool) -> str:
    text = html.escape(visible(display_text(piece))) or "∅"
    if not selected:
        return text
    probability = math.exp(min(logprob, LARGEST))
    share = 0.5 if math.isnan(probability) else 1 - probability
    style = (
        f"background-color:{color(share)};color:#111111;border-bottom:2px solid #777777"
    )
    return f'<span style="{style}" title="{percent(probability)}">{text}</span>'
